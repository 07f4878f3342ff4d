"""Numbered choices: what a typed number stands for in each conversation."""

import re
from collections import OrderedDict
from collections.abc import Sequence

from bot.channels.render import Message

NUMBER = re.compile(r"\s*(?:number\s*|#\s*)?(\d{1,2})\s*[.)]?\s*", re.IGNORECASE)
MOST_CONVERSATIONS = 10_000


class Choices:
    """Remembers the choices that each conversation was last offered."""

    def __init__(self, limit: int = MOST_CONVERSATIONS) -> None:
        """Remember at most `limit` conversations, the most recent ones."""
        self._limit = limit
        self._offered: OrderedDict[str, list[str]] = OrderedDict()

    def resolve(self, sender_id: str, text: str) -> str:
        """The choice behind a typed number, or the text as it is."""
        match = NUMBER.fullmatch(text)
        offered = self._offered.get(sender_id, [])
        if match and 1 <= int(match[1]) <= len(offered):
            return offered[int(match[1]) - 1]
        return text

    def remember(self, sender_id: str, messages: Sequence[Message]) -> None:
        """Keep the choices of the last of `messages` that has any.

        Each message numbers its choices from 1, so only one message's can be meant.
        """
        payloads = [[b["payload"] for b in message["buttons"]] for message in messages]
        self._offered[sender_id] = next((p for p in reversed(payloads) if p), [])
        self._offered.move_to_end(sender_id)
        while len(self._offered) > self._limit:
            self._offered.popitem(last=False)
