"""`otto review` and `otto report`, from what is kept to what is shown and written."""

import json
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from bot import cli, flags
from bot.age import DAY
from bot.cli import IMPOSSIBLE, main
from bot.evaluation import Report
from tests.kept import keep, turn

POOL = "is there a swimming pool"
RECORD = {"text": "do you sell hats", "id": None, "outcome": "ask_which", "answer": "…"}


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor of today and one of last month, and a flag."""
    url = f"sqlite:///{tmp_path}/otto.db"
    monkeypatch.setenv("OTTO_DATABASE", url)
    monkeypatch.setattr(flags, "FLAGS", tmp_path / "flags.jsonl")
    now = time.time()
    keep(
        url,
        turn("which bus goes there", "out_of_scope", sender="web:two", at=now - 40 * DAY),
        turn(POOL, "ask_which", at=now - 60),
        turn("How long is it?", at=now - 30, topic="session_length"),
    )
    today = datetime.now(timezone.utc)
    flags.keep(flags.flag(RECORD, "web", "unclear", "", today), flags.FLAGS)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed to the questions of the command, in their order; nothing more is a no."""
    given: list[str] = []
    monkeypatch.setattr("bot.review_loop._asked", lambda *_: given.pop(0) if given else "")
    monkeypatch.setattr("bot.review_loop.accept", lambda groups: len(groups))
    return given


def test_review_shows_what_was_kept_and_flagged(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review"]) == 0
    out = capsys.readouterr().out
    assert f"   1  {POOL}\n" in out
    assert "(1 flagged unclear)\n   1  do you sell hats" in out
    assert "bus" not in out


def test_review_looks_back_as_far_as_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["review", "--since", "60d"])
    assert "which bus goes there" in capsys.readouterr().out


def test_the_page_of_a_review_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.touch(0o644)
    assert main(["review", "--html", str(path)]) == 0
    assert POOL in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0


def test_report_shows_counts_and_nobodys_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 0
    out = capsys.readouterr().out
    assert "  conversations  1\n  messages       2\n" in out
    assert "pool" not in out


def test_report_writes_page_and_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, table = tmp_path / "page.html", tmp_path / "numbers.csv"
    assert main(["report", "--json", "--html", str(page), "--csv", str(table)]) == 0
    assert json.loads(capsys.readouterr().out)["topics"] == {"session_length": 1}
    assert "Questions by topic" in page.read_text(encoding="utf-8")
    assert "topics,session_length,1\n" in table.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["review", "report"])
def test_an_age_that_is_none_is_told(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--since", "May"]) == IMPOSSIBLE
    assert capsys.readouterr().err.startswith("otto: 'May' is no age; please write days or hours")


def test_after_a_review_training_is_offered_and_not_forced(
    answers: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_model", lambda _: pytest.fail("it was trained"))
    assert main(["review", "--accept"]) == 0
    assert capsys.readouterr().out == "Next: `otto train`, then `otto evaluate tests/cases`.\n"


def test_after_training_the_figures_are_compared_with_those_that_were_kept(
    answers: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers += ["y", "y"]
    done = []
    monkeypatch.setattr(cli, "train", lambda _: done.append("trained"))
    monkeypatch.setattr(cli, "_with_agent", lambda _: done.append("measured") or Report())
    assert main(["review", "--accept"]) == 0
    assert done == ["trained", "measured"]
    assert capsys.readouterr().out.startswith("| group | before | now |\n")


def test_where_nothing_was_added_training_is_not_offered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.review_loop.accept", lambda groups: 0)
    assert main(["review", "--accept"]) == 0
    assert capsys.readouterr().out == ""
