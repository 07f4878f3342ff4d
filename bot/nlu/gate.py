"""The answer gate in the pipeline: bot/gate.py decides, this puts it into the message."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, RESPONSE_SELECTOR, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.answers import INTENT as FAQ
from bot.gate import (
    ABOUT_PLACES,
    ASK_WHICH,
    CONCERN,
    FIND_LOCATION,
    INFORM,
    MARKS,
    OUT_OF_SCOPE,
    PERSON,
    RECOMMEND,
    Thresholds,
    describes_somebody,
    two_questions,
)
from bot.nlu.classifier import LABELS, PARTS
from bot.nlu.component import Component
from bot.nlu.entities import ONLY_PLACE, PERHAPS_PLACE

# The second question of a message that asks two: `label`, and `text` as the visitor worded it.
ALSO = "also"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Gate(Component):
    """The graph component around `Thresholds`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Answer everything; config.yml has the thresholds."""
        return {"sure": 0, "same": 0, "close": 0, "doubt": 1, "far": 0, "far_likeness": 0}

    def __init__(self, thresholds: Thresholds) -> None:
        """Decide by `thresholds`."""
        self._thresholds = thresholds

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Gate:
        """Called by Rasa; see GraphComponent."""
        return cls(Thresholds(**{name: config[name] for name in cls.get_default_config()}))

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace the intent where Otto should not answer with it."""
        for message in messages:
            if not (labels := message.get(LABELS)):
                continue
            if two := two_questions(labels, message.get(PARTS) or [], self._thresholds):
                self._ask_both(message, *two)
            elif intent := self._instead(message, labels):
                message.set(INTENT, intent, add_to_output=True)
        return messages

    @staticmethod
    def _ask_both(message: Message, first: dict[str, Any], second: dict[str, Any]) -> None:
        confidence = message.get(LABELS)[0]["confidence"]
        message.set(INTENT, {"name": FAQ, "confidence": confidence}, add_to_output=True)
        selected = message.get(RESPONSE_SELECTOR)[FAQ]["response"]
        selected["intent_response_key"] = first["label"]
        selected["utter_action"] = f"utter_{first['label']}"
        message.set(ALSO, second, add_to_output=True)

    def _instead(self, message: Message, labels: list[dict[str, Any]]) -> dict[str, Any] | None:
        best = labels[0]
        kinds = {entity["entity"] for entity in message.get(ENTITIES, [])}
        if message.get(ONLY_PLACE):
            name = best["name"] if best["name"] in ABOUT_PLACES else FIND_LOCATION
            return {"name": name, "confidence": 1.0}
        if describes_somebody(message.get(TEXT), best["name"], kinds):
            return {"name": RECOMMEND, "confidence": 1.0}
        name = self._thresholds.decide(labels)
        if name is None and best["name"] != OUT_OF_SCOPE and MARKS.fullmatch(message.get(TEXT)):
            name = ASK_WHICH
        torn = name == ASK_WHICH and best["name"] == FIND_LOCATION
        if torn and message.get(PERHAPS_PLACE)():
            name = None
        if name is None and best["name"] == INFORM and not kinds & (PERSON | CONCERN):
            # It sounds like an answer to the recommendation's questions, but says nothing of them.
            name = ASK_WHICH
        if name == ASK_WHICH and kinds & {"city", "zip"}:
            name = FIND_LOCATION
        return {"name": name, "confidence": 1 - best["confidence"]} if name else None
