"""What the directory says about the place that somebody asks for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from bot import gazetteer
from bot.directory import (
    LIKE_RATIO,
    MOST_CHOICES,
    TYPO_RATIO,
    City,
    Directory,
    Neighbour,
    Region,
)
from bot.gazetteer import place_key

NEARBY_MILES = 60.0
"""Within this distance a listed city is worth naming to somebody in a state not covered."""
FAMOUS = 2
"""An unlisted city with so many times the ZIP codes of a listed one may well be the one meant."""

Kind = Literal[
    "listed", "which_state", "did_you_mean", "not_listed", "between", "around", "state", "region",
    "page", "state_not_covered", "unknown_place", "bad_zip", "which_place",
]  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """The place somebody asks about, in whatever spelling; all that is not said is empty.

    `point` is latitude and longitude in degrees, `others` are further cities with their states,
    `between` says that a place between the first two is wanted, `near` that one nearby is as good,
    and `letters` which part of a state's or region's list is wanted: from prefix to prefix.
    """

    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    region: str | None = None
    point: tuple[float, float] | None = None
    others: tuple[tuple[str, str | None], ...] = ()
    between: bool = False
    near: bool = False
    letters: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        """Whether any place is named."""
        return any((self.city, self.state, self.zip_code, self.region, self.point))

    @property
    def values(self) -> dict[str, Any]:
        """What is said, fit for JSON; `of` reads it back."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def of(cls, values: dict[str, Any]) -> Wanted:
        """The place with these `values`; lists may stand for tuples."""
        others = tuple((city, state) for city, state in values.get("others", ()))
        tuples: dict[str, Any] = {"others": others}
        for name in {"point", "letters"}.intersection(values):
            tuples[name] = tuple(values[name])
        return cls(**{**values, **tuples})


@dataclass(frozen=True)
class Lookup:
    """What the directory says about a place.

    `listed` is None where there was no place to look up. `ambiguous_states` are the states to
    choose from (kind which_state), `cities` those of a region, state or page of it (from and to
    the prefixes in `letters`), `suggestions` listed
    cities that may have been meant, and `nearest` listed cities nearby. `another` says that a
    better known place of the same name is not listed; `found` is the city itself where it is.
    """

    kind: Kind
    city: str | None = None
    state: str | None = None
    listed: bool | None = False
    region: str | None = None
    other: str | None = None
    ambiguous_states: tuple[str, ...] = ()
    nearest: tuple[Neighbour, ...] = ()
    suggestions: tuple[City, ...] = ()
    cities: tuple[City, ...] = ()
    letters: tuple[str, str] | None = None
    another: bool = False
    found: City | None = None


def look_up(directory: Directory, wanted: Wanted) -> Lookup:
    """What the directory says about the place wanted.

    A city comes before a ZIP code, which then only tells the state if none is given.
    """
    known = gazetteer.zip_code(wanted.zip_code.strip()) if wanted.zip_code else None
    city, state = (wanted.city or "").strip() or None, (wanted.state or "").strip() or None
    if wanted.point:
        return _around(directory, wanted.point)
    if wanted.region:
        return _of_region(directory, wanted.region, state, wanted.letters)
    if city is None and wanted.zip_code:
        return _of_zip(directory, known)
    if state is None and known:
        state = known.state
    full = None
    if state is not None:
        full = gazetteer.state_name(state) or directory.correct_state(state)
        if full is None:
            return Lookup("unknown_place", city=city)
    if city is None:
        return (
            _of_state(directory, full, wanted.letters)
            if full
            else Lookup("which_place", listed=None)
        )
    found = _of_city_and_state(directory, city, full) if full else _of_city(directory, city)
    if wanted.between and wanted.others and found.kind != "which_state":
        return _between(directory, found, wanted)
    if wanted.near and found.found:
        near = _near(directory, found.found)
        return replace(found, nearest=near)
    return found


def exists(directory: Directory, city: str | None, state: str) -> bool:
    """Whether the state (full name) has a city of that name, listed or not."""
    if not city:
        return False
    return bool(directory.find_in(city, state) or gazetteer.place_in(city, state))


def pages(
    cities: tuple[City, ...], size: int, within: tuple[str, str] | None = None
) -> list[tuple[str, str]]:
    """At most five ranges of letters that share out the cities, as even as can be.

    Each is the pair of prefixes it goes from and to, as long as it takes to tell the ranges apart:
    `("A", "Br")`, `("Bu", "D")`. `size` is how many cities one range should hold at most; `within`
    is the range that the cities come from, if they are a part themselves.
    """
    keys = sorted({city.key for city in cities})
    count = max(1, min(MOST_CHOICES, -(-len(keys) // size)))
    first, end = map(place_key, within or (keys[0][:1], keys[-1][:1]))
    found: list[tuple[str, str]] = []
    cut = 0
    for i in range(1, count):
        cut = max(round(i * len(keys) / count), cut + 1)
        # A name cannot end a range that a longer one goes on: Chino and Chino Hills.
        while cut < len(keys) and keys[cut].startswith(keys[cut - 1]):
            cut += 1
        if cut >= len(keys):
            break
        last, following = keys[cut - 1], keys[cut]
        length = next(n for n in range(1, len(last) + 1) if last[:n] != following[:n])
        found.append((first, _prefix(last, length)))
        first = _prefix(following, length)
    return [(a.title(), b.title()) for a, b in [*found, (first, end)]]


def _prefix(key: str, length: int) -> str:
    """The first letters of a key, one more where they would end in a space."""
    return key[: length + 1] if key[length - 1] == " " else key[:length]


def _page(cities: tuple[City, ...], letters: tuple[str, str]) -> tuple[City, ...]:
    """The cities whose names begin with something from the first prefix to the second."""
    first, last = map(place_key, letters)
    return tuple(
        city
        for city in sorted(cities, key=lambda city: city.key)
        if city.key >= first and city.key[: len(last)] <= last
    )


def _of_zip(directory: Directory, known: gazetteer.ZipCode | None) -> Lookup:
    if known is None:
        return Lookup("bad_zip", listed=None)
    for name in known.cities:
        if listed := directory.find_in(name, known.state):
            return _listed(listed)
    return _unlisted(directory, known.cities[0], known.state)


def _of_state(directory: Directory, state: str, letters: tuple[str, str] | None) -> Lookup:
    if state not in directory.states:
        return Lookup("state_not_covered", state=state)
    cities = directory.cities(state)
    if letters and (part := _page(cities, letters)):
        return Lookup("page", state=state, listed=True, cities=part, letters=letters)
    return Lookup("state", state=state, listed=True, cities=cities)


def _of_region(
    directory: Directory, name: str, state: str | None, letters: tuple[str, str] | None
) -> Lookup:
    full = gazetteer.state_name(state) if state else None
    regions: tuple[Region, ...] = directory.regions(name, full)
    if not regions:
        return Lookup("unknown_place", state=full, region=name)
    if len(states := tuple(sorted({region.state for region in regions}))) > 1:
        return Lookup("which_state", None, None, True, name, ambiguous_states=states)
    cities = directory.within(regions[0])
    part = _page(cities, letters) if letters else ()
    return Lookup(
        "page" if part else "region",
        state=states[0],
        listed=True,
        region=regions[0].name,
        cities=part or cities,
        letters=letters if part else None,
    )


def _of_city_and_state(directory: Directory, city: str, state: str) -> Lookup:
    if listed := directory.find_in(city, state):
        return _listed(listed)
    if state in directory.states and (corrected := directory.correct(city, state)):
        return _of_city_and_state(directory, corrected, state)
    return _unlisted(directory, city, state)


def _of_city(directory: Directory, city: str) -> Lookup:
    found = directory.find(city) or directory.find(directory.correct(city) or "")
    if found:
        states = tuple(sorted({c.state for c in found}))
        if len(states) == 1:
            return replace(_listed(found[0]), another=_is_namesake(directory, found[0].name))
        return Lookup(
            "which_state",
            found[0].name,
            None,
            True,
            ambiguous_states=states,
            another=_is_namesake(directory, found[0].name),
        )
    if state := gazetteer.state_name(city) or directory.correct_state(city):
        return _of_state(directory, state, None)
    places = gazetteer.places_named(city)
    little_known = not places or places[0].weight < gazetteer.WELL_KNOWN
    # A name that a place bears is a typing error only where it is almost a listed one.
    close = directory.like(city, ratio=TYPO_RATIO if places else LIKE_RATIO)
    if close and little_known:
        return Lookup("did_you_mean", city=city, suggestions=close)
    if not places:
        return Lookup("unknown_place", city=city)
    if places[0].state not in directory.states:
        return Lookup("not_listed", city=places[0].name)
    return _of_city_and_state(directory, city, places[0].state)


def _is_namesake(directory: Directory, name: str) -> bool:
    """Whether somebody may mean another place of a listed city's name.

    One that is listed under a longer name (City of Orange), or a better known one that is not.
    """
    if any(
        directory.find_in(name, state) not in (None, *directory.find(name))
        for state in directory.states
    ):
        return True
    places = gazetteer.places_named(name)
    listed = [place.weight for place in places if directory.find_in(name, place.state)]
    if not listed or directory.find_in(name, places[0].state):
        return False
    return places[0].weight >= FAMOUS * max(listed)


def _unlisted(directory: Directory, city: str, state: str) -> Lookup:
    place = gazetteer.place_in(city, state)
    name = place.name if place else city
    nearest = directory.nearest(place.latitude, place.longitude) if place else ()
    if state in directory.states:
        # A place that exists is meant, unless it only begins a listed name: Newport Beach.
        like = directory.longer(name, state) if place else directory.like(name, state)
        return Lookup("not_listed", name, state, nearest=nearest, suggestions=like)
    near = tuple(neighbour for neighbour in nearest if neighbour.miles <= NEARBY_MILES)
    return Lookup("state_not_covered", name, state, nearest=near)


def _around(directory: Directory, point: tuple[float, float]) -> Lookup:
    nearest = directory.nearest(*point)
    near = tuple(neighbour for neighbour in nearest if neighbour.miles <= NEARBY_MILES)
    return Lookup("around", listed=bool(near), nearest=near)


def _near(directory: Directory, city: City) -> tuple[Neighbour, ...]:
    """The listed cities nearest to a listed one."""
    found = directory.nearest(city.latitude, city.longitude, 4)
    return tuple(n for n in found if n.city is not city and n.miles <= NEARBY_MILES)[:3]


def _between(directory: Directory, first: Lookup, wanted: Wanted) -> Lookup:
    """The listed cities nearest to the middle of the way from one city to the other."""
    name, state = wanted.others[0]
    second = look_up(directory, Wanted(name, state))
    if second.kind == "which_state" and first.state in second.ambiguous_states:
        second = look_up(directory, Wanted(name, first.state))
    one, other = _point(first), _point(second)
    if one is None or other is None:
        return first
    middle = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
    return replace(
        first,
        kind="between",
        other=", ".join(filter(None, (second.city, second.state))),
        nearest=directory.nearest(*middle),
    )


def _point(found: Lookup) -> tuple[float, float] | None:
    place = found.found or gazetteer.place_in(found.city or "", found.state or "")
    return (place.latitude, place.longitude) if place else None


def _listed(city: City) -> Lookup:
    return Lookup("listed", city.name, city.state, True, found=city)
