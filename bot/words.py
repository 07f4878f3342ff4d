"""A sentence's words as they count when two are compared: small letters, no marks."""

import re

WORD = re.compile(r"[a-z0-9']+")


def words(text: str) -> str:
    """The words with one space between them; empty where there is none."""
    return " ".join(WORD.findall(text.lower()))
