"""How far the classifier's probabilities can be trusted, and where the gate should stand.

Works on what Otto made of evaluation cases: the labels before the gate, and which of them would
have been right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bot import follow_ups
from bot.answers import INTENT as FAQ
from bot.evaluation import Case, Record
from bot.gate import Thresholds, commits, is_unanswered

# The groups of cases whose labels tell right from wrong.
RANKED = ("answerable", "not answerable", "out of scope")
BINS = 10
STEPS = tuple(round(0.02 * step, 2) for step in range(1, 50))
TEMPERATURES = tuple(round(0.5 + 0.05 * step, 2) for step in range(51))


@dataclass(frozen=True)
class Sample:
    """One case: its labels as for `Thresholds.decide`, and the names that are right for it.

    `answerable` tells whether an answer from the documents is right at all.
    """

    labels: list[dict[str, Any]]
    right: frozenset[str]
    answerable: bool

    @property
    def confidence(self) -> float:
        """The probability of the likeliest label, 0 to 1."""
        return float(self.labels[0]["confidence"])

    @property
    def likeness(self) -> float:
        """The likeness of the likeliest label's nearest example, at most 1."""
        return float(self.labels[0]["likeness"])

    @property
    def correct(self) -> bool:
        """Whether the likeliest label is right."""
        return self.labels[0]["name"] in self.right


@dataclass(frozen=True)
class Point:
    """What the gate does at one value of `sure`.

    `coverage` is the share of the answerable questions that get an answer, `precision` the share
    of right answers among all answers, whatever was asked, 1 where there are none; both 0 to 1.
    """

    sure: float
    coverage: float
    precision: float


@dataclass(frozen=True)
class Bin:
    """Cases of about the same confidence: how many, their mean confidence, the share correct."""

    count: int
    confidence: float
    correct: float


def samples(results: Sequence[tuple[Case, Record]]) -> list[Sample]:
    """The questions and the out-of-scope messages among evaluated cases.

    Those that Otto did not rank (an emergency) are left out.
    """
    found = []
    for case, record in results:
        labels = [entry | {"name": _meaning(entry["name"])} for entry in record["labels"]]
        if not labels or case.group not in RANKED:
            continue
        if case.group == "answerable":
            ids = {case.expected["label"], *(case.expected.get("alt_labels") or ())}
            right = {f"{FAQ}/{id_}" for id_ in ids}
        else:
            names = [entry["name"] for entry in labels]
            right = {n for n in names if is_unanswered(n) or n.startswith("small_talk/")}
        found.append(Sample(labels, frozenset(right), case.group == "answerable"))
    return found


def _meaning(label: str) -> str:
    """The topic that a follow-up question gets where nothing was said before it."""
    family, _, kind = label.partition("/")
    return f"{FAQ}/{follow_ups.topic_for(kind, None)}" if family == follow_ups.INTENT else label


def curve(cases: Sequence[Sample], thresholds: Thresholds) -> list[Point]:
    """Coverage and precision for each value of `sure`, the other thresholds as they are."""
    return [_point(cases, replace(thresholds, sure=sure)) for sure in STEPS]


def _point(cases: Sequence[Sample], thresholds: Thresholds) -> Point:
    answered = [
        case
        for case in cases
        if commits(case.labels[0]["name"]) and thresholds.decide(case.labels) is None
    ]
    asked = sum(case.answerable for case in cases)
    return Point(
        thresholds.sure,
        sum(case.answerable for case in answered) / max(1, asked),
        sum(case.correct for case in answered) / len(answered) if answered else 1.0,
    )


def choose(points: Sequence[Point], precision: float) -> float:
    """The lowest `sure` from which on the gate stays at least as precise as asked.

    Raises:
        ValueError: it nowhere is.
    """
    chosen = None
    for point in reversed(points):
        if point.precision < precision:
            break
        chosen = point.sure
    if chosen is None:
        raise ValueError(f"no threshold gives a precision of {precision}")
    return chosen


def tempered(case: Sample, factor: float) -> Sample:
    """The case as it were with the model's temperature times `factor`.

    Exact but for the labels that a record leaves out, whose few per mille stay where they were.
    """
    powers = np.array([entry["confidence"] for entry in case.labels]) ** (1 / factor)
    powers = powers / powers.sum()
    labels = [
        entry | {"confidence": float(power)}
        for entry, power in zip(case.labels, powers, strict=True)
    ]
    return replace(case, labels=labels)


def best_factor(cases: Sequence[Sample]) -> float:
    """By how much to multiply the temperature so that confidence tells the share correct best.

    It has the lowest log loss of "the likeliest label is right" (Guo et al., "On Calibration of
    Modern Neural Networks", ICML 2017).
    """
    return min(TEMPERATURES, key=lambda factor: _loss([tempered(c, factor) for c in cases]))


def _loss(cases: Sequence[Sample]) -> float:
    confidence = np.clip([case.confidence for case in cases], 1e-6, 1 - 1e-6)
    correct = np.array([case.correct for case in cases])
    return -float(np.mean(np.where(correct, np.log(confidence), np.log(1 - confidence))))


def reliability(cases: Sequence[Sample]) -> list[Bin]:
    """The cases in ten bins of equal width by confidence; empty bins are left out."""
    groups: dict[int, list[Sample]] = {}
    for case in cases:
        groups.setdefault(min(BINS - 1, int(case.confidence * BINS)), []).append(case)
    return [
        Bin(
            len(group),
            float(np.mean([case.confidence for case in group])),
            float(np.mean([case.correct for case in group])),
        )
        for _, group in sorted(groups.items())
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error, 0 to 1: the mean distance of confidence and share correct."""
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.confidence - b.correct) for b in bins) / max(1, total)
