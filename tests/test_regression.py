"""Two runs of the same questions: what is answered otherwise is told, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.regression import Change, RunFileError, beside, changes, keep, load


def record(text: str = "How long?", **changed: Any) -> dict[str, Any]:
    return {
        "text": text,
        "outcome": "answer",
        "id": "session_length",
        "intent": "faq/session_length",
        "answer": "An hour.",
        "location": None,
    } | changed


@pytest.mark.parametrize(
    ("now", "change"),
    [
        ({"id": "risks"}, ("answer session_length", "answer risks")),
        ({"outcome": "ask_which"}, ("answer session_length", "ask_which session_length")),
        ({"answer": "Two."}, ("An hour.", "Two.")),
    ],
)
def test_what_is_answered_otherwise_is_told(now: dict[str, Any], change: tuple[str, str]) -> None:
    assert changes([record()], [record(**now)]) == [Change("How long?", *change)]


@pytest.mark.parametrize("now", [{}, {"ms": 3}, {"intent": "faq/other"}, {"confidence": 0.1}])
def test_what_visitors_do_not_see_is_no_change(now: dict[str, Any]) -> None:
    assert changes([record()], [record(**now)]) == []


def test_new_and_dropped_questions_are_no_change() -> None:
    assert changes([record("old")], [record("new")]) == []


def test_a_run_is_read_as_it_was_kept(tmp_path: Path) -> None:
    records = [record("a\u2028b \ud83d"), record("“¿dónde?”")]
    keep(tmp_path / "run", records)
    assert load(tmp_path / "run") == records


def test_a_run_that_was_printed_is_read(tmp_path: Path) -> None:
    printed = json.dumps(record("a\u2028b") | {"labels": []}, ensure_ascii=False)
    (tmp_path / "run").write_text(f"{printed}\n", encoding="utf-8")
    assert load(tmp_path / "run") == [record("a\u2028b")]


def test_a_run_of_nothing_is_read(tmp_path: Path) -> None:
    keep(tmp_path / "run", [])
    assert load(tmp_path / "run") == []


@pytest.mark.parametrize("line", ["x", "[]", '{"text": "x"}'])
def test_a_line_that_is_no_record_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "run").write_text(f"{json.dumps(record())}\n{line}\n")
    with pytest.raises(RunFileError, match="line 2 is no record of `otto ask --json`"):
        load(tmp_path / "run")


def test_what_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match="cannot be read; please check its name"):
        load(tmp_path)
    with pytest.raises(RunFileError, match="cannot be written"):
        keep(tmp_path, [])


def test_the_last_run_is_kept_beside_its_questions() -> None:
    assert beside(Path("a/questions.csv")) == Path("a/questions.csv.last.jsonl")
