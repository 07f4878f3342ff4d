"""Places in what a visitor writes: which words name a city, a state or a ZIP code.

Many towns are also words: Reading, Harmony, Walnut, Elizabeth. So a name that the patterns find is
only a candidate, and a sign around it (see `PlaceReader._is_city`) has to say that it is a place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot import gazetteer
from bot.directory import Directory
from bot.gazetteer import fold, name_words, place_key
from bot.paths import DATA

Kind = Literal["city", "state", "zip"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IN = _words("in near around outside within nearby between")
"""Words before a place and seldom before a person."""
LOCATIVES = IN | _words("by from to at inside serving across")
STRONG_LOCATIVES = _words("near around outside nearby")
"""Locatives that seldom stand before anything but a place or a person."""
LIVING = _words("live lives living based located reside resides residing moved closest close")
"""Words that make the `in` or `to` after them a strong locative."""
FINDING = _words(
    "list lists listed listing listings directory anyone anybody someone somebody any clinic "
    "clinics office offices location locations nearby nearest closest find available located "
    "therapists provider providers practice practices near"
)
"""Words about looking for somebody somewhere."""
OFFERING = FINDING | _words("ot ots cover covers covered serve serves therapist where there")
CORRECTING = _words("mean meant said want wanted try")
"""Words before the place that was meant."""
ABOUT_PEOPLE = _words("am for help im m my with")
"""Words that make a person of the name after them."""
REGIONS = _words(
    "upstate downstate western eastern northern southern central whole entire north south east west"
)
"""Words before the name of a state where a city could bear it too."""
FILLER = (
    LOCATIVES
    | LIVING
    | OFFERING
    | REGIONS
    | _words(
        "a about actually also am an and another are area areas be believe but can check cities "
        "city code county do does else for good got guess have hello help hey hi how i if is it "
        "its just local look looking lookup m many maybe me mean meant my need no not now "
        "occupational of ok okay one or our over pediatric please re s search show so sorry state "
        "states sure t thank thanks that the their then therapy they think this town towns um up "
        "us usa ve want we what whats which with would yeah yep yes you your zip"
    )
)
"""Words that may stand beside a place in a message that asks about nothing but the place."""
PLURALS = _words("where cities towns places locations clinics counties areas list state rest all")
"""Words that, before `in` or `of`, ask about a whole state."""
INSTITUTIONS = _words(
    "clinic county hospital university college medical health school institute disease"
)
"""Words that make something else of the name before them."""
SHORT_WORDS = _words(
    "al ar ark cal co ct de del hi id ill in ind kan la ma mass md me miss mo mont ms mt ne neb "
    "oh ok or ore pa penn tex va wash wis"
)
"""Abbreviations of states that are more often something else."""

_LONGEST_NAME = 4
_WELL_KNOWN = 12
"""From this weight (see `gazetteer.Place`) a city far away is known by one word without a state."""
_BILLING = re.compile(r"97\d{3}|92507|92526")
"""Therapy's billing codes, which look like ZIP codes."""
_TOKEN = re.compile(r"[^\W_]+|[,()]|[?!;:\n]")
_MARKS = _words(", |")


@dataclass(frozen=True)
class Mention:
    """A place named in a text: what it is, its name in full, and where (character offsets)."""

    kind: Kind
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """The places in a text; `city`, `state` and `zip_code` are the ones to look up.

    `only_place` says that the text holds nothing else but filler such as `any OT in ...`.
    """

    mentions: tuple[Mention, ...] = ()
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    only_place: bool = False


@dataclass(frozen=True)
class _Token:
    word: str
    text: str
    start: int
    end: int


@dataclass
class _Span:
    """Tokens `first` to `last` as a candidate; `state` is what they name if they name a state."""

    first: int
    last: int
    label: str
    state: str = ""
    kind: Kind | None = None
    value: str = ""


class _Keys:
    """The tokenizer of the pipeline: it is given keys, whose words stand between single spaces."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab

    def __call__(self, key: str) -> Doc:
        return Doc(self._vocab, words=key.split())


class _Text:
    """A visitor's text as tokens, with the candidates that were found in it."""

    def __init__(self, text: str) -> None:
        self.tokens: list[_Token] = []
        self.spans: list[_Span] = []
        for match in _TOKEN.finditer(fold(text)):
            start, end = match.span()
            mark = "," if match[0] in ",()" else "|"
            word = "".join(name_words(match[0])) if match[0].isalnum() else mark
            if word:
                self.tokens.append(_Token(word, text[start:end], start, end))
        letters = [token.text for token in self.tokens if token.text.isalpha()]
        self.shouted = len(letters) > 1 and all(word.isupper() for word in letters)

    def word(self, index: int) -> str:
        """The word at an index; empty outside the text."""
        return self.tokens[index].word if 0 <= index < len(self.tokens) else ""

    def key(self, first: int, last: int) -> str:
        """The key of the tokens from `first` to `last`."""
        return " ".join(token.word for token in self.tokens[first : last + 1])

    def raw(self, first: int, last: int) -> str:
        """The visitor's own spelling of the tokens from `first` to `last`."""
        return " ".join(token.text for token in self.tokens[first : last + 1])

    def has(self, words: frozenset[str]) -> bool:
        """Whether any of the words stands outside the candidates."""
        return any(self.tokens[i].word in words for i in self.outside())

    def outside(self) -> list[int]:
        """The tokens that belong to no candidate."""
        inside = {i for span in self.spans for i in range(span.first, span.last + 1)}
        return [i for i in range(len(self.tokens)) if i not in inside]

    def free(self, first: int, last: int) -> bool:
        """Whether the tokens stand in the text, hold no mark and overlap no candidate."""
        return (
            first >= 0
            and last < len(self.tokens)
            and not any(self.word(i) in _MARKS for i in range(first, last + 1))
            and not any(span.first <= last and first <= span.last for span in self.spans)
        )

    def capitalised(self, span: _Span) -> bool:
        """Whether the name is written like one (which tells nothing in a shouted text)."""
        texts = [token.text for token in self.tokens[span.first : span.last + 1]]
        return not self.shouted and all(text[0].isupper() or len(text) < 3 for text in texts)

    def before(self, span: _Span) -> tuple[str, str]:
        """The two words before a candidate, the nearer one last; articles do not count."""
        index = span.first - 1
        while self.word(index) in {"the", "downtown"}:
            index -= 1
        return self.word(index - 1), self.word(index)

    def neighbour(self, span: _Span, step: Literal[-1, 1]) -> _Span | None:
        """The candidate right before (-1) or after (1), with at most a comma or `in` between."""
        index = span.first - 1 if step < 0 else span.last + 1
        if self.word(index) in {",", "in"}:
            index += step
        return next((s for s in self.spans if s.first <= index <= s.last and s is not span), None)

    def negated(self, span: _Span) -> bool:
        """Whether the place is named only to be ruled out: `not Wayne NJ`."""
        previous = self.neighbour(span, -1) if span.kind == "state" else None
        city = previous if previous and previous.kind == "city" else None
        return self.before(span)[1] == "not" or (city is not None and self.negated(city))

    def add(self, span: _Span) -> _Span:
        """Add a candidate in its place."""
        self.spans.append(span)
        self.spans.sort(key=lambda s: s.first)
        return span


class PlaceReader:
    """Reads the places in visitors' texts. Built once (about a second), it takes 1 ms a text."""

    def __init__(self, directory: Directory, words_path: Path = DATA / "place_words.txt") -> None:
        """Build the patterns from the directory and from the states' names."""
        self._directory = directory
        lines = words_path.read_text(encoding="utf-8").splitlines()
        names = [line for line in lines if line and not line.startswith("#")]
        self._ordinary = {place_key(name) for name in names}
        self._people = {place_key(name) for name in names if name[0].isupper()}
        self._nlp = self._pipeline()

    def _pipeline(self) -> Language:
        nlp = spacy.blank("en")
        nlp.tokenizer = _Keys(nlp.vocab)
        ruler = nlp.add_pipe("entity_ruler")
        states = {**gazetteer.ABBREVIATION_KEYS, **gazetteer.STATE_KEYS}
        names = set(self._directory.names)
        patterns: list[dict[str, object]] = [
            {"label": "CITY", "pattern": name, "id": states.get(name, "")} for name in names
        ]
        patterns += [
            {
                "label": "STATE" if key in gazetteer.STATE_KEYS else "CODE",
                "pattern": key,
                "id": state,
            }
            for key, state in states.items()
            if key not in names
        ]
        digits = [{"TEXT": {"REGEX": r"^\d{5}$"}}, {"TEXT": {"REGEX": r"^\d{4}$"}}]
        patterns += [{"label": "ZIP", "pattern": digits[:length]} for length in (1, 2)]
        ruler.add_patterns(patterns)  # type: ignore[attr-defined]
        return nlp

    def read(self, text: str, asked: bool = False) -> Reading:
        """The places that a text names.

        `asked` says that the text answers the question which city: then a bare name is enough.
        """
        words = _Text(text)
        if not words.tokens:
            return Reading()
        found = self._nlp(" ".join(token.word for token in words.tokens)).ents
        words.spans = [_Span(e.start, e.end - 1, e.label_, e.ent_id_) for e in found]
        self._widen(words)
        words.spans = [
            span
            for span in words.spans
            if span.label != "CODE" or self._plausible_code(words, span, asked)
        ]
        self._find_states(words)
        self._find_unlisted(words, asked)
        alone = self._alone(words)
        for span in words.spans:
            if span.kind is None:
                self._decide(words, span, alone, asked)
        words.spans = [span for span in words.spans if span.kind]
        return self._reading(words)

    def _plausible_code(self, words: _Text, span: _Span, asked: bool) -> bool:
        """Whether an abbreviation is one here; most of them are short words too."""
        key, text = words.key(span.first, span.last), words.raw(span.first, span.last)
        short = key in SHORT_WORDS or (len(key) == 3 and key[1] == " ")
        upper = text[0].isupper() and (len(text) > 3 or text.isupper()) and not words.shouted
        last = words.word(span.last + 1) in {"", *_MARKS}
        covered = span.state in self._directory.states
        previous = words.neighbour(span, -1) or self._name_before(words, span)
        if previous is not None and previous.label != "CODE":
            name = words.key(previous.first, previous.last)
            real = previous.label == "TYPO" or self._exists(name, span.state)
            return (real and (last or covered)) or upper or not short
        if words.before(span)[1] in IN:
            return covered or not short
        if self._alone(words):
            return covered or (not short and (upper or asked))
        sought = words.has(FINDING) or words.word(span.first - 1) == "county"
        return upper and covered and sought

    def _widen(self, words: _Text) -> None:
        """Let a longer name of some other place win: North Hollywood is not Hollywood."""
        for span in list(words.spans):
            if span.label not in {"CITY", "STATE"} or span not in words.spans:
                continue
            last = span.last + 1
            if label := {"county": "COUNTY", "twp": "PLACE"}.get(words.word(last)):
                words.spans[words.spans.index(span)] = _Span(span.first, last, label)
            elif wide := self._widest(words, span):
                kept = [s for s in words.spans if s.last < wide.first or s.first > wide.last]
                words.spans = sorted([*kept, wide], key=lambda s: s.first)

    def _widest(self, words: _Text, span: _Span) -> _Span | None:
        """The longest name of a place elsewhere that has the span inside it."""
        size = span.last - span.first + 1
        for length in range(_LONGEST_NAME, size, -1):
            for first in range(span.last - length + 1, span.first + 1):
                last = first + length - 1
                if any(words.word(i) in {"", *_MARKS} for i in range(first, last + 1)):
                    continue
                if gazetteer.places_named(words.key(first, last)):
                    return _Span(first, last, "PLACE")
        return None

    def _find_states(self, words: _Text) -> None:
        """Tell which candidates are states, and find the unlisted cities right before them."""
        for span in list(words.spans):
            if not span.state or span not in words.spans:
                continue
            previous = words.neighbour(span, -1)
            if previous and words.word(span.first - 1) == "in":
                key = words.key(previous.first, previous.last)
                if key in self._ordinary and not words.capitalised(previous):
                    previous = None  # help with reading in New York
            elif previous is None and (previous := self._name_before(words, span)):
                words.add(previous)
            follows = previous is not None and previous.label in {"CITY", "PLACE", "TYPO"}
            if span.label == "CITY":
                place = words.key(previous.first, previous.last) if previous else ""
                follows = follows and (
                    len(words.key(span.first, span.last)) > 2
                    or gazetteer.place_in(place, span.state) is not None
                )
                if not (follows or self._whole_state(words, span)):
                    continue
            named = place_key(span.state) in self._ordinary
            if named and not follows and words.before(span)[1] not in IN:
                continue
            span.kind, span.value = "state", span.state
            if follows and previous and previous.kind is None:
                self._name_city(words, previous, span.state)

    def _whole_state(self, words: _Text, span: _Span) -> bool:
        """Whether a name of both a city and a state stands for the state."""
        before = words.before(span)
        return (
            words.word(span.last + 1) == "state"
            or before[1] in REGIONS
            or (before[1] in {"in", "of", "across"} and before[0] in PLURALS)
        )

    def _name_before(self, words: _Text, span: _Span) -> _Span | None:
        """The unlisted or mistyped city whose name ends right before a state."""
        last = span.first - (2 if words.word(span.first - 1) == "," else 1)
        for first in range(last - _LONGEST_NAME + 1, last + 1):
            if not words.free(first, last) or words.word(first) in FILLER:
                continue
            key = words.key(first, last)
            if gazetteer.place_in(key, span.state):
                return _Span(first, last, "PLACE")
            if span.state in self._directory.states and self._corrected(key, span.state):
                return _Span(first, last, "TYPO")
        for first in range(last - _LONGEST_NAME + 1, last + 1):
            name = _Span(first, last, "PLACE")
            if not words.free(first, last) or any(
                words.word(i) in FILLER | REGIONS for i in range(first, last + 1)
            ):
                continue
            if words.before(name)[1] in IN and words.capitalised(name):
                return name
            if first == last and self._known(words.key(first, last)):
                return name
        return None

    def _find_unlisted(self, words: _Text, asked: bool) -> None:
        """Find cities elsewhere, and mistyped names, where a place is to be expected."""
        for index in range(len(words.tokens)):
            if words.word(index) in (LOCATIVES if asked else IN):
                start = index + 2 if words.word(index + 1) == "the" else index + 1
                for last in range(start + _LONGEST_NAME - 1, start - 1, -1):
                    if words.free(start, last) and self._expected(words, start, last, asked):
                        break
        rest = [i for i in words.outside() if words.word(i) not in FILLER | _MARKS]
        if (
            not rest
            or rest[-1] - rest[0] >= _LONGEST_NAME
            or not words.free(rest[0], rest[-1])
            or words.word(rest[-1] + 1) in INSTITUTIONS
        ):
            return
        key = words.key(rest[0], rest[-1])
        if wide := self._widest(words, _Span(rest[0], rest[-1], "PLACE")):
            if words.free(wide.first, wide.last):
                words.add(wide)
        elif self._known(key):
            words.add(_Span(rest[0], rest[-1], "PLACE"))
        elif state := self._directory.correct_state(key):
            words.add(_Span(rest[0], rest[-1], "STATE", state, "state", state))
        elif self._corrected(key):
            words.add(_Span(rest[0], rest[-1], "TYPO"))
        elif len(rest) == 1 and key.isdigit() and len(key) in range(3 if asked else 4, 7):
            words.add(_Span(rest[0], rest[-1], "ZIP"))

    def _expected(self, words: _Text, first: int, last: int, asked: bool) -> bool:
        """Take the tokens after a locative for a place if they can be one."""
        span = _Span(first, last, "PLACE")
        key = words.key(first, last)
        if words.word(last + 1) in INSTITUTIONS or words.word(first) in FILLER:
            return False
        if (asked or words.capitalised(span)) and self._known(key):
            words.add(span)
        elif state := self._directory.correct_state(key):
            words.add(_Span(first, last, "STATE", state, "state", state))
        elif self._corrected(key):
            words.add(_Span(first, last, "TYPO"))
        else:
            return False
        return True

    def _exists(self, key: str, state: str) -> bool:
        """Whether the state has a place of that name."""
        listed = self._directory.find_in(key, state)
        return listed is not None or gazetteer.place_in(key, state) is not None

    def _known(self, key: str) -> bool:
        """Whether a name elsewhere is a place's without a state beside it."""
        places = gazetteer.places_named(key)
        if not places or key in self._ordinary:
            return False
        near = places[0].state in self._directory.states
        return " " in key or near or places[0].weight >= _WELL_KNOWN

    def _corrected(self, key: str, state: str | None = None) -> str | None:
        """The listed name that was mistyped, unless that name is an ordinary word too."""
        if any(word in FILLER for word in key.split()) or key in self._ordinary:
            return None
        name = self._directory.correct(key, state)
        return None if name is None or place_key(name) in self._ordinary else name

    def _alone(self, words: _Text) -> bool:
        """Whether there is nothing but candidates and filler."""
        return all(words.word(i) in FILLER | _MARKS for i in words.outside())

    def _decide(self, words: _Text, span: _Span, alone: bool, asked: bool) -> None:
        """Give a candidate that is no state its kind, if a sign says that it is a place."""
        if span.label == "ZIP":
            if self._is_zip(words, span, alone, asked):
                span.kind, span.value = "zip", words.word(span.first)
        elif span.label == "STATE":
            if alone:
                span.kind, span.value = "state", span.state
        elif span.label == "TYPO" or (
            span.label != "COUNTY" and self._is_city(words, span, alone, asked)
        ):
            self._name_city(words, span)

    def _is_zip(self, words: _Text, span: _Span, alone: bool, asked: bool) -> bool:
        """Whether digits are a ZIP code here and no sum, order number or billing code."""
        code = words.word(span.first)
        others = {words.word(i) for i in words.outside()}
        if "zip" in others or asked or words.before(span)[1] in LOCATIVES - {"between"}:
            return True
        if _BILLING.fullmatch(code) or "code" in others:
            return False
        return alone or words.neighbour(span, -1) is not None or bool(others & FINDING)

    def _is_city(self, words: _Text, span: _Span, alone: bool, asked: bool) -> bool:
        """Whether a sign says that the name is a place's here."""
        key = words.key(span.first, span.last)
        ordinary = key in self._ordinary or len(key) < 3
        capitalised = words.capitalised(span)
        earlier, before = words.before(span)
        strong = before in STRONG_LOCATIVES or (before in LOCATIVES and earlier in LIVING)
        after = words.word(span.last + 1)
        joined = before in {"and", "or"} and any(
            other.kind == "city" and other.last == span.first - 2 for other in words.spans
        )
        if span.label == "PLACE":
            known = self._known(key) or words.word(span.last) == "twp"
            located = (before in LOCATIVES or joined) and (asked or capitalised)
            return known and (alone or located)
        if not ordinary:
            located = before in LOCATIVES | CORRECTING
            signs = asked or alone or joined or located or words.has(OFFERING)
            return (" " in key or signs) and after not in INSTITUTIONS - {"clinic"}
        if after in INSTITUTIONS:
            return False
        if alone:
            named = before not in ABOUT_PEOPLE and (key in self._people or capitalised)
            return " " in key or named or asked or strong or words.has(FINDING)
        if before in IN:
            return strong or asked or capitalised or words.has(FINDING)
        return strong or (capitalised and (asked or before in FINDING))

    def _name_city(self, words: _Text, span: _Span, state: str | None = None) -> None:
        """Make a candidate a city, under the directory's or the gazetteer's spelling."""
        key = words.key(span.first, span.last)
        span.kind = "city"
        if span.label == "TYPO":
            key = self._directory.correct(key, state) or key
        listed = self._directory.find_in(key, state) if state else None
        names = [city.name for city in ([listed] if listed else self._directory.find(key))]
        here = gazetteer.place_in(key, state) if state else None
        places = [here] if here else gazetteer.places_named(key)[:1]
        span.value = next(
            iter([*names, *(place.name for place in places)]), words.raw(span.first, span.last)
        )

    def _reading(self, words: _Text) -> Reading:
        """What the decided candidates come to."""
        spans = words.spans
        meant = [span for span in spans if not words.negated(span)]
        cities = [span for span in meant if span.kind == "city"]
        zips = [span for span in spans if span.kind == "zip"]
        mentions = tuple(
            Mention(
                span.kind,
                span.value,
                words.tokens[span.first].start,
                words.tokens[span.last].end,
            )
            for span in spans
            if span.kind
        )
        return Reading(
            mentions=mentions,
            city=cities[0].value if cities else None,
            state=next(self._states_for(words, meant, cities[0] if cities else None), None),
            zip_code=zips[0].value if zips else None,
            only_place=bool(mentions) and self._alone(words),
        )

    def _states_for(self, words: _Text, meant: list[_Span], city: _Span | None) -> Iterator[str]:
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
