"""What a name may be on its own: a place elsewhere, a typing error, or worth asking about."""

from __future__ import annotations

from bot import gazetteer
from bot.directory import TYPO_RATIO, Directory
from bot.gazetteer import place_key
from bot.place_signs import Signs

_LIKE = 85.0
"""How much like a listed name (0 to 100) several words must be to be asked about."""


class Names:
    """Judges names, given as keys (see `gazetteer.place_key`), beside those of the directory."""

    def __init__(
        self,
        directory: Directory,
        signs: Signs,
        ordinary: frozenset[str],
        common: frozenset[str],
    ) -> None:
        """Judge by the names of the directory.

        `ordinary` are the keys of names that are words too, `common` the words of common English.
        """
        self.directory = directory
        self.signs = signs
        self.ordinary = ordinary
        self.common = common

    def is_english(self, key: str) -> bool:
        """Whether all its words are common English."""
        return self.common.issuperset(key.split())

    def known(self, key: str) -> bool:
        """Whether a name elsewhere is a place's without a state beside it."""
        places = gazetteer.places_named(key)
        if not places or key in self.ordinary:
            return False
        covered = [place.state in self.directory.states for place in places]
        near = any(covered) if " " in key else covered[0]
        name = " " in key and not self.is_english(key)
        return name or near or places[0].weight >= gazetteer.WELL_KNOWN

    def corrected(self, key: str, state: str | None = None) -> str | None:
        """The listed name that was mistyped, unless that name is an ordinary word too."""
        if any(word in self.signs.filler for word in key.split()) or key in self.ordinary:
            return None
        name = self.directory.correct(key, state)
        return None if name is None or place_key(name) in self.ordinary else name

    def guessed(self, key: str, asked: bool) -> bool:
        """Whether a name that is not listed is worth asking about: mimai for Miami."""
        if key in self.ordinary:
            return False
        if not asked:
            near = self.directory.like(key, ratio=TYPO_RATIO)
            return bool(gazetteer.places_named(key) and near) and not self.is_english(key)
        if self.is_english(key):
            return bool(self.directory.longer(key))
        return bool(self.directory.like(key))

    def like(self, key: str, state: str | None) -> list[str]:
        """The listed names of several words that are much like the key."""
        return [c.name for c in self.directory.like(key, state, _LIKE) if " " in c.key]
