"""What the tracker store keeps, whatever visitors write and whatever happens to the database."""

import asyncio
import copy
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.core.agent import Agent
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import read_endpoint_config

from bot import conversations
from bot import store as store_module
from bot.channels import database
from bot.channels.turn import take_turn
from bot.conversation_log import METADATA
from bot.conversations import OutOfOrderError
from bot.paths import ROOT
from bot.store import WINDOW, OttoTrackerStore, forget
from tests.databases import Postgres, Server, Sqlite, rows, serving

SECRET = "canary 619-555-0177"
DOMAIN = Domain.from_yaml(
    """
version: "3.1"
slots:
  city: {type: text, mappings: [{type: custom}]}
  area: {type: any, mappings: [{type: custom}]}
forms:
  form: {required_slots: [city]}
"""
)
Kept = Sqlite | Postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    if request.param == "sqlite":
        yield Sqlite(tmp_path)
    else:
        server = request.getfixturevalue("server")
        yield server.database()
        server.start()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A database that failed is tried again at once, and the journal is the test's own."""
    monkeypatch.setattr(conversations, "RETRY_SECONDS", 0)
    monkeypatch.setattr(store_module, "STATE", tmp_path)


def opened(url: str, **more: Any) -> OttoTrackerStore:
    return OttoTrackerStore(DOMAIN, host=url, **more)


def retrieve(store: TrackerStore, sender: str = "me") -> DialogueStateTracker | None:
    return asyncio.run(store.retrieve(sender))


def say(store: TrackerStore, text: str, *events: Any, sender: str = "me") -> None:
    """One turn as Rasa does it."""

    async def turn() -> None:
        tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
        if not tracker.events:
            tracker.update_with_events([SessionStarted()], None)
        new = [UserUttered(text), *events, BotUttered("ok"), ActionExecuted("action_listen")]
        tracker.update_with_events(new, None)
        await store.save(tracker)

    asyncio.run(turn())


def texts(store: TrackerStore, sender: str = "me") -> list[str | None]:
    tracker = retrieve(store, sender)
    events = tracker.events if tracker else ()
    return [event.text for event in events if isinstance(event, UserUttered)]


def all_texts(url: str) -> list[str]:
    """What a store that has just been started finds."""
    tracker = asyncio.run(opened(url).retrieve_full_tracker("me"))
    assert tracker is not None
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


def state(tracker: DialogueStateTracker | None) -> Any:
    assert tracker is not None
    values = tracker.current_slot_values()
    return values, tracker.active_loop_name, tracker.is_paused(), tracker.latest_action_name


# Conversations


def test_rasa_uses_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OTTO_DATABASE", f"sqlite:///{tmp_path}/otto.db")
    entry = read_endpoint_config(str(ROOT / "endpoints.yml"), "tracker_store")
    assert isinstance(TrackerStore.create(entry), OttoTrackerStore)


def test_otto_in_one_process_keeps_conversations_in_memory_only(agent: Agent) -> None:
    kept_in = agent.tracker_store
    assert isinstance(kept_in, FailSafeTrackerStore)
    assert isinstance(kept_in._tracker_store, InMemoryTrackerStore)


def test_a_conversation_is_there_after_a_restart(kept: Kept) -> None:
    before = opened(kept.url)
    say(before, "one", SlotSet("city", "Vista"))
    say(before, "two", ActiveLoop("form"))
    after = opened(kept.url)
    assert texts(after) == ["one", "two"]
    assert state(retrieve(after)) == state(retrieve(before))
    assert retrieve(after, "somebody else") is None
    assert list(asyncio.run(after.keys())) == ["me"]


def test_the_state_from_before_the_loaded_turns_is_there(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "first", SlotSet("city", "Vista"), SlotSet("area", {"a": [1]}))
    say(store, "second", ActionExecuted("form"), ActiveLoop("form"))
    say(store, "third", ConversationPaused())
    before = state(retrieve(store))
    for number in range(3 * WINDOW):
        say(store, str(number))
    assert state(retrieve(store)) == before
    assert texts(store) == [str(number) for number in range(2 * WINDOW, 3 * WINDOW)]
    assert len(all_texts(kept.url)) == 3 + 3 * WINDOW


def test_a_turn_loads_no_more_events_late_in_a_conversation(tmp_path: Path) -> None:
    store = opened(Sqlite(tmp_path).url)
    loaded = []
    for number in range(60):
        say(store, str(number), SlotSet("city", str(number)))
        loaded.append(len(retrieve(store).events))  # type: ignore[union-attr]
    assert len(set(loaded[WINDOW + 1 :])) == 1


def test_a_new_session_begins_without_the_old_one(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "old")
    say(store, "older", SessionStarted(), UserUttered("new"))
    assert texts(store) == ["new"]


def test_a_restart_forgets_the_slots_but_keeps_the_events(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "one", SlotSet("city", "Vista"))
    say(store, "two", Restarted())
    assert retrieve(store).get_slot("city") is None  # type: ignore[union-attr]
    assert texts(store) == ["one", "two"]


def test_a_conversation_goes_on_without_what_only_an_earlier_turn_needed(kept: Kept) -> None:
    labels = [{"name": "faq/session_length", "confidence": 1.0}]
    understood = {"intent": {"name": "faq"}, "labels": labels, "safety": {"level": "note"}}
    store = opened(kept.url)
    say(store, "first", UserUttered("how long is it", parse_data=dict(understood)))
    goes_on = retrieve(store)
    everything = asyncio.run(store.retrieve_full_tracker("me"))
    assert goes_on is not None
    assert everything is not None
    short, whole = goes_on.latest_message.parse_data, everything.latest_message.parse_data
    assert set(understood) - set(short) == {"labels"}
    assert whole["labels"] == labels


def test_a_tracker_that_is_saved_twice_is_kept_once(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "one")
    tracker = retrieve(store)
    assert tracker is not None
    asyncio.run(store.save(tracker))
    asyncio.run(store.save(tracker))
    assert len(rows(kept.url, "SELECT id FROM conversation_turns")) == 1


def test_otto_says_the_same_with_it_as_from_memory(agent: Agent, tmp_path: Path) -> None:
    other = copy.copy(agent)
    other.processor = copy.copy(agent.processor)
    store = OttoTrackerStore(agent.domain, host=Sqlite(tmp_path).url)
    other.tracker_store = other.processor.tracker_store = store  # type: ignore[union-attr]
    lines = ["do we need OT or PT?", "my son", "how long is a session?", "he has autism"]
    lines += ["and what does it cost?", "writing is hard", "find OT in San Diego", "and in Vista?"]

    async def answers(each: Agent) -> list[Any]:
        said = [await take_turn(each.handle_message, "me", t, "web") for t in lines + lines[:7]]
        return [[(m["text"], m["buttons"], m["metadata"]) for m in turn] for turn in said]

    assert asyncio.run(answers(other)) == asyncio.run(answers(agent))


# What cannot be kept as it is

ODD = ["\ud800", "a\x00b", "x" * 100_000, "", " ", "é", "'; DROP TABLE conversation_turns; --"]
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=50) | st.sampled_from(ODD)
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


def check_odd_values(store: OttoTrackerStore, sender: str, text: str, value: Any) -> None:
    event = UserUttered(
        text, parse_data={"text": text, "intent": {"name": value}}, metadata={"a": value}
    )
    say(store, "before", sender=sender)
    say(store, text, event, SlotSet("area", value), sender=sender)
    say(store, "after", sender=sender)
    assert texts(store, sender)[-1] == "after"
    say(store, "another visitor", sender="you")
    assert texts(store, "you")[-1] == "another visitor"


def test_no_value_stops_a_conversation(kept: Kept) -> None:
    store = opened(kept.url)

    @settings(max_examples=40, deadline=None)
    @given(sender=ANY_TEXT, text=ANY_TEXT, value=ANY_VALUE)
    def check(sender: str, text: str, value: Any) -> None:
        check_odd_values(store, f"s{sender}", text, value)
        assert not store.conversations._pending

    check()


@pytest.mark.parametrize("sender", ODD[:3])
def test_odd_sender_ids_are_different_visitors(kept: Kept, sender: str) -> None:
    store = opened(kept.url)
    say(store, "mine", sender=sender)
    say(store, "yours", sender=f"{sender}x")
    assert texts(store, sender) == ["mine"]


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"], ids=["object", "set", "bytes"])
def test_what_is_no_json_is_left_out_of_its_turn(tmp_path: Path, value: object) -> None:
    store = opened(Sqlite(tmp_path).url)
    say(store, "one", SlotSet("area", value))
    assert texts(store) == ["one"]
    assert retrieve(store).get_slot("area") is None  # type: ignore[union-attr]


def test_a_value_that_is_too_deep_is_left_out_of_its_turn(tmp_path: Path) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    store = opened(Sqlite(tmp_path).url)
    say(store, "one", SlotSet("area", deep))
    assert texts(store) == ["one"]


@pytest.mark.parametrize("broken", ["{", "[{}]", '[{"event": "nonsense"}]', "null"])
def test_a_broken_row_is_left_out_alone(
    kept: Kept, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened(kept.url)
    for text in ("one", SECRET, "three"):
        say(store, text)
    rows(
        kept.url,
        f"UPDATE conversation_turns SET events = '{broken}' WHERE id = 2".replace(":", r"\:"),
    )
    assert texts(store) == ["one", "three"]
    say(store, "four")
    assert texts(store) == ["one", "three", "four"]
    ((key,),) = rows(kept.url, "SELECT key FROM conversation_turns WHERE id = 2")
    assert f"turn {key} is broken" in caplog.text
    assert "canary" not in caplog.text


def test_a_broken_state_is_left_out_alone(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "0", SlotSet("city", "Vista"))
    for number in range(1, WINDOW + 1):
        say(store, str(number))
    rows(kept.url, "UPDATE conversation_turns SET state = '{'")
    assert texts(store)[-WINDOW:] == [str(number) for number in range(1, WINDOW + 1)]


# Bad days


def test_a_database_that_is_lost_and_back_has_every_turn_once_in_order(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "one", SlotSet("city", "Vista"))
    kept.lose()
    say(store, "two")
    say(store, "three")
    assert texts(store) == ["one", "two", "three"]
    assert retrieve(store).get_slot("city") == "Vista"  # type: ignore[union-attr]
    kept.find()
    say(store, "four")
    assert texts(store) == ["one", "two", "three", "four"]
    assert all_texts(kept.url) == ["one", "two", "three", "four"]
    assert store.conversations._journal.all() == []


def test_a_look_at_the_database_sees_an_outage_and_leaves_nothing(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "one")
    asyncio.run(store.check())
    kept.lose()
    with pytest.raises(OutOfOrderError):
        asyncio.run(store.check())
    say(store, "two")
    assert store.conversations.pending == 1
    kept.find()
    asyncio.run(store.check())
    assert store.conversations.pending == 0
    assert rows(kept.url, "SELECT * FROM otto_probes") == []


def test_a_turn_of_the_outage_survives_the_process(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "one")
    kept.lose()
    say(store, "two")
    del store
    restarted = opened(kept.url)
    kept.find()
    assert texts(restarted) == ["one", "two"]
    say(restarted, "three")
    assert all_texts(kept.url) == ["one", "two", "three"]


def test_tables_are_made_when_the_database_appears(server: Server, tmp_path: Path) -> None:
    late = server.database()
    late.lose()
    store = opened(late.url)
    say(store, "one")
    late.find()
    say(store, "two")
    assert all_texts(late.url) == ["one", "two"]


def test_who_starts_at_the_same_time_can_all_use_a_new_database(kept: Kept) -> None:
    for _ in range(10):
        users = [database.Database(kept.url, METADATA) for _ in range(6)]
        start = threading.Barrier(len(users))

        def use(user: database.Database, start: threading.Barrier = start) -> None:
            start.wait()
            user.check()

        with ThreadPoolExecutor(len(users)) as threads:
            for done in [threads.submit(use, user) for user in users]:
                done.result()
        for user in users:
            user.close()
        kept.empty()


def test_tables_that_were_dropped_are_made_anew(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "one")
    rows(kept.url, "DROP TABLE conversation_turns")
    say(store, "two")
    say(store, "three")
    assert all_texts(kept.url) == ["two", "three"]


def test_a_turn_that_was_kept_though_the_database_said_no_is_not_doubled(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(kept.url)
    say(store, "one")
    append = store.conversations._log.append

    def cut_off(added: Any) -> None:
        append(added)
        raise ConnectionError

    monkeypatch.setattr(store.conversations._log, "append", cut_off)
    say(store, "two")
    monkeypatch.setattr(store.conversations._log, "append", append)
    say(store, "three")
    assert all_texts(kept.url) == ["one", "two", "three"]


def test_a_locked_file_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    store = opened(Sqlite(tmp_path).url)
    say(store, "one")
    other = sqlite3.connect(tmp_path / "otto.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    say(store, "two")
    assert texts(store) == ["one", "two"]
    other.execute("ROLLBACK")
    say(store, "three")
    assert all_texts(Sqlite(tmp_path).url) == ["one", "two", "three"]


def test_a_file_that_is_garbage_loses_no_further_turn(tmp_path: Path) -> None:
    kept = Sqlite(tmp_path)
    store = opened(kept.url)
    say(store, "one")
    kept.lose()
    kept.path.write_bytes(b"garbage" * 1000)
    say(store, "two")
    assert texts(store) == ["one", "two"]
    kept.path.unlink()
    kept.find()
    assert texts(store) == ["one", "two"]
    assert all_texts(kept.url) == ["one", "two"]


def test_without_database_and_journal_a_conversation_goes_on_in_memory(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    store = opened(f"sqlite:///{folder}/otto.db")
    folder.write_text("a file where the folder should be")
    say(store, "one")
    say(store, "two")
    assert texts(store) == ["one", "two"]
    folder.unlink()
    say(store, "three")
    assert all_texts(f"sqlite:///{folder}/otto.db") == ["one", "two", "three"]


def test_a_database_that_failed_is_left_alone_for_a_while(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "RETRY_SECONDS", 1000)
    store = opened(kept.url)
    say(store, "one")
    kept.lose()
    say(store, "two")
    kept.find()
    say(store, "three")
    assert texts(store) == ["one", "two", "three"]
    assert rows(kept.url, "SELECT count(*) FROM conversation_turns") == [(1,)]


def test_the_log_tells_of_an_outage_once_and_of_its_end(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened(kept.url)
    say(store, "one")
    kept.lose()
    say(store, SECRET)
    say(store, SECRET)
    kept.find()
    say(store, "three")
    told = [r.getMessage() for r in caplog.records if r.name == "bot.conversations"]
    assert ["out of order" in text or "works again" in text for text in told] == [True, True]
    assert "canary" not in caplog.text


def test_a_connection_that_is_cut_in_a_statement_is_replaced_without_a_word(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    user = database.Database(server.database().url, METADATA)
    with pytest.raises(psycopg2.OperationalError):
        user.run("SELECT pg_terminate_backend(pg_backend_pid())", [()])
    assert user.run("SELECT 1", [()]) == [(1,)]
    assert caplog.records == []


def test_rows_are_added_all_or_not_at_all(kept: Kept) -> None:
    user = database.Database(kept.url, METADATA)
    add = "INSERT INTO otto_probes (key) VALUES (?)"
    with pytest.raises((psycopg2.IntegrityError, sqlite3.IntegrityError)):
        user.run(add, [("one",), ("one",)])
    assert user.run("SELECT key FROM otto_probes", [()]) == []


def test_an_error_of_the_database_names_no_value(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, SECRET)
    log = store.conversations._log
    row = log.all()[0]
    with pytest.raises(Exception, match="conversation_turns") as caught:
        log._rows(conversations_where(row.events))
    assert "canary" not in str(caught.value)


def conversations_where(events: str) -> Any:
    """A query that no database can answer, with a visitor's words among its parameters."""
    from bot.conversation_log import TURNS, sa

    return sa.select(TURNS).where(sa.func.no_such_function(TURNS.c.events, events))


# Forgetting


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_is_forgotten_is_gone_from_the_files(tmp_path: Path) -> None:
    store = opened(Sqlite(tmp_path).url)
    say(store, "canary", SlotSet("city", "canary"))
    say(store, "kept", sender="you")
    assert b"canary" in everything(tmp_path)
    asyncio.run(forget(FailSafeTrackerStore(store), "me"))
    assert b"canary" not in everything(tmp_path)
    assert retrieve(store) is None
    assert texts(store, "you") == ["kept"]


def test_what_is_forgotten_is_gone_from_the_database(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "one", sender="\ud800")
    asyncio.run(store.forget("\ud800"))
    assert rows(kept.url, "SELECT * FROM conversation_turns") == []


def test_what_is_forgotten_is_gone_from_the_journal(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = opened(kept.url)
    say(store, "one")
    kept.lose()
    say(store, "canary")

    def refuse(keys: Any) -> None:
        raise OSError

    monkeypatch.setattr(store.conversations._journal, "drop", refuse)
    kept.find()
    asyncio.run(store.forget("me"))
    assert b"canary" not in everything(tmp_path)
    assert retrieve(opened(kept.url)) is None


def test_a_turn_under_way_is_forgotten_with_its_conversation(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "one")
    tracker = retrieve(store)
    assert tracker is not None
    asyncio.run(store.forget("me"))
    tracker.update(UserUttered("two"))
    asyncio.run(store.save(tracker))
    assert retrieve(store) is None
    say(store, "three")
    assert texts(store) == ["three"]


def test_forgetting_says_so_when_it_cannot(kept: Kept) -> None:
    store = opened(kept.url)
    say(store, "one")
    kept.lose()
    with pytest.raises(OutOfOrderError):
        asyncio.run(store.forget("me"))


def test_forgetting_works_in_memory_too() -> None:
    store = InMemoryTrackerStore(DOMAIN)
    say(store, "one")
    asyncio.run(forget(FailSafeTrackerStore(store), "me"))
    assert retrieve(store) is None


def test_old_turns_are_deleted_every_day(kept: Kept) -> None:
    store = opened(kept.url)
    for text in ("old", "new"):
        say(store, text)
    # What is deleted is deleted in the background.
    store._threads.shutdown()
    rows(kept.url, "UPDATE conversation_turns SET at = at - 31 * 86400 WHERE id = 1")
    tomorrow = opened(kept.url)
    say(tomorrow, "newer")
    tomorrow._threads.shutdown()
    assert all_texts(kept.url) == ["new", "newer"]


# Redaction


def test_what_is_private_is_understood_but_not_kept(kept: Kept) -> None:
    store = opened(kept.url)
    text = "call 619-555-0177 about San Diego 92101"
    place = {"entity": "city", "value": "San Diego", "start": 24, "end": 33}
    number = {"entity": "zip", "value": "61955", "start": 5, "end": 10}
    said = UserUttered(
        text, {"name": "inform"}, [number, place], {"text": text, "parts": [{"text": text}]}
    )
    say(store, "hello", said, SlotSet("area", [text]))
    dump = str(rows(kept.url, "SELECT events, state FROM conversation_turns"))
    assert "0177" not in dump
    assert said.text == text
    event = [e for e in retrieve(store).events if isinstance(e, UserUttered)][-1]  # type: ignore[union-attr]
    assert event.text == "call [number] about San Diego 92101"
    (entity,) = event.entities
    assert event.text[entity["start"] : entity["end"]] == "San Diego"


class Broker(EventBroker):
    """Keeps what it is told, and breaks when it is told so."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.broken = False

    def publish(self, event: Any) -> None:
        if self.broken:
            raise ConnectionError
        self.told.append(event)


def test_a_broker_is_told_what_is_kept_and_may_break(tmp_path: Path) -> None:
    broker = Broker()
    store = opened(Sqlite(tmp_path).url, event_broker=broker)
    say(store, SECRET)
    assert "0177" not in str(broker.told)
    assert {event["sender_id"] for event in broker.told} == {"me"}
    broker.broken = True
    say(store, "two")
    assert texts(store) == ["canary [number]", "two"]
