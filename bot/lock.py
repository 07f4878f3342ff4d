"""Rasa's lock of a conversation, without its waiting.

Rasa's lock stores look once a second whether it is a waiting message's turn
(rasa/core/lock_store.py, `LockStore._acquire_lock`, `wait_time_in_seconds`), so fifty messages sent
at once take most of a minute. They also let a message in beside one that takes longer than its
ticket lives (rasa/core/lock.py, `TicketLock.remove_expired_tickets`). Here a message goes on as
soon as the one before it is done, in the order they came, and never beside it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError

from bot.errors import OttoError


class OneWorkerError(OttoError):
    """There are several workers, and the lock serves one."""


class PromptLockStore(InMemoryLockStore):
    """One queue a conversation, in this process."""

    def __init__(self, endpoint_config: Any = None) -> None:
        """Called by Rasa with the entry in endpoints.yml, of which nothing is needed.

        Raises:
            OneWorkerError: there are several processes, which would not wait for each other; Rasa
                sees to that only where its own store is named (rasa/core/run.py).
        """
        super().__init__()
        if os.environ.get("SANIC_WORKERS", "1") != "1":
            raise OneWorkerError(
                "SANIC_WORKERS is set, but Otto's lock serves one worker; please unset it, or name "
                "Rasa's Redis lock store in endpoints.yml"
            )
        # A queue is gone when nobody is in it any more.
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

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
        queue = self._queues.setdefault(conversation_id, asyncio.Lock())
        try:
            await asyncio.wait_for(queue.acquire(), lock_lifetime)
        except asyncio.TimeoutError:
            raise LockError("the messages before this one took too long") from None
        try:
            yield
        finally:
            queue.release()
