"""Whose turn it is: one at a time for each name, in the order they came, on however many servers.

In one process that is a queue in memory. Several have a queue in Redis besides, in which everybody
has a place by a token of their own. A place is a lease: it is renewed for as long as somebody waits
or works, and is lost with the server that they were on.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from weakref import WeakValueDictionary

from bot.shared import AwayError, Shared

# How long a place is kept for a server that may be gone, and how often it is renewed, in seconds.
LEASE_SECONDS = 5.0
RENEW_SECONDS = 1.0

# KEYS[1] is the queue, a list of tokens. ARGV[1] is a token, ARGV[2] the lease in milliseconds. A
# lease is a key of its own, so that it goes by itself.
FIRST = """
local function first()
  local token = redis.call('lindex', KEYS[1], 0)
  while token and redis.call('exists', KEYS[1] .. ':' .. token) == 0 do
    redis.call('lpop', KEYS[1])
    token = redis.call('lindex', KEYS[1], 0)
  end
  return token
end
"""
# Take a place at the end, or keep the one there is; says whether it is the first.
STAND = f"""{FIRST}
redis.call('set', KEYS[1] .. ':' .. ARGV[1], 1, 'px', ARGV[2])
if not redis.call('lpos', KEYS[1], ARGV[1]) then
  redis.call('rpush', KEYS[1], ARGV[1])
end
redis.call('pexpire', KEYS[1], ARGV[2])
return first() == ARGV[1]
"""
# Renew a lease; 0 if it is lost. It makes no place anew: one that was given up meanwhile stays so.
KEEP = """
redis.call('pexpire', KEYS[1], ARGV[2])
return redis.call('pexpire', KEYS[1] .. ':' .. ARGV[1], ARGV[2])
"""
# Give a place up, which nobody can but who has its token, and wake who is the first now.
LEAVE = f"""{FIRST}
redis.call('del', KEYS[1] .. ':' .. ARGV[1])
redis.call('lrem', KEYS[1], 0, ARGV[1])
local token = first()
if token then
  local bell = KEYS[1] .. ':' .. token .. ':bell'
  redis.call('rpush', bell, 1)
  redis.call('pexpire', bell, ARGV[2])
end
"""


class TurnError(Exception):
    """Those before took too long."""


class Turns:
    """Queues by name, in this process or on all servers that share a Redis."""

    def __init__(self, shared: Shared | None = None) -> None:
        """Keep the queues in `shared` as well; while that is away, only in this process."""
        self._shared = shared
        # A queue is gone when nobody is in it any more.
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._arriving: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        if shared is not None:
            self._stand = shared.client.register_script(STAND)
            self._keep = shared.client.register_script(KEEP)
            self._leave = shared.client.register_script(LEAVE)

    @asynccontextmanager
    async def turn(self, name: str, seconds: float) -> AsyncIterator[None]:
        """Wait until all who came before are done, and hold up who comes later.

        Args:
            name: whose turns they are.
            seconds: how long to wait at most.

        Raises:
            TurnError: those before took too long.
        """
        if self._shared is None:
            async with self._own_turn(name, seconds):
                yield
            return
        key, token = self._shared.key("turn", name), uuid.uuid4().hex
        until = time.monotonic() + seconds
        over = asyncio.Event()
        renewing = None
        try:
            await self._wait(self._shared, key, token, until)
            renewing = asyncio.create_task(self._renew(self._shared, key, token, over))
            # Here wait those for whom Redis was away, and who comes after them.
            async with self._own_turn(key, until - time.monotonic()):
                yield
        finally:
            over.set()
            # Who gives up while this is under way leaves the place all the same.
            await asyncio.shield(self._go(self._shared, key, token, renewing))

    @asynccontextmanager
    async def _own_turn(self, name: str, seconds: float) -> AsyncIterator[None]:
        """A turn in this process."""
        queue = self._queues.setdefault(name, asyncio.Lock())
        try:
            await asyncio.wait_for(queue.acquire(), seconds)
        except asyncio.TimeoutError:
            raise TurnError from None
        try:
            yield
        finally:
            queue.release()

    async def _wait(self, shared: Shared, key: str, token: str, until: float) -> None:
        """Wait for a turn among all servers, unless Redis is away."""
        with suppress(AwayError):
            # Several connections might get ahead of each other.
            async with self._arriving.setdefault(key, asyncio.Lock()):
                first = await self._place(shared, key, token)
            while not first:
                left = until - time.monotonic()
                if left <= 0:
                    raise TurnError
                # Rung when the turn comes; looked after besides, should the one before be gone.
                bell, pause = f"{key}:{token}:bell", min(left, RENEW_SECONDS)
                await shared.ask(shared.client.blpop, [bell], timeout=pause, waits=pause)
                first = await self._place(shared, key, token)

    async def _renew(self, shared: Shared, key: str, token: str, over: asyncio.Event) -> None:
        """Keep a place until it is `over`.

        It is not cancelled: what waits for Redis may swallow that (asyncio.wait_for before Python
        3.12), and would keep the place, and everybody waiting, for good.
        """
        while not over.is_set():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(over.wait(), RENEW_SECONDS)
            with suppress(AwayError):
                kept = over.is_set() or await shared.ask(
                    self._keep, keys=[key], args=[token, _lease()]
                )
                # It is lost where Redis was emptied.
                if not kept and not over.is_set():
                    await self._place(shared, key, token)

    async def _place(self, shared: Shared, key: str, token: str) -> bool:
        return bool(await shared.ask(self._stand, keys=[key], args=[token, _lease()]))

    async def _go(
        self, shared: Shared, key: str, token: str, renewing: asyncio.Task[None] | None
    ) -> None:
        # Or it would take the place anew after it was given up.
        if renewing is not None:
            await asyncio.wait({renewing})
        # A place that cannot be given up is lost when its lease ends.
        with suppress(AwayError):
            await shared.ask(self._leave, keys=[key], args=[token, _lease()])


def _lease() -> int:
    return int(LEASE_SECONDS * 1000)
