"""What an emergency sounds like, and the one fixed answer for each: data/safety.yml, made to run.

A message is first brought to plain words (case, accents, look-alikes, misspellings, text-message
shorthand). Each cue found in it is then judged by the words around it: a stroke that is happening
interrupts, the word alone earns a note, a stroke of last year neither. A cue may have several
parts, which need only stand close together. The words are all in the data file, whose head
explains how to write them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.errors import OttoError
from bot.paths import DATA

Level = Literal["interrupt", "note"]
Tier = Literal["acute", "signs", "words", "hints"]
Span = tuple[int, int]

CHUNK = re.compile(r"[@$]?[^\W_]+(?:[@$!*][^\W_]+)*|[.!?;\n]")
SPACED_OUT = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_]){2,}[^\W\d_](?![^\W_])")
STOP = "."
# How many messages are known that were checked lately: more than are answered at a time.
LATELY = 64
AND = " & "
PARTS = re.compile(r"\d+|[^\W\d_]+")
DRAWN_OUT = re.compile(r"(.)\1\1")
# A word that is not known may be another form of one that is, or clipped: chokin, stopd, throats.
ENDINGS = (
    *(("in", "ing"), ("d", "ed"), ("s", ""), ("es", ""), ("ing", ""), ("ing", "e"), ("ed", "")),
    *(("ed", "e"), ("ing", "ed"), ("ed", "ing"), ("s", "ing"), ("", "s"), ("", "ing"), ("", "ed")),
)
DOUBLED = re.compile(r"(.)\1+")
# How many characters around a cue its other parts and the contexts are looked for in: some fifteen
# words.
NEARBY = 100
TIERS: tuple[Tier, ...] = ("acute", "signs", "words", "hints")
PLAIN = str.maketrans("аеорсухіѕјԁгαορυνκτ", "aeopcyxisjdraopuvkt", "'’‘`´ʼ＇")
LEET = (str.maketrans("013457@$!*", "oieastasii"), str.maketrans("013457@$!*", "oleastasla"))
# Elements of a phrase that are not words; each takes in the space after it.
SPECIAL = {
    "..": r"(?:[^ ]+ ){0,3}?",
    "NUM": r"(?:\d+|a|an|one|two|three|four|five|six|ten|fifteen|twenty|thirty|few|couple|of) ",
    "MANY": r"(?:[6-9]|\d{2,4}|ten|fifteen|twenty|thirty|forty|fifty|hundred) ",
    "YEAR": r"(?:19|20)\d\d ",
    "AGED": r"[6-9]\d ",
    "HIGH": r"(?:1[89]\d|2\d\d) ",
    "FEVER": r"10[3-7] ",
    "LOW": r"[1-5]\d ",
    "SAT": r"[4-8]\d ",
    "END": r"(?=$|(?:i|please|help|what|can|but|now) )",
}
REPEATS = {"": "", "?": "?", "*": "{0,6}"}


class SafetyError(OttoError):
    """The safety data does not say what it must; the message names what is wrong."""


@dataclass(frozen=True)
class Alarm:
    """What to say at once, or, for level `note`, the line to add to a normal answer."""

    level: Level
    kind: str
    web: str
    sms: str


@cache
def _compiled(part: str) -> re.Pattern[str]:
    """A part as a pattern; most messages need few of them, and each takes a while to compile."""
    return re.compile(part)


@dataclass(frozen=True)
class _Cue:
    number: int
    parts: list[str]
    needed: list[frozenset[str]]
    tier: Tier
    kind: str

    def found(self, line: "_Line") -> Iterator[list[Span]]:
        """Where its parts stand, for each place of the first that has the others close by."""
        first, *others = self.parts
        for spot in line.spans(first):
            near = [line.nearby(part, spot) for part in others]
            spots = [spot, *(other for other in near if other)]
            if len(spots) == len(self.parts):
                yield spots


class _Line:
    """The plain words of a message, each followed by a space, and where its sentences end."""

    def __init__(self, words: str, stops: list[int]) -> None:
        self.words = words
        self.stops = stops
        self._spans: dict[str, list[Span]] = {}

    def spans(self, part: str) -> list[Span]:
        """Everywhere a part stands; many cues share a part, so it is looked for once."""
        if part not in self._spans:
            self._spans[part] = [match.span() for match in _compiled(part).finditer(self.words)]
        return self._spans[part]

    def nearby(self, part: str, spot: Span) -> Span | None:
        """The place of a part that is closest to `spot` and shares no word with it, if any."""
        gaps = (
            (max(start - spot[1], spot[0] - end), (start, end)) for start, end in self.spans(part)
        )
        near = min((gap for gap in gaps if 0 <= gap[0] <= NEARBY), default=None)
        return near and near[1]

    def around(self, spot: Span) -> tuple[str, str]:
        """The words of its sentence that stand before and after a spot, as far as they matter."""
        start = max((stop for stop in self.stops if stop <= spot[0]), default=0)
        end = min((stop for stop in self.stops if stop >= spot[1]), default=len(self.words))
        before, after = self.words[start : spot[0]], self.words[spot[1] : end]
        return f" {before[-NEARBY:]}", after[:NEARBY]


@dataclass(frozen=True)
class _Context:
    before: re.Pattern[str]
    after: re.Pattern[str]
    anywhere: str | None

    def surrounds(self, line: _Line, spots: list[Span]) -> bool:
        """Whether it stands before or after a part of a cue, or, for some, anywhere."""
        if self.anywhere:
            return bool(line.spans(self.anywhere))
        return any(
            self.before.search(before) or self.after.match(after)
            for before, after in map(line.around, spots)
        )


# Words one of which it needs (none if it can do without), and its pattern.
_Element = tuple[frozenset[str], str]


class _Phrases:
    """The phrases of the data file as patterns over words that are each followed by a space."""

    def __init__(self, groups: dict[str, str]) -> None:
        self.groups = groups
        self.vocabulary: set[str] = set()
        self._known: dict[str, _Element] = {}

    def elements(self, phrase: str) -> Iterator[_Element]:
        for element in phrase.split():
            if element not in self._known:
                self._known[element] = self._element(element)
            yield self._known[element]

    def _element(self, element: str) -> _Element:
        body = element.rstrip("?*")
        choices = [self._choice(choice) for choice in body.split("|")]
        needed: frozenset[str] = frozenset()
        if element == body and all(words for words, _ in choices):
            needed = needed.union(*(words for words, _ in choices))
        pattern = "|".join(pattern for _, pattern in choices)
        return needed, f"(?:{pattern}){REPEATS[element[len(body) :]]}"

    def _choice(self, choice: str) -> _Element:
        """A word, a group, or a special element."""
        if choice in SPECIAL:
            return frozenset(), SPECIAL[choice]
        if not choice.startswith("{"):
            self.vocabulary.add(choice)
            return frozenset([choice]), f"{re.escape(choice)} "
        if choice[1:-1] not in self.groups:
            raise SafetyError(f"unknown group: {choice}")
        text = self.groups[choice[1:-1]].strip()
        phrases = text.splitlines() if "\n" in text else text.split()
        needed = frozenset(word for phrase in phrases for word in self.needs(phrase)[0])
        return needed, "|".join(map(self.pattern, phrases))

    def pattern(self, phrase: str) -> str:
        return "".join(pattern for _, pattern in self.elements(phrase))

    def part(self, phrase: str) -> str:
        """The pattern of a part of a cue, wherever it stands."""
        return f"(?<= ){self.pattern(phrase)}"

    def either(self, text: str) -> str:
        """A pattern for any of the phrases, one a line, or for nothing where there are none."""
        return "|".join(map(self.pattern, text.splitlines())) or r"(?!)"

    def needs(self, cue: str) -> list[frozenset[str]]:
        """The words of each element that needs one of them, those of the rarest element first."""
        elements = {words for words, _ in self.elements(cue.replace(AND, " ")) if words}
        if not elements:
            raise SafetyError(f"“{cue}” needs a word that is not optional")
        return sorted(elements, key=_frequency)


def _frequency(words: Iterable[str]) -> float:
    """How often one of them may come up: short words are the common ones."""
    return sum(len(word) ** -3 for word in words)


def _slips(word: str) -> Iterator[str]:
    """What a hurried hand makes of a word: a letter left out, typed twice, or two swapped."""
    for i in range(1, len(word)):
        yield word[:i] + word[i + 1 :]
        yield word[:i] + word[i] + word[i:]
        yield word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :]


class Safety:
    """Reads messages for emergencies. Holds no state of a message, so threads may share it."""

    def __init__(self, data: dict[str, Any]) -> None:
        """Build from the content of a data file; `load` is the usual way, with clear errors."""
        phrases = _Phrases(data["groups"])
        cues: list[tuple[str, str, Tier]] = [
            (phrase, kind, tier)
            for kind, entry in data["classes"].items()
            for tier in TIERS
            for phrase in entry.get(tier, "").splitlines()
        ]
        self._index: dict[str, list[_Cue]] = {}
        for number, (phrase, kind, tier) in enumerate(cues):
            anchor, *needed = phrases.needs(phrase)
            parts = [phrases.part(part) for part in phrase.split(AND)]
            cue = _Cue(number, parts, needed, tier, kind)
            for word in anchor:
                self._index.setdefault(word, []).append(cue)
        self._benign = re.compile(f"(?<= )(?:{phrases.either(data['benign'])})")
        self._contexts = {
            name: self._context(phrases, data["turns"], entry)
            for name, entry in data["contexts"].items()
        }
        self._now = self._contexts.pop("now")
        self._now_within = f"(?<= )(?:{phrases.either(data['contexts']['now']['both'])})"
        self._doubts: dict[tuple[str, Tier], list[str]] = {}
        for kind, entry in data["classes"].items():
            self._doubts[kind, "acute"] = entry["doubts"]
            self._doubts[kind, "signs"] = [*entry["doubts"], *data["sign_doubts"]]
            self._doubts[kind, "words"] = self._doubts[kind, "hints"] = [*self._contexts]
        self._timely: list[str] = data["now_overrules"]
        named = {name for names in (self._timely, *self._doubts.values()) for name in names}
        if unknown := named - {*self._contexts}:
            raise SafetyError(f"unknown contexts: {', '.join(sorted(unknown))}")
        self._read_spelling(data, phrases.vocabulary)
        self._alarms = {
            (kind, level): self._alarm(data, kind, level)
            for kind in data["classes"]
            for level in ("interrupt", "note")
        }

    @classmethod
    @cache
    def load(cls, path: Path = DATA / "safety.yml") -> "Safety":
        """The emergencies described in a data file, read once for all who ask.

        Raises:
            SafetyError: the file is not as the comment at its head describes.
        """
        try:
            return cls(yaml.safe_load(path.read_text(encoding="utf-8")))
        except SafetyError as error:
            raise SafetyError(f"{path}: {error}") from error
        except KeyError as error:
            raise SafetyError(f"{path}: {error} is missing or unknown") from error
        except (OSError, yaml.YAMLError, TypeError, AttributeError) as error:
            raise SafetyError(f"{path}: cannot be read as safety data ({error})") from error

    # The channel asks, and so does the pipeline.
    @lru_cache(LATELY)  # noqa: B019 - there is one, for as long as there are visitors.
    def check(self, text: str) -> Alarm | None:
        """The gravest emergency in `text`, if any; an interruption goes before any note."""
        plain, stops = self._plain(text)
        line = _Line(
            self._benign.sub(lambda benign: "-" * (len(benign[0]) - 1) + " ", plain), stops
        )
        words = set(line.words.split())
        cues = {cue.number: cue for word in words for cue in self._index.get(word, ())}
        note = None
        for _, cue in sorted(cues.items()):
            if any(needed.isdisjoint(words) for needed in cue.needed):
                continue
            for spots in cue.found(line):
                level = self._level(cue, line, spots, noted=note is not None)
                if level == "interrupt":
                    return self._alarms[cue.kind, level]
                if level == "note" and not note:
                    note = self._alarms[cue.kind, level]
        return note

    def _level(self, cue: _Cue, line: _Line, spots: list[Span], noted: bool) -> Level | None:
        """What a cue means, whose parts stand at `spots`, by the words around each of them.

        Where a note is `noted` already, whether this would be another does not matter.
        """
        now = self._now.surrounds(line, spots) or any(
            spot[0] <= start and end <= spot[1]
            for start, end in line.spans(self._now_within)
            for spot in spots
        )
        alarming = cue.tier == "acute" or (now and cue.tier != "hints")
        if noted and not alarming:
            return None
        doubted = any(
            self._contexts[name].surrounds(line, spots)
            for name in self._doubts[cue.kind, cue.tier]
            if not (cue.tier == "acute" and now and name in self._timely)
        )
        if alarming:
            return "note" if doubted else "interrupt"
        return None if doubted else "note"

    def _plain(self, text: str) -> tuple[str, list[int]]:
        """The known words of `text`, for a line, and where its sentences end."""
        if not text.isascii():
            text = unicodedata.normalize("NFKD", text.lower().translate(self._symbols))
            text = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Cf"))
        text = text.lower().translate(PLAIN)
        text = SPACED_OUT.sub(lambda match: re.sub(r"[ .\-_]", "", match[0]), text)
        line = "".join(f"{self._word(chunk)} " for chunk in CHUNK.findall(text))
        line = self._shorthand.sub(lambda match: self._spelling[match[0][:-1]] + " ", f" {line}")
        plain, stops = [""], []
        length = 1
        for word in line.split():
            if word == STOP:
                stops.append(length)
            elif word != plain[-1]:
                plain.append(word)
                length += len(word) + 1
        return " ".join([*plain, ""]), stops

    def _word(self, chunk: str) -> str:
        """The known word or words that a chunk of letters, digits and signs stands for."""
        if chunk.isdigit():
            return chunk
        if known := self._spelling.get(chunk):
            return known
        if not chunk[-1].isalnum():
            return STOP
        if chunk.isalpha():
            if DRAWN_OUT.search(chunk):
                return self._bones.get(DOUBLED.sub(r"\1", chunk), chunk)
            forms = (
                chunk[: len(chunk) - len(end)] + other
                for end, other in ENDINGS
                if chunk.endswith(end)
            )
            return next(
                (
                    self._spelling[form]
                    for form in forms
                    if len(form) > 3 and form in self._spelling
                ),
                chunk,
            )
        for table in LEET:
            word = chunk.translate(table)
            if known := self._spelling.get(word) or self._bones.get(DOUBLED.sub(r"\1", word)):
                return known
        return " ".join(PARTS.findall(chunk)) or chunk

    def _read_spelling(self, data: dict[str, Any], vocabulary: set[str]) -> None:
        """Every known way to write a known word, and, for drawn-out ones, its bare bones."""
        self._spelling: dict[str, str] = {
            variant.strip(): meaning
            for meaning, variants in data["spellings"].items()
            for variant in variants.split(",")
        }
        several = sorted((v for v in self._spelling if " " in v), key=len, reverse=True)
        for word in sorted(vocabulary.union(*(variant.split() for variant in several))):
            self._spelling.setdefault(word, word)
        for word in data["often_misspelt"].split():
            for slip in _slips(word):
                self._spelling.setdefault(slip, word)
        self._shorthand = re.compile(f"(?<= )(?:{'|'.join(map(re.escape, several))}) ")
        self._bones: dict[str, str] = {}
        for variant, meaning in self._spelling.items():
            self._bones.setdefault(DOUBLED.sub(r"\1", variant), meaning)
        signs = {ord(sign): f" {word} " for sign, word in data["symbols"].items()}
        self._symbols: dict[int, Any] = {**PLAIN, **signs}

    @staticmethod
    def _context(phrases: _Phrases, turns: dict[str, str], entry: dict[str, Any]) -> _Context:
        """The patterns of a context; between it and the cue stand `reach` words, none a turn."""

        def between(side: str) -> str:
            turn = "|".join(turns[side].split()) if entry.get("turns", True) else "(?!)"
            return rf"(?:(?!(?:{turn}) )[^ ]+ ){{0,{entry['reach']}}}"

        both = entry.get("both", "")
        before = phrases.either(both + entry.get("before", ""))
        after = phrases.either(both + entry.get("after", ""))
        return _Context(
            re.compile(rf"(?<= )(?:{before}){between('before')}$"),
            re.compile(rf"{between('after')}(?:{after})"),
            f"(?<= )(?:{phrases.either(both)})" if entry.get("anywhere") else None,
        )

    @staticmethod
    def _alarm(data: dict[str, Any], kind: str, level: Level) -> Alarm:
        """The alarm of one kind and level, with the register's numbers in its texts."""
        entry = data["classes"][kind]
        texts = entry if level == "interrupt" else data["notes"][entry["note"]]
        numbers = {name: line["number"] for name, line in data["hotlines"].items()}
        web, sms = (texts[channel].strip().format(**numbers) for channel in ("web", "sms"))
        return Alarm(level, kind, web, sms)
