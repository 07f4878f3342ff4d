"""An example is added to a topic's file as an editor would, and some never are."""

import json
from pathlib import Path

import pytest
import yaml

from bot import acceptance
from bot.acceptance import AcceptanceError, Judge, added, difference, write
from bot.answers import topics
from bot.evaluation import load_cases
from bot.paths import DATA, ROOT, TOPICS

CASES = ROOT / "tests" / "cases"
FILE = """\
version: "3.1"

# A comment.
nlu:
- intent: faq/parking
  examples: |
    - Where can I park?
    - parking    # no comment

responses:  # another
  utter_faq/parking:
  - text: Behind.
"""


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge.load(CASES, DATA / "nlu")


def test_examples_go_to_the_end_of_the_list_and_nothing_else_changes() -> None:
    after = added(FILE, "parking", ["is there a garage", "  any   spaces? "])
    mark = "    - parking    # no comment\n"
    assert after == FILE.replace(mark, f"{mark}    - is there a garage\n    - any spaces?\n")


@pytest.mark.parametrize(
    "text",
    ["what: about | this?", "- a dash", "# no comment", "'quoted\"", "yes", "¿dónde? 字", "> a"],
)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    (entry,) = yaml.safe_load(added(FILE, "parking", [text]))["nlu"]
    assert entry["examples"].splitlines()[-1] == f"- {text}"


@pytest.mark.parametrize("id_", topics())
def test_every_topics_file_takes_an_example(id_: str) -> None:
    before = (TOPICS / f"{id_}.yml").read_text(encoding="utf-8")
    after = added(before, id_, ["zebra crossing"])
    assert after.replace("    - zebra crossing\n", "") == before


@pytest.mark.parametrize(
    "content",
    [
        FILE.replace("faq/parking", "faq/other"),
        FILE.replace("examples: |", "examples: >"),
        FILE.replace("examples: |", "examples:"),
    ],
)
def test_a_file_that_is_written_otherwise_is_left_alone(content: str) -> None:
    with pytest.raises(AcceptanceError, match="please add yours by hand"):
        added(content, "parking", ["a"])


def test_the_difference_is_the_lines_that_come() -> None:
    after = added(FILE, "parking", ["a garage?"])
    lines = difference(FILE, after, Path("parking.yml")).splitlines()
    assert [line for line in lines if line.startswith("+")] == [
        "+++ parking.yml",
        "+    - a garage?",
    ]


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("my husband can't breathe", "it sounds like an emergency"),
        ("I want to kill myself", "it sounds like an emergency"),
        ("call me at [number]", "which stand for what is private"),
        ("is there a \ud83d room", "which stand for what is private"),
        ("so " * 150, "it is longer than 300 characters"),
        ("How long is an OT session", "an example of session_length already; one sentence cannot"),
    ],
)
def test_some_sentences_never_become_examples(judge: Judge, text: str, because: str) -> None:
    assert because in (judge.objection(text, "ages") or "")


def test_an_example_of_the_same_topic_need_not_be_added_again(judge: Judge) -> None:
    found = judge.objection("how long is an OT session", "session_length")
    assert found == "it is an example of session_length already"


def test_a_new_wording_may_become_one(judge: Judge) -> None:
    assert judge.objection("could our parrot Zelda sit beside me", "ages") is None


@pytest.mark.parametrize("change", ["{}", "{}!!", "Well {}"])
def test_no_case_or_nearly_one_becomes_an_example(judge: Judge, change: str) -> None:
    cases = [case.text for case in load_cases(CASES) if 60 < len(case.text) < 200]
    assert len(cases) > 50
    assert all(judge.objection(change.format(text), "ages") for text in cases[:50])


def test_no_emergency_of_the_cases_becomes_an_example() -> None:
    alone = Judge([], {}, Judge.load(CASES, DATA / "nlu").safety)
    lines = (CASES / "safety.jsonl").read_text(encoding="utf-8").splitlines()
    told = [case for case in map(json.loads, lines) if case["kind"] in ("emergency", "crisis")]
    assert [case["text"] for case in told if alone.objection(case["text"], "ages") is None] == []


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "parking.yml"
    path.write_text("old")
    write(path, "new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [
        ("parking.yml", "new")
    ]


def test_a_file_that_cannot_be_written_stays_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "parking.yml.new").mkdir()
    with pytest.raises(AcceptanceError, match=r"parking\.yml: cannot be written"):
        acceptance.write(tmp_path / "parking.yml", "new")
