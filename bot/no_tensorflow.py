"""Rasa without TensorFlow: the import is answered with placeholders.

Rasa 3.6 imports TensorFlow at start whether or not a component uses it (rasa/utils/train_utils.py,
rasa/engine/recipes/default_components.py). None of Otto's does, and the import alone takes half of
the start and most of the memory: docs/architecture.md has the figures. A placeholder can be
imported, subclassed, called and asked for attributes, which is all that Rasa's modules do with
TensorFlow until one of its components runs; so where config.yml names such a component, the real
one is imported.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import MutableSequence, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from bot.paths import ROOT

REPLACED = frozenset({"tensorflow", "tensorflow_hub", "tensorflow_text", "keras", "jax"})
OURS = ("bot.", "benchmarks.")
# Rasa's own components that do without.
HARMLESS = frozenset({"RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy"})


class _Placeholder(type):
    """A class whose attributes are placeholders too."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _placeholder(name)


def _placeholder(name: str) -> Any:
    return _Placeholder(name, (), {"__init__": lambda self, *args, **kwargs: None})


class _PlaceholderModule(ModuleType):
    __path__: MutableSequence[str] = []  # noqa: RUF012 - as importlib wants it

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _placeholder(name)
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.split(".")[0] not in REPLACED:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _PlaceholderModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def needed(config: Path) -> bool:
    """Whether a Rasa configuration names a component that may use TensorFlow."""
    content: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    names = [part["name"] for key in ("pipeline", "policies") for part in content[key] or ()]
    return not all(name.startswith(OURS) or name in HARMLESS for name in names)


def install(config: Path = ROOT / "config.yml") -> None:
    """Replace TensorFlow for this process; call it before Rasa is imported.

    Does nothing where TensorFlow is needed, or was imported already.
    """
    if "tensorflow" not in sys.modules and not needed(config):
        sys.meta_path.insert(0, _Finder())
