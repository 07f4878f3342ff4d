"""The directory: every listed city is found, nothing is guessed, and broken files say where."""

from pathlib import Path

import pytest

from bot import gazetteer
from bot.directory import City, Directory, DirectoryError, Lookup, miles_between

COUNTS = {
    "California": 212,
    "Florida": 164,
    "New Jersey": 182,
    "New York": 202,
    "Pennsylvania": 181,
}
AMBIGUOUS = {
    "Chester": ("New Jersey", "Pennsylvania"),
    "Edgewater": ("Florida", "New Jersey"),
    "Elizabeth": ("New Jersey", "Pennsylvania"),
    "Exeter": ("California", "Pennsylvania"),
    "Fairview": ("New Jersey", "Pennsylvania"),
    "Hamburg": ("New York", "Pennsylvania"),
    "Harrison": ("New Jersey", "New York"),
    "Homestead": ("Florida", "Pennsylvania"),
    "Kingston": ("New York", "Pennsylvania"),
    "Lakewood": ("California", "New Jersey"),
    "Lancaster": ("California", "Pennsylvania"),
    "Lebanon": ("New Jersey", "Pennsylvania"),
    "Long Beach": ("California", "New York"),
    "Medford": ("New Jersey", "New York"),
    "Montclair": ("California", "New Jersey"),
    "Oceanside": ("California", "New York"),
    "South Pasadena": ("California", "Florida"),
    "Union City": ("California", "New Jersey"),
    "Washington": ("New Jersey", "Pennsylvania"),
    "Wayne": ("New Jersey", "Pennsylvania"),
}


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory.load()


def every_city(directory: Directory) -> list[City]:
    return [city for state in directory.states for city in directory.cities(state)]


def found(lookup: Lookup) -> tuple[str, str | None, str | None]:
    return lookup.kind, lookup.city, lookup.state


def test_the_five_states_have_all_their_cities(directory: Directory) -> None:
    assert {state: len(directory.cities(state)) for state in directory.states} == COUNTS


def test_every_listed_city_resolves_to_itself_with_its_state(directory: Directory) -> None:
    for city in every_city(directory):
        for name in (city.name, city.name.lower(), city.name.upper()):
            answer = directory.lookup(name, city.state)
            assert answer == Lookup("listed", city.name, city.state, True)


def test_a_name_of_one_state_needs_no_state_and_a_name_of_two_asks_for_it(
    directory: Directory,
) -> None:
    asked = {}
    for city in every_city(directory):
        answer = directory.lookup(city.name, None)
        if answer.kind == "which_state":
            assert (answer.city, answer.state, answer.listed) == (city.name, None, True)
            asked[city.name] = answer.ambiguous_states
        else:
            assert answer == Lookup("listed", city.name, city.state, True)
    assert asked == AMBIGUOUS


def test_every_city_lies_where_its_state_is(directory: Directory) -> None:
    boxes = {
        "California": (32.5, 42.1, -124.5, -114.1),
        "Florida": (24.4, 31.1, -87.7, -79.9),
        "New Jersey": (38.8, 41.4, -75.6, -73.8),
        "New York": (40.4, 45.1, -79.8, -71.8),
        "Pennsylvania": (39.7, 42.3, -80.6, -74.6),
    }
    for city in every_city(directory):
        south, north, west, east = boxes[city.state]
        assert south <= city.latitude <= north, city
        assert west <= city.longitude <= east, city


def test_every_city_that_the_post_office_knows_is_placed_near_it(directory: Directory) -> None:
    for city in every_city(directory):
        place = gazetteer.place_in(city.name, city.state)
        if place:
            point = (city.latitude, city.longitude)
            assert miles_between(*point, place.latitude, place.longitude) < 15, city


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ("Walnut", "Walnut Creek"),
        ("New York", "West New York"),
        ("Lakewood", "Lakewood Ranch"),
        ("San Francisco", "South San Francisco"),
        ("Los Angeles", "East Los Angeles"),
        ("Chino", "Chino Hills"),
        ("Montclair", "Upper Montclair"),
        ("Wilkes-Barre", "Wilkes-Barre Township"),
        ("Tonawanda", "Tonawanda Town"),
        ("Woodbridge", "Woodbridge Township"),
    ],
)
def test_a_longer_name_is_never_cut_to_a_shorter_one(
    directory: Directory, shorter: str, longer: str
) -> None:
    assert {city.name for city in directory.find(longer)} == {longer}
    assert {city.name for city in directory.find(shorter)} == {shorter}


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("St Pete", "St. Petersburg"),
        ("saint augustine", "St. Augustine"),
        ("Port Saint Lucie", "Port St. Lucie"),
        ("Saint Cloud", "St Cloud"),
        ("Mount Dora", "Mt Dora"),
        ("mt. laurel", "Mt Laurel Township"),
        ("Ft. Lauderdale", "Fort Lauderdale"),
        ("Philly", "Philadelphia"),
        ("NYC", "New York"),
        ("L.A.", "Los Angeles"),
        ("san fran", "San Francisco"),
        ("La Cañada", "La Canada Flintridge"),
        ("San José", "San Jose"),
        ("ho ho kus", "Ho-Ho-Kus"),
        ("hohokus", "Ho-Ho-Kus"),
        ("Land O’Lakes", "Land O' Lakes"),
        ("LIC", "Long Island City"),
        ("avon by the sea", "Avon-By-The-Sea"),
        ("East Setauket", "Setauket- East Setauket"),
        ("Lake Worth", "Lake Worth Beach"),
        ("Cherry Hill Twp.", "Cherry Hill Township"),
        ("Township of Brick", "Brick Township"),
        ("south orange", "South Orange Village"),
        ("W. Palm Beach", "West Palm Beach"),
        ("wilkes barre", "Wilkes-Barre"),
    ],
)
def test_people_may_spell_a_city_their_own_way(directory: Directory, said: str, name: str) -> None:
    assert [city.name for city in directory.find(said)] == [name]


def test_an_exact_name_comes_before_an_alias_unless_the_state_says_otherwise(
    directory: Directory,
) -> None:
    assert found(directory.lookup("Orange", None)) == ("listed", "Orange", "California")
    assert found(directory.lookup("Orange", "NJ")) == ("listed", "City of Orange", "New Jersey")
    assert found(directory.lookup("Middletown", "NY")) == ("listed", "Middletown", "New York")
    expected = ("listed", "Middletown Township", "New Jersey")
    assert found(directory.lookup("Middletown", "NJ")) == expected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("poughkepsie", ("listed", "Poughkeepsie", "New York")),
        ("schenectedy", ("listed", "Schenectady", "New York")),
        ("hackinsack", ("listed", "Hackensack", "New Jersey")),
        ("parsipany", ("listed", "Parsippany", "New Jersey")),
        ("picataway", ("listed", "Piscataway", "New Jersey")),
        ("californa", ("state", None, "California")),
    ],
)
def test_an_unmistakable_typing_error_is_understood(
    directory: Directory, typed: str, meant: tuple[str, str | None, str]
) -> None:
    assert found(directory.lookup(typed, None)) == meant


def test_the_name_of_a_real_place_is_never_taken_for_a_typing_error(directory: Directory) -> None:
    for name in ("Pittsburg", "Allenton", "Lakeland", "Farmingdale", "Bloomsbury"):
        assert directory.correct(name) is None
    assert directory.correct("Pittsburg", "Pennsylvania") == "Pittsburgh"
    assert directory.correct("Pittsburg", "California") is None
    assert directory.correct("Rmoe") is None


@pytest.mark.parametrize(
    ("city", "state", "expected"),
    [
        ("Palm Springs", None, ("listed", "Palm Springs", "Florida")),
        ("Palm Springs", "California", ("not_listed", "Palm Springs", "California")),
        ("Springfield", "Pennsylvania", ("not_listed", "Springfield", "Pennsylvania")),
        ("Xyzzy", "Calif.", ("not_listed", "Xyzzy", "California")),
        ("Santa Barbara", None, ("not_listed", "Santa Barbara", "California")),
        ("Chicago", None, ("not_listed", "Chicago", None)),
        ("Dallas", "Texas", ("state_not_covered", "Dallas", "Texas")),
        ("Washington", "D.C.", ("state_not_covered", "Washington", "District of Columbia")),
        (None, "Texas", ("state_not_covered", None, "Texas")),
        (None, "N.J.", ("state", None, "New Jersey")),
        ("California", None, ("state", None, "California")),
        ("New York", None, ("listed", "New York", "New York")),
        ("Xyzzy", None, ("unknown_place", "Xyzzy", None)),
        ("Paris", "France", ("unknown_place", "Paris", None)),
        (None, None, ("which_place", None, None)),
        (" ", "", ("which_place", None, None)),
    ],
)
def test_every_kind_of_place_gets_its_own_answer(
    directory: Directory,
    city: str | None,
    state: str | None,
    expected: tuple[str, str | None, str | None],
) -> None:
    assert found(directory.lookup(city, state)) == expected


def test_listed_is_none_only_where_no_place_was_looked_up(directory: Directory) -> None:
    assert directory.lookup(None, None).listed is None
    assert directory.lookup(None, None, "00000").listed is None
    assert directory.lookup("Chicago", None).listed is False
    assert directory.lookup(None, "Texas").listed is False
    assert directory.lookup(None, "Florida") == Lookup("state", None, "Florida", True, count=164)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("94110", ("listed", "San Francisco", "California")),
        ("11375", ("listed", "Forest Hills", "New York")),
        ("08723", ("listed", "Brick Township", "New Jersey")),
        ("90210", ("not_listed", "Beverly Hills", "California")),
        ("75201", ("state_not_covered", "Dallas", "Texas")),
        ("00000", ("bad_zip", None, None)),
        ("9411", ("bad_zip", None, None)),
        ("abcde", ("bad_zip", None, None)),
    ],
)
def test_a_zip_code_stands_for_its_city(
    directory: Directory, code: str, expected: tuple[str, str | None, str | None]
) -> None:
    assert found(directory.lookup(None, None, code)) == expected


def test_a_zip_code_beside_a_city_tells_its_state(directory: Directory) -> None:
    expected = ("state_not_covered", "Springfield", "Illinois")
    assert found(directory.lookup("Springfield", None, "62704")) == expected
    assert found(directory.lookup("Tampa", None, "9")) == ("listed", "Tampa", "Florida")


def test_the_nearest_listed_cities_are_named_for_a_place_that_is_not(directory: Directory) -> None:
    nearest = directory.lookup("Beverly Hills", "California").nearest
    assert len(nearest) == 3
    assert [n.miles for n in nearest] == sorted(n.miles for n in nearest)
    assert all(n.city.state == "California" and 0 < n.miles < 15 for n in nearest)


def test_a_remote_place_of_a_covered_state_still_gets_the_nearest_three(
    directory: Directory,
) -> None:
    nearest = directory.lookup("Eureka", "California").nearest
    assert len(nearest) == 3
    assert nearest[0].miles > 60


def test_no_neighbours_are_named_where_the_place_is_unknown_or_far_away(
    directory: Directory,
) -> None:
    assert directory.lookup("Xyzzy", "California").nearest == ()
    assert directory.lookup("Chicago", None).nearest == ()
    assert directory.lookup("Dallas", "Texas").nearest == ()
    assert directory.lookup("Tampa", None).nearest == ()
    across = directory.lookup("Greenwich", "Connecticut")
    assert across.nearest
    assert all(n.miles <= 60 for n in across.nearest)


def test_nearest_can_be_kept_to_one_state(directory: Directory) -> None:
    philadelphia = directory.find("Philadelphia")[0]
    point = (philadelphia.latitude, philadelphia.longitude)
    assert directory.nearest(*point, count=1)[0].city == philadelphia
    assert {n.city.state for n in directory.nearest(*point, count=9, state="New Jersey")} == {
        "New Jersey"
    }
    assert directory.nearest(*point, state="Texas") == ()


def test_distances_are_true_to_the_map() -> None:
    assert miles_between(40.7128, -74.006, 34.0522, -118.2437) == pytest.approx(2446, abs=5)
    assert miles_between(27.95, -82.46, 27.95, -82.46) == 0


def test_a_state_that_is_not_covered_has_no_cities(directory: Directory) -> None:
    assert directory.cities("Texas") == ()
    assert directory.find_in("Dallas", "Texas") is None


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("", "line 1: the columns must be state,city,latitude,longitude"),
        ("city,state\n", "line 1: the columns must be"),
        ("{head}\n", "holds no city"),
        ("{head}\nFlorida,Tampa,27.9\n", "line 2: needs 4 values"),
        ("{head}\nFlorida,,27.9,-82.4\n", "line 2: needs 4 values"),
        ("{head}\nFlorida,Tampa,27.9,-82.4,9\n", "line 2: needs 4 values"),
        ("{head}\nFL,Tampa,27.9,-82.4\n", "line 2: 'FL' is not the full name of a state"),
        ("{head}\nFlorida,Tampa,north,-82.4\n", "line 2: latitude 'north' is not a number"),
        ("{head}\nFlorida,Tampa,nan,-82.4\n", "line 2: latitude nan is not within"),
        ("{head}\nFlorida,Tampa,27.9,-182.4\n", "line 2: longitude -182.4 is not within"),
        (
            "{head}\nFlorida,Tampa,27.9,-82.4\nFlorida,TAMPA,27.9,-82.4\n",
            "line 3: TAMPA, Florida stands here twice",
        ),
    ],
)
def test_a_broken_directory_says_which_line_and_why(
    tmp_path: Path, lines: str, complaint: str
) -> None:
    path = tmp_path / "cities.csv"
    path.write_text(lines.format(head="state,city,latitude,longitude"), encoding="utf-8")
    with pytest.raises(DirectoryError, match=r"cities\.csv") as error:
        Directory.load(path)
    assert complaint in str(error.value)


def test_an_alias_of_no_listed_city_says_which_line(tmp_path: Path) -> None:
    path = tmp_path / "aliases.csv"
    path.write_text("alias,city,state\nBig D,Dallas,Texas\n", encoding="utf-8")
    with pytest.raises(DirectoryError, match=r"aliases\.csv line 2: Dallas, Texas"):
        Directory.load(aliases_path=path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match=r"none\.csv: cannot be read"):
        Directory.load(tmp_path / "none.csv")
    with pytest.raises(DirectoryError, match=r"none\.csv: cannot be read"):
        Directory.load(aliases_path=tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("CA", "California"),
        ("calif.", "California"),
        ("Penna", "Pennsylvania"),
        ("N.J.", "New Jersey"),
        ("new  york", "New York"),
        ("D.C.", "District of Columbia"),
        ("Ontario", None),
        ("", None),
    ],
)
def test_states_are_known_by_name_and_by_abbreviation(text: str, state: str | None) -> None:
    assert gazetteer.state_name(text) == state


def test_folding_keeps_every_character_in_its_place() -> None:
    assert gazetteer.fold("San JOSÉ, İzmir") == "san jose, izmir"
    assert len(gazetteer.fold("Ünïté 🙂 ß")) == len("Ünïté 🙂 ß")
