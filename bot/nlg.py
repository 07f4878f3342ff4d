"""Rasa's own response generator, plus the clinic's details and the emergency texts.

Named in endpoints.yml, so every channel, Rasa's own shell included, speaks with the same words.
"""

from __future__ import annotations

from typing import Any

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot import settings
from bot.answers import INTENT, topics
from bot.nlu.gate import ALSO
from bot.nlu.safety import EMERGENCY, SAFETY
from bot.safety import Alarm, Safety

# Set while an emergency is the last thing that mattered; see domain.yml.
ALARMED = "alarmed"
# A visitor in an emergency who is taken for one who asks for help with Otto, or is sad.
IN_NEED = ("utter_small_talk/help", "utter_small_talk/distress")
# What is said after an emergency without repeating the advice.
FAREWELLS = ("utter_small_talk/thank", "utter_small_talk/goodbye")


class ResponseGenerator(TemplatedNaturalLanguageGenerator):
    """Fills `{clinic_contact}`, tells topics apart, and puts safety first."""

    def __init__(self, endpoint_config: EndpointConfig, domain: Domain) -> None:
        """Called by Rasa with the `nlg` entry of endpoints.yml."""
        super().__init__(domain.responses)
        self._clinic = settings.load().clinic
        self._safety = Safety.load()

    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **kwargs: Any,
    ) -> dict[str, Any] | None:
        """The response for `utter_action`, or None where the domain has none."""
        kwargs["clinic_contact"] = self._clinic.contact()
        response: dict[str, Any] | None = await super().generate(
            utter_action, tracker, output_channel, **kwargs
        )
        if response is None:
            return None
        metadata = dict(response.get("metadata") or {})
        if utter_action.startswith(f"utter_{INTENT}/"):
            metadata |= topic_metadata(utter_action.removeprefix(f"utter_{INTENT}/"))
        response["metadata"] = metadata
        also = _also(tracker, utter_action)
        if also and also["label"].startswith(f"{INTENT}/") and output_channel != "sms":
            second = f"utter_{also['label']}"
            _answer_too(response, await super().generate(second, tracker, output_channel, **kwargs))
        elif also:
            _offer(response, also)
        alarm = self._alarm(tracker)
        if alarm is not None:
            words = alarm.sms if output_channel == "sms" else alarm.web
            if utter_action == f"utter_{EMERGENCY}":
                response["text"] = words
            elif alarm.level == "interrupt" and utter_action in IN_NEED:
                response |= {"text": words, "buttons": []}
                response["metadata"] = {"outcome": EMERGENCY, "safety": "interrupt"}
            elif not _spoke_already(tracker) and utter_action not in FAREWELLS:
                response["text"] = f"{response['text']} {words}"
        return response

    def _alarm(self, tracker: DialogueStateTracker) -> Alarm | None:
        """The latest message's alarm, or the last one while the conversation is still about it."""
        for event in reversed(tracker.events):
            if isinstance(event, UserUttered) and SAFETY in event.parse_data:
                return self._safety.check(event.text or "")
            if isinstance(event, UserUttered) and not tracker.get_slot(ALARMED):
                break
        return None


def _also(tracker: DialogueStateTracker, utter_action: str) -> dict[str, Any] | None:
    """The second question of a message that asks two, when its first is being answered."""
    latest = tracker.latest_message
    if latest is None or _spoke_already(tracker) or not utter_action.startswith(f"utter_{INTENT}/"):
        return None
    also: dict[str, Any] | None = latest.parse_data.get(ALSO)
    return also


def _answer_too(response: dict[str, Any], second: dict[str, Any] | None) -> None:
    if second is None:
        return
    more = second["metadata"]
    response["text"] += f"\n\n**{more['question']}** {second['text']}"
    sources = [*response["metadata"]["sources"], *more["sources"]]
    response["metadata"]["sources"] = [s for i, s in enumerate(sources) if s not in sources[:i]]


def _offer(response: dict[str, Any], also: dict[str, Any]) -> None:
    """Where there is no room for a second answer, or a dialogue comes of it: a choice."""
    if also["label"].startswith(f"{INTENT}/"):
        id_ = also["label"].removeprefix(f"{INTENT}/")
        words, named = topics()[id_].question, {"id": id_}
    else:
        words, named = also["text"][:1].upper() + also["text"][1:], {"id": also["label"]}
    response["text"] += "\n\nYou also asked:"
    response["buttons"] = [{"title": words, "payload": words} | named]


def _spoke_already(tracker: DialogueStateTracker) -> bool:
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered):
            return True
        if isinstance(event, UserUttered):
            return False
    return False


def topic_metadata(topic_id: str) -> dict[str, Any]:
    """What a reply on a topic carries besides its text."""
    topic = topics()[topic_id]
    return {
        "outcome": "answer" if topic.covered else "not_covered",
        "topic": topic.id,
        "sources": [{"id": c.id, "section": c.section} for c in topic.citations],
        "related": list(topic.related),
    }
