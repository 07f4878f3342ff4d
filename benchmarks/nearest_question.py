"""A baseline to compare with: the training example whose words are nearest, by TF-IDF."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, RESPONSE_SELECTOR, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.component import Trained

# Below this cosine two texts share next to nothing.
FALLBACK = 0.1


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class NearestQuestion(IntentClassifier, Trained):
    """Gives each message the intent of the nearest example."""

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Keep the examples."""
        examples = [
            (example.get(TEXT), example.get(INTENT_RESPONSE_KEY) or example.get(INTENT))
            for example in training_data.intent_examples
        ]
        (folder / "examples.json").write_text(json.dumps(examples))

    def read(self, folder: Path) -> None:
        """Read the examples and weigh their words."""
        examples = json.loads((folder / "examples.json").read_text())
        texts, self._names = zip(*examples, strict=True)
        self._vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
        self._examples = self._vectorizer.fit_transform(texts)

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the nearest example's intent and response into each message."""
        for message in messages:
            words = self._vectorizer.transform([message.get(TEXT)])
            likeness = (self._examples @ words.T).toarray()[:, 0]
            best = int(np.argmax(likeness))
            confidence = float(likeness[best])
            name = self._names[best] if confidence >= FALLBACK else "nlu_fallback"
            family = name.split("/")[0]
            message.set(INTENT, {"name": family, "confidence": confidence}, add_to_output=True)
            response = {"intent_response_key": name, "utter_action": f"utter_{name}"}
            message.set(
                RESPONSE_SELECTOR,
                {
                    "all_retrieval_intents": [family],
                    family: {"response": response | {"confidence": confidence}, "ranking": []},
                },
                add_to_output=True,
            )
        return messages
