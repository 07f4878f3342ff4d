"""Small things to remember by key, on all servers that share a Redis."""

import json
from collections import OrderedDict
from contextlib import suppress
from typing import Any

from bot.shared import AwayError, Shared

MOST_KEYS = 20_000


class Notes:
    """What JSON can hold, by key; while Redis is away, what this server noted itself."""

    def __init__(self, shared: Shared | None, purpose: str, seconds: int) -> None:
        """Keep the most recent notes in memory, and all in `shared` for so many seconds."""
        self._shared = shared
        self._purpose = purpose
        self._seconds = seconds
        self._own: OrderedDict[str, Any] = OrderedDict()

    async def get(self, key: str) -> Any:
        """What was last put under `key`, or None."""
        if self._shared is not None:
            with suppress(AwayError):
                name = self._shared.key(self._purpose, key)
                found = await self._shared.ask(self._shared.client.get, name)
                return None if found is None else json.loads(found)
        return self._own.get(key)

    async def put(self, key: str, value: Any) -> None:
        """Note `value` under `key`."""
        self._own[key] = value
        self._own.move_to_end(key)
        while len(self._own) > MOST_KEYS:
            self._own.popitem(last=False)
        if self._shared is not None:
            with suppress(AwayError):
                name, text = self._shared.key(self._purpose, key), json.dumps(value)
                await self._shared.ask(self._shared.client.set, name, text, ex=self._seconds)
