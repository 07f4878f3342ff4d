"""What staff flagged is kept line by line, for its owner only, and read back as it was."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.flags import VERDICTS, FlagError, flag, keep, load

RECORD = {"text": "Where to park?", "id": "parking", "outcome": "answer", "answer": "Behind."}
NOON = datetime(2026, 5, 2, 14, 0, tzinfo=timezone(timedelta(hours=2)))


def test_a_flag_has_question_topic_answer_note_and_time() -> None:
    made = flag(RECORD, "web", "wrong", "there is no room", NOON)
    assert vars(made) == {
        "time": "2026-05-02T12:00:00+00:00",
        "verdict": "wrong",
        "note": "there is no room",
        "channel": "web",
        "text": "Where to park?",
        "topic": "parking",
        "outcome": "answer",
        "answer": "Behind.",
    }


def test_flags_are_read_as_they_were_kept_the_oldest_first(tmp_path: Path) -> None:
    made = [flag(RECORD, "sms", verdict, "“¿dónde?” \ud83d\n", NOON) for verdict in VERDICTS]
    for each in made:
        keep(each, tmp_path / "state" / "flags.jsonl")
    assert load(tmp_path / "state" / "flags.jsonl") == made


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "state" / "flags.jsonl"
    keep(flag(RECORD, "web", "wrong", "", NOON), path)
    assert [p.stat().st_mode & 0o077 for p in (path, path.parent)] == [0, 0]


def test_where_nothing_was_flagged_there_are_none(tmp_path: Path) -> None:
    assert load(tmp_path / "flags.jsonl") == []


def test_another_verdict_is_refused_with_those_there_are() -> None:
    with pytest.raises(FlagError, match="say whether it is wrong, unclear or unsafe"):
        flag(RECORD, "web", "meh", "", NOON)


@pytest.mark.parametrize("line", ["no JSON", "[]", '{"time": "now"}'])
def test_a_line_that_is_no_flag_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "flags.jsonl"
    keep(flag(RECORD, "web", "wrong", "", NOON), path)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(FlagError, match="line 2 is no flag; please delete it"):
        load(path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(FlagError, match="cannot be written"):
        keep(flag(RECORD, "web", "wrong", "", NOON), tmp_path / "state" / "flags.jsonl")
