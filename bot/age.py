"""Lengths of time as staff write them: 30d or 12h."""

import re

from bot.errors import OttoError

DAY = 24 * 3600
SECONDS = {"h": 3600, "d": DAY}


class AgeError(OttoError):
    """The age is none; the message says how to write one."""


def age(text: str) -> int:
    """The seconds in an age such as 30d or 12h.

    Raises:
        AgeError: it is none.
    """
    found = re.fullmatch(r"([0-9]{1,5})([hd])", text)
    if found is None:
        raise AgeError(f"{text!r} is no age; please write days or hours, such as 30d or 12h")
    return int(found[1]) * SECONDS[found[2]]
