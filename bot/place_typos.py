"""Mistyped names of several words, which may hold another listed name: Chla Vista, Nwe York."""

from __future__ import annotations

from bot import gazetteer
from bot.place_names import Names
from bot.place_text import MARKS, Span, Text

LONGEST_NAME = 4
INNER = frozenset(["of", "the", "by"])
"""Filler that stands inside names: King of Prussia."""


class Typos:
    """Finds mistyped names before anything shorter inside them is taken for a place."""

    def __init__(self, names: Names) -> None:
        """Judge names by `names`."""
        self._names = names
        self._directory = names.directory
        self._filler = names.signs.filler
        self._loose = self._filler - names.signs.regions - {"city", "town"} | MARKS

    def find(self, words: Text, asked: bool) -> None:
        """Let a mistyped name of several words win over a listed one inside it: Chla Vista."""
        each = [words.word(i) for i in range(len(words.tokens))]
        outer = [word in self._loose for word in each]
        inner = [word in self._loose and word not in INNER for word in each]
        for length in range(LONGEST_NAME, 1, -1):
            for first in range(len(each) - length + 1):
                last = first + length - 1
                if outer[first] or outer[last] or any(inner[first + 1 : last]):
                    continue
                span = Span(first, last, "TYPO")
                if not self._may_be_mistyped(words, span, asked):
                    continue
                key = words.key(span.first, span.last)
                state = self._state_after(words, span.last)
                if not self._directory.correct(key, state):
                    like = [] if gazetteer.places_named(key) else self._names.like(key, state)
                    if not like:
                        continue
                    inside = [words.key(s.first, s.last) for s in words.overlapped(span)]
                    found = [city.name for inner in inside for city in self._directory.find(inner)]
                    if like[0] in found:
                        continue
                    span.label = "GUESS"
                words.replace(span)

    def _may_be_mistyped(self, words: Text, span: Span, asked: bool) -> bool:
        """Whether tokens hold a word that belongs to no listed name and may be part of one."""
        tokens = range(span.first, span.last + 1)
        touched = words.overlapped(span)
        cities = [s for s in touched if s.label in {"CITY", "REGION"}]
        if any(s.label not in {"CITY", "REGION", "CODE"} for s in touched) or any(
            s.first <= span.first and span.last <= s.last for s in cities
        ):
            return False
        # A state's abbreviation after a listed city is one; before a state it is a slip.
        state = self._state_after(words, span.last)
        known = {i for s in cities for i in range(s.first, s.last + 1)}
        if cities and not state:
            known |= {i for s in touched for i in range(s.first, s.last + 1)}
        rest = [i for i in tokens if i not in known and words.word(i) not in self._filler]
        around = [i for i in words.outside() if i not in tokens]
        alone = all(words.word(i) in self._filler | MARKS for i in around)
        expected = asked or alone or state is not None
        return any(expected or words.word(i) not in self._names.common for i in rest)

    def _state_after(self, words: Text, last: int) -> str | None:
        """The covered state named right after a token."""
        after = last + (2 if words.word(last + 1) == "," else 1)
        state = next((s.state for s in words.spans if s.first == after and s.state), None)
        return state if state in self._directory.states else None

    def swallow(self, words: Text, first: int, last: int) -> bool:
        """Join the rest with the name beside it where the two are a mistyped one: Nwe York."""
        beside = [s for s in words.spans if first == s.last + 1 or last == s.first - 1]
        for span in beside:
            whole = Span(min(first, span.first), max(last, span.last), "TYPO")
            key = words.key(whole.first, whole.last)
            if state := self._directory.correct_state(key):
                whole = Span(whole.first, whole.last, "STATE", state, "state", state)
            elif span.kind or not self._names.corrected(key):
                continue
            words.spans.remove(span)
            words.add(whole)
            return True
        return False
