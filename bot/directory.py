"""The directory of listed cities: which names it knows, what is near, what lies in a region.

A name is found as its exact self first, then as an alias, then as a typing error, and never as a
shorter name that it happens to contain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from bot import gazetteer
from bot.gazetteer import place_key

EARTH_RADIUS_MILES = 3958.8
NEAREST = 3
DIRECTIONS = (
    "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest",
)  # fmt: skip
MOST_CHOICES = 5

LIKE_RATIO = 75.0
"""From here a listed name is worth offering for one that nobody knows."""
TYPO_RATIO = 88.0
"""From here it is a typing error, unless a place bears that name."""

_TYPO_LENGTH = 6
_STATE_TYPO_RATIO = 85.0
_TYPO_GAP = 4.0
# How much less alike two names with swapped letters look to rapidfuzz's ratio.
_SWAPPED = 10.0
_SUFFIXES = ("twp", "village", "town", "hamlet")
_POINTS = {"north": "n", "south": "s", "east": "e", "west": "w"}


@dataclass(frozen=True)
class Listing:
    """One provider in a city, as far as the clinic's own directory tells; empty where it does not.

    `url` begins with https:// or http://.
    """

    name: str = ""
    address: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True)
class City:
    """A listed city, spelled as in the directory; its state in full, its point in degrees."""

    name: str
    state: str
    latitude: float
    longitude: float
    listings: tuple[Listing, ...] = ()

    @cached_property
    def key(self) -> str:
        """What its name is compared by; see `gazetteer.place_key`."""
        return place_key(self.name)


@dataclass(frozen=True)
class Neighbour:
    """A listed city, its distance in miles as the crow flies, and where it lies.

    `bearing` is in degrees, from -180 to 180: 0 is north, 90 is east.
    """

    city: City
    miles: float
    bearing: float

    @property
    def direction(self) -> str:
        """The bearing in a word, such as northeast."""
        return DIRECTIONS[round(self.bearing / 45) % 8]


@dataclass(frozen=True)
class Region:
    """A part of a state that people have a name for, as the counties it consists of."""

    name: str
    state: str
    counties: frozenset[str]


class Directory:
    """The listed cities, the names people have for them, and the regions they lie in."""

    def __init__(
        self,
        cities: Iterable[City],
        aliases: Mapping[str, tuple[City, ...]] | None = None,
        regions: Sequence[Region] = (),
    ) -> None:
        """Index the cities; `aliases` maps further names to the cities they stand for."""
        self._cities: dict[str, dict[str, City]] = defaultdict(dict)
        self._exact: dict[str, list[City]] = defaultdict(list)
        self._aliases: dict[str, list[City]] = defaultdict(list)
        for city in cities:
            self._cities[city.state][city.key] = city
            self._exact[city.key].append(city)
        named = [(alias, city) for alias, found in (aliases or {}).items() for city in found]
        for alias, city in [*named, *self._other_spellings()]:
            key = place_key(alias)
            if key not in self._cities[city.state] and city not in self._aliases[key]:
                self._aliases[key].append(city)
        self._states = tuple(sorted(self._cities))
        # Hardly anyone mistypes a first letter, so names are compared with those of the same one.
        self._spellings: dict[tuple[str | None, str], dict[str, str]] = defaultdict(dict)
        for key, found in [*self._aliases.items(), *self._exact.items()]:
            for city in found:
                for scope in (None, city.state):
                    self._spellings[scope, key[0]][key] = city.name
        self._all = [city for state in self._states for city in self._cities[state].values()]
        self._vectors = _unit_vectors([(city.latitude, city.longitude) for city in self._all])
        self._regions: dict[str, list[Region]] = defaultdict(list)
        for region in regions:
            self._regions[place_key(region.name)].append(region)

    @property
    def states(self) -> tuple[str, ...]:
        """The states that the directory covers, in alphabetical order."""
        return self._states

    @property
    def names(self) -> tuple[str, ...]:
        """The keys (see `gazetteer.place_key`) of every name and alias that `find` knows."""
        return tuple({*self._exact, *self._aliases})

    @cached_property
    def region_names(self) -> tuple[str, ...]:
        """The keys of every region and county that `regions` knows."""
        counties = {place_key(county) for county, _ in self._by_county}
        return tuple({*(key for key in self._regions if self.regions(key)), *counties})

    def cities(self, state: str) -> tuple[City, ...]:
        """The listed cities of a state (full name), as ordered in the file; empty if none is."""
        return tuple(self._cities[state].values()) if state in self._states else ()

    def find(self, name: str) -> tuple[City, ...]:
        """The listed cities of that name, in any state; if none is, those that are so called."""
        key = place_key(name)
        return tuple(self._exact.get(key) or self._aliases.get(key) or ())

    def find_in(self, name: str, state: str) -> City | None:
        """The listed city of that name, or so called, in the state (full name)."""
        key = place_key(name)
        exact = self._cities[state].get(key) if state in self._states else None
        called = [city for city in self._aliases.get(key, ()) if city.state == state]
        return exact or (called[0] if len(called) == 1 else None)

    def correct(self, name: str, state: str | None = None) -> str | None:
        """The listed name that a mistyped one unmistakably stands for; None if there is none.

        A name that a real place bears (in the state, where one is given) is no typing error.
        """
        key = place_key(name)
        if len(key) < _TYPO_LENGTH or key in self._spellings[None, key[0]]:
            return None
        if gazetteer.place_in(key, state) if state else gazetteer.places_named(key):
            return None
        names = self._spellings if state else self._spellings_everywhere
        return _closest(key, names.get((state, key[0]), {}), TYPO_RATIO) or None

    def correct_state(self, name: str) -> str | None:
        """The covered state that a mistyped name unmistakably stands for; None if there is none."""
        key = place_key(name)
        if len(key) < _TYPO_LENGTH:
            return None
        keys = {place_key(state): state for state in self._states if place_key(state)[0] == key[0]}
        return _closest(key, keys, _STATE_TYPO_RATIO)

    def like(
        self, name: str, state: str | None = None, ratio: float = LIKE_RATIO
    ) -> tuple[City, ...]:
        """At most five listed cities that a name may have been meant for, the likeliest first.

        Those that it begins (Newport for Newport Beach), and those spelled as much like it as
        `ratio` says (0 to 100).
        """
        key = place_key(name)
        if len(key) < len("abcd"):
            return ()
        names = self._spellings.get((state, key[0]), {})
        close = [names[match] for match, _ in _close(key, names, ratio)]
        return self._called([*self._longer(key, names), *close], state)

    def longer(self, name: str, state: str | None = None) -> tuple[City, ...]:
        """At most five listed cities whose names go on where this one ends."""
        key = place_key(name)
        return self._called(self._longer(key, self._spellings.get((state, key[0]), {})), state)

    @cached_property
    def _spellings_everywhere(self) -> dict[tuple[str | None, str], dict[str, str]]:
        """The listed names of all states by letter, among those of other well-known places.

        Chicgo is Chicago, which is not listed, rather than Chico, which is.
        """
        return {
            (state, letter): dict.fromkeys(gazetteer.well_known(letter), "") | names
            for (state, letter), names in self._spellings.items()
            if state is None
        }

    @staticmethod
    def _longer(key: str, names: Mapping[str, str]) -> list[str]:
        return [names[other] for other in sorted(names) if other.startswith(f"{key} ")]

    def _called(self, names: Iterable[str], state: str | None) -> tuple[City, ...]:
        """The first five cities of these names, each once."""
        found = [c for name in names for c in self.find(name) if state in (None, c.state)]
        return tuple(dict.fromkeys(found))[:MOST_CHOICES]

    def nearest(
        self, latitude: float, longitude: float, count: int = NEAREST
    ) -> tuple[Neighbour, ...]:
        """The `count` listed cities nearest to a point in degrees, the nearest first."""
        cosines = self._vectors @ _unit_vectors([(latitude, longitude)])[0]
        few = np.argpartition(-cosines, min(count, len(cosines) - 1))[: count + 1]
        found = [neighbour(latitude, longitude, self._all[i]) for i in few]
        return tuple(sorted(found, key=lambda n: (n.miles, n.city.name))[:count])

    def regions(self, name: str, state: str | None = None) -> tuple[Region, ...]:
        """The regions or counties of that name that have a listed city, in the state if given."""
        key = place_key(name)
        counties = [
            Region(county, home, frozenset([county]))
            for county, home in self._by_county
            if place_key(county) == key
        ]
        found = [*self._regions.get(key, ()), *counties]
        return tuple(r for r in found if state in (None, r.state) and self.within(r))

    def within(self, region: Region) -> tuple[City, ...]:
        """The listed cities of a region, in alphabetical order."""
        found = [
            city
            for county in region.counties
            for city in self._by_county.get((county, region.state), ())
        ]
        return tuple(sorted(found, key=lambda city: city.name))

    @cached_property
    def _by_county(self) -> dict[tuple[str, str], list[City]]:
        """The listed cities by county and state; one nobody knows lies where its neighbour does."""
        called: dict[City, list[str]] = defaultdict(list)
        for key, cities in self._aliases.items():
            for city in cities:
                called[city].append(key)
        places = [self._place(city, called[city]) for city in self._all]
        found: dict[tuple[str, str], list[City]] = defaultdict(list)
        for i, city in enumerate(self._all):
            near = places[i] or self._neighbour_of(i, places)
            if near is not None and near.county:
                found[near.county, city.state].append(city)
        return found

    def _neighbour_of(
        self, i: int, places: Sequence[gazetteer.Place | None]
    ) -> gazetteer.Place | None:
        """The nearest known place of the same state."""
        state = self._all[i].state
        alike = [
            place is not None and city.state == state
            for place, city in zip(places, self._all, strict=True)
        ]
        nearest = int(np.argmax(np.where(alike, self._vectors @ self._vectors[i], -1)))
        return places[nearest] if any(alike) else None

    @staticmethod
    def _place(city: City, names: Iterable[str]) -> gazetteer.Place | None:
        """The place that a listed city is, by its name or by what else it is called."""
        places = (gazetteer.place_in(name, city.state) for name in (city.name, *names))
        return next((place for place in places if place), None)

    def _other_spellings(self) -> Iterator[tuple[str, City]]:
        """Names that follow from a listed one by rule; those of another listed city are dropped."""
        for state in self._cities:
            for key, city in list(self._cities[state].items()):
                first, *rest = key.split()
                if rest and rest[-1] in _SUFFIXES:
                    yield " ".join([first, *rest[:-1]]), city
                    yield f"{rest[-1]} of {' '.join([first, *rest[:-1]])}", city
                if key.startswith("city of "):
                    yield key.removeprefix("city of "), city
                if rest and first in _POINTS:
                    yield " ".join([_POINTS[first], *rest]), city
                if set(city.name) & set("-'"):
                    yield key.replace(" ", ""), city
                    yield city.name.replace("'", ""), city


def neighbour(latitude: float, longitude: float, city: City) -> Neighbour:
    """A city as seen from a point in degrees: the great circle's length, and its first bearing.

    Raises nothing; the two formulas are the haversine and the usual one for the initial bearing
    (Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984).
    """
    north, east = np.radians(latitude), np.radians(longitude)
    north2, east2 = np.radians(city.latitude), np.radians(city.longitude)
    haversine = (
        np.sin((north2 - north) / 2) ** 2
        + np.cos(north) * np.cos(north2) * np.sin((east2 - east) / 2) ** 2
    )
    bearing = np.degrees(
        np.arctan2(
            np.sin(east2 - east) * np.cos(north2),
            np.cos(north) * np.sin(north2) - np.sin(north) * np.cos(north2) * np.cos(east2 - east),
        )
    )
    return Neighbour(
        city,
        miles=float(2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(haversine))),
        bearing=float(bearing),
    )


def _unit_vectors(points: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    """Points in degrees, shape (n, 2), as vectors of length 1, shape (n, 3)."""
    north, east = np.radians(np.array(points, dtype=float).reshape(-1, 2)).T
    return np.stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1
    )


def _close(key: str, names: Iterable[str], ratio: float) -> list[tuple[str, float]]:
    """The names at least as similar to a key as `ratio` (0 to 100), the most similar first.

    Two neighbouring letters swapped are one error (optimal string alignment distance).
    """
    rough = process.extract(
        key, list(names), scorer=fuzz.ratio, score_cutoff=ratio - _SWAPPED, limit=None
    )
    scored = [
        (name, max(score, 100 * OSA.normalized_similarity(key, name))) for name, score, _ in rough
    ]
    return sorted((s for s in scored if s[1] >= ratio), key=lambda s: (-s[1], s[0]))


def _closest(key: str, names: Mapping[str, str], ratio: float) -> str | None:
    """The name whose key is as similar as `ratio` (0 to 100), and clearly more so than others."""
    matches = _close(key, names, ratio)[:2]
    close = {names[match]: score for match, score in reversed(matches)}
    if not close or (len(close) > 1 and matches[0][1] - matches[1][1] < _TYPO_GAP):
        return None
    return names[matches[0][0]]
