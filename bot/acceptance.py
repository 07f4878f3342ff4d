"""A visitor's question becomes an example of a topic: a line more in the topic's file."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from bot.answers import INTENT
from bot.errors import OttoError
from bot.evaluation import load_cases
from bot.nearest import read
from bot.safety import Safety
from bot.words import words

# Above this likeness (0 to 100) of the words a sentence is nearly another.
NEARLY_THE_SAME = 92
# An example is a line of plain text to Rasa, in which these would mean something.
MARKS = re.compile(r"[\[\]{}\\]")
MOST_CHARACTERS = 300


class AcceptanceError(OttoError):
    """Examples cannot be added to a file; the message says why and what to do."""


@dataclass(frozen=True)
class Judge:
    """Says which sentences must not become examples.

    `cases` measure how well Otto understands, so he must not learn them; `examples` are those there
    are, by the full name of their intent.
    """

    cases: Sequence[str]
    examples: dict[str, list[str]]
    safety: Safety

    @classmethod
    def load(cls, cases: Path, examples: Path) -> Judge:
        """Read the cases of a folder, the examples of another, and the emergencies.

        Raises:
            CasesError: there are no cases, or one is broken.
        """
        texts = [words(case.text) for case in load_cases(cases)]
        return cls(texts, read(examples), Safety.load())

    def objection(self, text: str, topic: str) -> str | None:
        """Why a sentence must not become an example of a topic, or None if it may."""
        if self.safety.check(text) is not None:
            return "it sounds like an emergency; data/safety.yml has those"
        if MARKS.search(text) or not text.isprintable():
            return "it holds marks such as [number], which stand for what is private"
        if len(text) > MOST_CHARACTERS:
            return f"it is longer than {MOST_CHARACTERS} characters"
        if process.extractOne(
            words(text), self.cases, scorer=fuzz.ratio, score_cutoff=NEARLY_THE_SAME
        ):
            return "it is nearly one of tests/cases, which measure Otto and must be new to him"
        for label, own in self.examples.items():
            if words(text) in map(words, own):
                there = label.removeprefix(f"{INTENT}/")
                return f"it is an example of {there} already" + (
                    "" if there == topic else "; one sentence cannot mean both"
                )
        return None


def added(content: str, topic: str, texts: Iterable[str]) -> str:
    """The content of a topic's file with more examples at the end of those it has.

    Nothing else changes, comments and layout included.

    Raises:
        AcceptanceError: the examples are not written as in the other files.
    """
    texts = [" ".join(text.split()) for text in texts]
    block = re.search(
        rf"^- intent: {INTENT}/{re.escape(topic)}\n(?:  .*\n)*?  examples: \|\n"
        r"(?P<lines>(?P<indent> +)- .*\n(?:(?:(?P=indent).*)?\n)*)",
        content,
        re.MULTILINE,
    )
    if block is None:
        raise _other(topic)
    end = block.start() + len(block[0].rstrip("\n")) + 1
    new = "".join(f"{block['indent']}- {text}\n" for text in texts)
    result = content[:end] + new + content[end:]
    if _examples(result, topic) != [*_examples(content, topic), *texts]:
        raise _other(topic)
    return result


def _other(topic: str) -> AcceptanceError:
    return AcceptanceError(
        f"{topic}.yml: its examples are not a list after `examples: |`; please add yours by hand"
    )


def _examples(content: str, topic: str) -> list[str]:
    (entry,) = (e for e in yaml.safe_load(content)["nlu"] if e["intent"] == f"{INTENT}/{topic}")
    return [line.removeprefix("- ") for line in entry["examples"].strip().splitlines() if line]


def difference(before: str, after: str, path: Path) -> str:
    """What changes in a file, as a unified diff."""
    old, new = (text.splitlines(keepends=True) for text in (before, after))
    return "".join(difflib.unified_diff(old, new, path.name, path.name, n=1))


def write(path: Path, content: str) -> None:
    """Put content in a file's place, whole or not at all.

    Raises:
        AcceptanceError: it cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        new.write_text(content, encoding="utf-8")
        os.replace(new, path)
    except OSError as error:
        raise AcceptanceError(f"{path}: cannot be written ({error.strerror})") from error
