"""What the text line keeps: which messages were answered, who wants no texts, what comes next.

No number and nothing that anybody wrote is in it: numbers and messages are known by keyed hashes.
A message's begins with a part of its number's, so that a number's messages can be deleted.
Everything here is short and blocks; the channel calls it in a thread. Times are seconds since 1970.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.age import DAY
from bot.channels.database import Database

# How long choices and the rest of an answer are kept.
SESSION_SECONDS = 30 * 60
# Who was silent for so long is told again who Otto is.
STRANGER_SECONDS = 7 * DAY
# How long the answer to a message is kept, should the message come again.
REPLAY_SECONDS = 2 * DAY
# How long a number that was silent is remembered, unless it wants no texts.
RETENTION_SECONDS = 30 * DAY
# An answer that took so long was lost with the server that worked on it.
STALE_SECONDS = 60
# How much of a number's hash a message's begins with.
NUMBER_PART, NAME = 24, 64

METADATA = sa.MetaData()
MESSAGES = sa.Table(
    "sms_messages",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("replies", sa.Text),
)
NUMBERS = sa.Table(
    "sms_numbers",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
    sa.Column("greeted", sa.Float, nullable=False),
    sa.Column("opted_out", sa.Boolean, nullable=False),
    sa.Column("offered", sa.Text, nullable=False),
    sa.Column("rest", sa.Text, nullable=False),
    sa.Column("advice", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Number:
    """What is known of a number.

    Attributes:
        opted_out: it wants no texts.
        greeted: when it was last told who Otto is, or wrote after that.
        offered: the words behind the choices it was last offered.
        rest: the pages of the last answer that it has not read.
        advice: the answer to an emergency, if that was the last thing it was told.
        seen: when it last wrote.
    """

    opted_out: bool = False
    greeted: float = 0.0
    offered: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    advice: str = ""
    seen: float = 0.0

    def now(self, now: float) -> "Number":
        """The same without what has expired."""
        if now - self.seen <= SESSION_SECONDS:
            return self
        return replace(self, offered=(), rest=(), advice="")


@dataclass(frozen=True)
class Claim:
    """What became of claiming a message: it is the caller's, was answered, or is being answered."""

    number: Number | None = None
    replies: tuple[str, ...] | None = None


def message_name(key: str, message: str) -> str:
    """What a message is known by, from the hash of its number and its own."""
    return f"{key[:NUMBER_PART]}{message}"[:NAME]


class Store:
    """The text line's memory in a database: SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        """Use the database at `url`; it is not opened yet."""
        self._database = Database(url, METADATA)

    def claim(self, id_: str, key: str, now: float) -> Claim:
        """Claim a message, so that only the caller answers it."""
        with self._database.begin() as db:
            stale = MESSAGES.c.replies.is_(None) & (MESSAGES.c.at < now - STALE_SECONDS)
            db.execute(sa.delete(MESSAGES).where(MESSAGES.c.id == id_, stale))
            insert = self._database.insert(MESSAGES).values(id=id_, at=now)
            if db.execute(insert.on_conflict_do_nothing()).rowcount:
                return Claim(number=_number(db, key))
            found = db.execute(sa.select(MESSAGES.c.replies).where(MESSAGES.c.id == id_)).scalar()
            return Claim(replies=None if found is None else tuple(json.loads(found)))

    def finish(self, id_: str, replies: Sequence[str], key: str, number: Number) -> None:
        """Keep the answer to a claimed message, and what is known of its number from now on.

        A number of which nothing is known is not kept.
        """
        kept = {
            "seen": number.seen,
            "greeted": number.greeted,
            "opted_out": number.opted_out,
            "offered": json.dumps(number.offered),
            "rest": json.dumps(number.rest),
            "advice": number.advice,
        }
        with self._database.begin() as db:
            mine = sa.update(MESSAGES).where(MESSAGES.c.id == id_)
            db.execute(mine.values(replies=json.dumps(list(replies))))
            if number == Number():
                db.execute(sa.delete(NUMBERS).where(NUMBERS.c.key == key))
                return
            insert = self._database.insert(NUMBERS).values(key=key, **kept)
            db.execute(insert.on_conflict_do_update(index_elements=["key"], set_=kept))

    def forget(self, id_: str, key: str) -> None:
        """Delete the answers to a number's messages but that to a claimed one, which is under way.

        What is known of the number goes with `finish`.
        """
        others = MESSAGES.c.id.startswith(key[:NUMBER_PART]) & (MESSAGES.c.id != id_)
        with self._database.begin() as db:
            db.execute(sa.delete(MESSAGES).where(others))
        self._database.sweep()

    def number(self, key: str) -> Number:
        """What is known of a number."""
        with self._database.begin() as db:
            return _number(db, key)

    def purge(self, now: float, older_than: float = RETENTION_SECONDS) -> None:
        """Forget what has been kept for long enough, but never who wants no texts.

        Args:
            now: the time.
            older_than: for how many seconds a number must have been silent to be forgotten.
        """
        with self._database.begin() as db:
            answered = now - min(REPLAY_SECONDS, older_than)
            db.execute(sa.delete(MESSAGES).where(MESSAGES.c.at < answered))
            old = NUMBERS.c.seen < now - older_than
            db.execute(sa.delete(NUMBERS).where(old, ~NUMBERS.c.opted_out))
            expired = NUMBERS.c.seen < now - SESSION_SECONDS
            nothing = {"offered": "[]", "rest": "[]", "advice": ""}
            db.execute(sa.update(NUMBERS).where(expired).values(**nothing))
        self._database.sweep()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def _number(db: Connection, key: str) -> Number:
    row = db.execute(sa.select(NUMBERS).where(NUMBERS.c.key == key)).first()
    if row is None:
        return Number()
    return Number(
        opted_out=row.opted_out,
        greeted=row.greeted,
        offered=tuple(json.loads(row.offered)),
        rest=tuple(json.loads(row.rest)),
        advice=row.advice,
        seen=row.seen,
    )
