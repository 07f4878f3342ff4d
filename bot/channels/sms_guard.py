"""Who writes too much by text message: a person in a hurry, or a machine that answers Otto."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import Enum

from bot.age import DAY
from bot.channels.limits import SharedLimit
from bot.channels.notes import Notes
from bot.channels.web_session import Sessions
from bot.shared import Shared

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

    last: str = ""
    same: int = 0
    fast: int = 0
    answered: float | None = None
    quiet_until: float = 0.0


class Guard:
    """Judges messages by how often they come; who is no machine is told once to wait."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Callable[[], float] = time.time,
        shared: Shared | None = None,
    ) -> None:
        """Judge for all servers that use `shared`, if there are several.

        Args:
            sessions: what derives what words are known by.
            clock: tells the time, in seconds, the same on all servers.
            shared: what they share.
        """
        self._sessions = sessions
        self._clock = clock
        self._minute = SharedLimit(shared, "texts a minute", PER_MINUTE, 60, clock)
        self._day = SharedLimit(shared, "texts a day", PER_DAY, DAY, clock)
        self._warnings = SharedLimit(shared, "warnings", 1, QUIET_SECONDS, clock)
        # One message of a number is judged at a time, so nobody writes in between.
        self._numbers = Notes(shared, "text", DAY)

    async def judge(self, key: str, text: str) -> Verdict:
        """Count a message of a number."""
        now, seen = self._clock(), await self._seen(key)
        words = self._sessions.derive("sms words", " ".join(text.split()).casefold())
        seen.same = seen.same + 1 if words == seen.last and len(text.strip()) > SHORT else 1
        seen.last = words
        quick = seen.answered is not None and now - seen.answered < FAST_SECONDS
        seen.fast = seen.fast + 1 if quick else 0
        if seen.fast >= FAST:
            seen.quiet_until = now + QUIET_SECONDS
        await self._numbers.put(key, asdict(seen))
        waits = [await self._minute.wait(key), await self._day.wait(key)]
        if seen.same <= SAME and now >= seen.quiet_until and not any(waits):
            return Verdict.ANSWER
        return Verdict.IGNORE if await self._warnings.wait(key) else Verdict.WARN

    async def answered(self, key: str) -> None:
        """Note that a number has just been sent something."""
        seen = await self._seen(key)
        seen.answered = self._clock()
        await self._numbers.put(key, asdict(seen))

    async def _seen(self, key: str) -> _Seen:
        return _Seen(**(await self._numbers.get(key) or {}))
