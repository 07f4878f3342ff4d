"""Loading the directory: what a clinic may write into its files, and how a broken one is named."""

import csv
from pathlib import Path

import pytest

from bot import directory_file, gazetteer
from bot.directory import City, Directory, Listing
from bot.directory_file import DirectoryError
from bot.errors import OttoError
from bot.lookup import Wanted, look_up
from bot.paths import DATA

HEAD = "state,city,latitude,longitude"
PROVIDERS = "state,city,latitude,longitude,name,address,phone,url"
TAMPA = "Florida,Tampa,27.95,-82.46"


def load(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> Directory:
    path = tmp_path / "cities.csv"
    path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
    return directory_file.load(path)


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_shipped_file_is_loaded_row_by_row() -> None:
    directory = directory_file.load()
    shipped = rows("directory.csv")
    assert len(shipped) == 941
    for row in shipped:
        city = directory.find_in(row["city"], row["state"])
        assert city == City(
            row["city"], row["state"], float(row["latitude"]), float(row["longitude"])
        )


def test_cities_stay_in_the_order_of_the_file(tmp_path: Path) -> None:
    directory = load(tmp_path, HEAD, "Ohio,Toledo,41.66,-83.57", "Ohio,Akron,41.08,-81.52")
    assert [city.name for city in directory.cities("Ohio")] == ["Toledo", "Akron"]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "line 1: the column state is missing; the columns must be state,city"),
        (["city,state"], "line 1: the column latitude is missing"),
        (["State,city,latitude,longitude"], "line 1: the column state is missing"),
        ([f"{HEAD},fax", f"{TAMPA},1"], "line 1: the column 'fax' is unknown or stands twice"),
        ([f"{HEAD},city", f"{TAMPA},x"], "line 1: the column 'city' is unknown or stands twice"),
        ([f"{HEAD},", f"{TAMPA},"], "line 1: the column '' is unknown"),
        ([HEAD], "holds no city"),
        ([HEAD, "Florida,Tampa,27.9"], "line 2: needs 4 values, one for each column"),
        ([HEAD, f"{TAMPA},9"], "line 2: needs 4 values, one for each column"),
        ([PROVIDERS, TAMPA], "line 2: needs 8 values, one for each column"),
        ([HEAD, "Florida,,27.9,-82.4"], "line 2: city is empty"),
        ([HEAD, ",Tampa,27.9,-82.4"], "line 2: state is empty"),
        ([HEAD, "Florida,Tampa, ,-82.4"], "line 2: latitude is empty"),
        ([HEAD, "Florida,Tampa,27.9,"], "line 2: longitude is empty"),
        ([HEAD, "Florida,--,27.9,-82.4"], "line 2: '--' is not the name of a city"),
        ([HEAD, "FL,Tampa,27.9,-82.4"], "line 2: 'FL' is not the full name of a state"),
        ([HEAD, "florida,Tampa,27.9,-82.4"], "line 2: 'florida' is not the full name of a state"),
        ([HEAD, "Puerto Rico,Ponce,18,-66.6"], "line 2: 'Puerto Rico' is not the full name"),
        ([HEAD, "Florida,Tampa,north,-82.4"], "line 2: latitude 'north' is not a number"),
        ([HEAD, "Florida,Tampa,27.9,82°W"], "line 2: longitude '82°W' is not a number"),
        ([HEAD, "Florida,Tampa,nan,-82.4"], "line 2: latitude 'nan' is not a number"),
        ([HEAD, "Florida,Tampa,inf,-82.4"], "line 2: latitude 'inf' is not a number"),
        ([HEAD, "Florida,Tampa,90.1,-82.4"], "line 2: latitude 90.1 is not within ±90"),
        ([HEAD, "Florida,Tampa,27.9,-182.4"], "line 2: longitude -182.4 is not within ±180"),
        ([HEAD, TAMPA, TAMPA.upper().replace("FLORIDA", "Florida")], "line 3: TAMPA, Florida"),
        ([HEAD, TAMPA, "Florida,St. Cloud,28.2,-81.2", TAMPA], "line 4: Tampa, Florida stands"),
        ([HEAD, "Florida,St. Cloud,28,-81", "Florida,Saint Cloud,28,-81"], "line 3: Saint Cloud"),
        (
            [PROVIDERS, f"{TAMPA},A,1 Main St,555,example.org"],
            "line 2: url 'example.org' does not begin with https://",
        ),
        ([PROVIDERS, f"{TAMPA},A,,,javascript:alert(1)"], "line 2: url 'javascript:alert(1)'"),
        ([PROVIDERS, f"{TAMPA},A,,,", f"{TAMPA},A,,,"], "line 3: Tampa, Florida stands here twice"),
        ([PROVIDERS, f"{TAMPA},A,,,", f"{TAMPA},,,,"], "line 3: Tampa, Florida stands here twice"),
        ([PROVIDERS, f"{TAMPA},,,,", f"{TAMPA},A,,,"], "line 3: Tampa, Florida stands here twice"),
    ],
)
def test_a_broken_directory_says_which_line_and_why(
    tmp_path: Path, lines: list[str], complaint: str
) -> None:
    with pytest.raises(DirectoryError, match=r"^cities\.csv") as error:
        load(tmp_path, *lines)
    assert complaint in str(error.value)


def test_a_broken_row_is_named_by_its_line_in_the_file_blank_lines_counted(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match=r"cities\.csv line 5: latitude"):
        load(tmp_path, HEAD, TAMPA, "", "", "Florida,Miami,x,-80.2")


@pytest.mark.parametrize("name", ["A\x00", "A" * 140_000], ids=["NUL", "endless"])
def test_a_value_that_csv_itself_refuses_is_named_by_its_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(DirectoryError, match=r"^cities\.csv"):
        load(tmp_path, PROVIDERS, f"{TAMPA},{name},,,")


def test_a_quote_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match=r"^cities\.csv line \d+"):
        load(tmp_path, HEAD, 'Florida,"Tampa,27.95,-82.46', "Florida,Miami,25.77,-80.2")


def test_an_error_of_the_directory_is_one_of_ottos_own() -> None:
    assert issubclass(DirectoryError, OttoError)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.csv"
    with pytest.raises(DirectoryError, match=r"none\.csv: cannot be read"):
        directory_file.load(missing)
    with pytest.raises(DirectoryError, match=r"none\.csv: cannot be read"):
        directory_file.load(aliases_path=missing)
    with pytest.raises(DirectoryError, match=r"none\.csv: cannot be read"):
        directory_file.load(regions_path=missing)
    with pytest.raises(DirectoryError, match="cannot be read"):
        directory_file.load(tmp_path)


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match=r"cities\.csv: cannot be read"):
        load(tmp_path, HEAD, "California,La Cañada,34.2,-118.2", encoding="latin-1")


def test_a_byte_order_mark_as_spreadsheets_write_it_does_no_harm(tmp_path: Path) -> None:
    directory = load(tmp_path, HEAD, TAMPA, encoding="utf-8-sig")
    assert directory.find_in("Tampa", "Florida") == City("Tampa", "Florida", 27.95, -82.46)


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    path = tmp_path / "cities.csv"
    path.write_bytes(f"{HEAD}\r\n{TAMPA}\r\n".encode())
    assert directory_file.load(path).find("Tampa")[0].longitude == -82.46


def test_columns_may_stand_in_another_order_and_with_blanks_around_them(tmp_path: Path) -> None:
    directory = load(tmp_path, " city ,longitude, state,latitude", "Tampa , -82.46,Florida , 27.95")
    assert directory.cities("Florida") == (City("Tampa", "Florida", 27.95, -82.46),)


def test_a_value_with_a_comma_may_stand_in_quotes(tmp_path: Path) -> None:
    directory = load(tmp_path, PROVIDERS, f'{TAMPA},"Hands, Inc.","1 Main St, Suite 2",,')
    assert directory.find("Tampa")[0].listings == (Listing("Hands, Inc.", "1 Main St, Suite 2"),)


def test_a_value_in_quotes_may_go_over_two_lines(tmp_path: Path) -> None:
    directory = load(tmp_path, PROVIDERS, f'{TAMPA},Hands,"1 Main St', 'Suite 2",,')
    assert directory.find("Tampa")[0].listings[0].address == "1 Main St Suite 2"


def test_the_optional_columns_tell_of_a_provider(tmp_path: Path) -> None:
    directory = load(
        tmp_path, PROVIDERS, f"{TAMPA},Helping Hands,1 Main St,813-555-0100,https://hands.example"
    )
    (city,) = directory.cities("Florida")
    assert city.listings == (
        Listing("Helping Hands", "1 Main St", "813-555-0100", "https://hands.example"),
    )


def test_any_of_the_optional_columns_may_be_missing_or_empty(tmp_path: Path) -> None:
    directory = load(
        tmp_path, f"phone,{HEAD}", f"813-555-0100,{TAMPA}", ",Florida,Miami,25.77,-80.2"
    )
    assert directory.find("Tampa")[0].listings == (Listing(phone="813-555-0100"),)
    assert directory.find("Miami")[0].listings == ()


def test_a_city_may_have_several_providers_and_keeps_their_order(tmp_path: Path) -> None:
    directory = load(
        tmp_path,
        PROVIDERS,
        f"{TAMPA},Zeta,,,",
        "Florida,Miami,25.77,-80.2,Other,,,",
        f"{TAMPA},Alpha,,,",
        f"{TAMPA.replace('Tampa', 'tampa')},Zeta,2 Main St,,",
    )
    tampa = directory.find("Tampa")
    assert [city.name for city in tampa] == ["Tampa"]
    assert [one.name for one in tampa[0].listings] == ["Zeta", "Alpha", "Zeta"]
    assert [city.name for city in directory.cities("Florida")] == ["Tampa", "Miami"]


def test_a_city_of_one_name_may_stand_in_two_states(tmp_path: Path) -> None:
    directory = load(tmp_path, HEAD, "Ohio,Salem,40.9,-80.9", "Oregon,Salem,44.9,-123.0")
    assert {city.state for city in directory.find("Salem")} == {"Ohio", "Oregon"}


def test_a_directory_of_other_states_works_with_the_shipped_aliases_and_regions(
    tmp_path: Path,
) -> None:
    directory = load(
        tmp_path,
        HEAD,
        "Ohio,Columbus,39.99,-82.99",
        "Texas,Dallas,32.78,-96.80",
        "Texas,Fort Worth,32.75,-97.33",
    )
    assert directory.states == ("Ohio", "Texas")
    assert look_up(directory, Wanted("ft worth")).city == "Fort Worth"
    assert look_up(directory, Wanted(region="Dallas County")).kind == "region"
    assert look_up(directory, Wanted(region="Long Island")).kind == "unknown_place"
    assert look_up(directory, Wanted("Philly")).kind != "listed"
    assert look_up(directory, Wanted("Tampa", "Florida")).kind == "state_not_covered"


def test_a_region_that_no_listed_city_lies_in_is_left_out(tmp_path: Path) -> None:
    directory = load(tmp_path, HEAD, "New York,Albany,42.65,-73.75")
    assert directory.regions("Capital District")
    assert directory.regions("Long Island") == ()
    for key in directory.region_names:
        for region in directory.regions(key):
            assert directory.within(region), region


def test_every_shipped_alias_stands_for_a_listed_city() -> None:
    directory = directory_file.load()
    for row in rows("place_aliases.csv"):
        meant = directory.find_in(row["city"], row["state"])
        assert meant is not None, row
        assert meant.name == row["city"], row
        assert directory.find_in(row["alias"], row["state"]) == meant, row


def test_no_shipped_alias_stands_twice_or_repeats_a_name() -> None:
    aliases = [(row["alias"], row["state"]) for row in rows("place_aliases.csv")]
    assert len(set(aliases)) == len(aliases)
    for row in rows("place_aliases.csv"):
        assert row["alias"] != row["city"]


def test_every_shipped_region_has_a_listed_city() -> None:
    directory = directory_file.load()
    for row in rows("regions.csv"):
        regions = directory.regions(row["region"], row["state"])
        assert regions, row
        assert directory.within(regions[0]), row


def test_every_county_of_the_shipped_regions_exists() -> None:
    known = {
        (place.state, place.county) for places in gazetteer._places().values() for place in places
    }
    for row in rows("regions.csv"):
        for county in row["counties"].split(";"):
            assert (row["state"], f"{county} County") in known, (row["region"], county)


@pytest.mark.parametrize(
    ("name", "lines", "complaint"),
    [
        ("aliases", ["alias,city"], "line 1: the column state is missing"),
        ("aliases", ["alias,city,state,note", "A,Tampa,Florida,x"], "line 1: the column 'note'"),
        ("aliases", ["alias,city,state", "Cigar City,Tampa"], "line 2: needs 3 values"),
        ("aliases", ["alias,city,state", ",Tampa,Florida"], "line 2: alias is empty"),
        ("aliases", ["alias,city,state", "A,Tampa,FL"], "line 2: 'FL' is not the full name"),
        ("regions", ["region,state"], "line 1: the column counties is missing"),
        ("regions", ["region,state,counties", "Coast,Florida,"], "line 2: counties is empty"),
        ("regions", ["region,state,counties", "A,Fla,B"], "line 2: 'Fla' is not the full name"),
    ],
)
def test_a_broken_file_of_names_says_which_line_and_why(
    tmp_path: Path, name: str, lines: list[str], complaint: str
) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DirectoryError, match=rf"^{name}\.csv") as error:
        directory_file.load(**{f"{name}_path": path})
    assert complaint in str(error.value)


def test_an_alias_of_a_city_that_is_not_listed_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "aliases.csv"
    path.write_text("alias,city,state\nBig D,Dallas,Texas\n", encoding="utf-8")
    assert directory_file.load(aliases_path=path).find("Big D") == ()


def test_one_alias_may_stand_for_a_city_in_each_of_two_states(tmp_path: Path) -> None:
    path = tmp_path / "aliases.csv"
    path.write_text(
        "alias,city,state\nBig Bend,Tampa,Florida\nBig Bend,Newark,New Jersey\n", encoding="utf-8"
    )
    directory = directory_file.load(aliases_path=path)
    found = look_up(directory, Wanted("Big Bend"))
    assert found.kind == "which_state"
    assert found.ambiguous_states == ("Florida", "New Jersey")
    assert look_up(directory, Wanted("Big Bend", "Florida")).city == "Tampa"


def test_an_own_region_is_found_by_its_counties(tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    path.write_text(
        "region,state,counties\nGold Coast,Florida,Broward; Palm Beach\n", encoding="utf-8"
    )
    directory = directory_file.load(regions_path=path)
    (region,) = directory.regions("gold coast")
    found = {city.name for city in directory.within(region)}
    assert {"Fort Lauderdale", "Boca Raton"} <= found
    assert "Miami" not in found
