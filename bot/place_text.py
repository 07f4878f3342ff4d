"""A visitor's text as tokens, with the candidates for places that were found in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import OSA

from bot.gazetteer import fold, name_words

Kind = Literal["city", "state", "zip", "region"]

TOKEN = re.compile(r"[^\W_]+|[,()/&]|[?!;:\n]")
MARK = {**dict.fromkeys(",()/", ","), "&": "and"}
_SLIPS = 3
MARKS = frozenset([",", "|"])


@dataclass(frozen=True)
class Token:
    """A word or a mark: what names are compared by, as it was written, and where it stands."""

    word: str
    text: str
    start: int
    end: int


@dataclass
class Span:
    """Tokens `first` to `last` as a candidate; `state` is what they name if they name a state."""

    first: int
    last: int
    label: str
    state: str = ""
    kind: Kind | None = None
    value: str = ""


class Text:
    """A visitor's text as tokens, with the candidates that were found in it."""

    def __init__(self, text: str) -> None:
        """Cut the text into tokens; marks become a comma or a bar."""
        self._text = text
        self.tokens: list[Token] = []
        self.spans: list[Span] = []
        for match in TOKEN.finditer(fold(text)):
            start, end = match.span()
            mark = MARK.get(match[0], "|")
            word = "".join(name_words(match[0])) if match[0].isalnum() else mark
            if len(word) > len("town") and OSA.distance(word, "township") < _SLIPS:
                word = "twp"
            if word:
                self.tokens.append(Token(word, text[start:end], start, end))
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

    def spelled(self, span: Span) -> bool:
        """Whether single letters are written as initials: L.A. and not the end of `vitamin A C`."""
        first, last = self.tokens[span.first], self.tokens[span.last]
        return "." in self._text[first.start : last.end]

    def has(self, words: frozenset[str]) -> bool:
        """Whether any of the words stands outside the candidates."""
        return any(self.tokens[i].word in words for i in self.outside())

    def outside(self) -> list[int]:
        """The tokens that belong to no candidate."""
        inside = {i for span in self.spans for i in range(span.first, span.last + 1)}
        return [i for i in range(len(self.tokens)) if i not in inside]

    def alone(self, filler: frozenset[str]) -> bool:
        """Whether there is nothing but candidates and filler."""
        return all(self.word(i) in filler | MARKS for i in self.outside())

    def free(self, first: int, last: int) -> bool:
        """Whether the tokens stand in the text, hold no mark and overlap no candidate."""
        return (
            first >= 0
            and last < len(self.tokens)
            and not any(self.word(i) in MARKS for i in range(first, last + 1))
            and not any(span.first <= last and first <= span.last for span in self.spans)
        )

    def capitalised(self, span: Span) -> bool:
        """Whether the name is written like one (which tells nothing in a shouted text)."""
        texts = [token.text for token in self.tokens[span.first : span.last + 1]]
        return not self.shouted and all(text[0].isupper() or len(text) < 3 for text in texts)

    def before(self, span: Span) -> tuple[str, str]:
        """The two words before a candidate, the nearer one last; articles do not count."""
        index = span.first - 1
        while self.word(index) in {"the", "downtown"}:
            index -= 1
        return self.word(index - 1), self.word(index)

    def neighbour(self, span: Span, step: Literal[-1, 1]) -> Span | None:
        """The candidate right before (-1) or after (1), with at most a comma or `in` between."""
        index = span.first - 1 if step < 0 else span.last + 1
        if self.word(index) in {",", "in"}:
            index += step
        return next((s for s in self.spans if s.first <= index <= s.last and s is not span), None)

    def add(self, span: Span) -> Span:
        """Add a candidate in its place."""
        self.spans.append(span)
        self.spans.sort(key=lambda s: s.first)
        return span

    def overlapped(self, span: Span) -> list[Span]:
        """The candidates that share a token with this one."""
        return [s for s in self.spans if s.first <= span.last and span.first <= s.last]

    def replace(self, span: Span) -> None:
        """Put a candidate in the place of those that it overlaps."""
        gone = self.overlapped(span)
        self.spans = [s for s in self.spans if s not in gone]
        self.add(span)
