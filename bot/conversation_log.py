"""The turns of conversations in a database: one row a turn, added and never changed.

A row holds the turn's events, and beside them those that bring a new tracker to the state after
it. So the latest few rows are all that a conversation needs to go on, however long it is.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from bot import settings
from bot.channels.database import Database, own_file
from bot.paths import STATE

METADATA = sa.MetaData()
TURNS = sa.Table(
    "conversation_turns",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(16), nullable=False, unique=True),
    sa.Column("sender", sa.String(80), nullable=False),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("events", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Index("conversation_turns_of_sender", "sender", "id"),
)
# In the order of `Row`.
ROW = (TURNS.c.key, TURNS.c.sender, TURNS.c.at, TURNS.c.events, TURNS.c.state)
LATEST = (
    "SELECT key, sender, at, events, state FROM conversation_turns"
    " WHERE sender = ? ORDER BY id DESC LIMIT ?"
)
APPEND = (
    "INSERT INTO conversation_turns (key, sender, at, events, state)"
    " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
PLAIN = re.compile(r"[ -~]{1,72}")
# How many rows are read at once where all are: few enough to hold up no visitor.
PAGE = 500


class Row(NamedTuple):
    """A turn as it is kept.

    `key` names it, so that it is never kept twice; `at` is when it ended, in seconds since 1970;
    `events` and `state` are lists in JSON.
    """

    key: str
    sender: str
    at: float
    events: str
    state: str


def new_key() -> str:
    """A name for a row that no other has."""
    return secrets.token_urlsafe(12)


def name_of(sender_id: str) -> str:
    """What a conversation is called in the database: its id, or a digest where that is no name.

    Databases refuse lone surrogates, NUL or a long id, and each in its own way.
    """
    if PLAIN.fullmatch(sender_id):
        return sender_id
    digest = hashlib.sha256(sender_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"sha256:{digest}"


def kept_at() -> str:
    """The URL of the database that has the conversations."""
    return settings.load().web.database or own_file(STATE / "conversations.db")


class ConversationLog:
    """The rows; every method raises what the database does."""

    def __init__(self, url: str) -> None:
        """Use the SQLite or PostgreSQL database at `url`; it is not opened yet."""
        self._database = Database(url, METADATA)

    @property
    def path(self) -> Path | None:
        """Where an SQLite database's file is."""
        return self._database.path

    def check(self) -> None:
        """Write, read and delete a row of no conversation."""
        self._database.check()

    def append(self, rows: Sequence[Row]) -> None:
        """Add rows in their order; those that are there already stay as they are."""
        self._database.run(APPEND, rows)

    def latest(self, sender: str, most: int) -> list[Row]:
        """The last rows of a conversation, the oldest first."""
        return [Row(*row) for row in self._database.run(LATEST, [(sender, most)])[::-1]]

    def all(self, sender: str | None = None) -> list[Row]:
        """All rows of a conversation, or of every conversation, the oldest first."""
        which = [] if sender is None else [TURNS.c.sender == sender]
        return self._rows(sa.select(*ROW).where(*which).order_by(TURNS.c.id))

    def since(self, at: float) -> Iterator[tuple[str, float, str]]:
        """Sender, time and events of all rows from a time on, in the order they were kept in.

        They are read in pages, so that however many there are, visitors' turns come in between.
        """
        with self._database.begin() as db:
            first = db.execute(sa.select(sa.func.min(TURNS.c.id)).where(TURNS.c.at >= at)).scalar()
        last = (first or 0) - 1
        columns = sa.select(TURNS.c.id, TURNS.c.sender, TURNS.c.at, TURNS.c.events)
        pages = columns.order_by(TURNS.c.id).limit(PAGE)
        while first is not None:
            with self._database.begin() as db:
                rows = db.execute(pages.where(TURNS.c.id > last)).all()
            if not rows:
                break
            yield from ((row[1], row[2], row[3]) for row in rows if row[2] >= at)
            last = rows[-1].id

    def senders(self) -> list[str]:
        """The conversations there are."""
        with self._database.begin() as db:
            return list(db.execute(sa.select(TURNS.c.sender).distinct()).scalars())

    def drop(self, keys: Sequence[str]) -> None:
        """Delete rows by their keys."""
        named = sa.delete(TURNS).where(TURNS.c.key == sa.bindparam("named"))
        with self._database.begin() as db:
            db.execute(named, [{"named": key} for key in keys])
        self._database.sweep()

    def forget(self, sender: str) -> int:
        """Delete a conversation, and return how many rows it had."""
        return self._delete(TURNS.c.sender == sender)

    def purge(self, before: float) -> int:
        """Delete the rows that are older than a time, and return how many there were."""
        return self._delete(TURNS.c.at < before)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _rows(self, query: Any) -> list[Row]:
        with self._database.begin() as db:
            return [Row(*row) for row in db.execute(query)]

    def _delete(self, which: Any) -> int:
        with self._database.begin() as db:
            count: int = db.execute(sa.delete(TURNS).where(which)).rowcount
        self._database.sweep()
        return count
