"""What the tests of the actions share: a tracker from a few words, and an action run on it."""

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

Event = dict[str, Any]
Uttered = dict[str, Any]


def said(text: str, buttons: list[dict[str, str]] | None = None, **metadata: Any) -> Event:
    """Something that Otto has said, as the tracker holds it."""
    return {
        "event": "bot",
        "text": text,
        "data": {"buttons": buttons or []},
        "metadata": {"metadata": metadata},
    }


def heard(text: str) -> Event:
    """Something that the visitor has said, as the tracker holds it."""
    return {"event": "user", "text": text}


def tracker(
    *events: Event,
    intent: str = "inform",
    channel: str = "web",
    form: str | None = None,
    slots: dict[str, Any] | None = None,
    labels: tuple[str, ...] = (),
) -> Tracker:
    """A tracker after the given events; `form` is the open form, `labels` the ranked intents."""
    return Tracker(
        sender_id="me",
        slots=slots or {},
        latest_message={
            "intent": {"name": intent},
            "text": next((e["text"] for e in reversed(events) if e["event"] == "user"), None),
            "labels": [{"name": name} for name in labels],
        },
        events=[event | {"input_channel": channel} for event in events],
        paused=False,
        followup_action=None,
        active_loop={"name": form} if form else {},
        latest_action_name=None,
    )


def run(action: Action, on: Tracker) -> tuple[list[Uttered], list[Event]]:
    """What the action says and the events it returns."""
    dispatcher = CollectingDispatcher()
    events = asyncio.run(action.run(dispatcher, on, {}))
    return dispatcher.messages, events


def titles(message: Uttered) -> list[str]:
    """The titles of a message's choices."""
    return [button["title"] for button in message["buttons"]]
