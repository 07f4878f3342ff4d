"""The intent model: which intents a text may mean, and how likely each is.

Three views of a text are added up: a logistic regression on its sentence vector, which knows
meaning; a naive Bayes on its words and letter groups, which knows wording and survives misspelling
(Rennie et al., "Tackling the Poor Assumptions of Naive Bayes Text Classifiers", ICML 2003); and
its likeness to each intent's nearest example. docs/architecture.md has what each of them adds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.preprocessing import normalize
from sklearn.utils import murmurhash3_32

from bot.likeness import Array, Nearest

WORDS = HashingVectorizer(ngram_range=(1, 2), n_features=2**14, alternate_sign=False, norm=None)
LETTERS = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 5), n_features=2**15, alternate_sign=False, norm=None
)
# What each of them makes of a text: its words, its groups of letters.
ANALYZERS = (WORDS.build_analyzer(), LETTERS.build_analyzer())
NONE: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
# How many words' letter groups are kept, of about 200 bytes each.
KEPT_WORDS = 5000
SMOOTHING = 0.3
# Keeps a text without any words from being divided by nothing.
TINY = 1e-12


class Guess(NamedTuple):
    """An intent's full name, its probability, and the cosine to its nearest example."""

    name: str
    confidence: float
    likeness: float


@dataclass(frozen=True)
class Weights:
    """How much each view counts; `strength` is the logistic regression's C in scikit-learn.

    `temperature` divides the sum of the views: above 1 the probabilities come out more modest.
    """

    strength: float = 60.0
    likeness: float = 12.0
    wording: float = 2.0
    temperature: float = 1.0


@dataclass(frozen=True)
class IntentModel:
    """What training leaves.

    With n labels, m examples, d vector dimensions and f hashed features: `meaning` is (n, d),
    `bias` (n,), `examples` (m, d) in the order of their labels, `owners` (m,) the label number of
    each example, `rarity` the two groups' inverse document frequencies, together (f,), and
    `wording` (f, n).
    """

    labels: list[str]
    meaning: Array
    bias: Array
    examples: Array
    owners: npt.NDArray[np.int64]
    rarity: Array
    wording: Array
    weights: Weights

    @classmethod
    def fit(
        cls, texts: Sequence[str], vectors: Array, names: Sequence[str], weights: Weights
    ) -> IntentModel:
        """Learn from examples: their texts, vectors (m, d) and intent names."""
        labels = sorted(set(names))
        number = {label: i for i, label in enumerate(labels)}
        owners = np.array([number[name] for name in names])
        regression = LogisticRegression(C=weights.strength, class_weight="balanced", max_iter=500)
        regression.fit(vectors, owners)
        counts = _counts(texts)
        rarity = np.concatenate(
            [TfidfTransformer(sublinear_tf=True).fit(group).idf_ for group in counts]
        ).astype(np.float32)
        bayes = ComplementNB(alpha=SMOOTHING).fit(_features(counts, rarity), owners)
        grouped = np.argsort(owners, kind="stable")
        return cls(
            labels,
            regression.coef_.astype(np.float32),
            regression.intercept_.astype(np.float32),
            vectors[grouped].astype(np.float32),
            owners[grouped],
            rarity,
            np.ascontiguousarray(bayes.feature_log_prob_.T, dtype=np.float32),
            weights,
        )

    def rank(self, text: str, vector: Array) -> list[Guess]:
        """Every label, the likeliest first; `vector` is the text's, of length one."""
        likeness = self._nearest.likeness(vector)
        found, weights = _features_of(text, self.rarity)
        wording: Array = weights @ self.wording[found]
        total = (
            _log_softmax(self.meaning @ vector + self.bias)
            + self.weights.likeness * likeness
            + self.weights.wording * _log_softmax(wording)
        )
        probability = np.exp(_log_softmax(total / self.weights.temperature))
        order = np.argsort(-probability)
        names = [self.labels[i] for i in order]
        numbers = probability[order].tolist(), likeness[order].tolist()
        return list(map(Guess, names, *numbers))

    @cached_property
    def _nearest(self) -> Nearest:
        return Nearest(self.examples, self.owners)

    def save(self, folder: Path) -> None:
        """Write the model to two files in `folder`."""
        np.savez_compressed(
            folder / "intents.npz",
            meaning=self.meaning,
            bias=self.bias,
            examples=self.examples,
            owners=self.owners,
            rarity=self.rarity,
            wording=self.wording.astype(np.float16),
        )
        (folder / "intents.json").write_text(
            json.dumps({"labels": self.labels, "weights": vars(self.weights)})
        )

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what `save` wrote; no code is loaded, only numbers and names."""
        names = json.loads((folder / "intents.json").read_text())
        with np.load(folder / "intents.npz", allow_pickle=False) as arrays:
            return cls(
                names["labels"],
                arrays["meaning"],
                arrays["bias"],
                arrays["examples"],
                arrays["owners"],
                arrays["rarity"],
                arrays["wording"].astype(np.float32),
                Weights(**names["weights"]),
            )


def _counts(texts: Sequence[str]) -> list[sp.csr_matrix]:
    """How often each word and each letter group stands in the texts."""
    return [vectorizer.transform(texts) for vectorizer in (WORDS, LETTERS)]


def _features(counts: Sequence[sp.csr_matrix], rarity: Array) -> sp.csr_matrix:
    """The groups of counts side by side, each weighed by rarity and brought to length one."""
    groups, start = [], 0
    for group in counts:
        weighed = group.copy()
        weighed.data = (1 + np.log(group.data)) * rarity[start + group.indices]
        groups.append(normalize(weighed, copy=False))
        start += group.shape[1]
    return sp.hstack(groups, format="csr")


def _features_of(text: str, rarity: Array) -> tuple[npt.NDArray[np.int64], Array]:
    """The row of `_features` for one text: which features it has, and how much of each.

    scikit-learn takes three times as long for it, most of it to build and check matrices.
    """
    words = _numbers(WORDS, ANALYZERS[0](text))
    letters = np.concatenate([NONE, *map(_letters, text.lower().split())])
    rows, start = [], 0
    for vectorizer, numbers in ((WORDS, words), (LETTERS, letters)):
        found, counts = np.unique(numbers, return_counts=True)
        found += start
        weights = (1 + np.log(counts)) * rarity[found]
        rows.append((found, weights / max(float(np.linalg.norm(weights)), TINY)))
        start += vectorizer.n_features
    found, weights = (np.concatenate(column) for column in zip(*rows, strict=True))
    return found, weights.astype(np.float32)


@lru_cache(KEPT_WORDS)
def _letters(word: str) -> npt.NDArray[np.int64]:
    """The letter groups of a word; none goes beyond one, and most words come again."""
    return _numbers(LETTERS, ANALYZERS[1](word))


def _numbers(vectorizer: HashingVectorizer, parts: Iterable[str]) -> npt.NDArray[np.int64]:
    # As in sklearn.feature_extraction.FeatureHasher, of which a test knows whether it changed.
    hashes = np.array([murmurhash3_32(part) for part in parts], dtype=np.int64)
    numbers: npt.NDArray[np.int64] = np.abs(hashes) % vectorizer.n_features
    return numbers


def _log_softmax(scores: Array) -> Array:
    shifted: Array = scores - scores.max()
    total: Array = shifted - np.log(np.exp(shifted).sum())
    return total
