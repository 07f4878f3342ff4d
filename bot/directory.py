"""The directory of listed cities: which names it knows, how far they are, and what a place gets.

A name is looked up as its exact self first, then as an alias, then as a typing error, and never
as a shorter name that it happens to contain.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rapidfuzz import fuzz, process

from bot import gazetteer
from bot.errors import OttoError
from bot.gazetteer import place_key
from bot.paths import DATA

EARTH_RADIUS_MILES = 3958.8
NEARBY_MILES = 60.0
"""Within this distance a listed city is worth naming to somebody in a state not covered."""
NEAREST = 3

_TYPO_LENGTH = 6
_TYPO_RATIO = 88.0
_STATE_TYPO_RATIO = 85.0
_TYPO_GAP = 4.0
_SUFFIXES = ("twp", "village", "town", "hamlet")
_DIRECTIONS = {"north": "n", "south": "s", "east": "e", "west": "w"}

Kind = Literal[
    "listed", "which_state", "not_listed", "state", "state_not_covered", "unknown_place",
    "bad_zip", "which_place",
]  # fmt: skip


class DirectoryError(OttoError):
    """A data file is not as it must be; the message names the file, the line and what is wrong."""


@dataclass(frozen=True)
class City:
    """A listed city, spelled as in the directory; its state in full, its point in degrees."""

    name: str
    state: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Neighbour:
    """A listed city and its distance in miles, as the crow flies."""

    city: City
    miles: float


@dataclass(frozen=True)
class Lookup:
    """What the directory says about a place.

    `listed` is None where there was no place to look up. `ambiguous_states` are the states to
    choose from (kind which_state); `nearest` are listed cities near a place that is not listed;
    `count` is the number of listed cities (kind state).
    """

    kind: Kind
    city: str | None = None
    state: str | None = None
    listed: bool | None = False
    ambiguous_states: tuple[str, ...] = ()
    nearest: tuple[Neighbour, ...] = ()
    count: int = 0


class Directory:
    """The listed cities and the names people have for them."""

    def __init__(
        self, cities: Iterable[City], aliases: Mapping[str, tuple[City, ...]] | None = None
    ) -> None:
        """Index the cities; `aliases` maps further names to the cities they stand for."""
        self._cities: dict[str, dict[str, City]] = defaultdict(dict)
        self._exact: dict[str, list[City]] = defaultdict(list)
        self._aliases: dict[str, list[City]] = defaultdict(list)
        for city in cities:
            self._cities[city.state][place_key(city.name)] = city
            self._exact[place_key(city.name)].append(city)
        named = [(alias, city) for alias, found in (aliases or {}).items() for city in found]
        for alias, city in [*named, *self._other_spellings()]:
            key = place_key(alias)
            if key not in self._cities[city.state] and city not in self._aliases[key]:
                self._aliases[key].append(city)
        self._states = tuple(sorted(self._cities))
        self._spellings: dict[str | None, dict[str, str]] = {None: {}}
        for key, found in [*self._aliases.items(), *self._exact.items()]:
            for city in found:
                for scope in (None, city.state):
                    self._spellings.setdefault(scope, {})[key] = city.name

    @classmethod
    def load(
        cls,
        path: Path = DATA / "directory.csv",
        aliases_path: Path = DATA / "place_aliases.csv",
    ) -> "Directory":
        """The directory in two CSV files: its cities, and what else people call them.

        Raises:
            DirectoryError: a file cannot be read as such; the message names the line.
        """
        cities: dict[tuple[str, str], City] = {}
        for line, row in _rows(path, ("state", "city", "latitude", "longitude")):
            city = _city(f"{path.name} line {line}", row)
            if cities.setdefault((city.state, place_key(city.name)), city) is not city:
                raise DirectoryError(
                    f"{path.name} line {line}: {city.name}, {city.state} stands here twice"
                )
        if not cities:
            raise DirectoryError(f"{path.name}: holds no city")
        aliases: dict[str, tuple[City, ...]] = {}
        for line, row in _rows(aliases_path, ("alias", "city", "state")):
            meant = cities.get((row["state"], place_key(row["city"])))
            if meant is None:
                raise DirectoryError(
                    f"{aliases_path.name} line {line}: "
                    f"{row['city']}, {row['state']} is not in {path.name}"
                )
            aliases[row["alias"]] = (*aliases.get(row["alias"], ()), meant)
        return cls(cities.values(), aliases)

    @property
    def states(self) -> tuple[str, ...]:
        """The states that the directory covers, in alphabetical order."""
        return self._states

    @property
    def names(self) -> tuple[str, ...]:
        """The keys (see `gazetteer.place_key`) of every name and alias that `find` knows."""
        return tuple(self._spellings[None])

    def cities(self, state: str) -> tuple[City, ...]:
        """The listed cities of a state (full name), as ordered in the file; empty if none is."""
        return tuple(self._cities[state].values()) if state in self._states else ()

    def find(self, name: str) -> tuple[City, ...]:
        """The listed cities of that name, by state; an alias counts where no city is so named."""
        key = place_key(name)
        found = self._exact.get(key) or self._aliases.get(key) or []
        return tuple(sorted(found, key=lambda city: (city.state, city.name)))

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
        if len(key) < _TYPO_LENGTH or key in self._spellings[None]:
            return None
        if gazetteer.place_in(key, state) if state else gazetteer.places_named(key):
            return None
        return _closest(key, self._spellings.get(state, {}), _TYPO_RATIO)

    def correct_state(self, name: str) -> str | None:
        """The covered state that a mistyped name unmistakably stands for; None if there is none."""
        keys = {place_key(state): state for state in self._states}
        return _closest(place_key(name), keys, _STATE_TYPO_RATIO)

    def nearest(
        self, latitude: float, longitude: float, count: int = NEAREST, state: str | None = None
    ) -> tuple[Neighbour, ...]:
        """The `count` listed cities nearest to a point (degrees), of one state if it is named."""
        cities = (city for s in self._states if state in (None, s) for city in self.cities(s))
        found = [
            Neighbour(c, miles_between(latitude, longitude, c.latitude, c.longitude))
            for c in cities
        ]
        return tuple(sorted(found, key=lambda n: (n.miles, n.city.name))[:count])

    def lookup(self, city: str | None, state: str | None, zip_code: str | None = None) -> Lookup:
        """What the directory says about a place, in whatever spelling it was given.

        A city comes before a ZIP code, which then only tells the state if none is given.
        """
        city, state = (city or "").strip() or None, (state or "").strip() or None
        known = gazetteer.zip_code(zip_code.strip()) if zip_code else None
        if city is None and zip_code:
            return self._of_zip(known)
        if state is None and known:
            state = known.state
        if state is not None:
            full = gazetteer.state_name(state) or self.correct_state(state)
            if full is None:
                return Lookup("unknown_place", city=city)
            return self._of_city_and_state(city, full) if city else self._of_state(full)
        return self._of_city(city) if city else Lookup("which_place", listed=None)

    def _of_zip(self, known: gazetteer.ZipCode | None) -> Lookup:
        if known is None:
            return Lookup("bad_zip", listed=None)
        for name in known.cities:
            if listed := self.find_in(name, known.state):
                return _listed(listed)
        return self._unlisted(known.cities[0], known.state)

    def _of_state(self, state: str) -> Lookup:
        if state in self._states:
            return Lookup("state", state=state, listed=True, count=len(self._cities[state]))
        return Lookup("state_not_covered", state=state)

    def _of_city_and_state(self, city: str, state: str) -> Lookup:
        if listed := self.find_in(city, state):
            return _listed(listed)
        if state in self._states and (corrected := self.correct(city, state)):
            return _listed(self._cities[state][place_key(corrected)])
        return self._unlisted(city, state)

    def _of_city(self, city: str) -> Lookup:
        found = self.find(city) or self.find(self.correct(city) or "")
        if len(found) == 1:
            return _listed(found[0])
        if found:
            states = tuple(sorted({c.state for c in found}))
            if len(states) > 1:
                return Lookup("which_state", found[0].name, None, True, states)
        if state := gazetteer.state_name(city) or self.correct_state(city):
            return self._of_state(state)
        places = gazetteer.places_named(city)
        if not places:
            return Lookup("unknown_place", city=city)
        if places[0].state not in self._states:
            return Lookup("not_listed", city=places[0].name)
        return self._of_city_and_state(city, places[0].state)

    def _unlisted(self, city: str, state: str) -> Lookup:
        place = gazetteer.place_in(city, state)
        name = place.name if place else city
        nearest = self.nearest(place.latitude, place.longitude) if place else ()
        if state in self._states:
            return Lookup("not_listed", name, state, nearest=nearest)
        near = tuple(neighbour for neighbour in nearest if neighbour.miles <= NEARBY_MILES)
        return Lookup("state_not_covered", name, state, nearest=near)

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
                if rest and first in _DIRECTIONS:
                    yield " ".join([_DIRECTIONS[first], *rest]), city
                if set(city.name) & set("-'"):
                    yield key.replace(" ", ""), city
                    yield city.name.replace("'", ""), city


def miles_between(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """The great-circle distance in miles between two points in degrees (haversine)."""
    north, east, north2, east2 = map(math.radians, (latitude, longitude, latitude2, longitude2))
    haversine = (
        math.sin((north2 - north) / 2) ** 2
        + math.cos(north) * math.cos(north2) * math.sin((east2 - east) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(haversine))


def _listed(city: City) -> Lookup:
    return Lookup("listed", city.name, city.state, True)


def _closest(key: str, names: Mapping[str, str], ratio: float) -> str | None:
    """The name whose key is as similar as `ratio` (0 to 100), and clearly more so than others.

    Hardly anyone mistypes a first letter, so it has to be the same.
    """
    if len(key) < _TYPO_LENGTH:
        return None
    keys = [other for other in names if other[0] == key[0]]
    matches = process.extract(key, keys, scorer=fuzz.ratio, score_cutoff=ratio, limit=2)
    close = {names[match]: score for match, score, _ in reversed(matches)}
    if not close or (len(close) > 1 and matches[0][1] - matches[1][1] < _TYPO_GAP):
        return None
    return names[matches[0][0]]


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with exactly these columns, each with its line number."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{path.name}: cannot be read ({error})") from error
    reader = csv.DictReader(lines)
    if tuple(reader.fieldnames or ()) != columns:
        raise DirectoryError(f"{path.name} line 1: the columns must be {','.join(columns)}")
    for row in reader:
        if None in row or not all(value and value.strip() for value in row.values()):
            raise DirectoryError(
                f"{path.name} line {reader.line_num}: needs {len(columns)} values, none of them "
                "empty"
            )
        yield reader.line_num, {name: value.strip() for name, value in row.items()}


def _city(where: str, row: Mapping[str, str]) -> City:
    """The city in a row of the directory; `where` begins the message of an error."""
    if row["state"] not in gazetteer.STATES.values():
        raise DirectoryError(f"{where}: {row['state']!r} is not the full name of a state")
    point = []
    for axis, limit in (("latitude", 90), ("longitude", 180)):
        try:
            point.append(float(row[axis]))
        except ValueError as error:
            raise DirectoryError(f"{where}: {axis} {row[axis]!r} is not a number") from error
        if not -limit <= point[-1] <= limit:
            raise DirectoryError(f"{where}: {axis} {row[axis]} is not within ±{limit}")
    return City(row["city"], row["state"], point[0], point[1])
