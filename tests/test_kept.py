"""What staff read of what is kept: whole, in order, in pages, and never half of it."""

import json
import time
from pathlib import Path

import pytest

from bot import conversation_log, kept
from bot.channels.web_store import Store, Vote
from bot.kept import KeptError, readable
from tests.kept import START, keep, turn

Rows = list[tuple[str, float, str]]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/otto.db"
    monkeypatch.setenv("OTTO_DATABASE", url)
    return url


def test_turns_come_in_the_order_they_were_kept_in_however_many_pages_they_fill(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_log, "PAGE", 3)
    keep(url, *(turn(str(number), at=100.0 - number % 2) for number in range(8)))
    assert [t.said for t in kept.turns(0.0)] == [str(number) for number in range(8)]


def test_turns_before_the_time_are_left_out_wherever_they_stand(url: str) -> None:
    keep(url, turn("old", at=1.0), turn("new", at=9.0), turn("kept late", at=2.0))
    assert [t.said for t in kept.turns(5.0)] == ["new"]


def test_where_nothing_is_kept_there_is_nothing(url: str) -> None:
    assert list(kept.turns(0.0)) == []
    assert kept.votes(0.0) == []


@pytest.mark.parametrize(
    "events", ["no JSON", "{}", "[1]", "[]", json.dumps([START]), '[{"event": "user"', "null"]
)
def test_a_row_that_is_broken_or_silent_is_left_out(events: str) -> None:
    good = json.dumps(turn("hello").events)
    rows: Rows = [("web:one", 0.0, events), ("web:one", 0.0, good)]
    assert [t.said for t in readable(rows)] == ["hello"]


def test_a_turn_tells_channel_outcome_and_topic() -> None:
    one = turn("q", "answer", sender="sms:abc", topic="ages")
    assert (one.channel, one.metadata) == ("sms", {"outcome": "answer", "topic": "ages"})


@pytest.mark.parametrize("sender", ["+16095550100", "maria", "maria:web", "sha256:0123", ""])
def test_a_sender_that_no_channel_of_ottos_named_is_not_shown(sender: str) -> None:
    assert turn(sender=sender).channel == "other"


def test_a_turn_without_an_answer_has_no_metadata() -> None:
    (silent,) = readable([("web:one", 0.0, json.dumps([{"event": "user", "text": "q"}]))])
    assert silent.metadata == {}


def test_votes_come_with_what_was_asked_and_what_was_answered(url: str) -> None:
    now = time.time()
    log = Store(url)
    log.open("key", now)
    for number, (text, value) in enumerate([("how long?", "down"), ("hm", None), ("ok", "up")]):
        claimed = log.claim("key", str(number), text, "", now + number)
        reply = {"text": "a", "choices": [], "sources": [], "outcome": "answer", "topic": "ages"}
        (shown,) = log.finish(claimed, [reply]) or []
        log.vote("key", shown["id"], value, "wrong" if value == "down" else None, now)
    log.close()
    assert kept.votes(now) == [
        Vote("how long?", now, "down", "wrong", "ages"),
        Vote("ok", now + 2, "up", None, "ages"),
    ]
    assert kept.votes(now + 1) == [Vote("ok", now + 2, "up", None, "ages")]


def test_a_database_that_is_out_of_order_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTTO_DATABASE", f"sqlite:///{tmp_path}")
    with pytest.raises(KeptError, match="Please see that it runs, and try again"):
        list(kept.turns(0.0))
    with pytest.raises(KeptError, match="Please see that it runs, and try again"):
        kept.votes(0.0)
