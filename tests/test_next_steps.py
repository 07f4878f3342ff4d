"""Every problem that `otto check` finds comes with its file and a next step."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.answers import Citation
from bot.check import broken
from bot.next_steps import GUIDE, next_step, place
from tests.test_check import GOOD, HARD, found

FAULTS: list[dict[str, Any]] = [
    {"examples": GOOD.examples[:-1]},
    {"examples": GOOD.examples[::-1]},
    {"examples": (*GOOD.examples, "bus, way 3 to ask")},
    {"question": "Park", "examples": ("Park", *GOOD.examples[1:])},
    {"web": "Go. " + "You can go in now. " * 16},
    {"web": HARD},
    {"web": "You can call {clinic_phone} now."},
    {"sms": "You can park “behind” the house."},
    {"sms": "Go in by bus. " * 22},
    {"sms": "Reply STOP when you are there."},
    {"citations": ()},
    {"citations": (Citation("brochure", "Getting here"),)},
    {"citations": (Citation("leaflet", "Prices"),)},
    {"related": ()},
    {"related": ("trains",)},
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_of_an_answer_has_a_step_of_its_own(fault: dict[str, Any]) -> None:
    problems = found(replace(GOOD, **fault))
    assert problems
    assert GUIDE not in map(next_step, problems)


@pytest.mark.parametrize(
    "content",
    [b"nlu: [unclosed", b"just words", b"nlu: []\nresponses: {}", b"caf\xe9"],
)
def test_a_file_that_cannot_be_read_has_one_too(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "parking.yml").write_bytes(content)
    (problem,) = broken(tmp_path)
    assert next_step(problem) != GUIDE


def test_every_broken_file_is_named_at_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yml").write_text("words")
    assert [problem.split(":")[0] for problem in broken(tmp_path)] == ["a.yml", "b.yml"]


def test_a_question_that_is_taken_for_another_has_one() -> None:
    assert next_step("faq/a: its question “b” is understood as faq/c").startswith("add examples")


def test_for_anything_else_there_is_the_guide() -> None:
    assert next_step("a: is bad") == GUIDE


@pytest.mark.parametrize(
    "problem", ["session_length: is bad", "session_length.yml: is bad", "faq/session_length: bad"]
)
def test_the_file_is_named(problem: str) -> None:
    assert place(problem) == "data/nlu/faq/session_length.yml"


def test_what_is_no_topic_has_no_file() -> None:
    assert place("find_location: its question") is None
