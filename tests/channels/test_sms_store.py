"""The text line's memory."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from bot.age import DAY
from bot.channels.database import INSERTS
from bot.channels.sms_store import (
    MESSAGES,
    NUMBERS,
    REPLAY_SECONDS,
    RETENTION_SECONDS,
    SESSION_SECONDS,
    STALE_SECONDS,
    Claim,
    Number,
    Store,
    message_name,
)

NOW = 1_000_000_000.0
KNOWN = Number(
    opted_out=False,
    greeted=NOW,
    offered=("My child", "Myself"),
    rest=("page 2", "page 3"),
    advice="Call 911 now.",
    seen=NOW,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'sms.db'}")


def test_a_message_is_claimed_once(store: Store) -> None:
    assert store.claim("m", "n", NOW) == Claim(number=Number())
    assert store.claim("m", "n", NOW) == Claim()


def test_an_answered_message_gets_its_answer_again(store: Store) -> None:
    store.claim("m", "n", NOW)
    store.finish("m", ["one", "two"], "n", KNOWN)
    assert store.claim("m", "n", NOW + 1) == Claim(replies=("one", "two"))


def test_silence_is_an_answer_too(store: Store) -> None:
    store.claim("m", "n", NOW)
    store.finish("m", [], "n", KNOWN)
    assert store.claim("m", "n", NOW + 1) == Claim(replies=())


def test_what_was_lost_with_its_server_can_be_claimed_again(store: Store) -> None:
    store.claim("m", "n", NOW)
    assert store.claim("m", "n", NOW + STALE_SECONDS - 1) == Claim()
    assert store.claim("m", "n", NOW + STALE_SECONDS + 1) == Claim(number=Number())


def test_what_is_known_of_a_number_comes_with_its_next_message(store: Store) -> None:
    store.claim("m", "n", NOW)
    store.finish("m", [], "n", KNOWN)
    assert store.claim("m2", "n", NOW + 1) == Claim(number=KNOWN)
    assert store.number("n") == KNOWN
    assert store.number("other") == Number()


def test_what_is_known_changes(store: Store) -> None:
    store.finish("m", [], "n", KNOWN)
    store.finish("m2", [], "n", replace(KNOWN, opted_out=True, rest=()))
    assert store.number("n") == replace(KNOWN, opted_out=True, rest=())


def test_choices_and_pages_end_with_the_session() -> None:
    assert KNOWN.now(NOW + SESSION_SECONDS) == KNOWN
    ended = KNOWN.now(NOW + SESSION_SECONDS + 1)
    assert (ended.offered, ended.rest, ended.advice) == ((), (), "")
    assert ended.greeted == NOW


def test_what_was_kept_for_long_enough_is_forgotten(store: Store) -> None:
    store.claim("m", "n", NOW)
    store.finish("m", ["one"], "n", KNOWN)
    store.purge(NOW + SESSION_SECONDS + 1)
    assert store.number("n") == replace(KNOWN, offered=(), rest=(), advice="")
    assert store.claim("m", "n", NOW) == Claim(replies=("one",))
    store.purge(NOW + REPLAY_SECONDS + 1)
    assert store.claim("m", "n", NOW).number is not None
    store.purge(NOW + RETENTION_SECONDS + 1)
    assert store.number("n") == Number()


def test_who_wants_no_texts_is_never_forgotten(store: Store) -> None:
    store.finish("m", [], "n", replace(KNOWN, opted_out=True))
    store.purge(NOW + 3650 * DAY)
    assert store.number("n").opted_out


def test_a_numbers_answers_are_deleted_but_for_the_message_under_way(store: Store) -> None:
    (one, other) = ("a" * 64, "b" * 64)
    first, last = message_name(one, "1" * 64), message_name(one, "2" * 64)
    theirs = message_name(other, "1" * 64)
    for name, key in ((first, one), (theirs, other)):
        store.claim(name, key, NOW)
        store.finish(name, ["private"], key, KNOWN)
    store.claim(last, one, NOW)
    store.forget(last, one)
    assert store.claim(first, one, NOW).number is not None
    assert store.claim(last, one, NOW) == Claim()
    assert store.claim(theirs, other, NOW) == Claim(replies=("private",))


def test_messages_of_one_number_have_names_of_their_own() -> None:
    names = {message_name(key * 64, message * 64) for key in "ab" for message in "12"}
    assert len(names) == 4
    assert {len(name) for name in names} == {64}


def test_a_number_of_which_nothing_is_known_is_not_kept(store: Store) -> None:
    store.finish("m", [], "n", KNOWN)
    store.finish("m", [], "n", Number())
    assert store.number("n") == Number()


def test_what_is_forgotten_is_not_in_the_file_either(store: Store, tmp_path: Path) -> None:
    store.claim("m", "n", NOW)
    store.finish("m", ["a private sentence"], "n", KNOWN)
    store.purge(NOW + RETENTION_SECONDS + 1)
    store.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"a private sentence" not in kept
    assert json.dumps(KNOWN.rest).encode() not in kept


def test_postgresql_has_the_same_statements() -> None:
    for table in (MESSAGES, NUMBERS):
        assert "PRIMARY KEY" in str(CreateTable(table).compile(dialect=postgresql.dialect()))
    insert = INSERTS["postgresql"](NUMBERS).values(key="n")
    sql = str(insert.on_conflict_do_update(index_elements=["key"], set_={"seen": 1.0}))
    assert "ON CONFLICT (key) DO UPDATE" in sql
