"""What each part of the understanding adds, and what bad spelling takes away.

    scripts/ablation "encoder in fp32=FOLDER" "encoder not tuned=FOLDER"

Writes the two tables of docs/understanding.md. The ablation fits the intent model alone on the
training examples, with one part left out at a time; the robustness table asks Otto the project's
questions again in another form. Each further encoder named gets a row: scripts/export_encoder.py
makes them. `make ablation` measures without.
"""

from __future__ import annotations

import asyncio
import random
import re
import string
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from benchmarks.document import put
from bot import no_tensorflow
from bot.answers import INTENT, topics
from bot.encoder import Encoder, common_words
from bot.evaluation import Case, load_cases
from bot.intents import Guess, IntentModel, Weights
from bot.paths import ROOT
from bot.quiet import quiet
from bot.spelling import Speller

DOCUMENT = ROOT / "docs" / "understanding.md"
SEED = 20240601
MOST_WRONG = 0.03


@cache
def cases() -> list[Case]:
    """The project's questions."""
    return [case for case in load_cases(ROOT / "tests" / "cases") if "label" in case.expected]


def examples() -> tuple[list[str], list[str]]:
    """The training examples and their intents, as Rasa reads them."""
    from rasa.shared.importers.rasa import RasaFileImporter

    data = RasaFileImporter(
        str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data" / "nlu")]
    ).get_nlu_data()
    found = data.intent_examples
    return (
        [e.get("text") for e in found],
        [e.get("intent_response_key") or e.get("intent") for e in found],
    )


@dataclass
class Texts:
    """Training examples and questions, spelt and encoded in one way."""

    spelling: bool = True
    encoder: Path = ROOT / "models" / "encoder"
    train: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read, correct and encode."""
        self.train, self.names = examples()
        self.asked = [case.text for case in cases()]
        if self.spelling:
            answers = [f"{topic.web} {topic.sms}" for topic in topics().values()]
            speller = Speller.learn(self.train, answers, common_words())
            self.train = [speller.correct(text) for text in self.train]
            self.asked = [speller.correct(text) for text in self.asked]
        encoder = Encoder(self.encoder)
        self.vectors = encoder.encode(self.train)
        self.asked_vectors = encoder.encode(self.asked)


Ranking = list[Guess]


def intent_model(texts: Texts, weights: Weights, encoder: bool = True) -> list[Ranking]:
    """Rankings by Otto's own model; without the encoder every vector is the same."""
    constant = np.full_like(texts.vectors, texts.vectors.shape[1] ** -0.5)
    vectors = texts.vectors if encoder else constant
    asked = texts.asked_vectors if encoder else constant[: len(texts.asked)]
    model = IntentModel.fit(texts.train, vectors, texts.names, weights)
    return [model.rank(text, vector) for text, vector in zip(texts.asked, asked, strict=True)]


def classifier(texts: Texts, estimator: Any) -> list[Ranking]:
    """Rankings by a stock classifier on the vectors alone."""
    estimator.fit(texts.vectors, texts.names)
    decide = getattr(estimator, "predict_proba", None) or estimator.decision_function
    return [
        [Guess(str(estimator.classes_[i]), float(row[i]), 0.0) for i in np.argsort(-row)]
        for row in decide(texts.asked_vectors)
    ]


def row(name: str, rankings: Sequence[Ranking], seconds: float) -> str:
    """One line of the ablation table."""
    first = three = answerable = honest = unanswerable = 0
    sure: list[tuple[float, bool]] = []
    covered = {f"{INTENT}/{id_}" for id_, topic in topics().items() if topic.covered}
    for case, ranking in zip(cases(), rankings, strict=True):
        ids = {case.expected["label"], *(case.expected.get("alt_labels") or ())}
        right = {f"{INTENT}/{id_}" for id_ in ids}
        best = ranking[0]
        if case.group == "answerable":
            answerable += 1
            first += best.name in right
            three += any(guess.name in right for guess in ranking[:3])
            if best.name in covered:
                sure.append((best.confidence, best.name in right))
        else:
            unanswerable += 1
            honest += best.name not in covered
    kept = wrong = best_share = 0
    for _, correct in sorted(sure, reverse=True):
        kept, wrong = kept + correct, wrong + (not correct)
        if wrong <= MOST_WRONG * answerable:
            best_share = kept
    shares = (
        first / answerable,
        three / answerable,
        best_share / answerable,
        honest / unanswerable,
    )
    return (
        "| " + " | ".join([name, *(f"{100 * s:.1f} %" for s in shares), f"{seconds:.0f} s"]) + " |"
    )


def ablation(encoders: dict[str, Path]) -> str:
    """The table of what each part adds, and other `encoders`, by the names of their rows."""
    lines = [
        "| | first guess right | among the first three | right with 3 % wrong "
        "| not covered: honest | time to fit |",
        "|---|---|---|---|---|---|",
    ]

    def add(name: str, rank: Callable[[], list[Ranking]]) -> None:
        started = time.perf_counter()
        rankings = rank()
        lines.append(row(name, rankings, time.perf_counter() - started))

    texts = Texts()
    weights = Weights()
    add("**as it is**", lambda: intent_model(texts, weights))
    add("without the encoder", lambda: intent_model(texts, Weights(likeness=0), encoder=False))
    add("without words and letters", lambda: intent_model(texts, Weights(wording=0)))
    add("without likeness to an example", lambda: intent_model(texts, Weights(likeness=0)))
    unspelt = Texts(spelling=False)
    add("without spelling correction", lambda: intent_model(unspelt, weights))
    for name, folder in encoders.items():
        other = Texts(encoder=folder)
        add(name, partial(intent_model, other, weights))
    for name, estimator in (
        ("logistic regression alone", LogisticRegression(C=60, max_iter=500)),
        ("linear SVM alone", LinearSVC(dual=True)),
        (
            "five nearest examples alone",
            KNeighborsClassifier(5, metric="cosine", weights="distance"),
        ),
        ("naive Bayes alone", GaussianNB()),
    ):
        add(name, partial(classifier, texts, estimator))
    return "\n".join(lines)


def misspelt(text: str, dice: random.Random) -> str:
    """One slip in a word of five letters or more: two letters swapped, one lost, one doubled."""
    words = list(re.finditer(r"[A-Za-z]{5,}", text))
    if not words:
        return text
    word = dice.choice(words)
    at = dice.randrange(word.start() + 1, word.end() - 1)
    slip = dice.choice(
        [text[at + 1] + text[at], "", text[at] + text[at]] if at + 1 < len(text) else [""]
    )
    return text[:at] + slip + text[at + (2 if len(slip) == 2 and slip[0] != slip[1] else 1) :]


PERTURBATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "one typo": misspelt,
    "two typos": lambda text, dice: misspelt(misspelt(text, dice), dice),
    "no punctuation": lambda text, _: text.translate(str.maketrans("", "", string.punctuation)),
    "upper case": lambda text, _: text.upper(),
    "lower case": lambda text, _: text.lower(),
    "politeness": lambda text, _: f"Hello, sorry to bother you. {text} Thank you so much!",
    "a name": lambda text, _: f"Hi, my name is Maria Lopez. {text}",
}


async def robustness() -> str:
    """The table of how many questions keep their reply when asked in another form."""
    from bot import agent as agents
    from bot.ask import ask
    from bot.training import model_path, train

    model = model_path()
    agent = await agents.load(model if model.exists() else train())
    lines = ["| the question with | same reply | right answer |", "|---|---|---|"]
    before = [await ask(agent, case.text, "web") for case in cases()]
    lines.append(f"| nothing changed | 100.0 % | {_right(before)} |")
    for name, change in PERTURBATIONS.items():
        dice = random.Random(SEED)
        after = [await ask(agent, change(case.text, dice), "web") for case in cases()]
        same = sum(
            (one["outcome"], one["id"]) == (other["outcome"], other["id"])
            for one, other in zip(before, after, strict=True)
        )
        lines.append(f"| {name} | {100 * same / len(after):.1f} % | {_right(after)} |")
    return "\n".join(lines)


def _right(records: list[dict[str, Any]]) -> str:
    from bot.evaluation import report

    counted = report(zip(cases(), records, strict=True))
    return f"{100 * counted.share('answerable', 'right'):.1f} %"


def main() -> None:
    """Measure and write both tables."""
    quiet()
    no_tensorflow.install()
    put(DOCUMENT, "robustness", asyncio.run(robustness()))
    named = [argument.partition("=") for argument in sys.argv[1:]]
    put(DOCUMENT, "ablation", ablation({name: Path(folder) for name, _, folder in named}))


if __name__ == "__main__":
    main()
