"""Who writes too much by text message: a person in a hurry, or a machine that answers Otto."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from bot.channels.limits import MOST_KEYS, Limit

# So many messages of a number a minute, and a day.
PER_MINUTE = 10
PER_DAY = 150
# The same words so often in a row are a machine's, if they are more than a yes or a number.
SAME = 3
SHORT = 3
# Nobody reads an answer and writes another message within a second, several times in a row.
FAST_SECONDS = 1.0
FAST = 5
# How long a machine is left alone.
QUIET_SECONDS = 600.0


class Verdict(Enum):
    """What to do with a message."""

    ANSWER = "answer"
    WARN = "warn"
    IGNORE = "ignore"


@dataclass
class _Seen:
    """What is known of a number: nothing that it wrote can be read from it."""

    last: int = 0
    same: int = 0
    fast: int = 0
    answered: float | None = None
    quiet_until: float = 0.0


class Guard:
    """Judges messages by how often they come; who is no machine is told once to wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Tell the time by `clock`, in seconds."""
        self._clock = clock
        self._minute = Limit(PER_MINUTE, 60, clock)
        self._day = Limit(PER_DAY, 24 * 3600, clock)
        self._warnings = Limit(1, QUIET_SECONDS, clock)
        self._numbers: OrderedDict[str, _Seen] = OrderedDict()

    def judge(self, key: str, text: str) -> Verdict:
        """Count a message of a number."""
        now, seen = self._clock(), self._seen(key)
        words = hash(" ".join(text.split()).casefold())
        seen.same = seen.same + 1 if words == seen.last and len(text.strip()) > SHORT else 1
        seen.last = words
        quick = seen.answered is not None and now - seen.answered < FAST_SECONDS
        seen.fast = seen.fast + 1 if quick else 0
        if seen.fast >= FAST:
            seen.quiet_until = now + QUIET_SECONDS
        waits = [self._minute.wait(key), self._day.wait(key)]
        if seen.same <= SAME and now >= seen.quiet_until and not any(waits):
            return Verdict.ANSWER
        return Verdict.IGNORE if self._warnings.wait(key) else Verdict.WARN

    def answered(self, key: str) -> None:
        """Note that a number has just been sent something."""
        self._seen(key).answered = self._clock()

    def _seen(self, key: str) -> _Seen:
        seen = self._numbers.setdefault(key, _Seen())
        self._numbers.move_to_end(key)
        while len(self._numbers) > MOST_KEYS:
            self._numbers.popitem(last=False)
        return seen
