"""Conversations that outlive their database's bad days.

While the database is out of order, turns are kept in memory and in a journal beside it, and moved
over in their order when it is back. A conversation that was going on goes on meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bot.conversation_log import ConversationLog, Row
from bot.errors import OttoError

logger = logging.getLogger(__name__)

# How long a database that failed is left alone, in seconds: asking it may take two.
RETRY_SECONDS = 5.0
# How many conversations can go on while the database cannot be read.
MOST_RECENT = 256
# A turn that was under way when its conversation was forgotten has ended by then, in seconds.
FORGOTTEN_SECONDS = 600.0

T = TypeVar("T")


class OutOfOrderError(OttoError):
    """The database cannot be used at the moment."""


class Conversations:
    """Rows in the database at a URL, and beside it in `journal`; safe to use from any thread."""

    def __init__(self, url: str, journal: Path, window: int) -> None:
        """Go on with what an earlier process left in the journal.

        Args:
            url: an SQLite or PostgreSQL database.
            journal: the file that takes turns while it is out of order.
            window: how many turns a conversation needs to go on.
        """
        self._log = ConversationLog(url)
        self._journal = ConversationLog(f"sqlite:///{journal}")
        self._window = window
        self._lock = threading.Lock()
        self._pending: list[Row] = []
        self._recent: OrderedDict[str, deque[Row]] = OrderedDict()
        self._forgotten: dict[str, float] = {}
        self._retry_at = 0.0
        self._failing = False
        if journal.exists():
            self._pending = self._attempt("the journal cannot be read", self._journal.all) or []
        for row in self._pending:
            self._remember(row)

    @property
    def pending(self) -> int:
        """How many turns wait for the database to be in order."""
        return len(self._pending)

    def check(self) -> None:
        """See whether the database can be written and read.

        Raises:
            OutOfOrderError: it cannot.
        """
        with self._lock:
            self._ask(self._log.check)

    def latest(self, sender: str) -> list[Row]:
        """The last turns of a conversation, the oldest first: as many as the window."""
        with self._lock:
            try:
                rows = self._ask(self._log.latest, sender, self._window)
            except OutOfOrderError:
                return list(self._recent.get(sender, ()))
            self._recent.pop(sender, None)
            for row in rows:
                self._remember(row)
            return rows

    def all(self, sender: str) -> list[Row]:
        """All turns of a conversation that can be reached, the oldest first."""
        with self._lock:
            try:
                return self._ask(self._log.all, sender)
            except OutOfOrderError:
                return list(self._recent.get(sender, ()))

    def senders(self) -> list[str]:
        """The conversations there are, as far as they can be reached."""
        with self._lock:
            try:
                return self._ask(self._log.senders)
            except OutOfOrderError:
                return list(self._recent)

    def add(self, row: Row, read_at: float) -> None:
        """Keep a turn, whatever the database says.

        Args:
            row: the turn.
            read_at: when what it goes on from was read, by `time.monotonic`; if the conversation
                was forgotten since, so is the turn.
        """
        with self._lock:
            if self._forgotten.get(row.sender, read_at) > read_at:
                return
            self._remember(row)
            try:
                self._ask(self._log.append, [row])
            except OutOfOrderError:
                self._pending.append(row)
                self._attempt("a turn is kept in memory only", self._journal.append, [row])

    def forget(self, sender: str) -> None:
        """Delete a conversation wherever it is kept.

        Raises:
            OutOfOrderError: it could not be deleted now.
        """
        with self._lock:
            self._ask(self._everywhere, "forget", sender)
            self._recent.pop(sender, None)
            now = time.monotonic()
            kept = {s: at for s, at in self._forgotten.items() if at > now - FORGOTTEN_SECONDS}
            self._forgotten = kept | {sender: now}

    def purge(self, before: float) -> int:
        """Delete the turns before a time, and return how many there were.

        Raises:
            OutOfOrderError: they could not be deleted now.
        """
        with self._lock:
            for sender, rows in list(self._recent.items()):
                kept = [row for row in rows if row.at >= before]
                self._recent[sender] = deque(kept, self._window)
            return self._ask(self._everywhere, "purge", before)

    def close(self) -> None:
        """Let go of the database and the journal."""
        self._log.close()
        self._journal.close()

    def _ask(self, call: Callable[..., T], *arguments: Any) -> T:
        """What the database says, after it was told all that is pending."""
        if time.monotonic() < self._retry_at:
            raise OutOfOrderError("the database is out of order; it will be tried again soon")
        try:
            self._merge()
            answer = call(*arguments)
        except Exception as error:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            if not self._failing:
                logger.error("the conversations' database is out of order: %s", _kind(error))
            self._failing = True
            raise OutOfOrderError("the database is out of order") from None
        if self._failing:
            logger.warning("the conversations' database works again")
        self._failing = False
        return answer

    def _everywhere(self, method: str, value: Any) -> int:
        count: int = getattr(self._log, method)(value)
        # What was merged may be in the journal still, and would come back at the next start.
        if self._journal.path is not None and self._journal.path.exists():
            getattr(self._journal, method)(value)
        return count

    def _merge(self) -> None:
        if not self._pending:
            return
        self._log.append(self._pending)
        keys = [row.key for row in self._pending]
        self._pending = []
        # A row that stays in the journal is merged again at the next start, which changes nothing.
        self._attempt("the journal cannot be emptied", self._journal.drop, keys)

    def _remember(self, row: Row) -> None:
        self._recent.setdefault(row.sender, deque(maxlen=self._window)).append(row)
        self._recent.move_to_end(row.sender)
        while len(self._recent) > MOST_RECENT:
            self._recent.popitem(last=False)

    def _attempt(self, trouble: str, call: Callable[..., T], *arguments: Any) -> T | None:
        """Use the journal, which is of help but not needed."""
        try:
            return call(*arguments)
        except Exception as error:
            logger.error("%s: %s", trouble, _kind(error))
            return None


def _kind(error: Exception) -> str:
    """An error's type: its text may hold what a visitor wrote."""
    return type(error).__name__
