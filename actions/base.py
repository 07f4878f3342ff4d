"""What every action shares: it speaks for its channel, and it is never silent."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import islice
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import settings
from bot.answers import INTENT as FAQ
from bot.channels.render import plain
from bot.sms import plain_letters

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Button = dict[str, str]

# Rasa's slot for what a form waits for, and ours for how often it asked in vain.
REQUESTED, TRIES = "requested_slot", "tries"
# Set in domain.yml from the intents.
ALARMED = "alarmed"
# Leaves an open form. A form that is given no slot is taken for rejected, and without the last of
# these its end for its being filled (rasa/core/actions/forms.py).
CLOSE_FORM = [
    SlotSet(TRIES, 0),
    SlotSet(REQUESTED, None),
    ActiveLoop(None),
    FollowupAction("action_listen"),
]
# A visitor who asks two of these in a row has left an open form.
OF_ITS_OWN = {"faq", "follow_up", "out_of_scope"}


class OttoAction(Action, ABC):
    """An action that answers even when it breaks.

    Rasa says nothing to the visitor when an action raises (RasaHQ/rasa#7630), and rasa_sdk puts the
    whole conversation into the error (rasa_sdk/endpoint.py), so neither ever sees the exception.
    """

    apology = "I'm sorry, something went wrong on my side."
    # Whether the action asks or reads the answers of a form, which it closes when it breaks.
    of_form = False

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Called by Rasa; see `act`."""
        try:
            return self.act(Voice(dispatcher, tracker), tracker)
        except Exception as error:
            # The error's text may hold what the visitor wrote; its type does not.
            logger.error("%s failed: %s", self.name(), type(error).__name__)
            contact = settings.load().clinic.contact()
            words = f"{self.apology} {contact}"
            Voice(dispatcher, tracker).say(words, outcome="out_of_scope", failed=True)
            return list(CLOSE_FORM) if self.of_form else []

    @abstractmethod
    def act(self, voice: "Voice", tracker: Tracker) -> list[Event]:
        """Say what there is to say and return the events."""


class AskAction(OttoAction):
    """An action with which a form asks for one of its slots."""

    of_form = True
    form = slot = ""

    def name(self) -> str:
        """The name in domain.yml."""
        return f"action_ask_{self.form}_{self.slot}"


class Voice:
    """Says things in the form of the visitor's channel."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        """Speak through `dispatcher` to the visitor behind `tracker`."""
        self._dispatcher = dispatcher
        self.by_sms = tracker.get_latest_input_channel() == "sms"
        self.channel = "sms" if self.by_sms else "web"

    def say(
        self,
        web: str,
        *,
        sms: str | None = None,
        buttons: list[Button] | None = None,
        outcome: str,
        **metadata: Any,
    ) -> None:
        """Utter `sms` by text message, or `web` made plain; `outcome` as in `otto ask`."""
        self._dispatcher.utter_message(
            text=(sms or plain_letters(plain(web))) if self.by_sms else web,
            buttons=buttons or [],
            metadata={"outcome": outcome} | metadata,
        )

    def answer(self, topic: str) -> None:
        """Utter the answer to a topic, by its id; Rasa fills it in as for `utter_faq`."""
        self._dispatcher.utter_message(response=f"utter_{FAQ}/{topic}")

    def repeat(self, utterance: Event) -> None:
        """Utter an earlier bot utterance as it was."""
        self._dispatcher.utter_message(
            text=utterance["text"],
            buttons=(utterance.get("data") or {}).get("buttons") or [],
            metadata=metadata_of(utterance),
        )


def choice(text: str, id_: str = "") -> Button:
    """A choice whose payload is its own text, so it works tapped, typed and by SMS."""
    return {"title": text, "payload": text} | ({"id": id_} if id_ else {})


def metadata_of(utterance: Event) -> dict[str, Any]:
    """What a bot utterance carries besides its text."""
    metadata: dict[str, Any] = (utterance.get("metadata") or {}).get("metadata") or {}
    return metadata


def earlier_turns(tracker: Tracker) -> Iterator[list[Event]]:
    """The bot's utterances of each earlier turn, the latest turn first, silent turns left out."""
    turn: list[Event] = []
    for event in reversed(tracker.events):
        if event["event"] == "bot":
            turn.append(event)
        elif event["event"] == "user":
            if turn:
                yield turn[::-1]
            turn = []
    if turn:
        yield turn[::-1]


def last_with(tracker: Tracker, key: str) -> dict[str, Any]:
    """The metadata of the latest bot utterance that has something under `key`, or an empty one."""
    return next(
        (
            metadata_of(utterance)
            for turn in earlier_turns(tracker)
            for utterance in turn
            if metadata_of(utterance).get(key)
        ),
        {},
    )


def just_said(tracker: Tracker) -> str:
    """The visitor's text, or nothing where it was answered before the form's turn came."""
    for event in reversed(tracker.events):
        if event["event"] == "bot":
            return ""
        if event["event"] == "user":
            return event.get("text") or ""
    return ""


def intent_of(tracker: Tracker) -> str:
    """The name of the latest message's intent, or an empty text."""
    return (tracker.latest_message.get("intent") or {}).get("name") or ""


def full_intent_of(tracker: Tracker) -> str:
    """The same, with what follows the slash where it is a retrieval intent."""
    # Without Otto's own classifier, Rasa's name for it.
    full = (tracker.latest_message.get("intent") or {}).get("full_retrieval_intent_name")
    labels = tracker.latest_message.get("labels") or [{"name": full or intent_of(tracker)}]
    return str(labels[0]["name"])


def waiting_for(tracker: Tracker, *slots: str) -> str | None:
    """The one of a form's own `slots` that it asked for; another form's request is none of it."""
    requested = tracker.get_slot(REQUESTED)
    return requested if requested in slots else None


def answered_first(tracker: Tracker) -> bool:
    """Whether this turn's message was answered before the form asks again."""
    return bool(tracker.latest_message.get("text")) and not just_said(tracker)


def left(tracker: Tracker) -> bool:
    """Whether this is the second message in a row that has nothing to do with the open form."""
    # The first of the turns is the one in which the visitor was just answered.
    before = list(islice(earlier_turns(tracker), 2))[1:]
    return intent_of(tracker) in OF_ITS_OWN and any(
        metadata_of(utterance).get("after") in OF_ITS_OWN for turn in before for utterance in turn
    )


def alarmed(tracker: Tracker) -> bool:
    """Whether an emergency is the last thing that mattered."""
    return bool(tracker.get_slot(ALARMED))


def tries_so_far(tracker: Tracker) -> int:
    """How often the open form asked for the same thing in vain."""
    return int(tracker.get_slot(TRIES) or 0)
