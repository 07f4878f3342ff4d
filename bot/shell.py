"""`otto shell`: talk with Otto in the terminal."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator

from rasa.core.agent import Agent

from bot.channels.choices import Choices
from bot.channels.render import as_sms, as_terminal
from bot.channels.turn import take_turn

PROMPT = "You: "
STOP = "/stop"


async def talk(agent: Agent, lines: Iterator[str], channel: str) -> None:
    """Answer each line; a number picks the choice that the last answer offered by it."""
    sender_id = f"shell:{uuid.uuid4().hex}"
    choices = Choices()
    for line in lines:
        text = choices.resolve(sender_id, line)
        messages = await take_turn(agent.handle_message, sender_id, text, channel)
        choices.remember(sender_id, messages)
        for message in messages:
            shown = as_sms(message) if channel == "sms" else as_terminal(message)
            print(f"Otto: {shown}\n", flush=True)


def typed() -> Iterator[str]:
    """The lines a person types, or a file's, until its end or /stop."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            if line.strip() == STOP:
                return
            print(f"{PROMPT}{line.rstrip()}", flush=True)
            yield line.rstrip()
        return
    while True:
        try:
            line = input(PROMPT)
        except EOFError:
            return
        if line.strip() == STOP:
            return
        yield line
