"""The sentence encoder as a Rasa featurizer."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.encoder import Encoder
from bot.nlu.component import Component
from bot.nlu.spelling import MEANT
from bot.questions import questions

# The questions of a message that asks several, each with its vector.
QUESTIONS = "questions"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=False)
class SentenceEncoder(DenseFeaturizer, Component):
    """Gives each text one dense sentence feature of 384 numbers (bot/encoder.py)."""

    def __init__(self, name: str, config: dict[str, Any]) -> None:
        """Load the encoder in models/encoder."""
        super().__init__(name, config)
        self._encoder = Encoder()

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Called by Rasa; there is nothing to configure."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Called by Rasa; see GraphComponent."""
        return cls(execution_context.node_name, config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Encode the training examples."""
        examples = [e for e in training_data.training_examples if _text(e)]
        for example, vector in zip(
            examples, self._encoder.encode(map(_text, examples)), strict=True
        ):
            self.add_features_to_message(None, vector[None, :], TEXT, example)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Encode messages that have a text, and each question of those that ask several."""
        for message in messages:
            if text := _text(message):
                vector = self._encoder.encode_one(text)
                self.add_features_to_message(None, vector, TEXT, message)
                asked = [(part, self._encoder.encode_one(part)[0]) for part in questions(text)]
                message.set(QUESTIONS, asked)
        return messages


def _text(message: Message) -> str:
    return message.get(MEANT) or message.get(TEXT) or ""
