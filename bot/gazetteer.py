"""Places of the United States, out of the `zipcodes` package: states, cities and ZIP codes."""

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache

import zipcodes

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia",
    "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois",
    "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
    "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
    "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
    "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
"""The fifty states and the District of Columbia by postal code."""

_TRADITIONAL = {
    "Ala": "AL", "Ariz": "AZ", "Ark": "AR", "Cal": "CA", "Cali": "CA", "Calif": "CA",
    "Colo": "CO", "Conn": "CT", "Del": "DE", "Fla": "FL", "Flor": "FL", "Ill": "IL", "Ind": "IN",
    "Kan": "KS", "Kans": "KS", "Mass": "MA", "Mich": "MI", "Minn": "MN", "Miss": "MS",
    "Mont": "MT", "Neb": "NE", "Nebr": "NE", "Nev": "NV", "N Jersey": "NJ", "Jersey": "NJ",
    "N Mex": "NM", "N Car": "NC", "N Dak": "ND", "Okla": "OK", "Ore": "OR", "Penn": "PA",
    "Penna": "PA", "S Car": "SC", "S Dak": "SD", "Tenn": "TN", "Tex": "TX", "Wash": "WA",
    "W Va": "WV", "Wis": "WI", "Wisc": "WI", "Wyo": "WY",
}  # fmt: skip

_SPELLINGS = {
    "saint": "st", "mount": "mt", "fort": "ft", "township": "twp", "hts": "heights",
    "spgs": "springs", "bch": "beach",
}  # fmt: skip

_NICKNAMES = {
    "vegas": "las vegas", "nola": "new orleans", "okc": "oklahoma city", "indy": "indianapolis",
    "slc": "salt lake city", "chi town": "chicago",
}  # fmt: skip

_WORD = re.compile(r"[a-z0-9]+")

WELL_KNOWN = 12
"""From this weight (see `Place`) a city far away is known by one word without a state."""


@dataclass(frozen=True, slots=True)
class Place:
    """A city of one state, at the mean point (degrees) of its own ZIP codes.

    `weight` says how well known the name is there: two for each ZIP code that bears it and one
    for each ZIP code whose mail it may also be written on. `county` is where most of them lie, as
    the Census names it: `Bucks County`, `Orleans Parish`.
    """

    name: str
    state: str
    latitude: float
    longitude: float
    weight: int
    county: str = ""


@dataclass(frozen=True)
class ZipCode:
    """A ZIP code, its state in full, and its city names, the post office's own first."""

    code: str
    state: str
    cities: tuple[str, ...]


def fold(text: str) -> str:
    """The text in lower case and without accents, of the same length, so that offsets still fit."""
    if text.isascii():
        return text.lower()
    return "".join(unicodedata.normalize("NFD", char)[0].lower()[0] for char in text)


def name_words(folded: str) -> list[str]:
    """The words of a folded name, in the one spelling under which names are compared."""
    return [_SPELLINGS.get(word, word) for word in _WORD.findall(folded)]


def place_key(name: str) -> str:
    """What a name is compared by: `St. Augustine` and `saint augustine` have the same key."""
    return " ".join(name_words(fold(name)))


STATE_KEYS = {place_key(name): name for name in STATES.values()}
"""States by the key of their full name."""

ABBREVIATION_KEYS = {
    **{place_key(short): STATES[code] for short, code in _TRADITIONAL.items()},
    **{" ".join(code.lower()): name for code, name in STATES.items()},
    **{code.lower(): name for code, name in STATES.items()},
}
"""States by the key of a shorter form: `ca`, `n j` (for N.J.), `penna`."""


def state_name(text: str) -> str | None:
    """The full name of the state that the text spells or abbreviates; None if it is no state."""
    key = place_key(text)
    return STATE_KEYS.get(key) or ABBREVIATION_KEYS.get(key)


@cache
def _places() -> dict[str, tuple[Place, ...]]:
    """All places by key, the best known first. Read in small parts: the whole list is 140 MB."""
    weights: dict[tuple[str, str], int] = {}
    points: dict[tuple[str, str], dict[tuple[int, bool], list[complex]]] = {}
    counties: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for prefix in range(100):
        for entry in zipcodes.similar_to(f"{prefix:02d}"):  # type: ignore[no-untyped-call]
            point = complex(float(entry["lat"]), float(entry["long"]))
            if entry["state"] not in STATES or not entry["active"] or not point:
                continue  # some post-office boxes have no point
            for name, weight in [(entry["city"], 2), *((n, 1) for n in entry["acceptable_cities"])]:
                place = (name, entry["state"])
                weights[place] = weights.get(place, 0) + weight
                # Where it has ZIP codes of its own, neighbours' and post-office boxes do not count.
                kind = (weight, entry["zip_code_type"] == "STANDARD")
                points.setdefault(place, {}).setdefault(kind, []).append(point)
                counties[place][entry["county"]] += weight
    found: dict[str, list[Place]] = defaultdict(list)
    for (name, code), weight in weights.items():
        own = points.pop((name, code))
        nearest = own[max(own)]
        mean = sum(nearest) / len(nearest)
        ((county, _),) = counties.pop((name, code)).most_common(1)
        found[place_key(name)].append(
            Place(name, STATES[code], mean.real, mean.imag, weight, county)
        )
    return {
        key: tuple(sorted(places, key=lambda p: (-p.weight, p.state, p.name)))
        for key, places in found.items()
    }


def names() -> tuple[str, ...]:
    """The keys of all places."""
    return tuple(_places())


@cache
def well_known(letter: str) -> tuple[str, ...]:
    """The keys of the places with that first letter that are known far away."""
    return tuple(
        key
        for key, places in _places().items()
        if key[0] == letter and places[0].weight >= WELL_KNOWN
    )


def places_named(name: str) -> tuple[Place, ...]:
    """The places of that name, the best known first; empty if there is none."""
    key = place_key(name)
    return _places().get(_NICKNAMES.get(key, key), ())


def place_in(name: str, state: str) -> Place | None:
    """The place of that name in the state (full name); None if the state has none."""
    return next((place for place in places_named(name) if place.state == state), None)


def zip_code(code: str) -> ZipCode | None:
    """What is known of a five-digit ZIP code; None if it is malformed, unknown or in no state."""
    if not re.fullmatch(r"[0-9]{5}", code):
        return None
    for entry in zipcodes.matching(code):  # type: ignore[no-untyped-call]
        state = STATES.get(entry["state"])
        if state is not None:
            return ZipCode(code, state, (entry["city"], *entry["acceptable_cities"]))
    return None
