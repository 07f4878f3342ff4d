"""Rasa's lock of a conversation, without its waiting, and on all servers that share a Redis.

Rasa's lock stores look once a second whether it is a waiting message's turn
(rasa/core/lock_store.py, `LockStore._acquire_lock`, `wait_time_in_seconds`), so fifty messages sent
at once take most of a minute. They also let a message in beside one that takes longer than its
ticket lives (rasa/core/lock.py, `TicketLock.remove_expired_tickets`), and the one for Redis reads
and writes back, so that two servers may hand out the same ticket. Here a message goes on as soon as
the one before it is done, in the order they came, and never beside it.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError

from bot import settings
from bot.errors import OttoError
from bot.shared import shared
from bot.turns import TurnError, Turns


class OneWorkerError(OttoError):
    """There are several workers, and the lock serves one."""


class PromptLockStore(InMemoryLockStore):
    """One queue a conversation, in this process or in the Redis of the settings."""

    def __init__(self, endpoint_config: Any = None) -> None:
        """Called by Rasa with the entry in endpoints.yml; OTTO_REDIS says what is shared.

        Without an entry, the queues are this process's own, as its conversations are.

        Raises:
            OneWorkerError: there are several processes, which would not wait for each other; Rasa
                sees to that only where its own store is named (rasa/core/run.py).
        """
        super().__init__()
        common = shared(settings.load().web) if endpoint_config is not None else None
        if common is None and os.environ.get("SANIC_WORKERS", "1") != "1":
            raise OneWorkerError(
                "SANIC_WORKERS is set, but without a Redis Otto's lock serves one worker; please "
                "unset it, or set OTTO_REDIS"
            )
        self._turns = Turns(common)

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = 0,
    ) -> AsyncIterator[None]:
        """Wait until all earlier messages of a conversation are done, and hold up later ones.

        Args:
            conversation_id: whose conversation it is.
            lock_lifetime: how long to wait at most, in seconds.
            wait_time_in_seconds: Rasa's; there is no time to wait between looks.

        Raises:
            LockError: the earlier messages took too long.
        """
        try:
            async with self._turns.turn(conversation_id, lock_lifetime):
                yield
        except TurnError:
            raise LockError("the messages before this one took too long") from None
