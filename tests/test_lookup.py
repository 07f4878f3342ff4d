"""Looking a place up: every kind of answer, and lists cut into parts that lose nothing."""

import json
import random
from collections import Counter

import pytest

from bot import directory_file
from bot.directory import City, Directory
from bot.lookup import NEARBY_MILES, Lookup, Wanted, look_up, pages

SHARED = {
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
    return directory_file.load()


def found(lookup: Lookup) -> tuple[str, str | None, str | None]:
    return lookup.kind, lookup.city, lookup.state


def near(lookup: Lookup) -> list[str]:
    return [n.city.name for n in lookup.nearest]


def every_city(directory: Directory) -> list[City]:
    return [city for state in directory.states for city in directory.cities(state)]


def test_every_listed_city_resolves_to_itself_with_its_state(directory: Directory) -> None:
    for city in every_city(directory):
        for name in (city.name, city.name.lower(), city.name.upper()):
            answer = look_up(directory, Wanted(name, city.state))
            assert found(answer) == ("listed", city.name, city.state)
            assert answer.found == city
            assert answer.listed is True


def test_a_name_of_one_state_needs_no_state_and_a_name_of_two_asks_for_it(
    directory: Directory,
) -> None:
    asked = {}
    for city in every_city(directory):
        answer = look_up(directory, Wanted(city.name))
        if answer.kind == "which_state":
            assert (answer.city, answer.state, answer.listed) == (city.name, None, True)
            assert answer.found is None
            asked[city.name] = answer.ambiguous_states
        else:
            assert found(answer) == ("listed", city.name, city.state)
            assert answer.found == city
    assert asked == SHARED


@pytest.mark.parametrize(
    ("city", "state", "expected"),
    [
        ("Palm Springs", None, ("listed", "Palm Springs", "Florida")),
        ("Palm Springs", "California", ("not_listed", "Palm Springs", "California")),
        ("Springfield", "Pennsylvania", ("not_listed", "Springfield", "Pennsylvania")),
        ("Xyzzy", "Calif.", ("not_listed", "Xyzzy", "California")),
        ("Santa Barbara", None, ("not_listed", "Santa Barbara", "California")),
        ("Chicago", None, ("not_listed", "Chicago", None)),
        ("vegas", None, ("not_listed", "Las Vegas", None)),
        ("Dallas", None, ("listed", "Dallas", "Pennsylvania")),
        ("Dallas", "Texas", ("state_not_covered", "Dallas", "Texas")),
        ("Washington", "D.C.", ("state_not_covered", "Washington", "District of Columbia")),
        ("Washington", "NJ", ("listed", "Washington", "New Jersey")),
        ("Orange", None, ("listed", "Orange", "California")),
        ("Orange", "NJ", ("listed", "City of Orange", "New Jersey")),
        ("Middletown", "NY", ("listed", "Middletown", "New York")),
        ("Middletown", "NJ", ("listed", "Middletown Township", "New Jersey")),
        ("Pittsburg", "PA", ("listed", "Pittsburgh", "Pennsylvania")),
        ("Pittsburg", "CA", ("not_listed", "Pittsburg", "California")),
        ("poughkepsie", None, ("listed", "Poughkeepsie", "New York")),
        ("Tampa", "Flordia", ("listed", "Tampa", "Florida")),
        (" Tampa ", " FL ", ("listed", "Tampa", "Florida")),
        (None, "Texas", ("state_not_covered", None, "Texas")),
        (None, "N.J.", ("state", None, "New Jersey")),
        (None, "californa", ("state", None, "California")),
        ("California", None, ("state", None, "California")),
        ("californa", None, ("state", None, "California")),
        ("Texas", None, ("state_not_covered", None, "Texas")),
        ("New York", None, ("listed", "New York", "New York")),
        ("Xyzzy", None, ("unknown_place", "Xyzzy", None)),
        ("Xyzzy", "Texas", ("state_not_covered", "Xyzzy", "Texas")),
        ("Paris", "France", ("unknown_place", "Paris", None)),
        (None, "France", ("unknown_place", None, None)),
        ("mimai", None, ("did_you_mean", "mimai", None)),
        ("Newport", None, ("did_you_mean", "Newport", None)),
        ("?", None, ("unknown_place", "?", None)),
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
    assert found(look_up(directory, Wanted(city, state))) == expected


def test_listed_is_none_only_where_no_place_was_looked_up(directory: Directory) -> None:
    assert look_up(directory, Wanted()).listed is None
    assert look_up(directory, Wanted(zip_code="00000")).listed is None
    assert look_up(directory, Wanted("Chicago")).listed is False
    assert look_up(directory, Wanted("mimai")).listed is False
    assert look_up(directory, Wanted(state="Texas")).listed is False
    assert look_up(directory, Wanted(state="Florida")).listed is True
    assert look_up(directory, Wanted(region="Long Island")).listed is True
    assert look_up(directory, Wanted(point=(27.95, -82.46))).listed is True
    assert look_up(directory, Wanted(point=(41.88, -87.63))).listed is False


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("94110", ("listed", "San Francisco", "California")),
        (" 94110 ", ("listed", "San Francisco", "California")),
        ("11375", ("listed", "Forest Hills", "New York")),
        ("08723", ("listed", "Brick Township", "New Jersey")),
        ("90210", ("not_listed", "Beverly Hills", "California")),
        ("75201", ("state_not_covered", "Dallas", "Texas")),
        ("00000", ("bad_zip", None, None)),
        ("00901", ("bad_zip", None, None)),
        ("9411", ("bad_zip", None, None)),
        ("941100", ("bad_zip", None, None)),
        ("abcde", ("bad_zip", None, None)),
        ("٣٣١٠١", ("bad_zip", None, None)),
    ],
)
def test_a_zip_code_stands_for_its_city(
    directory: Directory, code: str, expected: tuple[str, str | None, str | None]
) -> None:
    assert found(look_up(directory, Wanted(zip_code=code))) == expected


def test_an_unlisted_zip_code_names_the_nearest_listed_cities(directory: Directory) -> None:
    assert len(look_up(directory, Wanted(zip_code="90210")).nearest) == 3
    assert look_up(directory, Wanted(zip_code="75201")).nearest == ()


def test_a_zip_code_beside_a_city_tells_its_state(directory: Directory) -> None:
    expected = ("state_not_covered", "Springfield", "Illinois")
    assert found(look_up(directory, Wanted("Springfield", None, "62704"))) == expected
    assert found(look_up(directory, Wanted("Wayne", None, "19087"))) == (
        "listed",
        "Wayne",
        "Pennsylvania",
    )


def test_a_city_counts_for_more_than_a_zip_code_that_is_wrong(directory: Directory) -> None:
    assert found(look_up(directory, Wanted("Tampa", None, "9"))) == ("listed", "Tampa", "Florida")
    assert found(look_up(directory, Wanted("Tampa", "Florida", "07470"))) == (
        "listed",
        "Tampa",
        "Florida",
    )


def test_the_nearest_listed_cities_are_named_for_a_place_that_is_not(directory: Directory) -> None:
    nearest = look_up(directory, Wanted("Beverly Hills", "California")).nearest
    assert len(nearest) == 3
    assert [n.miles for n in nearest] == sorted(n.miles for n in nearest)
    assert all(n.city.state == "California" and 0 < n.miles < 15 for n in nearest)


def test_a_remote_place_of_a_covered_state_still_gets_the_nearest_three(
    directory: Directory,
) -> None:
    nearest = look_up(directory, Wanted("Eureka", "California")).nearest
    assert len(nearest) == 3
    assert nearest[0].miles > NEARBY_MILES


def test_the_nearest_may_lie_across_the_border_of_a_state(directory: Directory) -> None:
    across = look_up(directory, Wanted("Greenwich", "Connecticut"))
    assert across.kind == "state_not_covered"
    assert across.nearest
    assert all(n.miles <= NEARBY_MILES for n in across.nearest)


def test_no_neighbours_are_named_where_the_place_is_unknown_or_far_away(
    directory: Directory,
) -> None:
    assert look_up(directory, Wanted("Xyzzy", "California")).nearest == ()
    assert look_up(directory, Wanted("Chicago")).nearest == ()
    assert look_up(directory, Wanted("Dallas", "Texas")).nearest == ()
    assert look_up(directory, Wanted("Tampa")).nearest == ()


def test_a_place_near_a_listed_city_comes_with_others_nearby(directory: Directory) -> None:
    answer = look_up(directory, Wanted("Tampa", near=True))
    assert found(answer) == ("listed", "Tampa", "Florida")
    assert len(answer.nearest) == 3
    assert "Tampa" not in near(answer)
    for city in every_city(directory):
        neighbours = look_up(directory, Wanted(city.name, city.state, near=True)).nearest
        assert len(neighbours) <= 3
        assert all(n.city != city and n.miles <= NEARBY_MILES for n in neighbours)


def test_near_a_name_of_two_states_still_asks_which(directory: Directory) -> None:
    answer = look_up(directory, Wanted("Wayne", near=True))
    assert (answer.kind, answer.nearest) == ("which_state", ())


def test_a_place_between_two_cities_is_in_the_middle(directory: Directory) -> None:
    answer = look_up(directory, Wanted("Tampa", others=(("Orlando", None),), between=True))
    assert (answer.kind, answer.city, answer.other) == ("between", "Tampa", "Orlando, Florida")
    assert "Lakeland" in near(answer)
    back = look_up(directory, Wanted("Orlando", others=(("Tampa", None),), between=True))
    assert near(back) == near(answer)


def test_between_two_cities_the_first_tells_which_of_two_namesakes_is_meant(
    directory: Directory,
) -> None:
    answer = look_up(directory, Wanted("Philadelphia", others=(("Lancaster", None),), between=True))
    assert (answer.kind, answer.other) == ("between", "Lancaster, Pennsylvania")


def test_between_counts_for_nothing_where_a_place_is_unknown_or_one_of_two(
    directory: Directory,
) -> None:
    unknown = look_up(directory, Wanted("Tampa", others=(("Xyzzy", None),), between=True))
    assert found(unknown) == ("listed", "Tampa", "Florida")
    alone = look_up(directory, Wanted("Tampa", between=True))
    assert found(alone) == ("listed", "Tampa", "Florida")
    either = look_up(directory, Wanted("Wayne", others=(("Tampa", None),), between=True))
    assert either.kind == "which_state"


def test_a_place_between_an_unlisted_city_and_a_listed_one_is_found(directory: Directory) -> None:
    answer = look_up(
        directory, Wanted("Santa Barbara", others=(("Los Angeles", None),), between=True)
    )
    assert answer.kind == "between"
    assert {n.city.state for n in answer.nearest} == {"California"}


def test_around_a_point_the_listed_cities_nearby_are_named(directory: Directory) -> None:
    answer = look_up(directory, Wanted(point=(40.2171, -74.7429)))
    assert answer.kind == "around"
    assert near(answer)[0] == "Trenton"
    assert len(answer.nearest) == 3


@pytest.mark.parametrize("point", [(41.88, -87.63), (0.0, 0.0), (-90.0, 180.0), (90.0, -180.0)])
def test_around_a_point_far_away_there_is_none(
    directory: Directory, point: tuple[float, float]
) -> None:
    answer = look_up(directory, Wanted(point=point))
    assert (answer.kind, answer.listed, answer.nearest) == ("around", False, ())


def test_a_region_has_its_cities(directory: Directory) -> None:
    answer = look_up(directory, Wanted(region="long island"))
    assert (answer.kind, answer.region, answer.state) == ("region", "Long Island", "New York")
    assert {"Hempstead", "Huntington"} <= {city.name for city in answer.cities}


def test_a_county_of_several_states_asks_which(directory: Directory) -> None:
    answer = look_up(directory, Wanted(region="orange county"))
    assert answer.kind == "which_state"
    assert answer.ambiguous_states == ("California", "Florida", "New York")
    for state in answer.ambiguous_states:
        one = look_up(directory, Wanted(region="Orange County", state=state))
        assert (one.kind, one.state) == ("region", state)
        assert {city.state for city in one.cities} == {state}


@pytest.mark.parametrize(
    ("region", "state"),
    [("Long Island", "New Jersey"), ("Nowhere County", None), ("Orange County", "Texas")],
)
def test_a_region_that_there_is_not_is_unknown(
    directory: Directory, region: str, state: str | None
) -> None:
    answer = look_up(directory, Wanted(region=region, state=state))
    assert (answer.kind, answer.region, answer.listed) == ("unknown_place", region, False)


def test_a_state_has_all_its_cities(directory: Directory) -> None:
    for state in directory.states:
        answer = look_up(directory, Wanted(state=state))
        assert (answer.kind, answer.cities) == ("state", directory.cities(state))


def test_a_part_of_a_states_list_is_named_by_letters(directory: Directory) -> None:
    answer = look_up(directory, Wanted(state="PA", letters=("B", "B")))
    assert answer.kind == "page"
    assert {city.name[0] for city in answer.cities} == {"B"}
    names = {city.name for city in directory.cities("Pennsylvania") if city.name[0] == "B"}
    assert {city.name for city in answer.cities} == names


def test_a_part_of_a_list_that_holds_nothing_is_the_whole(directory: Directory) -> None:
    assert look_up(directory, Wanted(state="Florida", letters=("X", "X"))).kind == "state"
    assert look_up(directory, Wanted(state="Florida", letters=("Z", "A"))).kind == "state"
    assert look_up(directory, Wanted(region="Long Island", letters=("X", "Z"))).kind == "region"


def test_a_mistyped_name_is_asked_about_and_not_taken_for_granted(directory: Directory) -> None:
    answer = look_up(directory, Wanted("mimai"))
    assert answer.kind == "did_you_mean"
    assert answer.suggestions[0].name == "Miami"
    assert answer.found is None


def test_a_name_that_begins_a_listed_one_is_asked_about_in_its_state(directory: Directory) -> None:
    answer = look_up(directory, Wanted("Newport", "CA"))
    assert found(answer) == ("not_listed", "Newport", "California")
    assert [city.name for city in answer.suggestions] == ["Newport Beach"]


def test_a_well_known_place_elsewhere_is_no_typing_error(directory: Directory) -> None:
    for name in ("Chicago", "Houston", "Boston", "Denver", "Seattle", "Atlanta", "Las Vegas"):
        answer = look_up(directory, Wanted(name))
        assert (answer.kind, answer.suggestions) == ("not_listed", ()), name


def test_a_mistyped_well_known_place_elsewhere_is_not_taken_for_a_listed_city(
    directory: Directory,
) -> None:
    for name in ("Chicgo", "Chcago", "Huoston", "Bostn", "Atlnta", "Minneapolys", "Detriot"):
        assert look_up(directory, Wanted(name)).kind != "listed", name


def test_another_says_that_a_better_known_place_of_the_name_is_not_listed(
    directory: Directory,
) -> None:
    assert look_up(directory, Wanted("Dallas")).another
    assert look_up(directory, Wanted("Springfield")).another
    assert look_up(directory, Wanted("Washington")).another
    assert not look_up(directory, Wanted("Tampa")).another
    assert not look_up(directory, Wanted("Philadelphia")).another
    assert not look_up(directory, Wanted("Dallas", "Pennsylvania")).another


def test_what_is_wanted_survives_being_written_as_json() -> None:
    wanted = Wanted(
        "Tampa",
        "Florida",
        others=(("Orlando", None), ("Miami", "Florida")),
        between=True,
        near=True,
        letters=("A", "C"),
    )
    for one in (wanted, Wanted(point=(40.2, -74.7)), Wanted(), Wanted(region="Long Island")):
        assert Wanted.of(json.loads(json.dumps(one.values))) == one


def test_wanted_is_true_only_where_a_place_is_named() -> None:
    assert not Wanted()
    assert not Wanted(near=True, letters=("A", "C"))
    assert Wanted("Tampa")
    assert Wanted(state="Florida")
    assert Wanted(zip_code="1")
    assert Wanted(region="Long Island")
    assert Wanted(point=(40.0, -75.0))


def ohio(names: list[str]) -> Directory:
    return Directory(City(name, "Ohio", 40.0, -82.0) for name in names)


def parts(directory: Directory, size: int) -> list[tuple[City, ...]]:
    """The cities on each page of Ohio, looked up by the letters of the page."""
    found = []
    for letters in pages(directory.cities("Ohio"), size):
        answer = look_up(directory, Wanted(state="Ohio", letters=letters))
        assert answer.kind == "page", letters
        found.append(answer.cities)
    return found


def random_names(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)
    starts = ["", "", "San ", "Santa ", "New ", "North ", "Lake ", "St. ", "West Lake "]
    names = set()
    while len(names) < count:
        word = "".join(chance.choices("abdeilnorst", k=chance.randint(2, 9)))
        names.add(chance.choice(starts) + word.title())
    return sorted(names)


LISTS = {
    "one city": ["Akron"],
    "two cities": ["Akron", "Toledo"],
    "all of one letter": [f"A{letter}ton" for letter in "abcdefghijklmnopqrstuvwxyz"],
    "a name that begins all others": [
        "Chino", "Chino Hills", "Chino Hills East", "Chino Lake", "Chinook", "Chinon",
    ],
    "one long common prefix": [f"Mount Saint Helena {char}" for char in "abcdefghijklmnopqrst"],
    "first words alike": [f"{word} {char}ton" for word in ("San", "Santa") for char in "abcdefgh"],
    "numbers": [f"Town {i}" for i in range(1, 60)],
    "marks in names": [
        "Ho-Ho-Kus", "Land O' Lakes", "O'Fallon", "St. Marys", "Setauket- East", "Mt Dora",
    ],
    "two hundred": random_names(1, 200),
    "a thousand": random_names(2, 1000),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 15, 45])
@pytest.mark.parametrize("names", LISTS.values(), ids=LISTS.keys())
def test_pages_are_at_most_five_and_hold_every_city_once(names: list[str], size: int) -> None:
    directory = ohio(names)
    shared = parts(directory, size)
    assert 1 <= len(shared) <= 5
    held = Counter(city.name for part in shared for city in part)
    assert held == Counter(names)


EVEN = {id_: names for id_, names in LISTS.items() if id_ != "a name that begins all others"}


@pytest.mark.parametrize("names", EVEN.values(), ids=EVEN.keys())
def test_pages_are_about_as_long_as_each_other(names: list[str]) -> None:
    sizes = [len(part) for part in parts(ohio(names), 1)]
    assert max(sizes) <= 1.5 * min(sizes) + 1


def test_there_are_no_more_pages_than_needed() -> None:
    cities = ohio(random_names(3, 30)).cities("Ohio")
    assert len(pages(cities, 45)) == 1
    assert len(pages(cities, 15)) == 2
    assert len(pages(cities, 1)) == 5


def test_the_parts_of_thirty_thousand_cities_lose_none() -> None:
    names = random_names(4, 30_000)
    shared = parts(ohio(names), 45)
    assert len(shared) == 5
    assert sum(map(len, shared)) == 30_000
    assert len({city.name for part in shared for city in part}) == 30_000
    assert max(map(len, shared)) - min(map(len, shared)) <= 300


def test_the_parts_of_every_shipped_state_hold_every_city_once(directory: Directory) -> None:
    for state in directory.states:
        cities = directory.cities(state)
        for size in (15, 45):
            held: Counter[City] = Counter()
            for letters in pages(cities, size):
                held.update(look_up(directory, Wanted(state=state, letters=letters)).cities)
            assert held == Counter(cities), (state, size)


def test_a_small_town_that_exists_is_no_typing_error_of_a_listed_city(
    directory: Directory,
) -> None:
    for name, state in (("Nyack", "New York"), ("Newport", "New Jersey"), ("Hope", "New Jersey")):
        answer = look_up(directory, Wanted(name, state))
        assert found(answer) == ("not_listed", name, state)
        assert answer.suggestions == ()
        assert len(answer.nearest) == 3
