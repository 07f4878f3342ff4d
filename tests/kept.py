"""Turns as they are kept, made up for the tests of what staff read of them."""

import json
from typing import Any

from bot.conversation_log import ConversationLog, Row, new_key
from bot.kept import Event, Turn

START = {"event": "session_started"}


def turn(
    said: str = "hello",
    outcome: str = "answer",
    *events: Event,
    sender: str = "web:one",
    at: float = 0.0,
    **metadata: Any,
) -> Turn:
    """A turn in which a visitor says something, events follow, and Otto answers."""
    answer = {"outcome": outcome} | metadata
    user = {"event": "user", "text": said, "parse_data": {}}
    bot = {"event": "bot", "text": "…", "metadata": {"metadata": answer}}
    return Turn(sender, at, [user, *events, bot])


def loop(name: str | None) -> Event:
    """A dialogue opens or, without a name, closes."""
    return {"event": "active_loop", "name": name}


def asks(slot: str | None) -> Event:
    """A dialogue asks for something, or for nothing more."""
    return {"event": "slot", "name": "requested_slot", "value": slot}


def action(name: str) -> Event:
    """An action was run."""
    return {"event": "action", "name": name}


def keep(url: str, *turns: Turn) -> None:
    """Keep turns in a database, in their order."""
    log = ConversationLog(url)
    log.append([Row(new_key(), t.sender, t.at, json.dumps(t.events), "[]") for t in turns])
    log.close()
