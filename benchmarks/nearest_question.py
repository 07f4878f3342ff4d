"""A baseline to compare with: the training example whose words are nearest, by TF-IDF."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, RESPONSE_SELECTOR, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

# Below this cosine two texts share next to nothing.
FALLBACK = 0.1


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class NearestQuestion(IntentClassifier, GraphComponent):
    """Gives each message the intent of the nearest example."""

    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        """Called by `create` and `load`."""
        self._storage = storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NearestQuestion:
        """Called by Rasa; see GraphComponent."""
        return cls(model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the examples."""
        examples = [
            (example.get(TEXT), example.get(INTENT_RESPONSE_KEY) or example.get(INTENT))
            for example in training_data.intent_examples
        ]
        with self._storage.write_to(self._resource) as folder:
            (folder / "examples.json").write_text(json.dumps(examples))
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NearestQuestion:
        """Called by Rasa; see GraphComponent."""
        found = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            texts, found._names = zip(
                *json.loads((folder / "examples.json").read_text()), strict=True
            )
        found._vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
        found._examples = found._vectorizer.fit_transform(texts)
        return found

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Called by Rasa; nothing after this component trains on its guesses."""
        return training_data

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
