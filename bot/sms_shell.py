"""`otto sms`: a phone in the terminal, to try the text line with."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from functools import partial

from rasa.core.agent import Agent

from bot.channels.sms_phone import Phone
from bot.sms import size
from bot.sms_keywords import match
from bot.store import forget

PHOTO, STOP = "/photo", "/stop"
HOW_TO = "Text Otto as a phone would. Send a photo with /photo, end with /stop or Ctrl-D."
# So that what is typed fast, or read from a file, is not taken for a machine's.
SECONDS_APART = 30


async def talk(agent: Agent, lines: AsyncIterator[str], answers_keywords: bool = False) -> None:
    """Send each line, and show what comes back as the phone gets it, with what it takes."""
    seconds = itertools.count(1_000_000, SECONDS_APART)
    now = next(seconds)
    forget_it = partial(forget, agent.tracker_store)
    phone = Phone(agent.handle_message, forget_it, answers_keywords, lambda: now)
    async for line in lines:
        if line.strip() == STOP:
            return
        now = next(seconds)
        photo = line.strip() == PHOTO
        texts = await phone.send("" if photo else line, files=int(photo))
        for text in texts:
            taken = size(text)
            plural = "" if taken.segments == 1 else "s"
            print(
                f"{_bubble(text)}\n  [{taken.segments} segment{plural}, {taken.encoding}, "
                f"{taken.places} places]\n",
                flush=True,
            )
        if not texts:
            word = match(line)
            whose = ": the phone company answers this word" if word and word.by_carrier else ""
            print(f"  [nothing is sent{whose}]\n", flush=True)
        if await phone.opted_out():
            print("  [this number wants no texts; START brings them back]\n", flush=True)


def _bubble(text: str) -> str:
    return "\n".join(f"  | {line}".rstrip() for line in text.split("\n"))
