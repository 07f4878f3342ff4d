"""What Otto answers: the topics of data/nlu/faq and the documents behind them, as typed values."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.errors import OttoError
from bot.paths import DATA, TOPICS

INTENT = "faq"
# What stands in a new topic's file where an editor has to write something.
TO_WRITE = "TO WRITE"


class ContentError(OttoError):
    """A content file does not say what it must; the message names the file and what to do."""


@dataclass(frozen=True)
class Source:
    """One of the documents in data/sources.yml."""

    id: str
    title: str
    publisher: str | None
    short_name: str
    review: str | None
    sections: tuple[str, ...]

    @property
    def name(self) -> str:
        """How the document is named to a visitor: its publisher and title."""
        return f"{self.publisher}, “{self.title}”" if self.publisher else f"“{self.title}”"


@dataclass(frozen=True)
class Citation:
    """Where in a document a fact stands."""

    id: str
    section: str


@dataclass(frozen=True)
class Topic:
    """One question Otto knows, and its answer for the web and for text messages.

    `covered` is False where the documents do not answer the question, so the answer says so.
    """

    id: str
    question: str
    web: str
    sms: str
    citations: tuple[Citation, ...]
    related: tuple[str, ...]
    covered: bool
    examples: tuple[str, ...]


@cache
def load_sources(path: Path = DATA / "sources.yml") -> dict[str, Source]:
    """The documents by id.

    Raises:
        ContentError: the file is not as the comment at its head describes.
    """
    try:
        return {
            id_: Source(
                id=id_,
                title=entry["title"],
                publisher=entry["publisher"],
                short_name=entry["short"],
                review=None if entry["review"] is None else str(entry["review"]),
                sections=tuple(entry["sections"]),
            )
            for id_, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        }
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ContentError(f"{path}: cannot be read as a list of documents ({error})") from error


def load_topic(path: Path) -> Topic:
    """The topic in one file of data/nlu/faq; the file's name is the topic's id.

    Raises:
        ContentError: something is missing; the message says what.
    """
    id_ = path.stem
    try:
        content: dict[str, Any] = yaml.load(
            path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
        )
        (nlu,) = [entry for entry in content["nlu"] if entry["intent"] == f"{INTENT}/{id_}"]
        variations = content["responses"][f"utter_{INTENT}/{id_}"]
        (web,) = [entry for entry in variations if "channel" not in entry]
        (sms,) = [entry for entry in variations if entry.get("channel") == "sms"]
        metadata = web["metadata"]
        topic = Topic(
            id=id_,
            question=metadata["question"],
            web=web["text"].strip(),
            sms=sms["text"].strip(),
            citations=tuple(Citation(c["id"], c["section"]) for c in metadata["sources"]),
            related=tuple(metadata["related"]),
            covered=metadata.get("covered", True),
            examples=tuple(
                line.removeprefix("- ").strip() for line in nlu["examples"].strip().splitlines()
            ),
        )
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "it"
        problem = getattr(error, "problem", None) or error
        raise ContentError(f"{path.name}: {line} is not valid YAML ({problem})") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path.name}: cannot be read as UTF-8 text ({error})") from error
    except AttributeError as error:
        raise ContentError(f"{path.name}: an `examples` or `text` is empty") from error
    except (KeyError, TypeError) as error:
        raise ContentError(f"{path.name}: {error} is missing or misplaced") from error
    except ValueError as error:
        raise ContentError(
            f"{path.name}: needs exactly one intent {INTENT}/{id_}, one response without a channel "
            "and one for channel sms"
        ) from error
    if parts := _unwritten(topic):
        raise ContentError(f"{path.name}: still to write: {', '.join(parts)}")
    return topic


def _unwritten(topic: Topic) -> list[str]:
    """The parts of a topic that were not written yet."""
    parts = {
        "the examples": "\n".join(topic.examples),
        "the web answer": topic.web,
        "the question": topic.question,
        "the sources": " ".join(f"{c.id} {c.section}" for c in topic.citations),
        "the related topics": " ".join(topic.related),
        "the SMS answer": topic.sms,
    }
    return [name for name, text in parts.items() if TO_WRITE in text]


@cache
def topics(folder: Path = TOPICS) -> dict[str, Topic]:
    """Every topic by id, read once.

    Raises:
        ContentError: a file is incomplete.
    """
    return {path.stem: load_topic(path) for path in sorted(folder.glob("*.yml"))}
