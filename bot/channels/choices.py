"""Numbered choices: what typed numbers stand for in each conversation."""

import re
from collections import OrderedDict
from collections.abc import Sequence

from bot.channels.render import Message

MOST_CONVERSATIONS = 10_000
ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
    *("tenth", "eleventh", "twelfth"),
)
CARDINALS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    "twelve",
)
LAST = "last"
# One choice, as people write it: "2", "number 2", "#2", "2)", "2nd", "the second one", "last".
ONE = (
    r"(?:the\s+)?(?:(?:number|option|choice|answer|no\.?)\s*|#\s*)?"
    rf"(\d{{1,2}}(?:st|nd|rd|th)?|{'|'.join((*ORDINALS, *CARDINALS))}|{LAST})"
    r"\b[.)]?(?:\s+(?:one|option|choice|answer))?"
)
AND = r"(?:\s*(?:,|&|\+|;)\s*(?:and\s+)?|\s+and\s+|\s+)"
NUMBERS = re.compile(rf"\s*{ONE}(?:{AND}{ONE})*(?:\s*,?\s+please)?\s*[.!]?\s*", re.IGNORECASE)
EACH = re.compile(
    rf"(\d{{1,2}}|\b(?:{'|'.join((*ORDINALS, *CARDINALS, LAST))})\b)(?:st|nd|rd|th)?"
    r"(?:\s+(?:one|option|choice|answer)\b)?",
    re.IGNORECASE,
)


class Choices:
    """Remembers the choices that each conversation was last offered."""

    def __init__(self, limit: int = MOST_CONVERSATIONS) -> None:
        """Remember at most `limit` conversations, the most recent ones."""
        self._limit = limit
        self._offered: OrderedDict[str, list[str]] = OrderedDict()

    def resolve(self, sender_id: str, text: str) -> str:
        """The choices behind typed numbers, or the text as it is.

        The text is left alone if it is anything but numbers, or one of them stands for no choice.
        """
        offered = self._offered.get(sender_id, [])
        if not offered or not NUMBERS.fullmatch(text):
            return text
        places = [_place(number.lower(), len(offered)) for number in EACH.findall(text)]
        if not all(1 <= place <= len(offered) for place in places):
            return text
        return " and ".join(dict.fromkeys(offered[place - 1] for place in places))

    def remember(self, sender_id: str, messages: Sequence[Message]) -> None:
        """Keep the choices of the last of `messages` that has any.

        Each message numbers its choices from 1, so only one message's can be meant.
        """
        payloads = [[b["payload"] for b in message["buttons"]] for message in messages]
        self._offered[sender_id] = next((p for p in reversed(payloads) if p), [])
        self._offered.move_to_end(sender_id)
        while len(self._offered) > self._limit:
            self._offered.popitem(last=False)


def _place(number: str, last: int) -> int:
    """Where a choice stands, counted from one."""
    if number == LAST:
        return last
    if number.isdecimal():
        return int(number)
    return (ORDINALS if number in ORDINALS else CARDINALS).index(number) + 1
