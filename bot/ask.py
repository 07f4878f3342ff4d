"""`otto ask`: questions in, one record each out, every question a conversation of its own."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from bot.channels.render import Message, as_sms

if TYPE_CHECKING:
    from rasa.core.agent import Agent
    from rasa.shared.core.events import UserUttered

Record = dict[str, Any]


async def ask(agent: Agent, text: str, channel: str) -> Record:
    """Ask one question in a new conversation; the record's fields stand in README.md."""
    # Rasa takes seconds to import, and a file that cannot be read should say so at once.
    from bot.channels.turn import take_turn

    sender_id = f"ask:{uuid.uuid4().hex}"
    started = time.perf_counter()
    messages = await take_turn(agent.handle_message, sender_id, text, channel)
    milliseconds = (time.perf_counter() - started) * 1000
    tracker = await agent.tracker_store.retrieve(sender_id)
    said = tracker.latest_message if tracker else None
    return record(text, messages, understood(said), channel, milliseconds)


def record(
    text: str, messages: list[Message], intent: Record, channel: str, milliseconds: float
) -> Record:
    """One turn as `otto ask --json` prints it; the first message tells what came of it."""
    first = messages[0]["metadata"]
    buttons = [button for message in messages for button in message["buttons"]]
    answers = [as_sms(m) if channel == "sms" else m["text"] for m in messages]
    return {
        "text": text,
        "outcome": first["outcome"],
        "id": first.get("topic"),
        "intent": intent["name"],
        "confidence": intent["confidence"],
        "labels": intent["labels"],
        "answer": "\n\n".join(answers),
        "sources": first.get("sources", []),
        "choices": [{"title": button["title"], "id": button.get("id", "")} for button in buttons],
        "location": first.get("location"),
        "safety": first.get("safety"),
        "ms": round(milliseconds, 1),
    }


def understood(said: UserUttered | None) -> Record:
    """A message's intent by its full name, how sure, and the labels before the gate."""
    if said is None:
        return {"name": None, "confidence": 0.0, "labels": []}
    intent = said.intent
    labels = said.parse_data.get("labels") or []
    return {
        "labels": [
            entry | {key: round(float(entry[key]), 4) for key in ("confidence", "likeness")}
            for entry in labels
        ],
        "name": intent.get("full_retrieval_intent_name") or intent.get("name"),
        "confidence": round(float(intent.get("confidence") or 0.0), 4),
    }
