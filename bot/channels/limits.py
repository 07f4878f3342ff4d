"""How often something may be done: so many times in so many seconds, for each key."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEYS = 20_000


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
        self._share = seconds / most
        self._room = seconds - self._share
        self._clock = clock
        self._keys = keys
        self._paid_off: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str) -> float:
        """Count one for `key` and return 0, or the seconds to wait until it is let in."""
        now = self._clock()
        paid_off = max(self._paid_off.get(key, now), now)
        too_early = paid_off - now - self._room
        # What is left by rounding is no reason to wait.
        if too_early > 1e-9:
            return too_early
        self._paid_off[key] = paid_off + self._share
        self._paid_off.move_to_end(key)
        while len(self._paid_off) > self._keys:
            self._paid_off.popitem(last=False)
        return 0.0
