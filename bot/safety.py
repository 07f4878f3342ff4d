"""What an emergency sounds like, and the one fixed answer for each: data/safety.yml, made to run.

A message is first brought to plain words (case, accents, look-alikes, misspellings, text-message
shorthand). Each cue found in it is then judged by the words around it: a stroke that is happening
interrupts, the word alone earns a note, a stroke of last year neither. The words are all in the
data file, whose head explains how to write them.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.errors import OttoError
from bot.paths import DATA

Level = Literal["interrupt", "note"]

CHUNK = re.compile(r"[@$]?[^\W_]+(?:[@$!*][^\W_]+)*|[.!?;\n]")
SPACED_OUT = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_]){2,}[^\W\d_](?![^\W_])")
STOP = "."
PARTS = re.compile(r"\d+|[^\W\d_]+")
DRAWN_OUT = re.compile(r"(.)\1\1")
DOUBLED = re.compile(r"(.)\1+")
# How many characters around a cue the contexts are looked for in: some fifteen words.
NEARBY = 100
PLAIN = str.maketrans("аеорсухіѕјԁгαορυνκτ", "aeopcyxisjdraopuvkt", "'’‘`´ʼ＇")
LEET = (str.maketrans("013457@$!*", "oieastasii"), str.maketrans("013457@$!*", "oleastasla"))
# Elements of a phrase that are not words; each takes in the space after it.
SPECIAL = {
    "..": r"(?:[^ ]+ ){0,3}?",
    "NUM": r"(?:\d+|a|an|one|two|three|four|five|six|ten|fifteen|twenty|thirty|few|couple|of) ",
    "MANY": r"(?:[6-9]|\d{2,4}|ten|fifteen|twenty|thirty|forty|fifty|hundred) ",
    "YEAR": r"(?:19|20)\d\d ",
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


@dataclass(frozen=True)
class _Cue:
    pattern: re.Pattern[str]
    acute: bool
    kind: str


@dataclass(frozen=True)
class _Context:
    before: re.Pattern[str]
    after: re.Pattern[str]

    def surrounds(self, before: str, after: str) -> bool:
        return bool(self.before.search(before) or self.after.match(after))


class _Phrases:
    """The phrases of the data file as patterns over words that are each followed by a space."""

    def __init__(self, groups: dict[str, str]) -> None:
        self.groups = groups
        self.vocabulary: set[str] = set()

    def elements(self, phrase: str) -> Iterator[tuple[list[str], str]]:
        """Each element's words (none for a special one) and its pattern."""
        for element in phrase.split():
            body = element.rstrip("?*")
            parts = list(self.words(body.split("|")))
            words = [part for part in parts if part not in SPECIAL]
            self.vocabulary.update(words)
            special = [SPECIAL[part] for part in parts if part in SPECIAL]
            pattern = "|".join([f"{re.escape(word)} " for word in words] + special)
            if element != body or special:
                words = []
            yield words, f"(?:{pattern}){REPEATS[element[len(body) :]]}"

    def words(self, parts: list[str]) -> Iterator[str]:
        """The words themselves and those of the groups named among them."""
        for part in parts:
            if not part.startswith("{"):
                yield part
            elif part[1:-1] in self.groups:
                yield from self.words(self.groups[part[1:-1]].split())
            else:
                raise SafetyError(f"unknown group: {part}")

    def pattern(self, phrase: str) -> str:
        return "".join(pattern for _, pattern in self.elements(phrase))

    def either(self, text: str) -> str:
        """A pattern for any of the phrases, one a line, or for nothing where there are none."""
        return "|".join(map(self.pattern, text.splitlines())) or r"(?!)"

    def anchors(self, phrases: list[str]) -> Iterator[list[str]]:
        """For each phrase the words of its rarest element: without one of them it cannot match."""
        needs = [[words for words, _ in self.elements(phrase) if words] for phrase in phrases]
        usage = Counter(word for need in needs for words in need for word in words)
        for phrase, need in zip(phrases, needs, strict=True):
            if not need:
                raise SafetyError(f"“{phrase}” needs a word that is not optional")
            yield min(need, key=lambda words: sum(usage[word] for word in words))


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
        cues: list[tuple[str, str, bool]] = []
        for kind, entry in data["classes"].items():
            for tier in ("acute", "words"):
                cues += [(p, kind, tier == "acute") for p in entry[tier].splitlines()]
        self._cues = [
            _Cue(re.compile(f"(?<= ){phrases.pattern(phrase)}"), acute, kind)
            for phrase, kind, acute in cues
        ]
        self._index: dict[str, list[int]] = {}
        for number, words in enumerate(phrases.anchors([phrase for phrase, _, _ in cues])):
            for word in words:
                self._index.setdefault(word, []).append(number)
        self._benign = re.compile(f"(?<= )(?:{phrases.either(data['benign'])})")
        self._contexts = {
            name: self._context(phrases, data["turns"], entry)
            for name, entry in data["contexts"].items()
        }
        self._now = self._contexts.pop("now")
        self._doubts: dict[str, list[str]] = {
            kind: entry["doubts"] for kind, entry in data["classes"].items()
        }
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
    def load(cls, path: Path = DATA / "safety.yml") -> "Safety":
        """The emergencies described in a data file.

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

    def check(self, text: str) -> Alarm | None:
        """The gravest emergency in `text`, if any; an interruption goes before any note."""
        line, stops = self._plain(text)
        line = self._benign.sub(lambda match: "-" * (len(match[0]) - 1) + " ", line)
        candidates = {n for word in set(line.split()) for n in self._index.get(word, ())}
        note = None
        for number in sorted(candidates):
            cue = self._cues[number]
            for match in cue.pattern.finditer(line):
                start = max((stop for stop in stops if stop <= match.start()), default=0)
                end = min((stop for stop in stops if stop >= match.end()), default=len(line))
                level = self._level(cue, line[start : match.start()], line[match.end() : end])
                if level == "interrupt":
                    return self._alarms[cue.kind, level]
                if level == "note":
                    note = note or self._alarms[cue.kind, level]
        return note

    def _level(self, cue: _Cue, before: str, after: str) -> Level | None:
        """What a cue means between the words of its sentence that stand before and after it."""
        before, after = f" {before[-NEARBY:]}", after[:NEARBY]
        now = self._now.surrounds(before, after)
        doubts = self._doubts[cue.kind] if cue.acute else self._contexts
        doubted = any(
            self._contexts[name].surrounds(before, after)
            for name in doubts
            if not (cue.acute and now and name in self._timely)
        )
        if cue.acute or now:
            return "note" if doubted else "interrupt"
        return None if doubted else "note"

    def _plain(self, text: str) -> tuple[str, list[int]]:
        """The known words of `text`, each followed by a space, and where its sentences end."""
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
            drawn_out = DRAWN_OUT.search(chunk)
            return self._bones.get(DOUBLED.sub(r"\1", chunk), chunk) if drawn_out else chunk
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
            turn = "|".join(turns[side].split())
            return rf"(?:(?!(?:{turn}) )[^ ]+ ){{0,{entry['reach']}}}"

        both = entry.get("both", "")
        before = phrases.either(both + entry.get("before", ""))
        after = phrases.either(both + entry.get("after", ""))
        return _Context(
            re.compile(rf"(?<= )(?:{before}){between('before')}$"),
            re.compile(rf"{between('after')}(?:{after})"),
        )

    @staticmethod
    def _alarm(data: dict[str, Any], kind: str, level: Level) -> Alarm:
        """The alarm of one kind and level, with the register's numbers in its texts."""
        entry = data["classes"][kind]
        texts = entry if level == "interrupt" else data["notes"][entry["note"]]
        numbers = {name: line["number"] for name, line in data["hotlines"].items()}
        web, sms = (texts[channel].strip().format(**numbers) for channel in ("web", "sms"))
        return Alarm(level, kind, web, sms)
