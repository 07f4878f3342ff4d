"""Rasa's tracker store, made to last: endpoints.yml names it.

Rasa's own ends the process on any `ValueError`, such as an odd character in a sender id or a broken
row (rasa/core/tracker_store.py, `SQLTrackerStore.session_scope`), forgets a conversation while its
database is away (`FailSafeTrackerStore.save`), and reads a conversation from its beginning at every
message. This one does none of that, and keeps texts without what is private in them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot import private_log
from bot.age import DAY
from bot.conversation_log import Row, kept_at, name_of, new_key
from bot.conversations import Conversations
from bot.json_text import dumps, loads
from bot.paths import STATE
from bot.redaction import findings, redact_all, redact_entities, without

logger = logging.getLogger(__name__)

# How many turns a tracker begins with: what actions and policies look back at, and what one turn
# costs (benchmarks/store.py).
WINDOW = 12
RETENTION_DAYS = 30
# What of a message only its own turn needs; with each call actions would be sent it again.
RANKINGS = frozenset(["intent_ranking", "labels", "parts"])
THREADS = 4

T = TypeVar("T")
Json = dict[str, Any]


class OttoTrackerStore(TrackerStore):
    """Conversations as rows of turns; a tracker holds the last turns and the state before them."""

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
    ) -> None:
        """Called by Rasa with the entry in endpoints.yml; OTTO_DATABASE says where to keep things.

        Args:
            domain: the slots there are.
            event_broker: what new events are told to.
            host: the URL of another database than that of the settings.
        """
        super().__init__(domain, event_broker)
        # For Rasa's own commands; Otto's have done so before.
        private_log.install()
        self.conversations = opened(host)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="conversations")
        self._purge_at = 0.0

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation's last turns, after the state that they began with."""
        rows = await self._stored(self.conversations.latest, name_of(sender_id))
        begin = _begin(rows[0]) if len(rows) > WINDOW else []
        rows = rows[1:] if begin else rows
        return self._tracker(sender_id, _session([*begin, *map(_brief, _events(rows))]))

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """All of a conversation that is kept."""
        rows = await self._stored(self.conversations.all, name_of(conversation_id))
        return self._tracker(conversation_id, list(_events(rows)))

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the events that the tracker has got since it was retrieved or saved."""
        events = list(tracker.events)
        new = events[getattr(tracker, "otto_stored", 0) :]
        tracker.otto_stored = len(events)
        written = [text for event in new if (text := _written(event))]
        if not written:
            return
        row = Row(
            key=new_key(),
            sender=name_of(tracker.sender_id),
            at=time.time(),
            events=_joined(written),
            state=_joined(filter(None, map(_written, _state(tracker)))),
        )
        read_at = getattr(tracker, "otto_read_at", float("inf"))
        await self._stored(self.conversations.add, row, read_at)
        self._publish(tracker.sender_id, written)
        self._purge_daily(row.at)

    async def keys(self) -> Iterable[str]:
        """The conversations there are; one whose id is no plain text by its digest."""
        return await self._stored(self.conversations.senders)

    async def forget(self, sender_id: str) -> None:
        """Delete all that is kept of a conversation.

        Raises:
            OutOfOrderError: it could not be deleted now.
        """
        await self._stored(self.conversations.forget, name_of(sender_id))

    async def check(self) -> None:
        """See whether the database can be written and read.

        Raises:
            OutOfOrderError: it cannot.
        """
        await self._stored(self.conversations.check)

    async def _stored(self, call: Callable[..., T], *arguments: Any) -> T:
        """What the database says, in a thread so that it holds up no other conversation."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)

    def _tracker(self, sender_id: str, events: list[Event]) -> DialogueStateTracker | None:
        if not events:
            return None
        tracker = DialogueStateTracker(sender_id, self.domain.slots)
        for event in events:
            try:
                tracker.update(event)
            except Exception as error:
                logger.error("an event of a conversation was left out: %s", _kind(error))
        tracker.otto_stored = len(tracker.events)
        tracker.otto_read_at = time.monotonic()
        return tracker

    def _publish(self, sender_id: str, written: list[str]) -> None:
        for event in written if self.event_broker else ():
            try:
                self.event_broker.publish({"sender_id": sender_id} | loads(event))
            except Exception as error:
                logger.error("an event was kept but not published: %s", _kind(error))

    def _purge_daily(self, now: float) -> None:
        if now >= self._purge_at:
            self._purge_at = now + DAY
            purge = self._threads.submit(self.conversations.purge, now - RETENTION_DAYS * DAY)
            # Why it failed was logged; tomorrow it is tried again.
            purge.add_done_callback(lambda done: done.exception())


def opened(url: str | None = None) -> Conversations:
    """The conversations in the database at `url`, or in that of the settings."""
    url = url or kept_at()
    is_file = url.startswith("sqlite:///") and url != "sqlite:///:memory:"
    beside = Path(url.removeprefix("sqlite:///")) if is_file else STATE / "conversations.db"
    return Conversations(url, beside.with_name(f"{beside.stem}.pending.db"), WINDOW + 1)


def unwrapped(store: Any) -> Any:
    """A tracker store without what Rasa wraps it in."""
    while hasattr(store, "_tracker_store"):
        store = store._tracker_store
    return store


async def forget(store: Any, sender_id: str) -> None:
    """Delete all that a tracker store keeps of a conversation, through what Rasa wraps it in.

    Raises:
        OutOfOrderError: it could not be deleted now.
    """
    store = unwrapped(store)
    if isinstance(store, InMemoryTrackerStore):
        store.store.pop(sender_id, None)
    else:
        await store.forget(sender_id)


def _state(tracker: DialogueStateTracker) -> Iterator[Event]:
    """Events that bring a new tracker to the state of this one, as at the start of a session."""
    yield SessionStarted()
    for slot in tracker.slots.values():
        if slot.value != slot.initial_value:
            yield SlotSet(slot.name, slot.value)
    if tracker.active_loop_name:
        yield ActionExecuted(tracker.active_loop_name)
        yield ActiveLoop(tracker.active_loop_name)
    yield ActionExecuted(ACTION_LISTEN_NAME)
    if tracker.is_paused():
        yield ConversationPaused()


def _session(events: list[Event]) -> list[Event]:
    """The events since the last session began, which Rasa's stores begin with too."""
    starts = [i for i, event in enumerate(events) if isinstance(event, SessionStarted)]
    return events[starts[-1] :] if starts else events


def _written(event: Event) -> str | None:
    """An event as it is kept, in ASCII so that any database takes it; None if it cannot be."""
    try:
        return dumps(_kept(event.as_dict()))
    except Exception as error:
        logger.error("an event could not be kept: %s", _kind(error))
        return None


def _kept(event: Json) -> Json:
    if event["event"] == SlotSet.type_name:
        return event | {"value": redact_all(event["value"])}
    if event["event"] != UserUttered.type_name:
        return event
    text = event.get("text") or ""
    understood = event.get("parse_data") or {}
    # To look for what is private takes a while, and the text is there twice.
    found = findings(text)
    clean = without(text, found)
    parse_data = {
        key: clean if value == text else redact_all(value)
        for key, value in understood.items()
        # The answers that might have been given are long, and of no use after the turn.
        if key not in ("entities", "response_selector")
    }
    parse_data["entities"] = list(redact_entities(found, understood.get("entities") or []))
    return event | {"text": clean, "parse_data": parse_data}


def _brief(event: Event) -> Event:
    if isinstance(event, UserUttered):
        event.parse_data = {k: v for k, v in event.parse_data.items() if k not in RANKINGS}
    return event


def _joined(written: Iterable[str]) -> str:
    return f"[{','.join(written)}]"


def _begin(row: Row) -> list[Event]:
    """The state after a turn; none if it cannot be read."""
    return list(_read(row, row.state))


def _events(rows: Iterable[Row]) -> Iterator[Event]:
    for row in rows:
        yield from _read(row, row.events)


def _read(row: Row, written: str) -> list[Event]:
    """A turn's events, or none of them if one is broken: half a turn would mislead Rasa."""
    try:
        return [
            Event.resolve_by_type(event["event"])._from_parameters(event)
            for event in loads(written)
        ]
    except Exception as error:
        logger.error("turn %s is broken and was left out: %s", row.key, _kind(error))
        return []


def _kind(error: Exception) -> str:
    """An error's type: its text may hold what a visitor wrote."""
    return type(error).__name__
