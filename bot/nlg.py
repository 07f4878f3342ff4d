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
from bot.nlu.safety import EMERGENCY, SAFETY
from bot.safety import Alarm, Safety


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
        response: dict[str, Any] | None = await super().generate(
            utter_action,
            tracker,
            output_channel,
            clinic_contact=self._clinic.contact(),
            **kwargs,
        )
        if response is None:
            return None
        metadata = dict(response.get("metadata") or {})
        if utter_action.startswith(f"utter_{INTENT}/"):
            metadata |= topic_metadata(utter_action.removeprefix(f"utter_{INTENT}/"))
        alarm = self._alarm(tracker)
        if alarm is not None:
            words = alarm.sms if output_channel == "sms" else alarm.web
            if utter_action == f"utter_{EMERGENCY}":
                response["text"] = words
            elif alarm.level == "note" and not _spoke_already(tracker):
                response["text"] = f"{response['text']} {words}"
        response["metadata"] = metadata
        return response

    def _alarm(self, tracker: DialogueStateTracker) -> Alarm | None:
        latest = tracker.latest_message
        if latest is None or SAFETY not in latest.parse_data:
            return None
        return self._safety.check(latest.text or "")


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
