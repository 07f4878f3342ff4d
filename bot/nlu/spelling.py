"""Spelling correction in the pipeline: what the components after it read instead of the text."""

from __future__ import annotations

import json
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.encoder import common_words
from bot.spelling import Speller

# The message's text as it was probably meant.
MEANT = "meant"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class Spelling(GraphComponent):
    """Learns the words of Otto's field and sets `meant` on each message (bot/spelling.py)."""

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, speller: Speller | None = None
    ) -> None:
        """Called by `create` and `load`."""
        self._model_storage = model_storage
        self._resource = resource
        self._speller = speller or Speller((), ())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Spelling:
        """Called by Rasa; see GraphComponent."""
        return cls(model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples and from the answers that stand beside them."""
        examples = [example.get(TEXT) for example in training_data.intent_examples]
        answers = [
            response["text"]
            for variations in training_data.responses.values()
            for response in variations
        ]
        self._speller = Speller.learn(examples, answers, common_words())
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "field.json").write_text(json.dumps(self._speller.field))
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Spelling:
        """Called by Rasa; see GraphComponent."""
        with model_storage.read_from(resource) as folder:
            field = json.loads((folder / "field.json").read_text())
        return cls(model_storage, resource, Speller(field, common_words()))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Correct the training examples as later the messages."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `meant` on messages that have a text."""
        for message in messages:
            if text := message.get(TEXT):
                message.set(MEANT, self._speller.correct(text))
        return messages
