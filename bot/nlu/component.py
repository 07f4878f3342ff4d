"""What Otto's graph components share."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.training import CODE, digest


class Component(GraphComponent):
    """A component that nothing after it learns from; it is made without arguments."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Component:
        """Called by Rasa; see GraphComponent."""
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """What makes Rasa run a step again besides its inputs, its config and its own source."""
        return digest(CODE)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Called by Rasa; the training data stay as they are."""
        return training_data


class Trained(Component):
    """A component that learns, and keeps what it learnt in files."""

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        """Called by `create` and `load`."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Trained:
        """Called by Rasa; see GraphComponent."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Trained:
        """Called by Rasa; see GraphComponent."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component.read(folder)
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Called by Rasa; see `learn`."""
        with self._model_storage.write_to(self._resource) as folder:
            self.learn(training_data, folder)
        return self._resource

    @abstractmethod
    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Learn from the examples and write what was learnt to files in `folder`."""

    @abstractmethod
    def read(self, folder: Path) -> None:
        """Read what `learn` wrote."""
