"""What a visitor's words tell: phrases, what is denied, and ages.

Nothing here knows a condition or a phrase: they stand in data/therapy_guide.yml.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product, takewhile
from typing import NamedTuple

WORD = re.compile(r"[a-z0-9]+(?:['’](?!s\b)[a-z]+)?|[.,;:!?]", re.IGNORECASE)
SMALL_WORDS = frozenset(["a", "an", "the", "my", "his", "her", "their", "our", "your", "s"])
STOPS = frozenset(".,;:!?")
CLAUSE_ENDS = STOPS | {"and", "but"}
# What stands before the "not" of "no, it's not cooking, it's dressing", and between the two.
BEFORE_CONTRAST = CLAUSE_ENDS | {"no", "it", "its", "is", "that", "thats"}
CONTRAST = frozenset([",", "but", "it", "is", "its", "just", "rather", "more"])

OLDEST = 120
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


class Mention(NamedTuple):
    """Words of a text that tell something: `text[start:end]` means `value`.

    `kind` is "person", "age", "condition" or "difficulty"; `value` is an id of the guide, or for
    an age the full years.
    """

    kind: str
    value: str
    start: int
    end: int


class Meaning(NamedTuple):
    """What a phrase tells; an ignored one has the kind "". `deniable`: "no ..." means none."""

    kind: str
    value: str
    deniable: bool


class _Match(NamedTuple):
    """A phrase found at the words `first` to `last` (exclusive)."""

    meaning: Meaning
    first: int
    last: int


def words(text: str) -> list[tuple[str, int, int]]:
    """The words and stops of `text` in lower case, small words left out, with their offsets."""
    found = ((m[0].lower().replace("’", "'"), *m.span()) for m in WORD.finditer(text))
    return [word for word in found if word[0] not in SMALL_WORDS]


def phrases(listed: str) -> Iterator[tuple[str, ...]]:
    """The phrases of a list like "walk|walks, had a fall", each as its words."""
    for line in listed.split(","):
        for choice in product(*(part.split("|") for part in line.split())):
            yield tuple(word for word, _, _ in words(" ".join(choice)))


def ages(text: str) -> Iterator[Mention]:
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


def _number(text: str) -> int:
    """The value of a number that `NUMBER` matched."""
    if text.isdigit():
        return int(text)
    return sum(NUMBERS[word] for word in re.split(r"[\s-]", text.lower()))


@dataclass(frozen=True)
class Phrasebook:
    """The phrases that mean something, and how "no", "not" and "fine" are read.

    `negation` holds the sets of words that the guide explains under that name.
    """

    meanings: Mapping[tuple[str, ...], Meaning]
    negation: Mapping[str, frozenset[str]]
    longest: int

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """What `text` tells, in its order; what it denies ("no pain") is left out."""
        spans = words(text)
        told, _ = self._matches([word for word, _, _ in spans])
        found = [
            Mention(meaning.kind, meaning.value, spans[first][1], spans[last - 1][2])
            for meaning, first, last in told
        ]
        return tuple(sorted([*found, *ages(text)], key=lambda mention: mention.start))

    def denials(self, text: str) -> tuple[tuple[str, str], ...]:
        """The kind and value of what `text` says is not so, in its order."""
        _, denied = self._matches([word for word, _, _ in words(text)])
        return tuple((match.meaning.kind, match.meaning.value) for match in denied)

    def _matches(self, said: list[str]) -> tuple[list[_Match], list[_Match]]:
        """What the words tell and what they deny: the longest phrase at each place."""
        found = list(self._phrases(said))
        # "no pain, weakness or falls" denies all three: each is denied with the one before it.
        joined = [False] * (len(found) + 1)
        for i in range(len(found) - 1, 0, -1):
            link = said[found[i - 1].last : found[i].first]
            joined[i] = link in (["or"], ["nor"], [",", "or"]) or (link == [","] and joined[i + 1])
        sorted_out: tuple[list[_Match], list[_Match]] = ([], [])
        denied = False
        for i, match in enumerate(found):
            denied = (
                (denied and joined[i])
                or self._denied(said, match)
                or self._contrasted(said, found, i)
            )
            if match.meaning.kind:
                sorted_out[denied].append(match)
        return sorted_out

    def _phrases(self, said: list[str]) -> Iterator[_Match]:
        first = 0
        while first < len(said):
            for last in range(min(first + self.longest, len(said)), first, -1):
                if meaning := self.meanings.get(tuple(said[first:last])):
                    yield _Match(meaning, first, last)
                    first = last
                    break
            else:
                first += 1

    def _contrasted(self, said: list[str], found: list[_Match], i: int) -> bool:
        """Does the text put another difficulty in its place: "not cooking, dressing"?

        "not walking" alone is a difficulty, and so it is in "weak, not walking".
        """
        match = found[i]
        before = match.first - 1
        if before < 0 or said[before] != "not" or match.meaning.kind != "difficulty":
            return False
        if i + 1 < len(found) and found[i + 1].meaning.kind == "difficulty":
            link = said[match.last : found[i + 1].first]
            opens = before == 0 or said[before - 1] in BEFORE_CONTRAST
            if opens and link and set(link) <= CONTRAST:
                return True
        other = found[i - 1] if i else match
        if other.meaning.kind != "difficulty" or other.meaning.deniable or other is match:
            return False
        told = (self.negation["not"] | self.negation["unless"]).isdisjoint(said[: other.first][-1:])
        return told and said[other.last : match.first] in (["not"], [",", "not"])

    def _denied(self, said: list[str], match: _Match) -> bool:
        """Does the text say that it is *not* so: "no pain", "no trouble walking", "walks fine"?"""
        sets = self.negation
        deniable, before, after = match.meaning.deniable, match.first - 1, match.last
        if after < len(said) and said[after] in sets["trouble"]:
            deniable = True
        while before >= 0 and said[before] in sets["between"] | sets["trouble"]:
            deniable = deniable or said[before] in sets["trouble"]
            before -= 1
        if deniable and before >= 0 and said[before] in sets["not"]:
            return True
        if match.meaning.kind != "difficulty":
            return False
        while after < len(said) and said[after] in sets["linking"]:
            after += 1
        rest = said[after : after + 2]
        if len(rest) == 2 and rest[0] in sets["not"] and rest[1] in sets["trouble"]:
            return True
        earlier = reversed(said[max(0, match.first - 3) : match.first])
        near = takewhile(lambda word: word not in CLAUSE_ENDS, earlier)
        return bool(rest) and rest[0] in sets["fine"] and sets["unless"].isdisjoint(near)
