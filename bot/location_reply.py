"""What Otto says about a place: one wording for each thing that a lookup can come to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.directory import City, Directory, Listing, Neighbour
from bot.lookup import Lookup, pages
from bot.phrases import joined

LISTED_AT_ONCE = {"web": 45, "sms": 15}
"""How many cities one message names: two text messages hold about fifteen."""
PROVIDERS_AT_ONCE = {"web": 5, "sms": 1}
VOWEL = re.compile(r"[AEIO]|U(?!ni|t)")
"""An Upland, but a Union City."""
STATES_AT_ONCE = 6
STATES_OFFERED = 5

CITIES_ONLY = (
    "It lists cities, not addresses. Your doctor or your insurance plan can name an OT there."
)
PAUSED = "I can look up a city or a ZIP code whenever you like."
WHO_TO_ASK = "Your doctor or your insurance plan can help you find an OT near you."
NAMES_ONLY = "The directory has names of cities only, so I can't give an address or a phone number."


class Choice(NamedTuple):
    """A choice as it is shown, and what choosing it says."""

    title: str
    text: str


@dataclass(frozen=True)
class Reply:
    """What to say, in Markdown, and the choices to offer."""

    text: str
    choices: tuple[Choice, ...] = ()


def reply(directory: Directory, found: Lookup, channel: str) -> Reply:
    """The words for what was found, for `channel` "web" or "sms"."""
    match found.kind:
        case "listed":
            return Reply(_listed(found, channel))
        case "which_state":
            return _which_state(found)
        case "did_you_mean":
            return _did_you_mean(found)
        case "not_listed" | "state_not_covered":
            return _not_listed(directory, found)
        case "between":
            return Reply(
                f"Between **{place(found.city, found.state)}** and **{found.other}**, these listed "
                f"cities are near the middle: {names(n.city for n in found.nearest)}."
            )
        case "around":
            return Reply(_around(directory, found))
        case "state" | "region" | "page":
            return _cities(found, channel)
        case "unknown_place":
            return Reply(
                "I don't know that place. Please give me a city and a state, such as Trenton, New "
                "Jersey, or a 5-digit ZIP code."
            )
        case "bad_zip":
            return Reply(
                "I don't know that ZIP code. Please check its five digits, or give me a city and a "
                "state, such as Trenton, New Jersey."
            )
        case "which_place":
            return Reply(
                "That's all right. Your doctor or your insurance plan can help you find an OT. "
                "Give me a city whenever you like."
            )


def ask_city(directory: Directory, tries: int, resumed: bool) -> Reply:
    """The question which city: the first time, after a digression, or after so many tries."""
    if resumed:
        return Reply("Back to finding OT: which city or ZIP code shall I look up?")
    if tries > 1:
        return Reply(
            "I still don't know that place. A 5-digit ZIP code works well too. If you'd rather "
            "not, just say “never mind”."
        )
    if tries:
        return Reply(
            "I don't know that place. Please give me a city and its state, such as “Trenton, New "
            "Jersey”, or a 5-digit ZIP code."
        )
    return Reply(
        f"I can check if a city is in our directory. It covers **{covered(directory)}**. "
        "Which city or ZIP code are you looking for?"
    )


def together(found: Sequence[Lookup], channel: str) -> Reply:
    """The words for several cities that are all listed."""
    text = f"Yes, **{names(one.found for one in found if one.found)}** are in our directory."
    known = [_listed(one, channel) for one in found if one.found and one.found.listings]
    return Reply(" ".join([text, *known]) if known else f"{text} {CITIES_ONLY}")


def covered(directory: Directory) -> str:
    """The states that the directory covers, as one says it."""
    states = directory.states
    return joined(states) if len(states) <= STATES_AT_ONCE else f"{len(states)} states"


def names(cities: Iterable[City]) -> str:
    """Cities with their states, as a list in a sentence."""
    return joined(place(city.name, city.state) for city in cities)


def place(city: str | None, state: str | None) -> str:
    """A city with its state, as far as they are known."""
    return ", ".join(filter(None, (city, state)))


def near(neighbours: Iterable[Neighbour], state: str | None) -> str:
    """Listed cities with how far they are, each with its state where it is not `state`."""
    return joined(
        f"{place(n.city.name, None if n.city.state == state else n.city.state)} ({way(n)})"
        for n in neighbours
    )


def way(neighbour: Neighbour) -> str:
    """How far it is to a listed city, and in which direction, in words."""
    miles = round(neighbour.miles)
    if miles < 1:
        return "less than a mile away"
    return f"about {miles} {'mile' if miles == 1 else 'miles'} {neighbour.direction}"


def _listed(found: Lookup, channel: str) -> str:
    listings = found.found.listings if found.found else ()
    text = f"Yes, **{place(found.city, found.state)}** is in our directory."
    if listings:
        text += _providers(listings, PROVIDERS_AT_ONCE[channel])
    elif not found.nearest:
        text += f" {CITIES_ONLY}"
    if found.nearest:
        text += f" Also listed nearby: {near(found.nearest, found.state)}."
    if found.another:
        text += f" If you mean another {found.city}, please name its state."
    return text.strip()


def _providers(listings: tuple[Listing, ...], most: int) -> str:
    lines = [
        "- " + ", ".join(filter(None, (one.name, one.address, one.phone, one.url)))
        for one in listings[:most]
    ]
    if len(listings) > most:
        lines.append(f"- and {len(listings) - most} more")
    return "\n\n" + "\n".join(lines) + "\n\n"


def _which_state(found: Lookup) -> Reply:
    name, states = str(found.city or found.region), found.ambiguous_states
    choices = _same(f"{name}, {state}" for state in states[:STATES_OFFERED])
    there = f"There is {'an' if VOWEL.match(name) else 'a'} {name} in"
    if len(states) > STATES_OFFERED:
        text = f"{there} {len(states)} states. Which state do you mean? You can also name another."
    elif found.another:
        text = (
            f"{there} {joined(states)}. Which one do you mean? If another, please name its state."
        )
    else:
        text = f"{there} {joined(states)}. Which one do you mean?"
    return Reply(text, choices)


def _same(texts: Iterable[str]) -> tuple[Choice, ...]:
    """Choices that say what they show."""
    return tuple(Choice(text, text) for text in texts)


def _did_you_mean(found: Lookup) -> Reply:
    meant = _same(place(city.name, city.state) for city in found.suggestions)
    if len(meant) == 1:
        return Reply(
            f"Did you mean **{meant[0].text}**? If not, please give me the city and state.", meant
        )
    return Reply(
        "I don't know that name. Did you mean one of these? If not, please give me the city and "
        "state.",
        meant,
    )


def _not_listed(directory: Directory, found: Lookup) -> Reply:
    text = f"**{place(found.city, found.state)}** is not in our directory"
    if found.suggestions:
        meant = _same(place(city.name, city.state) for city in found.suggestions)
        return Reply(
            f"{text}. Did you mean {'this' if len(meant) == 1 else 'one of these'}?", meant
        )
    if found.nearest:
        return Reply(f"{text}. The nearest listed cities are {near(found.nearest, found.state)}.")
    return Reply(f"{text}, which covers {covered(directory)} only. {WHO_TO_ASK}")


def _around(directory: Directory, found: Lookup) -> str:
    if found.nearest:
        return f"The listed cities nearest to you are {near(found.nearest, None)}."
    only = f"which covers {covered(directory)} only"
    return f"No city near you is in our directory, {only}. {WHO_TO_ASK}"


def _cities(found: Lookup, channel: str) -> Reply:
    """A state, a region, or a part of one: its cities, or the parts to choose from."""
    scope, count = place(found.region, found.state), len(found.cities)
    most = LISTED_AT_ONCE[channel]
    if found.kind != "state" and count <= most:
        some = f"{count} {'city' if count == 1 else 'cities'}"
        some += " in this part" if found.kind == "page" else ""
        cities = ", ".join(city.name for city in found.cities)
        return Reply(f"**{scope}**: our directory lists {some}: {cities}.")
    choices = tuple(
        Choice(f"{a} to {b}", f"{scope} cities from {a} to {b}")
        for a, b in pages(found.cities, most, found.letters)
    )
    if found.kind == "page":
        return Reply(f"That part of the list has {count} cities. Which of these?", choices)
    return Reply(
        f"Our directory lists **{count} cities in {scope}**. Tell me a city or a ZIP code and "
        "I'll check it, or pick a part of the list.",
        choices,
    )
