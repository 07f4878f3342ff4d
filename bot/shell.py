"""`otto shell`: talk with Otto in the terminal."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator

from rasa.core.agent import Agent

from bot.channels.render import as_sms, as_terminal
from bot.channels.turn import Message, take_turn

PROMPT = "You: "


async def talk(agent: Agent, lines: Iterator[str], channel: str) -> None:
    """Answer each line; a number picks the choice that the last answer offered by it."""
    sender_id = f"shell:{uuid.uuid4().hex}"
    choices: list[str] = []
    for line in lines:
        text = chosen(line, choices)
        messages = await take_turn(agent.handle_message, sender_id, text, channel)
        for message in messages:
            shown = as_sms(message) if channel == "sms" else as_terminal(message)
            print(f"Otto: {shown}\n", flush=True)
        choices = payloads(messages)


def chosen(line: str, choices: list[str]) -> str:
    """The text behind a typed number, or the line as it is."""
    number = line.strip().rstrip(".)")
    if number.isdecimal() and 1 <= int(number) <= len(choices):
        return choices[int(number) - 1]
    return line


def payloads(messages: list[Message]) -> list[str]:
    """What each choice stands for, in the order in which they are numbered.

    Messages number their choices from 1 each, so the last message with choices counts.
    """
    offered = [[b["payload"] for b in message["buttons"]] for message in messages]
    return next((choices for choices in reversed(offered) if choices), [])


def typed() -> Iterator[str]:
    """The lines a person types, or a file's, until its end or /stop."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            print(f"{PROMPT}{line.rstrip()}", flush=True)
            yield line.rstrip()
        return
    while True:
        try:
            line = input(PROMPT)
        except EOFError:
            return
        if line.strip() == "/stop":
            return
        yield line
