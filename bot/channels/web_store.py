"""The web channel's log: sessions, what was said in them, and what visitors thought of it.

It makes a message count once: whoever claims it first answers it, and all others get that answer.
Everything here is short and blocks; the channel calls it in a thread. Times are seconds since 1970.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.age import DAY
from bot.channels.database import Database
from bot.channels.problem import Problem
from bot.channels.web_reply import Content, Reply, chosen, shown
from bot.redaction import redact

# A session ends when it was not used for so long.
IDLE_SECONDS = DAY
# How long what was said is kept.
RETENTION_DAYS = 30
# An answer that took so long was lost with the server that worked on it; Rasa and the log together
# may take 31 s (web_service.py).
STALE_SECONDS = 35
# How much sooner than it ends a session's last use is written down anew.
TOUCH_SECONDS = 60
PAGE = 100

METADATA = sa.MetaData()
SESSIONS = sa.Table(
    "web_sessions",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
)
TURNS = sa.Table(
    "web_turns",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("session", sa.String(64), nullable=False),
    sa.Column("client_id", sa.String(36), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("pending", sa.Boolean, nullable=False),
    sa.UniqueConstraint("session", "client_id"),
    sa.UniqueConstraint("session", "seq"),
)
# One message at a time: Rasa would let a second one wait for up to a second.
sa.Index(
    "web_turns_one_pending",
    TURNS.c.session,
    unique=True,
    sqlite_where=TURNS.c.pending,
    postgresql_where=TURNS.c.pending,
)
REPLIES = sa.Table(
    "web_replies",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("turn", sa.String(16), nullable=False, index=True),
    sa.Column("session", sa.String(64), nullable=False, index=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("value", sa.String(8)),
    sa.Column("reason", sa.String(32)),
)


@dataclass(frozen=True)
class Turn:
    """A message that was claimed: what Rasa is to be told, and what was offered before it.

    `replies` are those that it has got already, if it was answered before.
    """

    id: str
    session: str
    seq: int
    text: str
    offered: tuple[Content, ...] = ()
    replies: tuple[Reply, ...] | None = None


@dataclass(frozen=True)
class Vote:
    """What a visitor thought of a reply: `value` is "up" or "down", `topic` what it was about.

    `text` is what was asked, redacted; `at` when; `reason` may stand beside a "down".
    """

    text: str
    at: float
    value: str
    reason: str | None
    topic: str | None


class Store:
    """The log in a database: SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        """Use the database at `url`; it is not opened yet."""
        self._database = Database(url, METADATA)

    def open(self, key: str, now: float) -> None:
        """Begin a session."""
        with self._database.begin() as db:
            db.execute(sa.insert(SESSIONS).values(key=key, seen=now))

    def end(self, key: str) -> None:
        """End a session; what was said in it is kept."""
        with self._database.begin() as db:
            db.execute(sa.delete(SESSIONS).where(SESSIONS.c.key == key))

    def erase(self, key: str) -> None:
        """End a session, if it has not ended, and forget all that was said in it.

        Raises:
            Problem: nothing is kept of such a session.
        """
        with self._database.begin() as db:
            columns = (REPLIES.c.session, TURNS.c.session, SESSIONS.c.key)
            gone = [db.execute(sa.delete(c.table).where(c == key)).rowcount for c in columns]
        self._database.sweep()
        if not any(gone):
            raise no_session()

    def claim(self, key: str, client_id: str, text: str | None, choice_id: str, now: float) -> Turn:
        """Claim a message, so that only the caller answers it.

        Args:
            key: whose session it is.
            client_id: the client's name for the message.
            text: what the visitor wrote, or None where they chose.
            choice_id: what they chose.
            now: the time.

        Raises:
            Problem: there is no such session or choice, or a message is being answered.
        """
        with self._database.begin() as db:
            _touch(db, key, now)
            own = TURNS.c.session == key
            stale = TURNS.c.pending & (TURNS.c.at < now - STALE_SECONDS)
            db.execute(sa.delete(TURNS).where(own, stale))
            seq = _last(db, key) + 1
            if text is None:
                choice = _chosen(db, key, choice_id)
                said, turn = choice["title"], Turn(_new_id(), key, seq, choice["payload"])
            else:
                said, turn = redact(text), Turn(_new_id(), key, seq, text, _offered(db, key))
            claimed = db.execute(
                self._database.insert(TURNS)
                .values(
                    id=turn.id,
                    session=key,
                    client_id=client_id,
                    text=said,
                    seq=turn.seq,
                    at=now,
                    pending=True,
                )
                .on_conflict_do_nothing()
            )
            if claimed.rowcount:
                return turn
            before = db.execute(sa.select(TURNS).where(own, TURNS.c.client_id == client_id)).first()
            if before is None:
                raise Problem(
                    "busy", "I'm still answering your last message. One moment, please.", 1
                )
            if before.pending:
                raise Problem("in_flight", "I'm still answering this message.", 1)
            rows = db.execute(_replies().where(REPLIES.c.turn == before.id))
            return Turn(before.id, key, before.seq, before.text, replies=tuple(map(_reply, rows)))

    def finish(self, turn: Turn, contents: Sequence[Content]) -> list[Reply] | None:
        """Keep the answer to a claimed message, or None if its session was erased meanwhile."""
        replies = [(_new_id(), turn.seq + i, kept) for i, kept in enumerate(contents, 1)]
        with self._database.begin() as db:
            mine = TURNS.c.pending & (TURNS.c.id == turn.id)
            if not db.execute(sa.update(TURNS).where(mine).values(pending=False)).rowcount:
                return None
            db.execute(
                sa.insert(REPLIES),
                [
                    {
                        "id": id_,
                        "turn": turn.id,
                        "session": turn.session,
                        "seq": seq,
                        "content": json.dumps(kept),
                    }
                    for id_, seq, kept in replies
                ],
            )
        return [shown(kept, id_, seq) for id_, seq, kept in replies]

    def history(self, key: str, after: int, now: float) -> dict[str, Any]:
        """What was said in a session after `after`, a page of it.

        Raises:
            Problem: there is no such session.
        """
        with self._database.begin() as db:
            _touch(db, key, now)
            last = _last(db, key)
            # A turn is cut where the page ends between a question and its answers, never lost.
            turns = db.execute(
                sa.select(TURNS)
                .where(TURNS.c.session == key, TURNS.c.seq > after)
                .order_by(TURNS.c.seq)
                .limit(PAGE)
            ).all()
            rows = db.execute(
                _replies()
                .where(REPLIES.c.session == key, REPLIES.c.seq > after)
                .order_by(REPLIES.c.seq)
                .limit(PAGE)
            ).all()
        entries = [
            {"from": "visitor", "seq": t.seq, "client_id": t.client_id, "text": t.text}
            for t in turns
        ]
        entries += [{"from": "otto", "feedback": row.value, **_reply(row)} for row in rows]
        page = sorted(entries, key=lambda entry: entry["seq"])[:PAGE]
        return {
            "entries": page,
            "seq": page[-1]["seq"] if page else max(after, last),
            "more": bool(page) and page[-1]["seq"] < last,
            "pending": any(t.pending for t in turns),
        }

    def vote(self, key: str, reply: str, value: str | None, reason: str | None, now: float) -> None:
        """Keep what a visitor thinks of a reply, or that they think nothing of it after all.

        Raises:
            Problem: there is no such session or reply.
        """
        with self._database.begin() as db:
            _touch(db, key, now)
            theirs = (REPLIES.c.session == key) & (REPLIES.c.id == reply)
            vote = sa.update(REPLIES).where(theirs).values(value=value, reason=reason)
            if not db.execute(vote).rowcount:
                raise Problem("unknown_reply", "I can't find that answer any more.")

    def votes(self, since: float) -> list[Vote]:
        """What visitors thought of replies to what they asked from a time on, the oldest first."""
        voted = (
            sa.select(TURNS.c.text, TURNS.c.at, REPLIES.c.value, REPLIES.c.reason)
            .add_columns(REPLIES.c.content)
            .join_from(REPLIES, TURNS, REPLIES.c.turn == TURNS.c.id)
            .where(REPLIES.c.value.is_not(None), TURNS.c.at >= since)
            .order_by(TURNS.c.at)
        )
        with self._database.begin() as db:
            rows = db.execute(voted).all()
        return [
            Vote(r.text, r.at, r.value, r.reason, json.loads(r.content).get("topic")) for r in rows
        ]

    def purge(self, now: float, older_than: float = RETENTION_DAYS * DAY) -> int:
        """Forget what is older than so many seconds, and return how many messages that were."""
        with self._database.begin() as db:
            old = TURNS.c.at < now - older_than
            of_old = sa.select(TURNS.c.id).where(old)
            db.execute(sa.delete(REPLIES).where(REPLIES.c.turn.in_(of_old)))
            count: int = db.execute(sa.delete(TURNS).where(old)).rowcount
            db.execute(sa.delete(SESSIONS).where(SESSIONS.c.seen < now - IDLE_SECONDS))
        self._database.sweep()
        return count

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def _new_id() -> str:
    return secrets.token_urlsafe(12)


def _touch(db: Connection, key: str, now: float) -> None:
    """Make sure that a session is there, and note that it is in use."""
    seen = db.execute(sa.select(SESSIONS.c.seen).where(SESSIONS.c.key == key)).scalar()
    if seen is None or seen < now - IDLE_SECONDS:
        raise no_session()
    if seen < now - TOUCH_SECONDS:
        db.execute(sa.update(SESSIONS).where(SESSIONS.c.key == key).values(seen=now))


def no_session() -> Problem:
    """The problem of one whose token stands for no session, or no longer does."""
    return Problem("no_session", "This conversation has ended. Please start a new one.")


def _last(db: Connection, key: str) -> int:
    """The number of the last thing said in a session."""
    said = [
        db.execute(sa.select(sa.func.max(table.c.seq)).where(table.c.session == key)).scalar()
        for table in (TURNS, REPLIES)
    ]
    return max(seq or 0 for seq in said)


def _replies() -> Any:
    return sa.select(REPLIES).order_by(REPLIES.c.seq)


def _reply(row: Any) -> Reply:
    return shown(json.loads(row.content), row.id, row.seq)


def _offered(db: Connection, key: str) -> tuple[Content, ...]:
    """What was said in the last answered turn of a session."""
    turn = (
        sa.select(TURNS.c.id)
        .where(TURNS.c.session == key, ~TURNS.c.pending)
        .order_by(TURNS.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    return tuple(
        json.loads(r.content) for r in db.execute(_replies().where(REPLIES.c.turn == turn))
    )


def _chosen(db: Connection, key: str, choice_id: str) -> Content:
    """The choice with an id, if it was offered in this session."""
    id_, place = chosen(choice_id) or ("", 0)
    theirs = (REPLIES.c.session == key) & (REPLIES.c.id == id_)
    kept = db.execute(sa.select(REPLIES.c.content).where(theirs)).scalar()
    choices: list[Content] = json.loads(kept)["choices"] if kept else []
    if place >= len(choices):
        raise Problem("unknown_choice", "That choice is gone. Please write it in words.")
    return choices[place]
