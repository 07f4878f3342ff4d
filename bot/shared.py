"""The Redis that several servers of Otto share, which may be away for a while.

Nobody waits long for it: what it is asked fails soon where it is away, and at once until it is
tried again. What is kept there is known by keyed hashes, and goes by itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, TypeVar

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from bot.channels.web_session import Sessions
from bot.settings import Web

logger = logging.getLogger(__name__)

# How long it may take to answer, and how long it is left alone when it did not, in seconds.
ANSWER_SECONDS = 1.0
RETRY_SECONDS = 5.0

T = TypeVar("T")


class AwayError(Exception):
    """It does not answer; whoever asked goes on with what this server knows."""


class Shared:
    """A Redis server at a URL."""

    def __init__(self, url: str, secret: str) -> None:
        """Use the Redis at `url`, which nothing is asked yet.

        Args:
            url: `redis://`, `rediss://` or `unix://`.
            secret: what names are hashed with; the same on all servers.
        """
        # A connection that was idle may have been cut; then a new one is tried at once.
        self.client: Any = Redis.from_url(
            url, retry=Retry(NoBackoff(), 1), retry_on_error=[exceptions.ConnectionError]
        )
        self._sessions = Sessions(secret)
        self._retry_at = 0.0
        self._failing = False

    def key(self, purpose: str, name: str) -> str:
        """What Redis knows something by; nobody can read `name` from it."""
        return f"otto:{purpose}:{self._sessions.derive(purpose, name)}"

    async def ask(
        self, call: Callable[..., Awaitable[T]], *arguments: Any, waits: float = 0, **named: Any
    ) -> T:
        """What Redis answers.

        Args:
            call: a method of `client`, or a script that was registered with it.
            arguments: what it is called with.
            waits: for how many seconds the call itself waits in Redis.
            named: what it is called with by name.

        Raises:
            AwayError: it does not answer, or what it says cannot be used.
        """
        now = time.monotonic()
        if now < self._retry_at:
            raise AwayError
        if self._failing:
            # One tries; the others need not wait for what comes of it.
            self._retry_at = now + RETRY_SECONDS
        try:
            answer = await asyncio.wait_for(call(*arguments, **named), ANSWER_SECONDS + waits)
        except Exception as error:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            if not self._failing:
                # Its text may hold the address, and with it a password.
                logger.error("Redis is out of order: %s", type(error).__name__)
            self._failing = True
            raise AwayError from None
        if self._failing:
            logger.warning("Redis works again")
        self._failing, self._retry_at = False, 0.0
        return answer

    async def close(self) -> None:
        """Let go of it."""
        await self.client.close()


@cache
def _at(url: str, secret: str) -> Shared:
    return Shared(url, secret)


def shared(web: Web) -> Shared | None:
    """What the settings name, one for the whole process; None where there is one server only."""
    return _at(web.redis, web.secret) if web.redis and web.secret else None
