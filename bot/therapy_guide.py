"""OT, PT or both: what a visitor's words tell, and what data/therapy_guide.yml makes of it.

Nothing here knows a condition or a sentence: both stand in the guide, with their sources.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bot.answers import Citation, ContentError, Source, load_sources
from bot.paths import DATA
from bot.sms import segments

THERAPIES = ("ot", "pt")
DEFAULT_TOPIC = "which_do_i_need"
SMS_SEGMENTS = 2
# How many difficulties a sentence names before it says "and more".
NAMED = 3
OLDEST = 120
# What the guide must hold under these headings.
CHANNELS = ("web", "sms")
HEADLINES = ("ot", "pt", "both", "both_ot", "both_pt", "ask_physician")
SENTENCES = (
    *("condition", "ot", "pt", "ot_web", "pt_web", "ot_sms", "pt_sms"),
    *("ask_web", "ask_sms", "source_sms", "close_web", "close_sms"),
)
NEGATION = ("not", "between", "trouble", "fine", "linking", "unless")

WORD = re.compile(r"[a-z0-9]+(?:['’](?!s\b)[a-z]+)?|[.,;:!?]", re.IGNORECASE)
SMALL_WORDS = frozenset(["a", "an", "the", "my", "his", "her", "their", "our", "your", "s"])
CLAUSE_ENDS = frozenset([*".,;:!?", "and", "but"])

TEEN_STEMS = ("thir", "four", "fif", "six", "seven", "eigh", "nine")
ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = ("ten", "eleven", "twelve", *(f"{stem}teen" for stem in TEEN_STEMS))
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBERS = {word: i for i, word in enumerate(ONES + TEENS, 1)}
NUMBERS |= {word: 10 * i for i, word in enumerate(TENS, 2)}
NUMBERS |= {f"{word[:-1]}ies": 10 * i for i, word in enumerate(TENS, 2)}
NUMBER = rf"(\d{{1,3}}|(?:{'|'.join(TENS)})(?:[\s-](?:{'|'.join(ONES)}))?|{'|'.join(TEENS + ONES)})"
OLD = r"[\s./-]*(?:olds?|o|of\s+age)\b"
# The ways an age is written, each with how many of its units make a year.
AGES = tuple(
    (re.compile(pattern, re.IGNORECASE | re.ASCII), units)
    for pattern, units in (
        (rf"\b{NUMBER}(?:\.5|\s+1/2|\s+and\s+a\s+half)?[\s-]*(?:years?|yrs?|y){OLD}", 1),
        (rf"\b{NUMBER}[\s-]*(?:months?|mths?|mos?){OLD}", 12),
        (rf"\b{NUMBER}[\s-]*(?:weeks?|wks?){OLD}", 52),
        (r"(?<=[a-z])\s*[,(]\s*(\d{1,2})\s*[,)]", 1),
        (rf"\b(?:aged?(?:\s+of)?|turn(?:ed|s|ing)?)\s+{NUMBER}\b", 1),
        (
            rf"(?:\b(?:is|am|was|im)|['’][ms])\s+(?:(?:now|almost|nearly|about|only)\s+)?{NUMBER}"
            r"(?=\s*(?:$|[,.;!?]|(?:and|but|now|with|who|so|he|she|has|had|keeps|can['’]?t)\b))",
            1,
        ),
        (
            r"\bin\s+(?:his|her|my|their)\s+(?:early\s+|mid[\s-]*|late\s+)?"
            rf"(\d0(?=['’]?s\b)|(?:{'|'.join(word[:-1] for word in TENS)})ies\b)",
            1,
        ),
    )
)


class GuideError(ContentError):
    """The guide does not say what it must; the message names the file, the entry and the fault."""


class Mention(NamedTuple):
    """Words of a text that tell something: `text[start:end]` means `value`.

    `kind` is "person", "age", "condition" or "difficulty"; `value` is an id of the guide, or for
    an age the full years.
    """

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Facts:
    """What is known of the person: ids of the guide, `age` in full years."""

    person: str | None = None
    condition: str | None = None
    difficulties: tuple[str, ...] = ()
    age: int | None = None


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
    """

    label: str
    mention: str
    points: frozenset[str]
    main: str | None
    because: str
    parts: Mapping[str, str]
    topic: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Recommendation:
    """The likely fit, and why.

    `result` is "ot", "pt", "both" or "ask_physician" (nothing to go on); `lead` is "ot" or "pt"
    where it is both but mainly one. `parts` pairs each therapy with what it can do, or is empty;
    `question` is the one to ask the physician, `topic` the FAQ topic that says more.
    """

    result: str
    lead: str | None
    headline: str
    short_headline: str
    reasons: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]
    citations: tuple[Citation, ...]
    topic: str
    question: str


class _Meaning(NamedTuple):
    """What a phrase of the guide tells; an ignored one has the kind ""."""

    kind: str
    value: str
    deniable: bool


class _Match(NamedTuple):
    """A phrase found at the words `first` to `last` (exclusive)."""

    meaning: _Meaning
    first: int
    last: int


def _words(text: str) -> list[tuple[str, int, int]]:
    """The words and stops of `text` in lower case, small words left out, with their offsets."""
    found = ((m[0].lower().replace("’", "'"), *m.span()) for m in WORD.finditer(text))
    return [word for word in found if word[0] not in SMALL_WORDS]


def _phrases(words: str) -> Iterator[tuple[str, ...]]:
    """The phrases of a list like "walk|walks, had a fall", each as its words."""
    for line in words.split(","):
        for choice in product(*(part.split("|") for part in line.split())):
            yield tuple(word for word, _, _ in _words(" ".join(choice)))


def _listed(things: list[str]) -> str:
    """Things as one reads them out, cut after `NAMED`: "a, b and c"."""
    if len(things) > NAMED:
        things = [*things[:NAMED], "more"]
    return " and ".join(filter(None, [", ".join(things[:-1]), things[-1]]))


def _number(text: str) -> int:
    """The value of a number that `NUMBER` matched."""
    if text.isdigit():
        return int(text)
    return sum(NUMBERS[word] for word in re.split(r"[\s-]", text.lower()))


def _ages(text: str) -> Iterator[Mention]:
    """The ages in `text`, by where they stand."""
    found = sorted(
        (match.start(), match.end(), _number(match[1]) // units)
        for pattern, units in AGES
        for match in pattern.finditer(text)
    )
    free = 0
    for start, end, years in found:
        if start >= free and years <= OLDEST:
            yield Mention("age", str(years), start, end)
            free = end


@dataclass(frozen=True)
class Guide:
    """The guide, read and checked. `Guide.load` makes one."""

    persons: Mapping[str, Person]
    conditions: Mapping[str, Concern]
    difficulties: Mapping[str, Concern]
    general: Concern
    question: str
    headlines: Mapping[str, Mapping[str, str]]
    sentences: Mapping[str, str]
    phrases: Mapping[tuple[str, ...], _Meaning]
    longest_phrase: int
    negation: Mapping[str, frozenset[str]]
    sources: Mapping[str, Source]

    @classmethod
    def load(cls, path: Path = DATA / "therapy_guide.yml") -> "Guide":
        """The guide in `path`, whose head explains the format.

        Raises:
            GuideError: the file is missing, is not YAML, or an entry is incomplete, cites a
                section that sources.yml does not have, or shares a phrase with another.
        """
        try:
            return _Reader(path.name, load_sources()).guide(
                yaml.safe_load(path.read_text(encoding="utf-8"))
            )
        except (OSError, UnicodeError, yaml.YAMLError) as error:
            raise GuideError(f"{path.name}: cannot be read ({error})") from error

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """What `text` tells, in its order; what it denies ("no pain") is left out."""
        words = _words(text)
        matches = self._matches([word for word, _, _ in words])
        found = [
            Mention(meaning.kind, meaning.value, words[first][1], words[last - 1][2])
            for meaning, first, last in matches
        ]
        return tuple(sorted([*found, *_ages(text)], key=lambda mention: mention.start))

    def read(self, text: str) -> Facts:
        """What `text` tells, put together: an age decides on the person before any word does."""
        told: dict[str, list[str]] = {"person": [], "age": [], "condition": [], "difficulty": []}
        for mention in self.mentions(text):
            told[mention.kind].append(mention.value)
        age = int(told["age"][0]) if told["age"] else None
        if age is None:
            person = next((id_ for id_ in self.persons if id_ in told["person"]), None)
        else:
            reached = [id_ for id_, person in self.persons.items() if person.since <= age]
            person = max(reached, key=lambda id_: self.persons[id_].since)
        return Facts(
            person=person,
            condition=next((id_ for id_ in self.conditions if id_ in told["condition"]), None),
            difficulties=tuple(dict.fromkeys(told["difficulty"])),
            age=age,
        )

    def recommend(self, facts: Facts) -> Recommendation:
        """The likely fit. The person shapes the question only; an id not in the guide says nothing.

        The rule is that of the document `ot_vs_pt`, "How to Know Which One You Need": what each
        concern points to, put together, and both where they point to both.
        """
        condition = self.conditions.get(facts.condition or "")
        if condition and not condition.points:
            condition = None
        told = set(facts.difficulties)
        troubles = [trouble for id_, trouble in self.difficulties.items() if id_ in told]
        concerns = [*([condition] if condition else []), *troubles] or [self.general]
        points = {therapy for concern in concerns for therapy in concern.points}
        leads = {concern.main for concern in concerns if concern.main}
        lead = leads.pop() if len(points) == 2 and len(leads) == 1 else None
        result = "both" if len(points) == 2 else next(iter(points), "ask_physician")
        headline = self.headlines[f"{result}_{lead}" if lead else result]
        order = sorted(THERAPIES, key=lambda therapy: therapy != lead)

        reasons = []
        if condition:
            reason = self._say("condition", condition.mention)
            reasons.append(reason.replace("{because}", condition.because))
        for therapy in order:
            if named := [trouble.mention for trouble in troubles if therapy in trouble.points]:
                reasons.append(self._say(therapy, _listed(named)))

        parts = concerns[0].parts
        person = self.persons.get(facts.person or "")
        return Recommendation(
            result=result,
            lead=lead,
            headline=headline["web"],
            short_headline=headline["sms"],
            reasons=tuple(reasons),
            parts=tuple((therapy, parts[therapy]) for therapy in order if therapy in parts),
            citations=tuple(dict.fromkeys(c for concern in concerns for c in concern.citations)),
            topic=condition.topic if condition else DEFAULT_TOPIC,
            question=person.question if person else self.question,
        )

    def web(self, recommendation: Recommendation) -> str:
        """The recommendation in Markdown; its sources are shown from its citations."""
        reasons = "\n".join(f"- {reason}" for reason in recommendation.reasons)
        parts = " ".join(self._say(f"{one}_web", what) for one, what in recommendation.parts)
        ask = self._say("ask_web", recommendation.question)
        blocks = (recommendation.headline, reasons, parts, ask, self.sentences["close_web"])
        return "\n\n".join(filter(None, blocks))

    def sms(self, recommendation: Recommendation) -> str:
        """The recommendation for a text message: as many of its reasons as two segments hold."""
        body = [self._say(f"{therapy}_sms", what) for therapy, what in recommendation.parts]
        body.extend(recommendation.reasons)
        tail = (
            self._say("ask_sms", recommendation.question),
            self._say("source_sms", self.sources[recommendation.citations[0].id].short_name),
            self.sentences["close_sms"],
        )
        while True:
            text = " ".join([recommendation.short_headline, *body, *tail])
            if not body or segments(text) <= SMS_SEGMENTS:
                return text
            body.pop()

    def _say(self, name: str, what: str) -> str:
        return self.sentences[name].replace("{what}", what)

    def _matches(self, words: list[str]) -> list[_Match]:
        """The phrases that `words` tell of: the longest at each place, those denied left out."""
        found: list[_Match] = []
        first = 0
        while first < len(words):
            for last in range(min(first + self.longest_phrase, len(words)), first, -1):
                if meaning := self.phrases.get(tuple(words[first:last])):
                    found.append(_Match(meaning, first, last))
                    first = last
                    break
            else:
                first += 1
        # "no pain, weakness or falls" denies all three: each is denied with the one before it.
        joined = [False] * (len(found) + 1)
        for i in range(len(found) - 1, 0, -1):
            link = words[found[i - 1].last : found[i].first]
            joined[i] = link in (["or"], ["nor"], [",", "or"]) or (link == [","] and joined[i + 1])
        kept, denied = [], False
        for i, match in enumerate(found):
            denied = (denied and joined[i]) or self._denied(words, match)
            if match.meaning.kind and not denied:
                kept.append(match)
        return kept

    def _denied(self, words: list[str], match: _Match) -> bool:
        """Does the text say that it is *not* so: "no pain", "no trouble walking", "walks fine"?"""
        sets = self.negation
        deniable, before, after = match.meaning.deniable, match.first - 1, match.last
        if after < len(words) and words[after] in sets["trouble"]:
            deniable = True
        while before >= 0 and words[before] in sets["between"] | sets["trouble"]:
            deniable = deniable or words[before] in sets["trouble"]
            before -= 1
        if deniable and before >= 0 and words[before] in sets["not"]:
            return True
        if match.meaning.kind != "difficulty":
            return False
        while after < len(words) and words[after] in sets["linking"]:
            after += 1
        rest = words[after : after + 2]
        if len(rest) == 2 and rest[0] in sets["not"] and rest[1] in sets["trouble"]:
            return True
        earlier = reversed(words[max(0, match.first - 3) : match.first])
        near = takewhile(lambda word: word not in CLAUSE_ENDS, earlier)
        return bool(rest) and rest[0] in sets["fine"] and sets["unless"].isdisjoint(near)


class _Reader:
    """Turns the content of the file `name` into a `Guide`, or says what is wrong with it."""

    def __init__(self, name: str, sources: Mapping[str, Source]) -> None:
        self.name = name
        self.sources = sources
        self.phrases: dict[tuple[str, ...], _Meaning] = {}
        self.owners: dict[tuple[str, ...], str] = {}

    def guide(self, content: Any) -> Guide:
        top = "the file"
        persons = {
            id_: self.person(f"persons.{id_}", id_, entry)
            for id_, entry in self.get(top, content, "persons", dict).items()
        }
        if not any(person.since == 0 for person in persons.values()):
            raise self.error("persons", "needs one that is `from: 0`")
        conditions, difficulties = (
            {
                id_: self.concern(f"{part}.{id_}", _Meaning(kind, id_, kind == "condition"), entry)
                for id_, entry in self.get(top, content, part, dict).items()
            }
            for part, kind in (("conditions", "condition"), ("difficulties", "difficulty"))
        )
        self.learn("ignored", self.get(top, content, "ignored"), _Meaning("", "", False))
        headlines, sentences, negation, general = (
            self.get(top, content, part, dict)
            for part in ("headlines", "sentences", "negation", "general")
        )
        return Guide(
            persons=persons,
            conditions=conditions,
            difficulties=difficulties,
            general=Concern(
                label="",
                mention="",
                points=frozenset(),
                main=None,
                because="",
                parts=self.texts("general", general, THERAPIES),
                topic=DEFAULT_TOPIC,
                citations=self.citations("general", general),
            ),
            question=self.get(top, content, "question"),
            headlines={
                key: self.texts(
                    f"headlines.{key}", self.get("headlines", headlines, key, dict), CHANNELS
                )
                for key in HEADLINES
            },
            sentences=self.texts("sentences", sentences, SENTENCES),
            phrases=self.phrases,
            longest_phrase=max(map(len, self.phrases)),
            negation={
                key: frozenset(word.strip() for word in words.split(","))
                for key, words in self.texts("negation", negation, NEGATION).items()
            },
            sources=self.sources,
        )

    def person(self, where: str, id_: str, entry: Any) -> Person:
        self.learn(where, self.get(where, entry, "words"), _Meaning("person", id_, True))
        since = self.get(where, entry, "from", int)
        return Person(since=since, **self.texts(where, entry, ("label", "question")))

    def concern(self, where: str, meaning: _Meaning, entry: Any) -> Concern:
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
        return Concern(
            label=self.get(where, entry, "label"),
            mention=self.get(where, entry, "mention") if points else "",
            points=frozenset(points),
            main=main,
            because=self.get(where, entry, "because") if reasoned else "",
            parts=self.texts(where, entry, THERAPIES) if entry.keys() & {*THERAPIES} else {},
            topic=entry.get("topic", DEFAULT_TOPIC),
            citations=self.citations(where, entry) if points else (),
        )

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

    def learn(self, where: str, words: str, meaning: _Meaning) -> None:
        for phrase in _phrases(words):
            if not phrase:
                raise self.error(where, "has an empty phrase, or a “|” with nothing beside it")
            if (owner := self.owners.setdefault(phrase, where)) != where:
                raise self.error(where, f"“{' '.join(phrase)}” also stands in {owner}")
            self.phrases[phrase] = meaning

    def texts(self, where: str, entry: Any, keys: tuple[str, ...]) -> dict[str, str]:
        return {key: self.get(where, entry, key) for key in keys}

    def get(self, where: str, entry: Any, key: str, kind: type = str) -> Any:
        value = entry.get(key) if isinstance(entry, dict) else None
        if not isinstance(value, kind):
            raise self.error(where, f"needs `{key}`, a {kind.__name__}")
        return value

    def error(self, where: str, fault: str) -> GuideError:
        return GuideError(f"{self.name}: {where}: {fault}")
