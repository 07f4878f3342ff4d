"""The index of listed cities: names, typing errors, what is near, and what lies in a region."""

import math
from collections import Counter
from itertools import pairwise

import pytest

from bot import directory_file, gazetteer
from bot.directory import MOST_CHOICES, City, Directory, Region, neighbour

COUNTS = {
    "California": 212,
    "Florida": 164,
    "New Jersey": 182,
    "New York": 202,
    "Pennsylvania": 181,
}


@pytest.fixture(scope="module")
def directory() -> Directory:
    return directory_file.load()


def every_city(directory: Directory) -> list[City]:
    return [city for state in directory.states for city in directory.cities(state)]


def small(*names: str, state: str = "Ohio") -> Directory:
    return Directory(City(name, state, 40.0, -82.0 - i / 10) for i, name in enumerate(names))


def names(cities: tuple[City, ...]) -> list[str]:
    return [city.name for city in cities]


def test_the_five_states_have_all_their_cities(directory: Directory) -> None:
    assert {state: len(directory.cities(state)) for state in directory.states} == COUNTS


def test_every_listed_city_is_found_by_its_name_in_any_case(directory: Directory) -> None:
    for city in every_city(directory):
        for name in (city.name, city.name.lower(), city.name.upper()):
            assert directory.find_in(name, city.state) == city
            assert city in directory.find(name)


def test_twenty_names_are_listed_in_two_states(directory: Directory) -> None:
    count = Counter(gazetteer.place_key(city.name) for city in every_city(directory))
    shared = [key for key, times in count.items() if times > 1]
    assert len(shared) == 20
    for key in shared:
        found = directory.find(key)
        assert len({city.state for city in found}) == len(found) == 2


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
            assert neighbour(place.latitude, place.longitude, city).miles < 15, city


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
    assert set(names(directory.find(longer))) == {longer}
    assert set(names(directory.find(shorter))) == {shorter}


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
        ("n miami beach", "North Miami Beach"),
        ("wilkes barre", "Wilkes-Barre"),
        ("wilkesbarre", "Wilkes-Barre"),
        ("the bronx", "Bronx"),
    ],
)
def test_people_may_spell_a_city_their_own_way(directory: Directory, said: str, name: str) -> None:
    assert names(directory.find(said)) == [name]


def test_an_exact_name_comes_before_an_alias_unless_the_state_says_otherwise(
    directory: Directory,
) -> None:
    assert [(city.name, city.state) for city in directory.find("Orange")] == [
        ("Orange", "California")
    ]
    in_new_jersey = directory.find_in("Orange", "New Jersey")
    assert in_new_jersey is not None
    assert in_new_jersey.name == "City of Orange"


def test_an_alias_never_hides_a_listed_city_of_its_state() -> None:
    one, other = City("Avon", "Ohio", 41.4, -82.0), City("Avon Lake", "Ohio", 41.5, -82.0)
    directory = Directory([one, other], {"Avon": (other,)})
    assert directory.find("Avon") == (one,)
    assert directory.find_in("Avon", "Ohio") == one


def test_an_alias_of_two_cities_of_a_state_stands_for_neither() -> None:
    cities = (City("Union Township", "Ohio", 40.0, -82.0), City("Union Village", "Ohio", 41.0, -82))
    directory = Directory(cities)
    assert set(directory.find("Union")) == set(cities)
    assert directory.find_in("Union", "Ohio") is None


def test_names_holds_every_name_and_alias_that_find_knows(directory: Directory) -> None:
    assert len(set(directory.names)) == len(directory.names)
    for key in directory.names:
        assert directory.find(key), key
        assert gazetteer.place_key(key) == key


def test_a_state_that_is_not_covered_has_no_cities(directory: Directory) -> None:
    assert directory.cities("Texas") == ()
    assert directory.find_in("Dallas", "Texas") is None
    assert "Texas" not in directory.states


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("poughkepsie", "Poughkeepsie"),
        ("schenectedy", "Schenectady"),
        ("hackinsack", "Hackensack"),
        ("parsipany", "Parsippany"),
        ("picataway", "Piscataway"),
        ("philidelphia", "Philadelphia"),
        ("sacremento", "Sacramento"),
        ("san fransisco", "San Francisco"),
    ],
)
def test_an_unmistakable_typing_error_is_corrected(
    directory: Directory, typed: str, meant: str
) -> None:
    assert directory.correct(typed) == meant


def test_the_name_of_a_real_place_is_never_taken_for_a_typing_error(directory: Directory) -> None:
    for name in ("Pittsburg", "Allenton", "Lakeland", "Farmingdale", "Bloomsbury"):
        assert directory.correct(name) is None
    assert directory.correct("Pittsburg", "Pennsylvania") == "Pittsburgh"
    assert directory.correct("Pittsburg", "California") is None


@pytest.mark.parametrize("name", ["Rmoe", "Xyzzy", "", "?!", "Tampa", "qwertyuiop", "Zzzzzzz"])
def test_what_is_short_or_right_or_like_nothing_is_not_corrected(
    directory: Directory, name: str
) -> None:
    assert directory.correct(name) is None


def test_a_name_as_much_like_one_city_as_like_another_is_not_corrected() -> None:
    assert small("Xanthopia", "Xanthopio").correct("Xanthopie") is None


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("californa", "California"),
        ("Pensylvania", "Pennsylvania"),
        ("Flordia", "Florida"),
        ("new jersy", "New Jersey"),
        ("Nwe York", "New York"),
        ("Texas", None),
        ("Flo", None),
        ("pencil", None),
        ("", None),
    ],
)
def test_a_mistyped_state_is_known_if_it_is_covered(
    directory: Directory, typed: str, state: str | None
) -> None:
    assert directory.correct_state(typed) == state


def test_a_name_may_be_meant_for_the_longer_ones_that_it_begins(directory: Directory) -> None:
    assert names(directory.like("Newport"))[0] == "Newport Beach"
    assert names(directory.like("Newport", "California")) == ["Newport Beach"]
    assert directory.like("Newport", "Pennsylvania") == ()


@pytest.mark.parametrize(
    ("typed", "meant"), [("mimai", "Miami"), ("tmapa", "Tampa"), ("Scrnton", "Scranton")]
)
def test_a_name_may_be_meant_for_one_spelled_like_it(
    directory: Directory, typed: str, meant: str
) -> None:
    assert names(directory.like(typed))[0] == meant


@pytest.mark.parametrize("name", ["", "?", "Ab", "xyzzy", "qwertyuiop"])
def test_nothing_is_offered_for_a_name_that_is_short_or_like_no_other(
    directory: Directory, name: str
) -> None:
    assert directory.like(name) == ()


def test_at_most_five_cities_are_offered_and_none_twice(directory: Directory) -> None:
    for name in ("Lake", "Palm", "Santa", "North", "West", "Mount", "San Diego", "Washingtn"):
        offered = directory.like(name)
        assert len(offered) <= MOST_CHOICES
        assert len(set(offered)) == len(offered)


def test_a_namesake_in_another_state_is_not_offered_for_a_state(directory: Directory) -> None:
    assert {city.state for city in directory.like("Lancastr", "Pennsylvania")} == {"Pennsylvania"}
    assert len(directory.like("Lancastr")) == 2


@pytest.mark.parametrize(
    ("one", "other", "miles"),
    [
        ((40.7128, -74.006), (34.0522, -118.2437), 2446),
        ((51.5074, -0.1278), (48.8566, 2.3522), 213.5),
        ((27.9506, -82.4572), (28.5383, -81.3792), 77.2),
        ((39.9526, -75.1652), (40.7128, -74.006), 80.5),
        ((0.0, 0.0), (0.0, 180.0), math.pi * 3958.8),
        ((40.0, 179.9), (40.0, -179.9), 10.6),
        ((27.95, -82.46), (27.95, -82.46), 0),
    ],
)
def test_distances_are_true_to_the_map(
    one: tuple[float, float], other: tuple[float, float], miles: float
) -> None:
    there = neighbour(*one, City("There", "Ohio", *other))
    back = neighbour(*other, City("Back", "Ohio", *one))
    assert there.miles == pytest.approx(miles, rel=0.003, abs=0.05)
    assert back.miles == pytest.approx(there.miles)


@pytest.mark.parametrize(
    ("north", "east", "direction"),
    [
        (1, 0, "north"),
        (1, 1, "northeast"),
        (0, 1, "east"),
        (-1, 1, "southeast"),
        (-1, 0, "south"),
        (-1, -1, "southwest"),
        (0, -1, "west"),
        (1, -1, "northwest"),
    ],
)
def test_a_neighbour_lies_in_one_of_eight_directions(north: int, east: int, direction: str) -> None:
    latitude, longitude = 40.0, -75.0
    there = City(
        "There",
        "Ohio",
        latitude + north / 5,
        longitude + east / 5 / math.cos(math.radians(latitude)),
    )
    assert neighbour(latitude, longitude, there).direction == direction


@pytest.mark.parametrize(
    ("of", "there", "direction"),
    [
        ("Philadelphia", "Trenton", "northeast"),
        ("Tampa", "Orlando", "northeast"),
        ("Tampa", "St. Petersburg", "southwest"),
        ("Miami", "Fort Lauderdale", "north"),
        ("San Francisco", "Oakland", "east"),
        ("Los Angeles", "Santa Monica", "west"),
        ("Buffalo", "Rochester", "east"),
    ],
)
def test_directions_are_true_to_the_map(
    directory: Directory, of: str, there: str, direction: str
) -> None:
    here = directory.find(of)[0]
    seen = neighbour(here.latitude, here.longitude, directory.find(there)[0])
    assert seen.direction == direction


def test_every_city_is_its_own_nearest(directory: Directory) -> None:
    for city in every_city(directory):
        first, *others = directory.nearest(city.latitude, city.longitude, 3)
        assert first.miles < 0.1
        assert city in {first.city, *(n.city for n in others if n.miles < 0.1)}


def test_the_nearest_are_those_that_a_full_search_finds(directory: Directory) -> None:
    cities = every_city(directory)
    for point in [(40.2171, -74.7429), (27.95, -82.46), (36.0, -119.0), (44.0, -75.0), (0.0, 0.0)]:
        all_ = sorted(neighbour(*point, city).miles for city in cities)
        found = [n.miles for n in directory.nearest(*point, 5)]
        assert found == pytest.approx(all_[:5])


def test_as_many_neighbours_are_named_as_there_are(directory: Directory) -> None:
    two = small("Here", "There")
    assert len(two.nearest(40.0, -82.0)) == 2
    assert len(two.nearest(40.0, -82.0, 1)) == 1
    assert len(directory.nearest(40.0, -82.0)) == 3
    assert len(small("Here").nearest(40.0, -82.0)) == 1


def test_neighbours_come_with_the_nearest_first(directory: Directory) -> None:
    miles = [n.miles for n in directory.nearest(40.0, -75.0, 20)]
    assert len(miles) == 20
    assert all(one <= other for one, other in pairwise(miles))


@pytest.mark.parametrize(
    ("name", "state", "inside", "outside"),
    [
        ("Long Island", "New York", "Hempstead", "Albany"),
        ("long island", "New York", "Hempstead", "Brooklyn"),
        ("Bay Area", "California", "Oakland", "Los Angeles"),
        ("Bergen County", "New Jersey", "Hackensack", "Newark"),
        ("Lehigh Valley", "Pennsylvania", "Allentown", "Erie"),
        ("Tampa Bay", "Florida", "Tampa", "Miami"),
    ],
)
def test_a_region_holds_the_cities_of_its_counties(
    directory: Directory, name: str, state: str, inside: str, outside: str
) -> None:
    (region,) = directory.regions(name)
    assert region.state == state
    found = names(directory.within(region))
    assert inside in found
    assert outside not in found
    assert found == sorted(found)


def test_a_county_of_two_states_is_a_region_of_each(directory: Directory) -> None:
    assert {r.state for r in directory.regions("Orange County")} == {
        "California",
        "Florida",
        "New York",
    }
    (one,) = directory.regions("orange county", "Florida")
    assert "Orlando" in names(directory.within(one))
    assert directory.regions("Orange County", "Texas") == ()
    assert directory.regions("Nowhere County") == ()


def test_every_listed_city_lies_in_exactly_one_county(directory: Directory) -> None:
    counties = {
        region
        for key in directory.region_names
        for region in directory.regions(key)
        if len(region.counties) == 1 and region.name in region.counties
    }
    held = Counter(city for county in counties for city in directory.within(county))
    assert set(held) == set(every_city(directory))
    assert set(held.values()) == {1}


def test_every_region_name_is_known_and_holds_a_city(directory: Directory) -> None:
    for key in directory.region_names:
        regions = directory.regions(key)
        assert regions, key
        for region in regions:
            assert directory.within(region), region


def test_looking_into_a_region_changes_nothing() -> None:
    directory = directory_file.load()
    before = directory.regions("Union County")
    for region in directory.regions("Susquehanna Valley"):
        directory.within(region)
    assert directory.regions("Union County") == before


def test_a_city_that_nobody_knows_lies_in_the_county_of_its_neighbour() -> None:
    known = City("Columbus", "Ohio", 39.99, -82.99)
    far = City("Cleveland", "Ohio", 41.48, -81.67)
    new = City("Newly Built", "Ohio", 40.0, -83.0)
    directory = Directory([known, far, new])
    (county,) = directory.regions("Franklin County")
    assert directory.within(county) == (known, new)


def test_a_directory_of_cities_that_nobody_knows_has_no_counties() -> None:
    directory = small("Qwxyz", "Zyxwq")
    assert directory.region_names == ()
    assert directory.regions("Franklin County") == ()


def test_a_region_of_a_state_may_be_empty_and_is_then_within_nothing() -> None:
    region = Region("Nowhere", "Ohio", frozenset(["Lucas County"]))
    directory = Directory([City("Columbus", "Ohio", 39.99, -82.99)], regions=[region])
    assert directory.within(region) == ()


def test_a_township_lies_in_its_own_county_and_no_county_crosses_a_state(
    directory: Directory,
) -> None:
    ocean = {city.name for city in directory.within(directory.regions("Ocean County")[0])}
    assert {"Brick Township", "Toms River"} <= ocean
    assert "Howell Township" not in ocean
    assert [region.state for region in directory.regions("Hudson County")] == ["New Jersey"]
