"""The answer gate: sure enough to answer, unsure enough to ask, or not Otto's business."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.answers import INTENT as FAQ
from bot.answers import topics
from bot.nlu.classifier import LABELS
from bot.nlu.entities import ONLY_PLACE, PERHAPS_PLACE

ASK_WHICH = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
FIND_LOCATION = "find_location"
ABOUT_PLACES = {FIND_LOCATION, "correct_location", "location_detail"}
RECOMMEND = "recommend_therapy"
INFORM = "inform"

PERSON, CONCERN = {"person", "age"}, {"condition", "difficulty"}
# Labels that a description of somebody's difficulties, without a question, is taken for.
DESCRIBED = re.compile(
    r"inform|recommend_therapy|faq/(cond_.*|which_do_i_need|who_needs_ot|children_start"
    r"|ns_child_specifics|ns_diagnosis_request)"
)
QUESTION = re.compile(
    r"\?|\b(how|what|why|when|where|does|do|did|can|could|is|are|was|will|would|should)\b(?!['’]t)",
    re.IGNORECASE,
)
CHOICE = re.compile(
    r"\bwh(?:o|ich)\b.*\b(?:see|need|one|therapy|therapist|go to)\b|\b(?:ot or pt|pt or ot)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Thresholds:
    """From where on Otto is sure; docs/architecture.md shows the curves they come from.

    A label is sure from the probability `sure` on, or where the message is as like one of its
    examples as `same`. Else the message is far off where neither the probability reaches `far` nor
    the nearest example is as like as `far_likeness`. What gives an answer from the documents, or
    opens a dialogue, must besides be as like an example as `close`: a question about something
    else may be worded just like one of Otto's.
    """

    sure: float
    same: float
    close: float
    far: float
    far_likeness: float

    def decide(self, labels: list[dict[str, Any]]) -> str | None:
        """The intent to put in place of the classifier's, or None to keep it.

        Args:
            labels: name, confidence and likeness, the most confident first.
        """
        best = labels[0]
        if best["confidence"] >= self.sure or best["likeness"] >= self.same:
            near = best["likeness"] >= self.close or not commits(best["name"])
            return None if near else ASK_WHICH
        likeness = max(entry["likeness"] for entry in labels)
        if best["confidence"] < self.far and likeness < self.far_likeness:
            return OUT_OF_SCOPE
        return ASK_WHICH


def commits(label: str) -> bool:
    """Whether acting on a label says something from the documents or opens a dialogue."""
    id_ = label.removeprefix(f"{FAQ}/")
    if id_ != label:
        return id_ in topics() and topics()[id_].covered
    return label in ABOUT_PLACES | {RECOMMEND, INFORM}


def describes_somebody(text: str, label: str, kinds: Collection[str]) -> bool:
    """Whether a text tells who has which difficulty, and asks nothing or who to see.

    Args:
        text: the message.
        label: the full name of its likeliest intent.
        kinds: the kinds of entities in it.
    """
    if not (PERSON.intersection(kinds) and CONCERN.intersection(kinds)):
        return False
    return bool(DESCRIBED.fullmatch(label) and (CHOICE.search(text) or not QUESTION.search(text)))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Gate(GraphComponent):
    """The graph component around `Thresholds`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Answer everything; config.yml has the thresholds."""
        return {"sure": 0.0, "same": 0.0, "close": 0.0, "far": 0.0, "far_likeness": 0.0}

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

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Called by Rasa; nothing to train."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace the intent where Otto should not answer with it."""
        for message in messages:
            if (labels := message.get(LABELS)) and (intent := self._instead(message, labels)):
                message.set(INTENT, intent, add_to_output=True)
        return messages

    def _instead(self, message: Message, labels: list[dict[str, Any]]) -> dict[str, Any] | None:
        best = labels[0]
        kinds = {entity["entity"] for entity in message.get(ENTITIES, [])}
        if message.get(ONLY_PLACE):
            name = best["name"] if best["name"] in ABOUT_PLACES else FIND_LOCATION
            return {"name": name, "confidence": 1.0}
        if describes_somebody(message.get(TEXT), best["name"], kinds):
            return {"name": RECOMMEND, "confidence": 1.0}
        name = self._thresholds.decide(labels)
        if name == ASK_WHICH and best["name"] == FIND_LOCATION and message.get(PERHAPS_PLACE):
            name = None
        if name is None and best["name"] == INFORM and not kinds & (PERSON | CONCERN):
            # It sounds like an answer to the recommendation's questions, but says nothing of them.
            name = ASK_WHICH
        if name == ASK_WHICH and kinds & {"city", "zip"}:
            name = FIND_LOCATION
        return {"name": name, "confidence": 1 - best["confidence"]} if name else None
