"""How often something may be done: so many times in so many seconds, for each key."""

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

from bot.shared import AwayError, Shared

MOST_KEYS = 20_000
# What `Limit.wait` does, for a key of Redis's; ARGV is the time, and share, room and seconds as
# there. Numbers go in and out with all their digits.
WAIT = """
local now, share, room, seconds = unpack(ARGV)
local paid_off = tonumber(redis.call('get', KEYS[1]) or now)
paid_off = math.max(math.min(paid_off, now + seconds), now)
local too_early = paid_off - now - room
if too_early > 1e-9 then
  return string.format('%.17g', too_early)
end
redis.call('set', KEYS[1], string.format('%.17g', paid_off + share), 'ex', math.ceil(seconds))
return '0'
"""


class Limit:
    """Lets `most` in at once, and then one each time its share of `seconds` has passed.

    One number is kept for each key: when all that was let in will have been paid off (the generic
    cell rate algorithm).
    """

    def __init__(
        self,
        most: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        keys: int = MOST_KEYS,
    ) -> None:
        """Keep at most `keys` keys, the most recently used ones."""
        self._share, self._room, self._seconds = shares(most, seconds)
        self._clock = clock
        self._keys = keys
        self._paid_off: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str) -> float:
        """Count one for `key` and return 0, or the seconds to wait until it is let in."""
        now = self._clock()
        # Later than any limit goes is a clock that was put back.
        paid_off = max(min(self._paid_off.get(key, now), now + self._seconds), now)
        too_early = paid_off - now - self._room
        # What is left by rounding is no reason to wait.
        if too_early > 1e-9:
            return too_early
        self._paid_off[key] = paid_off + self._share
        self._paid_off.move_to_end(key)
        while len(self._paid_off) > self._keys:
            self._paid_off.popitem(last=False)
        return 0.0


class SharedLimit:
    """The same for all servers that share a Redis; while that is away, each server's own."""

    def __init__(
        self,
        shared: Shared | None,
        name: str,
        most: int,
        seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Let `most` in at once, and then one each time its share of `seconds` has passed.

        Args:
            shared: where the numbers are kept; None if there is one server.
            name: what tells this limit from others.
            most: how many.
            seconds: in how long.
            clock: tells the time, the same on all servers.
        """
        self._shared = shared
        self._name = f"limit {name}"
        self._own = Limit(most, seconds, clock)
        self._shares = shares(most, seconds)
        self._clock = clock
        if shared is not None:
            self._wait = shared.client.register_script(WAIT)

    async def wait(self, key: str) -> float:
        """Count one for `key` and return 0, or the seconds to wait until it is let in."""
        if self._shared is not None:
            with suppress(AwayError):
                name = self._shared.key(self._name, key)
                numbers = [self._clock(), *self._shares]
                return float(await self._shared.ask(self._wait, keys=[name], args=numbers))
        return self._own.wait(key)


def shares(most: int, seconds: float) -> tuple[float, float, float]:
    """Each one's share of the time, what is left of it for the others, and all of it."""
    return seconds / most, seconds - seconds / most, seconds
