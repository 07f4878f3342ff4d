"""The location lookup: which city, which state, and what the directory says."""

import re
from functools import cache
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.base import (
    REQUESTED,
    TRIES,
    Event,
    OttoAction,
    Voice,
    alarmed,
    choice,
    intent_of,
    just_said,
    last_with,
    tries_so_far,
    waiting_for,
)
from bot.directory import Directory, Lookup
from bot.places import PlaceReader

CITY, STATE = "city", "state"
FORGET = [SlotSet(slot, None) for slot in (CITY, STATE, TRIES)]
# Intents that stay within the form though they name no place.
ASKS = {"find_location", "location_detail", "correct_location"}
STAY = ASKS | {"repeat", "affirm", "deny", "dont_know"}
# Said of the place that was looked up before.
REFERS = re.compile(r"\b(no|not|mean|meant|the one|wrong|other one)\b", re.IGNORECASE)
MOST_TRIES = 2
SOURCE = {"id": "ot_vs_pt", "section": "Full State and City Directory"}


@cache
def directory() -> Directory:
    """The directory, read once."""
    return Directory.load()


@cache
def places() -> PlaceReader:
    """The reader of places, built once."""
    return PlaceReader(directory())


def look_up(city: str | None, state: str | None) -> Lookup:
    """What the directory says; a ZIP code stands in the place of a city."""
    if city and city.isdigit():
        return directory().lookup(None, state, city)
    return directory().lookup(city, state)


def record(found: Lookup) -> dict[str, Any]:
    """The lookup as `otto ask --json` shows it."""
    return {
        "state": found.state,
        "city": found.city,
        "listed": found.listed,
        "ambiguous_states": list(found.ambiguous_states),
        "nearest": [
            {"city": n.city.name, "state": n.city.state, "miles": round(n.miles)}
            for n in found.nearest
        ],
    }


def sentence_of(items: list[str]) -> str:
    """The items as a list in a sentence: a, b and c."""
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


class ValidateLocationForm(OttoAction):
    """Read a place out of what was said, and ask for what is still missing."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "validate_location_form"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Fill city and state; nothing where the text names no place."""
        text = just_said(tracker)
        intent = intent_of(tracker)
        waiting = waiting_for(tracker, CITY, STATE)
        if intent == "false_alarm":
            return []
        asked = waiting is not None or intent in ASKS
        reading = places().read(text, asked=asked)
        city, state = reading.city or reading.zip_code, reading.state
        if waiting == STATE:
            city, state = self._chosen(tracker.get_slot(CITY), city, state)
        elif not waiting and not city and (intent == "location_detail" or REFERS.search(text)):
            city, state = self._meant(tracker, state)
        tries = 0
        if not text:
            city, state = tracker.get_slot(CITY), tracker.get_slot(STATE)
        elif waiting and not (city or state):
            if intent not in STAY or alarmed(tracker):
                return []
            city, tries = tracker.get_slot(CITY), tries_so_far(tracker) + 1
        gives_up = tries and (intent in ("deny", "dont_know") or tries > MOST_TRIES)
        return [
            SlotSet(CITY, None if gives_up else city),
            SlotSet(STATE, state),
            SlotSet(TRIES, tries),
            SlotSet(REQUESTED, None if gives_up else self._missing(city, state)),
        ]

    @staticmethod
    def _meant(tracker: Tracker, state: str | None) -> tuple[str | None, str | None]:
        """The place looked up last, in another state where one is named."""
        last = last_with(tracker, "location").get("location") or {}
        return last.get("city"), state or last.get("state")

    @staticmethod
    def _chosen(asked: str, city: str | None, state: str | None) -> tuple[str | None, str | None]:
        """The answer to “which state?”: a state, or another place. New York is both."""
        if state and not city:
            return asked, state
        if city in look_up(asked, None).ambiguous_states and not state:
            return asked, city
        return city, state

    @staticmethod
    def _missing(city: str | None, state: str | None) -> str | None:
        if not (city or state):
            return CITY
        return STATE if look_up(city, state).kind == "which_state" else None


class AskCity(OttoAction):
    """Ask for a city, naming the states that the directory covers."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_ask_location_form_city"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Ask."""
        states = sentence_of(list(directory().states))
        if tracker.get_slot(TRIES):
            voice.say(
                "Please give me a city and its state, such as “Trenton, New Jersey”, or a 5-digit "
                "ZIP code. If you'd rather not, just say “never mind”.",
                sms="Please give me a city and its state, such as Trenton, New Jersey, or a "
                "5-digit ZIP code. If you'd rather not, just say: never mind.",
                outcome="location",
                location=record(look_up(None, None)),
            )
            return []
        voice.say(
            f"I can check if a city is in our directory. It covers **{states}**. "
            "Which city or ZIP code are you looking for?",
            sms=f"I can check if a city is in our directory. It covers {states}. "
            "Which city or ZIP code?",
            outcome="location",
            location=record(look_up(None, None)),
            sources=[SOURCE],
        )
        return []


class AskState(OttoAction):
    """Ask which of the cities of one name is meant."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_ask_location_form_state"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Offer the states that have a city of that name."""
        found = look_up(tracker.get_slot(CITY), None)
        states = found.ambiguous_states
        voice.say(
            f"There is a {found.city} in {sentence_of(list(states))}. Which one do you mean?",
            buttons=[choice(f"{found.city}, {state}") for state in states],
            outcome="location",
            location=record(found),
            sources=[SOURCE],
        )
        return []


class FindLocation(OttoAction):
    """Say what the directory has for a place."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_find_location"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Look the place up, say what was found, and forget it."""
        city, state = tracker.get_slot(CITY), tracker.get_slot(STATE)
        found = look_up(city, state)
        text = self._words(found)
        if intent_of(tracker) == "location_detail":
            text += (
                " The directory has names of cities only, so I can't give an address or a phone "
                "number."
            )
        voice.say(
            text,
            sms=text.replace("**", ""),
            outcome="location",
            location=record(found),
            sources=[SOURCE],
            related=["find_care", "referral", "booking"],
        )
        return list(FORGET)

    @staticmethod
    def _words(found: Lookup) -> str:
        place = ", ".join(filter(None, (found.city, found.state)))
        states = sentence_of(list(directory().states))
        if found.kind == "listed":
            return (
                f"Yes, **{place}** is in our directory. It lists cities, not addresses. Your "
                "doctor or your insurance plan can name an OT there."
            )
        if found.kind == "which_place":
            return (
                "That's all right. Your doctor or your insurance plan can help you find an OT. "
                "Give me a city whenever you like."
            )
        if found.kind == "state":
            return (
                f"Our directory lists **{found.count} cities in {found.state}**. Tell me a city or "
                "a ZIP code and I'll check it."
            )
        if found.nearest:
            near = sentence_of(
                [
                    f"{n.city.name}, {n.city.state} (about {max(1, round(n.miles))} miles)"
                    for n in found.nearest
                ]
            )
            return f"**{place}** is not in our directory. The nearest listed cities are {near}."
        if found.kind == "bad_zip" or found.kind == "unknown_place":
            return (
                "I don't know that place. Please give me a city and a state, such as "
                "Trenton, New Jersey, or a 5-digit ZIP code."
            )
        return (
            f"**{place}** is not in our directory, which covers {states} only. Your doctor or your "
            "insurance plan can help you find an OT near you."
        )
