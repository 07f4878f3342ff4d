"""Candidates for places in a text: listed names, states, ZIP codes, regions, and other towns."""

from __future__ import annotations

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot import gazetteer
from bot.gazetteer import place_key
from bot.lookup import exists
from bot.place_names import Names
from bot.place_text import MARKS, Span, Text
from bot.place_typos import LONGEST_NAME, Typos


class Keys:
    """The tokenizer of the pipeline: it is given keys, whose words stand between single spaces."""

    def __init__(self, vocab: Vocab) -> None:
        """Make tokens of `vocab`."""
        self._vocab = vocab

    def __call__(self, key: str) -> Doc:
        """The words of a key."""
        return Doc(self._vocab, words=key.split())


class Candidates:
    """Finds what may be a place; `places.PlaceReader` decides which of it is one."""

    def __init__(self, names: Names) -> None:
        """Build the patterns from the directory that `names` judges by."""
        self._names = names
        self._directory = names.directory
        self._signs = names.signs
        self._typos = Typos(names)
        self._nlp = self._pipeline()

    def _pipeline(self) -> Language:
        nlp = spacy.blank("en")
        nlp.tokenizer = Keys(nlp.vocab)
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
        patterns += [
            {"label": "REGION", "pattern": name}
            for name in self._directory.region_names
            if name not in names and name not in states
        ]
        digits = [{"TEXT": {"REGEX": r"^\d{5}$"}}, {"TEXT": {"REGEX": r"^\d{4}$"}}]
        patterns += [{"label": "ZIP", "pattern": digits[:length]} for length in (1, 2)]
        ruler.add_patterns(patterns)  # type: ignore[attr-defined]
        return nlp

    def find(self, words: Text, asked: bool) -> None:
        """Leave in `words.spans` whatever may be a place; see `places.PlaceReader.read`."""
        found = self._nlp(" ".join(token.word for token in words.tokens)).ents
        spans = [Span(e.start, e.end - 1, e.label_, e.ent_id_) for e in found]
        words.spans = [span for span in spans if self._whole(words, span)]
        self._typos.find(words, asked)
        self._widen(words)
        words.spans = [
            span
            for span in words.spans
            if span.label != "CODE" or self._plausible_code(words, span, asked)
        ]
        self._find_states(words)
        self._find_unlisted(words, asked)

    @staticmethod
    def _whole(words: Text, span: Span) -> bool:
        """Whether a name of single letters is written as one."""
        letters = words.key(span.first, span.last).split()
        return (
            span.label != "CITY"
            or len(letters) == 1
            or max(map(len, letters)) > 1
            or (words.spelled(span))
        )

    def _plausible_code(self, words: Text, span: Span, asked: bool) -> bool:
        """Whether an abbreviation is one here; most of them are short words too."""
        key, text = words.key(span.first, span.last), words.raw(span.first, span.last)
        short = key in self._signs.short_words or (len(key) == 3 and key[1] == " ")
        upper = text[0].isupper() and (len(text) > 3 or text.isupper()) and not words.shouted
        last = words.word(span.last + 1) in {"", *MARKS}
        covered = span.state in self._directory.states
        previous = words.neighbour(span, -1) or self._name_before(words, span)
        if previous is None and (rest := self._rest_before(words, span)):
            # Newport CA, but not "diagnose me".
            return upper or (rest.label == "PLACE" and not short)
        if previous is not None and previous.label not in {"CODE", "REGION"}:
            name = words.key(previous.first, previous.last)
            real = previous.label in {"TYPO", "GUESS"} or exists(self._directory, name, span.state)
            return (real and (last or covered)) or upper or not short
        if words.before(span)[1] in self._signs.inside:
            return covered or not short
        if words.alone(self._signs.filler):
            return covered or (not short and (upper or asked))
        sought = words.has(self._signs.finding) or words.word(span.first - 1) == "county"
        return upper and covered and sought

    def _widen(self, words: Text) -> None:
        """Let a longer name of some other place win: North Hollywood is not Hollywood."""
        for span in list(words.spans):
            if span.label not in {"CITY", "STATE"} or span not in words.spans:
                continue
            last = span.last + 1
            label = {"county": "COUNTY", "twp": "PLACE"}.get(words.word(last))
            if label is None and words.word(last) in self._signs.endings and words.free(last, last):
                label = "PLACE"  # Venice Beach is not Venice
            if label:
                words.spans[words.spans.index(span)] = Span(span.first, last, label)
            elif wide := self._widest(words, span):
                kept = [s for s in words.spans if s.last < wide.first or s.first > wide.last]
                words.spans = sorted([*kept, wide], key=lambda s: s.first)

    def _widest(self, words: Text, span: Span) -> Span | None:
        """The longest name of a place elsewhere that has the span inside it."""
        size = span.last - span.first + 1
        for length in range(LONGEST_NAME, size, -1):
            for first in range(span.last - length + 1, span.first + 1):
                last = first + length - 1
                if any(words.word(i) in {"", *MARKS} for i in range(first, last + 1)):
                    continue
                if gazetteer.places_named(words.key(first, last)):
                    return Span(first, last, "PLACE")
        return None

    def _find_states(self, words: Text) -> None:
        """Tell which candidates are states, and find the unlisted cities right before them."""
        for span in list(words.spans):
            if not span.state or span not in words.spans:
                continue
            if self._is_town(words, span):
                continue  # California, PA
            previous = words.neighbour(span, -1)
            if previous and words.word(span.first - 1) == "in":
                key = words.key(previous.first, previous.last)
                if key in self._names.ordinary and not words.capitalised(previous):
                    previous = None  # help with reading in New York
            elif previous is None:
                previous = self._name_before(words, span) or self._rest_before(words, span)
                if previous is not None:
                    words.add(previous)
            follows = previous is not None and (
                previous.label in {"CITY", "PLACE", "TYPO", "GUESS"}
                or (
                    previous.label == "REGION"
                    and bool(
                        self._directory.regions(
                            words.key(previous.first, previous.last), span.state
                        )
                    )
                )
            )
            if span.label == "CITY":
                place = words.key(previous.first, previous.last) if previous else ""
                follows = follows and (
                    len(words.key(span.first, span.last)) > 2
                    or gazetteer.place_in(place, span.state) is not None
                )
                if not (follows or self._whole_state(words, span)):
                    continue
            named = place_key(span.state) in self._names.ordinary
            named = named and words.word(span.last + 1) != "state"
            if named and not follows and words.before(span)[1] not in self._signs.inside:
                continue
            span.kind, span.value = "state", span.state
            if follows and previous and previous.kind is None and previous.label != "REGION":
                self.name(words, previous, span.state)

    @staticmethod
    def _is_town(words: Text, span: Span) -> bool:
        """Whether the name of a state is that of a town in the state right after it."""
        after = words.neighbour(span, 1)
        key = words.key(span.first, span.last)
        if span.label != "STATE" or not (
            after and after.state and gazetteer.place_in(key, after.state)
        ):
            return False
        span.label, span.state = "PLACE", ""
        return True

    def _whole_state(self, words: Text, span: Span) -> bool:
        """Whether a name of both a city and a state stands for the state."""
        before = words.before(span)
        return (
            words.word(span.last + 1) == "state"
            or words.word(span.last + 1) in {"cities", "towns"}
            or before[1] in self._signs.regions
            or (before[1] in {"in", "of", "across"} and before[0] in self._signs.plurals)
        )

    def _name_before(self, words: Text, span: Span) -> Span | None:
        """The unlisted or mistyped city whose name ends right before a state."""
        last = span.first - (2 if words.word(span.first - 1) == "," else 1)
        for first in range(last - LONGEST_NAME + 1, last + 1):
            if not words.free(first, last) or words.word(first) in self._signs.filler:
                continue
            key = words.key(first, last)
            if gazetteer.place_in(key, span.state):
                return Span(first, last, "PLACE")
            if span.state in self._directory.states and self._names.corrected(key, span.state):
                return Span(first, last, "TYPO")
        for first in range(last - LONGEST_NAME + 1, last + 1):
            name = Span(first, last, "PLACE")
            if not words.free(first, last) or any(
                words.word(i) in self._signs.filler | self._signs.regions
                for i in range(first, last + 1)
            ):
                continue
            if words.before(name)[1] in self._signs.inside and words.capitalised(name):
                return name
            if first == last and self._names.known(words.key(first, last)):
                return name
        return None

    def _rest_before(self, words: Text, span: Span) -> Span | None:
        """The name before a state that is all there is beside filler, if it may be a city's."""
        rest = self._rest(words)
        if not rest or words.word(rest[-1] + 1) not in {",", words.word(span.first)}:
            return None
        key = words.key(rest[0], rest[-1])
        if key in self._names.ordinary or rest[-1] >= span.first:
            return None
        if gazetteer.places_named(key):
            return Span(rest[0], rest[-1], "PLACE")
        unknown = not self._names.is_english(key)
        return Span(rest[0], rest[-1], "GUESS") if unknown or self._directory.like(key) else None

    def _rest(self, words: Text) -> list[int]:
        """The tokens that are neither candidates nor filler, if they can be one name."""
        rest = [i for i in words.outside() if words.word(i) not in self._signs.filler | MARKS]
        fits = rest and rest[-1] - rest[0] < LONGEST_NAME and words.free(rest[0], rest[-1])
        return rest if fits and words.word(rest[-1] + 1) not in self._signs.institutions else []

    def _find_unlisted(self, words: Text, asked: bool) -> None:
        """Find cities elsewhere, and mistyped names, where a place is to be expected."""
        signs = self._signs.locatives if asked else self._signs.inside
        for index in range(len(words.tokens)):
            if words.word(index) in signs:
                start = index + 2 if words.word(index + 1) == "the" else index + 1
                for last in range(start + LONGEST_NAME - 1, start - 1, -1):
                    if words.free(start, last) and self._expected(words, start, last, asked):
                        break
        if not (rest := self._rest(words)):
            return
        first, last = rest[0], rest[-1]
        key = words.key(first, last)
        wide = self._widest(words, Span(first, last, "PLACE"))
        if wide and words.free(wide.first, wide.last):
            words.add(wide)
        elif self._typos.swallow(words, first, last):
            return
        elif self._names.known(key):
            words.add(Span(first, last, "PLACE"))
        elif state := self._directory.correct_state(key):
            words.add(Span(first, last, "STATE", state, "state", state))
        elif self._names.corrected(key):
            words.add(Span(first, last, "TYPO"))
        elif first == last and key.isdigit() and self._odd_zip(words, key, asked):
            words.add(Span(first, last, "ZIP"))
        elif self._names.guessed(key, asked):
            words.add(Span(first, last, "GUESS"))

    @staticmethod
    def _odd_zip(words: Text, digits: str, asked: bool) -> bool:
        """Whether digits that are no ZIP code were meant for one."""
        named = words.has(frozenset(["zip", "zipcode"]))
        return len(digits) in (range(1, 9) if named else range(3 if asked else 4, 7))

    def _expected(self, words: Text, first: int, last: int, asked: bool) -> bool:
        """Take the tokens after a locative for a place if they can be one."""
        span = Span(first, last, "PLACE")
        key = words.key(first, last)
        if (
            words.word(last + 1) in self._signs.institutions
            or words.word(first) in self._signs.filler
        ):
            return False
        if (asked or words.capitalised(span)) and self._names.known(key):
            words.add(span)
        elif state := self._directory.correct_state(key):
            words.add(Span(first, last, "STATE", state, "state", state))
        elif self._names.corrected(key):
            words.add(Span(first, last, "TYPO"))
        else:
            return False
        return True

    def name(self, words: Text, span: Span, state: str | None = None) -> None:
        """Make a candidate a city, under the directory's or the gazetteer's spelling."""
        key = words.key(span.first, span.last)
        span.kind = "city"
        if span.label == "TYPO":
            key = self._directory.correct(key, state) or key
        listed = self._directory.find_in(key, state) if state else None
        found = (listed,) if listed else () if state else self._directory.find(key)
        names = [city.name for city in found]
        here = gazetteer.place_in(key, state) if state else None
        places = [here] if here else gazetteer.places_named(key)[:1]
        known = [*names, *(place.name for place in places)]
        span.value = known[0] if known else words.raw(span.first, span.last)
