"""Spelling correction in the pipeline: what the components after it read instead of the text."""

from __future__ import annotations

import json
from pathlib import Path

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.encoder import common_words
from bot.nlu.component import Trained
from bot.spelling import Speller

# The message's text as it was probably meant.
MEANT = "meant"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class Spelling(Trained):
    """Learns the words of Otto's field and sets `meant` on each message (bot/spelling.py)."""

    _speller = Speller((), ())

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Learn from the examples and from the answers that stand beside them."""
        examples = [example.get(TEXT) for example in training_data.intent_examples]
        answers = [
            response["text"]
            for variations in training_data.responses.values()
            for response in variations
        ]
        speller = Speller.learn(examples, answers, common_words())
        (folder / "field.json").write_text(json.dumps(speller.field))

    def read(self, folder: Path) -> None:
        """Read the words."""
        field = json.loads((folder / "field.json").read_text())
        self._speller = Speller(field, common_words())

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
