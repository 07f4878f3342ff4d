"""The training examples nearest to a text, as the intent model sees them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from bot.answers import topics
from bot.encoder import Encoder, Vectors, common_words
from bot.explain import Near
from bot.paths import DATA
from bot.spelling import Speller


class Examples:
    """Finds them; a label's examples are encoded when they are first asked for."""

    def __init__(self, examples: dict[str, list[str]], speller: Speller, encoder: Encoder) -> None:
        """Look among `examples`, by label."""
        self._examples = examples
        self._speller = speller
        self._encoder = encoder
        self._vectors: dict[str, Vectors] = {}

    @classmethod
    def load(cls, folder: Path = DATA / "nlu") -> Examples:
        """Read every example of a folder, and learn spelling from them as training does."""
        examples = read(folder)
        texts = [text for own in examples.values() for text in own]
        answers = [text for topic in topics().values() for text in (topic.web, topic.sms)]
        return cls(examples, Speller.learn(texts, answers, common_words()), Encoder())

    def nearest(self, text: str, labels: Iterable[str], count: int) -> list[Near]:
        """The `count` examples of `labels` that are most like a text, the nearest first."""
        vector = self._encoder.encode_one(self._speller.correct(text))[0]
        found = [
            Near(label, example, float(likeness))
            for label in labels
            for example, likeness in zip(
                self._examples.get(label, ()), self._of(label) @ vector, strict=True
            )
        ]
        return sorted(found, key=lambda near: -near.likeness)[:count]

    def _of(self, label: str) -> Vectors:
        if label not in self._vectors:
            own = map(self._speller.correct, self._examples.get(label, ()))
            self._vectors[label] = self._encoder.encode(own)
        return self._vectors[label]


@cache
def read(folder: Path) -> dict[str, list[str]]:
    """The training examples of a folder by the full name of their intent."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for entry in content.get("nlu", ()):
            lines = entry["examples"].strip().splitlines()
            own = found.setdefault(entry["intent"], [])
            own += [line.removeprefix("- ").strip() for line in lines]
    return found
