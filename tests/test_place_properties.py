"""What holds for every row of the directory: it is found as it is written, and never another."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, product

import pytest
import yaml

from bot import directory_file, gazetteer
from bot.directory import City, Directory
from bot.gazetteer import place_key
from bot.lookup import Lookup, Wanted, look_up
from bot.paths import DATA
from bot.places import PlaceReader

CODES = {state: code for code, state in gazetteer.STATES.items()}
CASES: tuple[Callable[[str], str], ...] = (str, str.lower, str.upper)
WITH_A_STATE = (
    "{}",
    "is there an OT near {}?",
    "my mother had a stroke and we live in {}",
    "I am looking for a therapist, {}",
    "We need someone for my son in {}, please",
)
WITHOUT_A_STATE = (
    "is anyone listed in {}?",
    "my mother had a stroke and we live near {}",
    "find a therapist in {}",
)
MISTYPED = "is anyone listed in {}?"


@pytest.fixture(scope="module")
def directory() -> Directory:
    return directory_file.load()


@pytest.fixture(scope="module")
def reader(directory: Directory) -> PlaceReader:
    return PlaceReader(directory)


@pytest.fixture(scope="module")
def rows(directory: Directory) -> list[City]:
    return [city for state in directory.states for city in directory.cities(state)]


@pytest.fixture(scope="module")
def states_of(rows: list[City]) -> dict[str, set[str]]:
    """The states that list a name, by its key."""
    states = defaultdict(set)
    for city in rows:
        states[place_key(city.name)].add(city.state)
    return dict(states)


def is_row(found: Lookup, row: City) -> bool:
    return (found.kind, found.city, found.state) == ("listed", row.name, row.state)


def is_row_or_asks(found: Lookup, row: City, states: set[str]) -> bool:
    """Whether a name without a state comes to the row, or to the question which of its states."""
    if len(states) == 1:
        return is_row(found, row)
    asked = (found.kind, found.city, set(found.ambiguous_states))
    return asked == ("which_state", row.name, states)


def test_the_directory_has_its_941_rows(rows: list[City]) -> None:
    assert len(rows) == 941


def test_every_row_is_found_by_city_and_state_in_every_sentence(
    directory: Directory, reader: PlaceReader, rows: list[City]
) -> None:
    """Each row in each sentence; the cases and the two ways to name its state take turns."""
    ways = cycle(product(CASES, (", {}", " {}"), (True, False)))
    missed = []
    for row in rows:
        for sentence in WITH_A_STATE:
            for _ in range(2):
                case, joint, in_full = next(ways)
                state = row.state if in_full else CODES[row.state]
                text = case(sentence.format(row.name + joint.format(state)))
                if not is_row(look_up(directory, reader.read(text).wanted), row):
                    missed.append(text)
        next(ways)  # so that no row always has the same ways
    assert missed == []


def test_every_row_is_found_by_a_bare_city_and_state_in_every_case(
    directory: Directory, reader: PlaceReader, rows: list[City]
) -> None:
    missed = []
    for row, case, state in product(rows, CASES, (0, 1)):
        text = case(f"{row.name} {(row.state, CODES[row.state])[state]}")
        if not is_row(look_up(directory, reader.read(text).wanted), row):
            missed.append(text)
    assert missed == []


@pytest.mark.parametrize("case", CASES, ids=["as written", "lower", "upper"])
@pytest.mark.parametrize(
    ("sentences", "asked"),
    [(WITHOUT_A_STATE, False), (("{}",), True)],
    ids=["in a sentence", "as the answer to which city"],
)
def test_every_row_without_its_state_is_found_or_asks_exactly_which_state(
    directory: Directory,
    reader: PlaceReader,
    rows: list[City],
    states_of: dict[str, set[str]],
    case: Callable[[str], str],
    sentences: Sequence[str],
    asked: bool,
) -> None:
    missed = []
    for row, sentence in product(rows, sentences):
        text = case(sentence.format(row.name))
        found = look_up(directory, reader.read(text, asked).wanted)
        if not is_row_or_asks(found, row, states_of[place_key(row.name)]):
            missed.append(text)
    assert missed == []


def test_the_twenty_shared_names_ask_and_each_answer_is_found(
    directory: Directory, reader: PlaceReader, states_of: dict[str, set[str]]
) -> None:
    shared = {key: states for key, states in states_of.items() if len(states) > 1}
    assert len(shared) == 20
    for key, states in shared.items():
        found = look_up(directory, reader.read(f"is anyone listed in {key}?").wanted)
        assert found.kind == "which_state", key
        assert found.ambiguous_states == tuple(sorted(states)), key
        for state in states:
            chosen = look_up(directory, reader.read(f"{found.city}, {state}").wanted)
            assert (chosen.kind, chosen.city, chosen.state) == ("listed", found.city, state)


def overlapping(rows: list[City]) -> Iterator[tuple[City, City]]:
    """Two rows of which the first one's name is the beginning or the end of the other's."""
    words = {row: tuple(place_key(row.name).split()) for row in rows}
    for shorter, longer in product(rows, rows):
        few, many = words[shorter], words[longer]
        if len(few) < len(many) and few in (many[: len(few)], many[-len(few) :]):
            yield shorter, longer


def test_a_name_that_begins_or_ends_another_is_never_taken_for_it(
    directory: Directory, reader: PlaceReader, rows: list[City]
) -> None:
    pairs = list(overlapping(rows))
    assert len(pairs) > 80
    for pair in pairs:
        for row, other in (pair, pair[::-1]):
            for text in (f"{row.name}, {row.state}", f"any OT in {row.name}".lower()):
                found = look_up(directory, reader.read(text).wanted)
                assert found.city != other.name, text
                assert all(city.name != other.name for city in found.suggestions), text


def test_a_name_before_the_state_of_a_longer_one_is_not_made_the_longer_one(
    directory: Directory, reader: PlaceReader, rows: list[City]
) -> None:
    for shorter, longer in overlapping(rows):
        if directory.find_in(shorter.name, longer.state) is None:
            found = look_up(directory, reader.read(f"{shorter.name}, {longer.state}").wanted)
            assert found.kind != "listed", (shorter.name, longer.state)


def mistyped(row: City, number: int) -> Iterator[tuple[str, str]]:
    """The row's name with one inner letter dropped, doubled and swapped with the next one.

    Which letter it is depends on `number`.
    """
    name = row.name
    inner = [i for i in range(1, len(name) - 1) if name[i].isalpha()]
    drop = inner[number % len(inner)]
    yield "dropped", name[:drop] + name[drop + 1 :]
    double = inner[(number + 2) % len(inner)]
    yield "doubled", name[:double] + name[double] + name[double:]
    pairs = [i for i in inner[:-1] if name[i + 1].isalpha() and name[i] != name[i + 1]]
    if pairs:
        swap = pairs[(number + 1) % len(pairs)]
        yield "swapped", name[:swap] + name[swap + 1] + name[swap] + name[swap + 2 :]


def all_mistyped(rows: list[City]) -> Iterator[tuple[City, str, str]]:
    """Rows with a name of at least six letters, mistyped in three ways at two letters each."""
    for index, row in enumerate(rows):
        if sum(char.isalpha() for char in row.name) >= 6:
            for number in (index, index + 3):
                for way, name in mistyped(row, number):
                    if place_key(name) != place_key(row.name):
                        yield row, way, name


def test_one_mistyped_letter_never_leads_to_another_listed_city(
    directory: Directory, reader: PlaceReader, rows: list[City]
) -> None:
    wrong = []
    for row, _, name in all_mistyped(rows):
        found = look_up(directory, reader.read(MISTYPED.format(f"{name}, {row.state}")).wanted)
        if found.kind == "listed" and not is_row(found, row):
            known = directory.find(name) or gazetteer.places_named(name)
            if not known:
                wrong.append((name, found.city))
    assert wrong == []


def test_one_mistyped_letter_never_leads_to_another_state(
    directory: Directory, reader: PlaceReader, rows: list[City]
) -> None:
    wrong = []
    for row, _, name in all_mistyped(rows):
        wanted = reader.read(MISTYPED.format(f"{name}, {row.state}")).wanted
        if wanted.state != row.state and look_up(directory, wanted).kind != "unknown_place":
            wrong.append((name, wanted))
    assert wrong == []


def test_most_mistyped_names_are_understood_or_asked_about(
    directory: Directory, reader: PlaceReader, rows: list[City]
) -> None:
    count: Counter[tuple[str, str]] = Counter()
    for row, way, name in all_mistyped(rows):
        found = look_up(directory, reader.read(MISTYPED.format(f"{name}, {row.state}")).wanted)
        offered = row in found.suggestions
        outcome = "found" if is_row(found, row) else "offered" if offered else "other"
        count[way, outcome] += 1
    for way, found_at_least, helped_at_least in (
        ("doubled", 0.85, 0.85),
        ("dropped", 0.75, 0.85),
        ("swapped", 0.50, 0.85),
    ):
        total = sum(number for (one, _), number in count.items() if one == way)
        found_share = count[way, "found"] / total
        assert found_share >= found_at_least, (way, count)
        assert found_share + count[way, "offered"] / total >= helped_at_least, (way, count)


def test_a_mistyped_state_beside_a_right_city_does_no_harm(
    directory: Directory, reader: PlaceReader, rows: list[City]
) -> None:
    typed = {
        "California": "Californa",
        "Florida": "Flordia",
        "New Jersey": "New Jersy",
        "New York": "New Yrok",
        "Pennsylvania": "Pensylvania",
    }
    missed = []
    for row in rows[::5]:
        found = look_up(directory, Wanted(row.name, typed[row.state]))
        if not is_row(found, row):
            missed.append((row.name, typed[row.state]))
    assert missed == []


def test_no_example_of_another_intent_is_taken_for_nothing_but_a_place(reader: PlaceReader) -> None:
    taken = []
    for path in sorted((DATA / "nlu").rglob("*.yml")):
        if path.stem != "locations":
            for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
                examples = [line.removeprefix("- ") for line in entry["examples"].splitlines()]
                taken += [text for text in examples if reader.read(text).only_place]
    assert taken == []
