"""The words around a name that tell whether it is a place; data/place_signs.yml has them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import yaml

from bot.paths import DATA

Words = frozenset[str]


@dataclass(frozen=True)
class Signs:
    """The lists of data/place_signs.yml, whose comments say what each is for."""

    locatives: Words
    strong_locatives: Words
    living: Words
    finding: Words
    correcting: Words
    about_people: Words
    regions: Words
    filler: Words
    plurals: Words
    institutions: Words
    short_words: Words
    endings: Words
    takes_back: Words
    joining: Words
    middle: Words
    offering: Words
    inside: Words
    ruling_out: frozenset[str]

    @classmethod
    def load(cls, path: Path = DATA / "place_signs.yml") -> Signs:
        """The lists in `path`; what finds or offers somebody includes words of the other lists."""
        lists = yaml.safe_load(path.read_text(encoding="utf-8"))
        ruling_out = frozenset(lists.pop("ruling_out"))
        words = {name: frozenset(listed.split()) for name, listed in lists.items()}
        words["inside"] = words.pop("in")
        words["offering"] |= words["finding"]
        words["filler"] |= words["locatives"] | words["living"] | words["offering"]
        words["filler"] |= words["regions"] | words["middle"]
        return cls(
            ruling_out=ruling_out, **{f.name: words[f.name] for f in fields(cls) if f.name in words}
        )
