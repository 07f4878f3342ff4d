"""One classifier for every intent, the retrieval intents each on its own.

The Rasa skin of bot/intents.py. Besides `intent` and `intent_ranking` it fills `response_selector`
as far as Rasa's actions read it, so `utter_faq` works as ever, and `labels`: the full names with
probability and likeness to the nearest example, for the gate.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import (
    FEATURE_TYPE_SENTENCE,
    INTENT,
    INTENT_RANKING_KEY,
    INTENT_RESPONSE_KEY,
    RESPONSE_SELECTOR,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits

from bot.follow_ups import merged
from bot.intents import Guess, IntentModel, Weights
from bot.likeness import Array
from bot.nlu.component import Trained
from bot.nlu.encoder import QUESTIONS
from bot.nlu.safety import EMERGENCY
from bot.nlu.spelling import MEANT

LABELS = "labels"
# The same for each question of a message that asks several: its text and its labels.
PARTS = "parts"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Classifier(IntentClassifier, Trained):
    """The graph component around `IntentModel`."""

    _model: IntentModel | None = None

    @classmethod
    def required_components(cls) -> list[type]:
        """Called by Rasa; see GraphComponent."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`ranking_length`: how many labels a message keeps. The rest: see `Weights`."""
        return {"ranking_length": 10} | vars(Weights())

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Fit on every example that has an intent and a vector."""
        examples = [
            (example, vector)
            for example in training_data.intent_examples
            if (vector := _vector(example)) is not None
        ]
        model = IntentModel.fit(
            [_meant(example) for example, _ in examples],
            np.vstack([vector for _, vector in examples]),
            [example.get(INTENT_RESPONSE_KEY) or example.get(INTENT) for example, _ in examples],
            Weights(**{name: self._config[name] for name in vars(Weights())}),
        )
        model.save(folder)

    def read(self, folder: Path) -> None:
        """Read what `learn` wrote."""
        self._model = IntentModel.load(folder)
        # Products this small gain nothing from a second thread, and on a machine with other work
        # they wait for it many times as long as they take.
        threadpool_limits(1, "blas")

    def process(self, messages: list[Message]) -> list[Message]:
        """Rank the labels for each message; an emergency keeps its intent."""
        for message in messages:
            self._rank(message)
        return messages

    def _rank(self, message: Message) -> None:
        vector = _vector(message)
        if vector is None or self._model is None:
            message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
            return
        if (message.get(INTENT) or {}).get("name") == EMERGENCY:
            return
        length = self._config["ranking_length"]
        ranking = merged(self._model.rank(_meant(message), vector))
        parts = [
            {"text": text, LABELS: _written(merged(self._model.rank(text, part))[:length])}
            for text, part in message.get(QUESTIONS) or ()
        ]
        message.set(LABELS, _written(ranking[:length]), add_to_output=True)
        message.set(PARTS, parts, add_to_output=True)
        intents = best_by_intent(ranking)
        message.set(INTENT, dict(intents[0]), add_to_output=True)
        message.set(INTENT_RANKING_KEY, intents[:length], add_to_output=True)
        message.set(RESPONSE_SELECTOR, _selection(ranking), add_to_output=True)


def _written(ranking: list[Guess]) -> list[dict[str, Any]]:
    return [guess._asdict() for guess in ranking]


def _selection(ranking: list[Guess]) -> dict[str, Any]:
    """The likeliest response of each retrieval intent, as much of it as Rasa's actions read."""
    best: dict[str, Guess] = {}
    for guess in ranking:
        family, separator, _ = guess.name.partition("/")
        if separator:
            best.setdefault(family, guess)
    responses = {
        family: {
            "response": {
                "confidence": guess.confidence,
                "intent_response_key": guess.name,
                "utter_action": f"utter_{guess.name}",
            }
        }
        for family, guess in best.items()
    }
    return {"all_retrieval_intents": sorted(best)} | responses


def best_by_intent(ranking: list[Guess]) -> list[dict[str, Any]]:
    """The ranking by intent proper: a retrieval intent stands where its best member stood."""
    best: dict[str, float] = {}
    for guess in ranking:
        best.setdefault(guess.name.partition("/")[0], guess.confidence)
    return [{"name": name, "confidence": confidence} for name, confidence in best.items()]


def _vector(message: Message) -> Array | None:
    # `message.get_dense_features` copies what it finds.
    sentences = (
        features.features
        for features in message.features
        if features.attribute == TEXT and features.type == FEATURE_TYPE_SENTENCE
    )
    found: Array | None = next(sentences, None)
    return None if found is None else found[0]


def _meant(message: Message) -> str:
    text: str = message.get(MEANT) or message.get(TEXT)
    return text
