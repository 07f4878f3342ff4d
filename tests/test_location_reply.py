"""The words for every lookup, on the web and by text message, and choices that lead on."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import directory_file, gazetteer
from bot.channels.render import as_sms
from bot.directory import City, Directory, Listing, Region
from bot.location_reply import (
    LISTED_AT_ONCE,
    PROVIDERS_AT_ONCE,
    Reply,
    covered,
    near,
    place,
    reply,
)
from bot.lookup import Lookup, Wanted, look_up
from bot.places import PlaceReader
from bot.sms import MOST_SEGMENTS, outside_gsm7, segments

CHANNELS = ("web", "sms")
SOURCE = {"id": "ot_vs_pt", "section": "Full State and City Directory"}


@pytest.fixture(scope="module")
def directory() -> Directory:
    return directory_file.load()


@pytest.fixture(scope="module")
def reader(directory: Directory) -> PlaceReader:
    return PlaceReader(directory)


def sms(said: Reply) -> str:
    """The reply as the SMS channel sends it, with its source."""
    buttons = [{"title": title, "payload": text} for title, text in said.choices]
    return as_sms({"text": said.text, "buttons": buttons, "metadata": {"sources": [SOURCE]}})


def said(directory: Directory, wanted: Wanted, channel: str = "web") -> Reply:
    return reply(directory, look_up(directory, wanted), channel)


def scopes(directory: Directory) -> dict[str, Wanted]:
    """Every state, region and county that somebody may ask for."""
    regions = {
        (region.name, region.state)
        for key in directory.region_names
        for region in directory.regions(key)
    }
    return {state: Wanted(state=state) for state in directory.states} | {
        f"{name}, {state}": Wanted(region=name, state=state) for name, state in sorted(regions)
    }


def every_wanted(directory: Directory) -> Iterator[Wanted]:
    """Places of every kind, all listed cities among them."""
    yield from scopes(directory).values()
    for state in directory.states:
        for city in directory.cities(state):
            yield Wanted(city.name)
            yield Wanted(city.name, state, near=True)
    for state in gazetteer.STATES.values():
        yield Wanted("Springfield", state)
        yield Wanted("Xyzzy", state)
        yield Wanted(state=state)
    for name in ("Newport", "mimai", "Lake", "Palm", "Santa", "Chicago", "Greenwich", "Xyzzy"):
        yield Wanted(name)
        for state in directory.states:
            yield Wanted(name, state)
    for code in ("90210", "94110", "75201", "06830", "00000", "1"):
        yield Wanted(zip_code=code)
    for county in ("Orange County", "Montgomery County", "Wayne County", "Nowhere County"):
        yield Wanted(region=county)
    for point in ((40.2171, -74.7429), (41.88, -87.63), (27.95, -82.46)):
        yield Wanted(point=point)
    yield Wanted("Rancho Mission Viejo", others=(("South San Francisco", None),), between=True)
    yield Wanted("Wilkes-Barre Township", others=(("Egg Harbor Township", None),), between=True)
    yield Wanted()


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_reply_says_something_and_shows_nothing_empty(
    directory: Directory, channel: str
) -> None:
    for wanted in every_wanted(directory):
        answer = reply(directory, look_up(directory, wanted), channel)
        text, choices = answer.text, answer.choices
        assert len(text) > 20, wanted
        assert "None" not in text, wanted
        assert text == text.strip(), wanted
        assert "  " not in text, wanted
        assert " ." not in text, wanted
        assert " 0 " not in text, wanted
        assert ".." not in text, wanted
        assert len(choices) <= 5, wanted
        assert len(set(choices)) == len(choices), wanted
        assert all(part == part.strip() and part for choice in choices for part in choice), wanted


def test_every_text_message_fits_the_alphabet_and_two_segments(directory: Directory) -> None:
    too_long = []
    for wanted in every_wanted(directory):
        text = sms(said(directory, wanted, "sms"))
        assert outside_gsm7(text) == [], wanted
        if segments(text) > MOST_SEGMENTS:
            too_long.append((segments(text), len(text), text))
    assert too_long == []


def walk(
    directory: Directory, reader: PlaceReader, wanted: Wanted, channel: str
) -> Iterator[tuple[Lookup, Reply]]:
    """What is said to a place and, as if each were tapped, to every choice that follows."""
    to_do, turns = [wanted], 0
    while to_do:
        turns += 1
        assert turns <= 200, f"no end to the choices of {wanted}"
        found = look_up(directory, to_do.pop())
        answer = reply(directory, found, channel)
        yield found, answer
        for _, choice in answer.choices:
            read = reader.read(choice).wanted
            assert look_up(directory, read).kind == "page", choice
            to_do.append(read)


def reached(
    directory: Directory, reader: PlaceReader, wanted: Wanted, channel: str
) -> Counter[str]:
    """How often each city is named at the ends of all choices."""
    return Counter(
        city.name
        for found, answer in walk(directory, reader, wanted, channel)
        if not answer.choices
        for city in found.cities
    )


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    "state", ["California", "Florida", "New Jersey", "New York", "Pennsylvania"]
)
def test_every_city_of_a_state_is_reached_once_by_its_choices(
    directory: Directory, reader: PlaceReader, state: str, channel: str
) -> None:
    listed = Counter(city.name for city in directory.cities(state))
    assert reached(directory, reader, Wanted(state=state), channel) == listed


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_city_of_a_region_is_reached_once_by_its_choices(
    directory: Directory, reader: PlaceReader, channel: str
) -> None:
    wrong = []
    for scope, wanted in scopes(directory).items():
        if wanted.region:
            listed = Counter(city.name for city in look_up(directory, wanted).cities)
            try:
                if reached(directory, reader, wanted, channel) != listed:
                    wrong.append(scope)
            except AssertionError as error:
                wrong.append(f"{scope}: {str(error).splitlines()[0]}")
    assert wrong == []


def test_every_text_message_on_the_way_to_a_city_fits_two_segments(
    directory: Directory, reader: PlaceReader
) -> None:
    too_long = []
    for scope, wanted in scopes(directory).items():
        try:
            for _, answer in walk(directory, reader, wanted, "sms"):
                text = sms(answer)
                assert outside_gsm7(text) == [], text
                if segments(text) > MOST_SEGMENTS:
                    too_long.append((scope, len(text)))
        except AssertionError as error:
            too_long.append((scope, str(error).splitlines()[0]))
    assert too_long == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_message_names_more_cities_than_it_may(
    directory: Directory, reader: PlaceReader, channel: str
) -> None:
    for state in directory.states:
        for found, answer in walk(directory, reader, Wanted(state=state), channel):
            if not answer.choices:
                assert len(found.cities) <= LISTED_AT_ONCE[channel]
                for city in found.cities:
                    assert city.name in answer.text


def test_choosing_the_state_of_a_shared_name_finds_the_city(
    directory: Directory, reader: PlaceReader
) -> None:
    for name in ("Wayne", "Union City", "South Pasadena", "Elizabeth", "Long Beach"):
        answer = said(directory, Wanted(name))
        article = "an" if name == "Elizabeth" else "a"
        assert answer.text.startswith(f"There is {article} {name} in ")
        for _, choice in answer.choices:
            found = look_up(directory, reader.read(choice).wanted)
            assert (found.kind, f"{found.city}, {found.state}") == ("listed", choice)


def test_choosing_the_state_of_a_county_finds_the_county(
    directory: Directory, reader: PlaceReader
) -> None:
    for county in ("Orange County", "Montgomery County", "Erie County"):
        answer = said(directory, Wanted(region=county))
        assert len(answer.choices) > 1
        for _, choice in answer.choices:
            found = look_up(directory, reader.read(choice).wanted)
            assert (found.kind, f"{found.region}, {found.state}") == ("region", choice)


def test_choosing_what_a_mistyped_name_was_meant_for_finds_it(
    directory: Directory, reader: PlaceReader
) -> None:
    wanted = [Wanted(name) for name in ("mimai", "Newport", "tmapa", "Lancastr")]
    wanted += [Wanted("Newport", "CA"), Wanted("Lake", "Florida"), Wanted("Mimai", "FL")]
    for one in wanted:
        answer = said(directory, one)
        assert answer.choices, one
        for _, choice in answer.choices:
            found = look_up(directory, reader.read(choice).wanted)
            assert (found.kind, f"{found.city}, {found.state}") == ("listed", choice)


def test_a_name_of_many_states_offers_five_and_counts_them_all() -> None:
    states = list(gazetteer.STATES.values())[:8]
    directory = Directory(City("Salem", state, 40.0, -80.0) for state in states)
    answer = said(directory, Wanted("Salem"))
    assert len(answer.choices) == 5
    assert "8 states" in answer.text


def test_a_listed_city_is_confirmed_and_no_address_is_promised(directory: Directory) -> None:
    answer = said(directory, Wanted("Tampa"))
    assert answer.text.startswith("Yes, **Tampa, Florida** is in our directory.")
    assert "not addresses" in answer.text
    assert answer.choices == ()


def test_a_better_known_namesake_is_hinted_at(directory: Directory) -> None:
    assert "If you mean another Dallas" in said(directory, Wanted("Dallas")).text
    assert "another" not in said(directory, Wanted("Tampa")).text


def test_the_cities_nearby_come_with_miles_and_direction(directory: Directory) -> None:
    text = said(directory, Wanted("Beverly Hills", "California")).text
    assert "is not in our directory" in text
    assert " miles " in text
    assert any(f" {way})" in text for way in ("north", "south", "east", "west", "southwest"))


def test_a_neighbour_in_another_state_is_named_with_its_state(directory: Directory) -> None:
    neighbours = look_up(directory, Wanted("Greenwich", "Connecticut")).nearest
    assert "New York" in near(neighbours, "Connecticut")
    assert "New York" not in near(neighbours, "New York")


def test_a_distance_of_one_mile_or_less_reads_well(directory: Directory) -> None:
    tampa = directory.find("Tampa")[0]
    here = directory.nearest(tampa.latitude, tampa.longitude, 1)
    assert near(here, "Florida") == "Tampa (less than a mile away)"
    there = directory.nearest(tampa.latitude + 0.0145, tampa.longitude, 1)
    assert near(there, None) == "Tampa, Florida (about 1 mile south)"


def test_a_state_that_is_not_covered_is_told_which_are(directory: Directory) -> None:
    text = said(directory, Wanted(state="Texas")).text
    assert "**Texas** is not in our directory" in text
    assert covered(directory) in text
    assert covered(directory) == "California, Florida, New Jersey, New York and Pennsylvania"


def test_a_directory_of_many_states_counts_them() -> None:
    states = list(gazetteer.STATES.values())[:9]
    assert covered(Directory(City("Salem", state, 40.0, -80.0) for state in states)) == "9 states"
    assert covered(Directory([City("Akron", "Ohio", 41.08, -81.52)])) == "Ohio"


def test_a_small_region_is_listed_at_once(directory: Directory) -> None:
    answer = said(directory, Wanted(region="Poconos"))
    assert "**Poconos, Pennsylvania**" in answer.text
    assert "lists 3 cities: East Stroudsburg, Pocono Summit, Stroudsburg." in answer.text
    assert answer.choices == ()
    assert "lists 1 city: " in said(directory, Wanted(region="Florida Keys")).text


def test_a_region_without_a_listed_city_is_said_to_have_none() -> None:
    empty = Region("Nowhere", "Ohio", frozenset(["Lucas County"]))
    directory = Directory([City("Columbus", "Ohio", 39.99, -82.99)], regions=[empty])
    for channel in CHANNELS:
        text = said(directory, Wanted(region="Nowhere"), channel).text
        assert ": ." not in text
        assert text


@pytest.fixture
def providers(tmp_path: Path) -> Directory:
    path = tmp_path / "cities.csv"
    lines = ["state,city,latitude,longitude,name,address,phone,url"]
    lines += [
        f"Florida,Tampa,27.95,-82.46,Helping Hands {i},{i} Main St,813-555-010{i},"
        for i in range(1, 8)
    ]
    lines += ["Florida,Miami,25.77,-80.2,Sole Hands,,,https://sole.example"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return directory_file.load(path)


def test_the_providers_of_a_city_are_named_with_what_is_known_of_them(
    providers: Directory,
) -> None:
    text = said(providers, Wanted("Miami")).text
    assert "\n- Sole Hands, https://sole.example" in text
    assert "not addresses" not in text


@pytest.mark.parametrize("channel", CHANNELS)
def test_of_many_providers_some_are_named_and_the_rest_counted(
    providers: Directory, channel: str
) -> None:
    text = said(providers, Wanted("Tampa"), channel).text
    most = PROVIDERS_AT_ONCE[channel]
    assert text.count("Helping Hands") == most
    assert f"- and {7 - most} more" in text
    assert "- Helping Hands 1, 1 Main St, 813-555-0101\n" in text


def test_two_providers_and_the_neighbours_fit_into_two_segments(providers: Directory) -> None:
    text = as_sms(
        {
            "text": said(providers, Wanted("Tampa", near=True), "sms").text,
            "buttons": [],
            "metadata": {},
        }
    )
    assert segments(text) <= MOST_SEGMENTS


def test_providers_with_long_addresses_fit_into_two_segments(tmp_path: Path) -> None:
    path = tmp_path / "cities.csv"
    lines = ["state,city,latitude,longitude,name,address,phone,url"]
    lines += [
        f"Florida,Tampa,27.95,-82.46,Bay Area Hand and Occupational Therapy {i},"
        f'"1234{i} West Hillsborough Avenue, Suite 210",(813) 555-010{i},'
        "https://www.bayareahandtherapy.example"
        for i in range(4)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    text = said(directory_file.load(path), Wanted("Tampa"), "sms").text
    assert "Bay Area Hand and Occupational Therapy 0" in text
    assert segments(as_sms({"text": text, "buttons": [], "metadata": {}})) <= MOST_SEGMENTS


def test_a_place_is_said_as_far_as_it_is_known() -> None:
    assert place("Tampa", "Florida") == "Tampa, Florida"
    assert place(None, "Florida") == "Florida"
    assert place("Tampa", None) == "Tampa"


def test_every_provider_is_a_listing_with_nothing_by_default() -> None:
    assert Listing() == Listing("", "", "", "")
