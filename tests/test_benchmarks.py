"""What the benchmarks do besides measuring: misspell, write a table, and set a number."""

import random
from pathlib import Path

import pytest
import yaml

from benchmarks import thresholds
from benchmarks.contender import SHARE, few_examples
from benchmarks.document import put
from benchmarks.thresholds import configure
from benchmarks.understanding import PERTURBATIONS, misspelt
from bot.paths import ROOT

SENTENCE = "Does my grandmother need a referral from her doctor for therapy?"
CONFIG = "pipeline:\n- name: a\n  temperature: 1.2\n- name: b\n  sure: 0.5\n  unsure: 0.1\n"
DOCUMENT = "# Title\n\n<!-- a -->\n| old |\n<!-- end of a -->\n\n<!-- b -->\n<!-- end of b -->\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.yml"
    path.write_text(CONFIG, encoding="utf-8")
    monkeypatch.setattr(thresholds, "CONFIG", path)
    return path


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "understanding.md"
    path.write_text(DOCUMENT, encoding="utf-8")
    return path


def changed(text: str, seed: int) -> list[tuple[str, str]]:
    """The words that a slip has changed, before and after."""
    after = misspelt(text, random.Random(seed))
    words = zip(text.split(), after.split(), strict=True)
    return [(one, other) for one, other in words if one != other]


@pytest.mark.parametrize("seed", range(30))
def test_a_slip_changes_exactly_one_word_of_five_letters_or_more(seed: int) -> None:
    ((before, _),) = changed(SENTENCE, seed)
    assert len(before.strip("?")) >= 5


@pytest.mark.parametrize("seed", range(30))
def test_a_slip_swaps_loses_or_doubles_one_letter_within_the_word(seed: int) -> None:
    ((before, after),) = changed("referral", seed)
    swapped = sorted(before) == sorted(after)
    assert abs(len(before) - len(after)) == (0 if swapped else 1)
    assert (before[0], before[-2:] == after[-2:] or before[-1] in after[-2:]) == (after[0], True)


def test_a_slip_of_the_same_seed_is_the_same() -> None:
    one, other = (misspelt(SENTENCE, random.Random(7)) for _ in range(2))
    assert one == other


def test_slips_of_different_seeds_differ() -> None:
    assert len({misspelt(SENTENCE, random.Random(seed)) for seed in range(30)}) > 10


@pytest.mark.parametrize("text", ["", "OT or PT?", "is 84 too old", "字字字字字字"])
def test_a_text_without_a_long_word_stays_as_it_is(text: str) -> None:
    assert misspelt(text, random.Random(1)) == text


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("no punctuation", "What is OT"),
        ("upper case", "WHAT IS OT?"),
        ("lower case", "what is ot?"),
        ("politeness", "Hello, sorry to bother you. What is OT? Thank you so much!"),
        ("a name", "Hi, my name is Maria Lopez. What is OT?"),
    ],
)
def test_a_question_is_put_into_another_form(name: str, after: str) -> None:
    assert PERTURBATIONS[name]("What is OT?", random.Random(1)) == after


def test_a_table_replaces_only_what_stands_between_its_marks(document: Path) -> None:
    put(document, "a", "| new |\n| row |")
    assert document.read_text(encoding="utf-8") == DOCUMENT.replace("| old |", "| new |\n| row |")


def test_a_table_is_put_where_there_was_none(document: Path) -> None:
    put(document, "b", "| new |")
    marks = "<!-- b -->\n", "<!-- end of b -->"
    assert document.read_text(encoding="utf-8") == DOCUMENT.replace(
        "".join(marks), "| new |\n".join(marks)
    )


def test_the_same_table_put_twice_stands_there_once(document: Path) -> None:
    put(document, "a", "| new |")
    once = document.read_text(encoding="utf-8")
    put(document, "a", "| new |")
    assert document.read_text(encoding="utf-8") == once


def test_a_document_without_the_marks_is_left_alone(document: Path) -> None:
    with pytest.raises(ValueError, match="substring not found"):
        put(document, "c", "| new |")
    assert document.read_text(encoding="utf-8") == DOCUMENT


@pytest.mark.parametrize(
    ("name", "before"), [("temperature", "1.2"), ("sure", "0.5"), ("unsure", "0.1")]
)
def test_a_number_is_put_into_the_configuration_and_nothing_else_changes(
    name: str, before: str, config: Path
) -> None:
    configure(name, 0.42)
    assert config.read_text(encoding="utf-8") == CONFIG.replace(
        f"  {name}: {before}\n", f"  {name}: 0.42\n"
    )


@pytest.mark.usefixtures("config")
def test_the_number_that_stood_there_is_given_back() -> None:
    assert [configure("sure", 0.42), configure("sure", 0.6)] == [0.5, 0.42]


@pytest.mark.usefixtures("config")
def test_a_number_that_the_configuration_does_not_have_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"config\.yml sets no mood"):
        configure("mood", 0.5)


def test_the_contenders_learn_from_a_few_examples_of_each_intent(tmp_path: Path) -> None:
    few_examples(tmp_path)
    data = ROOT / "data" / "nlu"
    for path in data.rglob("*.yml"):
        few = yaml.safe_load((tmp_path / path.relative_to(data)).read_text(encoding="utf-8"))
        everything = yaml.safe_load(path.read_text(encoding="utf-8"))
        for kept, entry in zip(few["nlu"], everything["nlu"], strict=True):
            lines, all_lines = kept["examples"].splitlines(), entry["examples"].splitlines()
            assert kept["intent"] == entry["intent"]
            assert lines == all_lines[::SHARE]
        assert few.get("responses") == everything.get("responses")
