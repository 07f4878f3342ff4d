"""What is kept of conversations, read for staff: turns one after the other, and visitors' votes.

No trackers are built, so a hundred thousand conversations take seconds.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot import settings
from bot.channels.database import own_file
from bot.channels.web_store import Store, Vote
from bot.conversation_log import ConversationLog, kept_at
from bot.errors import OttoError
from bot.json_text import loads
from bot.metrics import channel_of
from bot.paths import STATE

Event = dict[str, Any]


class KeptError(OttoError):
    """What is kept cannot be read; the message says what to do."""


@dataclass(frozen=True)
class Turn:
    """A turn: whose it was, when it ended in seconds since 1970, and its events as Rasa's JSON."""

    sender: str
    at: float
    events: list[Event]

    @property
    def channel(self) -> str:
        """Where it came from."""
        return channel_of(self.sender)

    @property
    def said(self) -> str | None:
        """What the visitor said, redacted; None where they said nothing."""
        texts = (event.get("text") or "" for event in self.events if event["event"] == "user")
        return next(texts, None)

    @property
    def metadata(self) -> Event:
        """What the first message of the answer carries: its outcome and topic among other things.

        It is empty where Otto said nothing that was kept.
        """
        for event in self.events:
            if event["event"] == "bot":
                return (event.get("metadata") or {}).get("metadata") or {}
        return {}


def turns(since: float) -> Iterator[Turn]:
    """The turns from a time on, in the order in which they were kept.

    Raises:
        KeptError: the database is out of order.
    """
    # What is loaded by now stays; looking through it for garbage again and again doubles the time.
    gc.freeze()
    with closing(ConversationLog(kept_at())) as log, _told():
        yield from readable(log.since(since))


def readable(rows: Iterable[tuple[str, float, str]]) -> Iterator[Turn]:
    """The turns in rows, without those that are broken or in which nobody spoke.

    Args:
        rows: sender, time and events in JSON.
    """
    for sender, at, events in rows:
        try:
            turn = Turn(sender, at, loads(events))
            if turn.said is not None:
                yield turn
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # The store leaves a broken row out as well.
            continue


def votes(since: float) -> list[Vote]:
    """What visitors of the website thought of answers from a time on, the oldest first.

    Raises:
        KeptError: the database is out of order.
    """
    with closing(Store(settings.load().web.database or own_file(STATE / "web.db"))) as log, _told():
        return log.votes(since)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OSError, sa.exc.SQLAlchemyError) as error:
        raise KeptError(
            f"the database cannot be used ({type(error).__name__}). Please see that it runs, and "
            "try again"
        ) from None
