"""Spelling: words that nobody uses, brought to the ones they were meant to be.

The sentence encoder is weak on misspellings, and the words that matter most here (occupational,
therapist, referral) are the ones people misspell most. A word that stands whole in the encoder's
vocabulary is common English and left alone. Any other is replaced by the word of Otto's own field
that it most resembles, if it resembles one closely and the first letters agree.
"""

import re
from collections import Counter
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?", re.IGNORECASE)
# A word that this many training examples use belongs to Otto's field.
ENOUGH = 4
# Shorter words have too many neighbours; in longer ones a second slip is forgiven.
SHORTEST = 5
LONG = 10

# Text-message spellings with one meaning; "4" and "2" have several and are left alone.
SHORTHAND = {
    "abt": "about", "appt": "appointment", "appts": "appointments", "bc": "because",
    "btwn": "between", "cuz": "because", "diff": "different", "dont": "don't",
    "hrs": "hours", "idk": "i don't know", "mins": "minutes", "pls": "please", "plz": "please",
    "ppl": "people", "r": "are", "thru": "through", "thx": "thanks", "u": "you", "ur": "your",
    "w": "with", "wat": "what", "wats": "what's", "whats": "what's", "wen": "when", "wut": "what",
    "wk": "week", "yr": "year", "yrs": "years",
}  # fmt: skip


class Speller:
    """Corrects words to those of a field."""

    def __init__(self, field: Iterable[str], common: Iterable[str]) -> None:
        """Correct to the words of `field`; leave those and the `common` ones as they are."""
        self.field = sorted(set(field))
        self._known = frozenset(common).union(self.field)
        self._by_letter: dict[str, list[str]] = {}
        for word in self.field:
            if len(word) >= SHORTEST:
                self._by_letter.setdefault(word[0], []).append(word)

    @classmethod
    def learn(
        cls, examples: Iterable[str], answers: Iterable[str], common: frozenset[str]
    ) -> "Speller":
        """Take the field's words from the training examples, which misspell, and the answers."""
        counts = Counter(word for text in examples for word in set(_words(text)))
        written = {word for text in answers for word in _words(text)}
        used = {word for word, count in counts.items() if count >= ENOUGH}
        return cls((used & common) | written, common)

    def correct(self, text: str) -> str:
        """The text with its unknown words replaced where the meant word is clear."""
        return WORD.sub(lambda match: self._correct(match[0]), text)

    def _correct(self, word: str) -> str:
        lower = word.lower()
        if (len(word) > 1 or word == lower) and (meant := SHORTHAND.get(lower)):
            return meant
        if lower.split("'")[0] in self._known or len(lower) < SHORTEST:
            return word
        slips = 1 if len(lower) < LONG else 2
        near = process.extract(
            lower,
            self._by_letter.get(lower[0], []),
            scorer=OSA.distance,
            score_cutoff=slips,
            limit=2,
        )
        if not near or (len(near) > 1 and near[0][1] == near[1][1]):
            return word
        return str(near[0][0])


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]
