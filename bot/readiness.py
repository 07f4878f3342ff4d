"""Whether each part that an answer needs is in order: asked once for all who want to know."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

logger = logging.getLogger(__name__)

# How long what was found holds, in seconds. Several load balancers ask every few seconds each, and
# asking the parts costs as much as two visitors; what breaks is noticed this much later.
VALID_SECONDS = 3.0
# How long a part may take: less than the five seconds that load balancers commonly wait.
PART_SECONDS = 4.0

Check = Callable[[], Awaitable[None]]


class Readiness:
    """Asks each part by its check, which raises where something is out of order."""

    def __init__(
        self, checks: Mapping[str, Check], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask by `checks`, by the names of the parts; `clock` tells the time in seconds."""
        self._checks = checks
        self._clock = clock
        self._asking: asyncio.Task[dict[str, bool]] | None = None
        self._until = 0.0
        self._before: dict[str, bool] = {}

    async def parts(self) -> dict[str, bool]:
        """Whether each part is in order, at most `VALID_SECONDS` ago; never takes much longer than
        `PART_SECONDS`.
        """
        if self._asking is None or (self._asking.done() and self._clock() >= self._until):
            self._asking = asyncio.create_task(self._ask())
        # One who does not wait any more must not end it for the others.
        return await asyncio.shield(self._asking)

    async def _ask(self) -> dict[str, bool]:
        found = await asyncio.gather(*(self._part(name) for name in self._checks))
        self._until = self._clock() + VALID_SECONDS
        self._before = dict(zip(self._checks, found, strict=True))
        return self._before

    async def _part(self, name: str) -> bool:
        try:
            await asyncio.wait_for(self._checks[name](), PART_SECONDS)
        except Exception as error:
            # At a start it is nothing new, and an error's text may hold more than should be told.
            if self._before.get(name):
                logger.error("out of order: %s (%s)", name, type(error).__name__)
            return False
        if self._before.get(name) is False:
            logger.warning("in order: %s", name)
        return True
