"""The log of the web channel by itself: who may claim a message, and what is forgotten when."""

import random
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from bot.age import DAY
from bot.channels.database import INSERTS
from bot.channels.problem import Problem
from bot.channels.web_store import (
    IDLE_SECONDS,
    RETENTION_DAYS,
    STALE_SECONDS,
    TURNS,
    Store,
)

SEED = 7
NOW = 1_000_000_000.0
KEY = "a" * 64
SAID = {"text": "Yes.", "choices": [], "sources": [], "outcome": "answer"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(f"sqlite:///{tmp_path / 'web.db'}")
    store.open(KEY, NOW)
    return store


def test_only_its_owner_may_read_what_sqlite_keeps(store: Store, tmp_path: Path) -> None:
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("web.db*")}
    assert found == dict.fromkeys(["web.db", "web.db-wal", "web.db-shm"], 0o600)


def code(call: object, *arguments: object) -> str:
    with pytest.raises(Problem) as problem:
        call(*arguments)  # type: ignore[operator]
    return problem.value.code


def test_a_message_is_claimed_by_one_of_many(store: Store) -> None:
    def claim(_: int) -> str:
        try:
            return "mine" if store.claim(KEY, "1", "hi", "", NOW).replies is None else "done"
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(claim, range(40)))
    assert sorted(set(found)) == ["in_flight", "mine"]
    assert found.count("mine") == 1


def test_sessions_do_not_wait_for_each_other(store: Store) -> None:
    store.open("b" * 64, NOW)
    store.claim(KEY, "1", "hi", "", NOW)
    assert store.claim("b" * 64, "1", "hi", "", NOW).seq == 1


def test_a_claim_that_was_given_up_may_be_taken_and_the_late_answer_is_dropped(
    store: Store,
) -> None:
    late = store.claim(KEY, "1", "hi", "", NOW)
    assert code(store.claim, KEY, "1", "hi", "", NOW + STALE_SECONDS) == "in_flight"
    mine = store.claim(KEY, "1", "hi", "", NOW + STALE_SECONDS + 1)
    assert store.finish(late, [SAID]) is None
    assert store.finish(mine, [SAID])
    assert len(store.history(KEY, 0, NOW)["entries"]) == 2


def test_an_answer_to_an_erased_chat_is_dropped(store: Store) -> None:
    turn = store.claim(KEY, "1", "hi", "", NOW)
    store.erase(KEY)
    assert store.finish(turn, [SAID]) is None
    store.open(KEY, NOW)
    assert store.history(KEY, 0, NOW)["entries"] == []


def test_what_is_older_than_it_may_be_is_forgotten_and_nothing_else(store: Store) -> None:
    later = NOW + RETENTION_DAYS * DAY
    store.open("b" * 64, later)
    for key, now in ((KEY, NOW), ("b" * 64, later)):
        store.finish(store.claim(key, "1", "hi", "", now), [SAID])
    store.purge(later + 1)
    assert code(store.history, KEY, 0, later) == "no_session"
    assert len(store.history("b" * 64, 0, later)["entries"]) == 2
    store.open(KEY, later)
    assert store.history(KEY, 0, later)["entries"] == []


def test_a_session_that_idles_ends_and_one_in_use_does_not(store: Store) -> None:
    assert store.history(KEY, 0, NOW + IDLE_SECONDS)["seq"] == 0
    assert store.history(KEY, 0, NOW + 2 * IDLE_SECONDS)["seq"] == 0
    assert code(store.history, KEY, 0, NOW + 3 * IDLE_SECONDS + 1) == "no_session"


def test_the_log_outlives_the_server(tmp_path: Path, store: Store) -> None:
    store.finish(store.claim(KEY, "1", "hi", "", NOW), [SAID])
    store.close()
    again = Store(f"sqlite:///{tmp_path / 'web.db'}")
    turn = again.claim(KEY, "1", "hi", "", NOW)
    assert turn.replies
    assert turn.replies[0]["text"] == "Yes."


def test_any_run_of_a_chat_is_numbered_without_gaps(store: Store) -> None:
    chance = random.Random(SEED)
    said = []
    for i in range(60):
        turn = store.claim(KEY, str(i), f"text {i}", "", NOW)
        answers = [f"answer {i}.{j}" for j in range(chance.randint(1, 3))]
        store.finish(turn, [SAID | {"text": text} for text in answers])
        said += [f"text {i}", *answers]
    got, after = [], 0
    while True:
        page = store.history(KEY, after, NOW)
        got += page["entries"]
        after = page["seq"]
        if not page["more"]:
            break
    assert [entry["text"] for entry in got] == said
    assert [entry["seq"] for entry in got] == list(range(1, len(said) + 1))


@pytest.mark.parametrize("url", ["mysql://x/y", "oracle://x/y"])
def test_other_databases_are_not_used(url: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - its driver is missing, or unknown
        Store(url)


def test_postgresql_lets_one_message_of_a_session_be_answered_at_a_time_too() -> None:
    (index,) = [i for i in TURNS.indexes if i.name == "web_turns_one_pending"]
    made = str(CreateIndex(index).compile(dialect=postgresql.dialect()))
    assert made.startswith("CREATE UNIQUE INDEX")
    assert made.endswith("(session) WHERE pending")
    claim = str(INSERTS["postgresql"](TURNS).on_conflict_do_nothing())
    assert claim.endswith("ON CONFLICT DO NOTHING")
