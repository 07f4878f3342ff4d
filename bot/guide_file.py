"""data/therapy_guide.yml, read and checked; the head of that file explains its format."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.answers import Citation, ContentError, Source, load_sources
from bot.guide_words import Meaning, Phrasebook, phrases
from bot.paths import DATA

PATH = DATA / "therapy_guide.yml"
THERAPIES = ("ot", "pt")
# What is asked for, in this order.
ASKED = ("person", "condition", "difficulties")
DEFAULT_TOPIC = "which_do_i_need"
NO_DIFFICULTY = "nothing"
WORDINGS = 3
# What the guide must hold under these headings.
CHANNELS = ("web", "sms")
HEADLINES = ("ot", "pt", "both", "both_ot", "both_pt", "ask_physician")
SENTENCES = (
    *("condition", "ot", "pt", "ot_web", "pt_web", "ot_sms", "pt_sms", "nothing"),
    *(
        "trouble",
        "based_on",
        "mend_web",
        "ask_web",
        "ask_sms",
        "source_sms",
        "close_web",
        "close_sms",
    ),
)
LEADS = (
    *("start", "known", "resume", "welcome_back", "noted", "repeat", "back", "first"),
    *("skipped", "moved_on", "paused", "go_on"),
)
NEGATION = ("not", "between", "trouble", "fine", "linking", "unless")


class GuideError(ContentError):
    """The guide does not say what it must; the message names the file, the entry and the fault."""


@dataclass(frozen=True)
class Person:
    """Who it may be for: a label, the age it begins at, the question to ask the physician."""

    label: str
    since: int
    question: str


@dataclass(frozen=True)
class Concern:
    """A condition or a difficulty.

    `points` holds "ot" and "pt", as far as the documents name them, and `main` the one that
    matters most, if one does. `parts` is what each therapy does in a worked example, else empty.
    `short` is the label for a text message.
    """

    label: str
    short: str
    mention: str
    points: frozenset[str]
    main: str | None
    because: str
    parts: Mapping[str, str]
    topic: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Question:
    """A question in several wordings, and what opens it after an answer that told nothing."""

    wordings: tuple[str, ...]
    again: str


@dataclass(frozen=True)
class Content:
    """All that stands in the guide."""

    persons: Mapping[str, Person]
    conditions: Mapping[str, Concern]
    difficulties: Mapping[str, Concern]
    general: Concern
    question: str
    headlines: Mapping[str, Mapping[str, str]]
    sentences: Mapping[str, str]
    questions: Mapping[str, Question]
    leads: Mapping[str, str]
    phrasebook: Phrasebook
    body: Mapping[str, str | None]
    speaking_of: frozenset[str]
    sources: Mapping[str, Source]


def read(path: Path = PATH) -> Content:
    """What stands in the guide at `path`.

    Raises:
        GuideError: the file is missing, is not YAML, or an entry is incomplete, cites a section
            that sources.yml does not have, or shares a phrase with another.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise GuideError(f"{path.name}: cannot be read ({error})") from error
    return _Reader(path.name, load_sources()).content(content)


class _Reader:
    """Turns the content of the file `name` into typed values, or says what is wrong with it."""

    def __init__(self, name: str, sources: Mapping[str, Source]) -> None:
        self.name = name
        self.sources = sources
        self.meanings: dict[tuple[str, ...], Meaning] = {}
        self.owners: dict[tuple[str, ...], str] = {}

    def content(self, top: Any) -> Content:
        file = "the file"
        persons = {
            id_: self.person(f"persons.{id_}", id_, entry)
            for id_, entry in self.get(file, top, "persons", dict).items()
        }
        if not any(person.since == 0 for person in persons.values()):
            raise self.error("persons", "needs one that is `from: 0`")
        conditions, difficulties = (
            {
                id_: self.concern(f"{part}.{id_}", Meaning(kind, id_, kind == "condition"), entry)
                for id_, entry in self.get(file, top, part, dict).items()
            }
            for part, kind in (("conditions", "condition"), ("difficulties", "difficulty"))
        )
        self.learn("ignored", self.get(file, top, "ignored"), Meaning("", "", False))
        headlines, negation, questions = (
            self.get(file, top, part, dict) for part in ("headlines", "negation", "questions")
        )
        return Content(
            persons=persons,
            conditions=conditions,
            difficulties=difficulties,
            general=self.general(self.get(file, top, "general", dict)),
            question=self.get(file, top, "question"),
            headlines={
                key: self.texts(
                    f"headlines.{key}", self.get("headlines", headlines, key, dict), CHANNELS
                )
                for key in HEADLINES
            },
            sentences=self.texts("sentences", self.get(file, top, "sentences", dict), SENTENCES),
            questions={
                key: self.question(f"questions.{key}", self.get("questions", questions, key, dict))
                for key in ASKED
            },
            leads=self.texts("leads", self.get(file, top, "leads", dict), LEADS),
            phrasebook=Phrasebook(
                meanings=self.meanings,
                negation={
                    key: self.listed(words)
                    for key, words in self.texts("negation", negation, NEGATION).items()
                },
                longest=max(map(len, self.meanings)),
            ),
            body=self.body(self.get(file, top, "body", dict), difficulties),
            speaking_of=self.listed(self.get(file, top, "speaking_of")),
            sources=self.sources,
        )

    def person(self, where: str, id_: str, entry: Any) -> Person:
        self.learn(where, self.get(where, entry, "words"), Meaning("person", id_, True))
        since = self.get(where, entry, "from", int)
        return Person(since=since, **self.texts(where, entry, ("label", "question")))

    def concern(self, where: str, meaning: Meaning, entry: Any) -> Concern:
        points = self.get(where, entry, "points", list)
        main = entry.get("main", points[0] if len(points) == 1 else None)
        if not {*points, main} <= {*THERAPIES, None}:
            raise self.error(where, f"`points` and `main` are {' or '.join(THERAPIES)}")
        if not {"words", "signs"} & entry.keys():
            raise self.error(where, "needs `words` or `signs`")
        for key in entry.keys() & {"words", "signs"}:
            deniable = meaning.deniable or key == "signs"
            self.learn(where, self.get(where, entry, key), meaning._replace(deniable=deniable))
        reasoned = points and meaning.kind == "condition"
        label = self.get(where, entry, "label")
        return Concern(
            label=label,
            short=entry.get("short", label),
            mention=self.get(where, entry, "mention"),
            points=frozenset(points),
            main=main,
            because=self.get(where, entry, "because") if reasoned else "",
            parts=self.texts(where, entry, THERAPIES) if entry.keys() & {*THERAPIES} else {},
            topic=entry.get("topic", DEFAULT_TOPIC),
            citations=self.citations(where, entry) if points else (),
        )

    def general(self, entry: Any) -> Concern:
        """What is said where there is nothing to go on."""
        return Concern(
            label="",
            short="",
            mention="",
            points=frozenset(),
            main=None,
            because="",
            parts=self.texts("general", entry, THERAPIES),
            topic=DEFAULT_TOPIC,
            citations=self.citations("general", entry),
        )

    def question(self, where: str, entry: Any) -> Question:
        wordings = self.get(where, entry, "wordings", list)
        if len(set(wordings)) < WORDINGS:
            raise self.error(where, f"needs {WORDINGS} different `wordings`")
        return Question(tuple(wordings), self.get(where, entry, "again"))

    def body(
        self, entry: Mapping[str, Any], difficulties: Mapping[str, Concern]
    ) -> dict[str, str | None]:
        """Each part of the body with the difficulty that it tells, if it tells one."""
        found: dict[str, str | None] = {}
        for id_ in entry:
            if id_ not in {*difficulties, NO_DIFFICULTY}:
                raise self.error(f"body.{id_}", f"is neither a difficulty nor `{NO_DIFFICULTY}`")
            told = None if id_ == NO_DIFFICULTY else id_
            found |= dict.fromkeys(self.listed(self.get("body", entry, id_)), told)
        return found

    def citations(self, where: str, entry: Any) -> tuple[Citation, ...]:
        cited = tuple(
            Citation(**self.texts(where, one, ("id", "section")))
            for one in self.get(where, entry, "sources", list)
        )
        for one in cited:
            if one.id not in self.sources or one.section not in self.sources[one.id].sections:
                raise self.error(where, f"cites {one.id}, “{one.section}”, not in sources.yml")
        if not cited:
            raise self.error(where, "names no source")
        return cited

    def learn(self, where: str, words: str, meaning: Meaning) -> None:
        for phrase in phrases(words):
            if not phrase:
                raise self.error(where, "has an empty phrase, or a “|” with nothing beside it")
            if (owner := self.owners.setdefault(phrase, where)) != where:
                raise self.error(where, f"“{' '.join(phrase)}” also stands in {owner}")
            self.meanings[phrase] = meaning

    @staticmethod
    def listed(words: str) -> frozenset[str]:
        return frozenset(word.strip() for word in words.split(","))

    def texts(self, where: str, entry: Any, keys: tuple[str, ...]) -> dict[str, str]:
        return {key: self.get(where, entry, key) for key in keys}

    def get(self, where: str, entry: Any, key: str, kind: type = str) -> Any:
        value = entry.get(key) if isinstance(entry, dict) else None
        if not isinstance(value, kind):
            raise self.error(where, f"needs `{key}`, a {kind.__name__}")
        return value

    def error(self, where: str, fault: str) -> GuideError:
        return GuideError(f"{self.name}: {where}: {fault}")
