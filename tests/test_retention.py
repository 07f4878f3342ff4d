"""`otto purge`: what is older than it says is gone, wherever it was kept."""

import asyncio
import time
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered

from bot.age import AgeError, age
from bot.channels.web_reply import Content
from bot.channels.web_store import Store
from bot.cli import main
from bot.store import OttoTrackerStore

REPLY: Content = {"text": "an answer", "choices": [], "sources": [], "outcome": "answer"}


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/otto.db"
    monkeypatch.setenv("OTTO_DATABASE", url)
    return url


def say(url: str, text: str, at: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that a visitor said on the website at a time, as both stores keep it."""
    with monkeypatch.context() as then:
        then.setattr(time, "time", lambda: at)
        web = Store(url)
        web.open(text, at)
        turn = web.claim(text, text, text, "", at)
        web.finish(turn, [REPLY])
        web.close()
        store = OttoTrackerStore(Domain.empty(), host=url)
        tracker = store.init_tracker(text)
        tracker.update(UserUttered(text))
        asyncio.run(store.save(tracker))
        store.conversations.close()


def test_what_is_older_is_gone_and_the_rest_is_kept(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = time.time()
    say(url, "an old canary", now - 3 * 86400, monkeypatch)
    say(url, "a new canary", now - 3600, monkeypatch)
    assert main(["purge", "--older-than", "2d"]) == 0
    assert "1 messages of the website's chat and 1 turns" in capsys.readouterr().out
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"an old canary" not in kept
    assert kept.count(b"a new canary") >= 2


@pytest.mark.parametrize(("text", "seconds"), [("30d", 2592000), ("12h", 43200), ("0d", 0)])
def test_an_age_is_days_or_hours(text: str, seconds: int) -> None:
    assert age(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1.5d", "30 d", "30days", "1000000d"])
def test_anything_else_is_no_age(text: str) -> None:
    with pytest.raises(AgeError, match="30d or 12h"):
        age(text)


def test_a_broken_database_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "otto.db"
    broken.write_bytes(b"garbage" * 1000)
    monkeypatch.setenv("OTTO_DATABASE", f"sqlite:///{broken}")
    assert main(["purge", "--older-than", "30d"]) == 2
    error = capsys.readouterr().err
    assert "the database cannot be used" in error
    assert "Traceback" not in error
