"""Places in what a visitor writes: which words name a city, a state, a region or a ZIP code.

Many towns are also words: Reading, Harmony, Walnut, Elizabeth. So a name that the patterns find is
only a candidate, and a sign around it (see `PlaceReader._is_city`) has to say that it is a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot import gazetteer
from bot.directory import Directory
from bot.encoder import common_words
from bot.gazetteer import place_key
from bot.lookup import Wanted
from bot.paths import DATA
from bot.place_candidates import Candidates
from bot.place_names import Names
from bot.place_signs import Signs
from bot.place_text import Kind, Span, Text

BILLING = re.compile(r"97\d{3}|92507|92526")
"""Therapy's billing codes, which look like ZIP codes."""
POINT = re.compile(
    r"(?<![\d.])(-?\d{1,2}\.\d{2,})\s*°?\s*([ns])?\b[\s,;]+(-?\d{1,3}\.\d{2,})\s*°?\s*([ew])?\b",
    re.IGNORECASE,
)
"""Latitude and longitude in degrees, as a browser or a map gives them."""
LETTERS = re.compile(
    r"\bfrom\s+([a-z][a-z .'-]{0,30}?)\s+to\s+([a-z][a-z .'-]{0,30}?)\s*$"
    r"|\b(?:start|begin)(?:s|ning|ing)?\s+with\s+(?:the\s+letter\s+|an?\s+)?([a-z]{1,3})\b",
    re.IGNORECASE,
)
"""Which part of a list of cities is wanted, as `lookup.pages` names it and as people do."""
LISTED = re.compile(r"\b(?:cities|towns|places|names|list)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """A place named in a text: what it is, its name in full, and where (character offsets)."""

    kind: Kind
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """The places in a text, and the one of them to look up.

    `only_place` says that the text holds nothing else but filler such as `any OT in ...`.
    """

    mentions: tuple[Mention, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)
    only_place: bool = False


class PlaceReader:
    """Reads the places in visitors' texts. Built once (about a second), it takes 1 ms a text."""

    def __init__(self, directory: Directory, words_path: Path = DATA / "place_words.txt") -> None:
        """Build the patterns from the directory and from the states' names."""
        self._directory = directory
        self._signs = Signs.load()
        lines = words_path.read_text(encoding="utf-8").splitlines()
        names = [line for line in lines if line and not line.startswith("#")]
        self._ordinary = frozenset(place_key(name) for name in names)
        self._people = frozenset(place_key(name) for name in names if name[0].isupper())
        self._names = Names(directory, self._signs, self._ordinary, common_words())
        self._candidates = Candidates(self._names)

    def read(self, text: str, asked: bool = False) -> Reading:
        """The places that a text names.

        `asked` says that the text answers the question which city: then a bare name is enough.
        """
        if point := _point(text):
            return Reading(wanted=Wanted(point=point), only_place=True)
        text, letters = _without_letters(text)
        words = Text(text)
        if not words.tokens:
            return Reading()
        self._candidates.find(words, asked)
        alone = words.alone(self._signs.filler)
        for span in words.spans:
            if span.kind is None:
                self._decide(words, span, alone, asked)
        words.spans = [span for span in words.spans if span.kind]
        return self._reading(words, letters)

    def _decide(self, words: Text, span: Span, alone: bool, asked: bool) -> None:
        """Give a candidate that is no state its kind, if a sign says that it is a place."""
        if span.label == "ZIP":
            if self._is_zip(words, span, alone, asked):
                span.kind, span.value = "zip", words.word(span.first)
        elif span.label == "STATE":
            if alone:
                span.kind, span.value = "state", span.state
        elif span.label == "REGION":
            self._decide_region(words, span, alone, asked)
        elif span.label in {"TYPO", "GUESS"} or (
            span.label != "COUNTY" and self._is_city(words, span, alone, asked)
        ):
            self._candidates.name(words, span)

    def _decide_region(self, words: Text, span: Span, alone: bool, asked: bool) -> None:
        """Make a candidate a region, or a town of that name in the state beside it."""
        beside = words.neighbour(span, 1)
        state = beside.value if beside and beside.kind == "state" else None
        key = words.key(span.first, span.last)
        if not self._directory.regions(key, state):
            if gazetteer.places_named(key):
                self._candidates.name(words, span, state)
            return
        located = words.before(span)[1] in self._signs.locatives | self._signs.correcting
        if alone or asked or located or words.has(self._signs.offering):
            span.kind, span.value = "region", self._directory.regions(key)[0].name

    def _near(self, words: Text, span: Span) -> bool:
        """Whether a place nearby is as good: `near`, `closest to`."""
        earlier, before = words.before(span)
        close = before == "to" and earlier in {"close", "closest"}
        return close or before in self._signs.strong_locatives

    def _strong(self, words: Text, span: Span) -> bool:
        """Whether the words before a name stand before places only: `near`, `lives in`."""
        signs = self._signs
        earlier, before = words.before(span)
        return before in signs.strong_locatives or (
            before in signs.locatives and earlier in signs.living
        )

    def _is_zip(self, words: Text, span: Span, alone: bool, asked: bool) -> bool:
        """Whether digits are a ZIP code here and no sum, order number or billing code."""
        code = words.word(span.first)
        others = {words.word(i) for i in words.outside()}
        located = words.before(span)[1] in self._signs.locatives - {"between"}
        if "zip" in others or located or (asked and (alone or len(words.tokens) <= 2)):
            return True
        if BILLING.fullmatch(code) or "code" in others:
            return False
        return alone or words.neighbour(span, -1) is not None or bool(others & self._signs.finding)

    def _is_city(self, words: Text, span: Span, alone: bool, asked: bool) -> bool:
        """Whether a sign says that the name is a place's here."""
        key = words.key(span.first, span.last)
        ordinary = key in self._ordinary or len(key) < 3
        capitalised = words.capitalised(span)
        before = words.before(span)[1]
        strong = self._strong(words, span)
        after = words.word(span.last + 1)
        joined = before in {"and", "or"} and any(
            other.kind == "city" and other.last == span.first - 2 for other in words.spans
        )
        if span.label == "PLACE":
            known = self._names.known(key) or words.word(span.last) == "twp"
            located = (before in self._signs.locatives or joined) and (asked or capitalised)
            return known and (alone or located)
        if not ordinary:
            located = before in self._signs.locatives | self._signs.correcting
            signs = asked or alone or joined or located or words.has(self._signs.offering)
            return (" " in key or signs) and after not in self._signs.institutions - {"clinic"}
        if after in self._signs.institutions:
            return False
        if alone:
            named = before not in self._signs.about_people and (key in self._people or capitalised)
            found = words.has(self._signs.finding) and before not in self._signs.about_people
            return " " in key or named or asked or strong or found
        if before in self._signs.inside:
            return strong or asked or capitalised or words.has(self._signs.finding)
        return strong or (capitalised and (asked or before in self._signs.finding))

    def _reading(self, words: Text, letters: tuple[str, str] | None) -> Reading:
        """What the decided candidates come to."""
        meant = [span for span in words.spans if not self._ruled_out(words, span)]
        cities = self._sorted(words, [span for span in meant if span.kind == "city"])
        zips = [span for span in words.spans if span.kind == "zip"]
        regions = [span for span in meant if span.kind == "region"]
        mentions = tuple(
            Mention(
                span.kind,
                span.value,
                words.tokens[span.first].start,
                words.tokens[span.last].end,
            )
            for span in words.spans
            if span.kind
        )
        city = cities[0] if cities else None
        state = next(self._states_for(words, meant, city), None)
        others = self._others(words, meant, cities)
        region = regions[0].value if regions and city is None else None
        return Reading(
            mentions=mentions,
            wanted=Wanted(
                city=city.value if city else None,
                state=state,
                zip_code=zips[0].value if zips else None,
                region=region,
                others=others,
                between=bool(others) and words.has(self._signs.middle),
                near=city is not None and self._near(words, city),
                letters=letters if city is None and (state or region) else None,
            ),
            only_place=bool(mentions) and words.alone(self._signs.filler),
        )

    def _sorted(self, words: Text, cities: list[Span]) -> list[Span]:
        """The cities, those first that stand after `in` and the like: Wayne lives in Chester."""
        located = [c for c in cities if words.before(c)[1] in self._signs.locatives]
        people = [c for c in cities if words.before(c)[0] in self._signs.about_people]
        rest = [c for c in cities if c not in located and not (located and c in people)]
        return [*located, *rest] if located and cities[0] in people else cities

    def _others(
        self, words: Text, meant: list[Span], cities: list[Span]
    ) -> tuple[tuple[str, str | None], ...]:
        """The cities that are named beside the first one, each with its state if it has one."""
        found = []
        for city in cities[1:]:
            before = words.before(city)[1]
            if before in {",", *self._signs.joining, *self._signs.locatives} - {"from"}:
                found.append((city.value, next(self._states_for(words, meant, city), None)))
        return tuple(found)

    def _ruled_out(self, words: Text, span: Span) -> bool:
        """Whether the place is named only to be ruled out: `not Wayne NJ`, `moved from Tampa`."""
        previous = words.neighbour(span, -1) if span.kind == "state" else None
        if previous and previous.kind == "city" and self._ruled_out(words, previous):
            return True
        first = span.first - (1 if words.word(span.first - 1) == "the" else 0)
        if any(
            words.key(max(0, first - phrase.count(" ") - 1), first - 1) == phrase
            for phrase in self._signs.ruling_out
        ):
            return True
        follower = next((s for s in words.spans if s.first > span.last and s.kind == "city"), None)
        between = range(span.last + 1, follower.first if follower else 0)
        if any(words.word(i) in self._signs.takes_back for i in between):
            return True
        return (
            words.word(first - 1) == "from"
            and follower is not None
            and words.before(follower)[1] == "to"
            and not words.has(self._signs.middle)
        )

    def _states_for(self, words: Text, meant: list[Span], city: Span | None) -> Iterator[str]:
        """The state that belongs to the city, if any: the one beside it, or the only one named."""
        states = [span for span in meant if span.kind == "state"]
        if city is not None:
            beside = words.neighbour(city, 1)
            if beside in states and beside is not None:
                yield beside.value
        if len({span.value for span in states}) == 1 or (states and city is None):
            owner = words.neighbour(states[0], -1)
            other = owner is not None and owner.kind == "city" and owner is not city
            if not other or (city and self._directory.find_in(city.value, states[0].value)):
                yield states[0].value


def _point(text: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, if the text holds them."""
    match = POINT.search(text)
    if not match:
        return None
    latitude, south, longitude, west = match.groups()
    point = (
        float(latitude) * (-1 if (south or "").lower() == "s" else 1),
        float(longitude) * (-1 if (west or "").lower() == "w" else 1),
    )
    # Prices, doses and times come in pairs too; west of Greenwich a longitude says so.
    western = point[1] < 0 or bool(west)
    return point if western and abs(point[0]) <= 90 and abs(point[1]) <= 180 else None


def _without_letters(text: str) -> tuple[str, tuple[str, str] | None]:
    """The text with the part of a list that it asks for blanked out, and that part."""
    match = LETTERS.search(text)
    if not match or not LISTED.search(text[: match.start()]):
        return text, None
    first, last, start = match.groups()
    blank = " " * (match.end() - match.start())
    return text[: match.start()] + blank + text[match.end() :], (first or start, last or start)
