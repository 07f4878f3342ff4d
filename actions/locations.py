"""The location lookup: which place is meant, and what the directory says about it."""

import re
from dataclasses import replace
from functools import cache
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.base import (
    CLOSE_FORM,
    REQUESTED,
    TRIES,
    AskAction,
    Button,
    Event,
    OttoAction,
    Voice,
    alarmed,
    answered_first,
    choice,
    intent_of,
    just_said,
    last_with,
    left,
    tries_so_far,
    waiting_for,
)
from actions.conversation import CANONICAL
from actions.recommendation import known, offer_to_go_on
from bot import directory_file, gazetteer, settings
from bot.directory import Directory
from bot.location_reply import PAUSED, WHO_TO_ASK, Choice, ask_city, reply, together, way
from bot.lookup import Lookup, Wanted, exists, look_up
from bot.places import PlaceReader
from bot.therapy_guide import Facts

FORM = "location_form"
CITY, STATE, AREA = "city", "state", "area"
FORGET = [SlotSet(slot, None) for slot in (CITY, STATE, AREA, TRIES)]
# Intents that stay within the form though they name no place.
ASKS = {"find_location", "location_detail", "correct_location"}
STAY = ASKS | {"repeat", "affirm", "deny", "dont_know"}
# Intents whose words may be a name that nobody knows; a question of its own is none.
GUESSED = ASKS | {"inform", "nlu_fallback", "out_of_scope"}
# Said of the place that was looked up before.
REFERS = re.compile(r"\b(no|not|mean|meant|the one|wrong|other one)\b", re.IGNORECASE)
MOST_TRIES = 2
# A text that long may be the name of a place that nobody knows.
NAME_WORDS = 3
SOURCE = {"id": "ot_vs_pt", "section": "Full State and City Directory"}
NAMES_ONLY = "The directory has names of cities only, so I can't give an address or a phone number."
# What the form still needs to know after a lookup of one of these kinds.
MISSING = {"which_place": CITY, "did_you_mean": CITY, "which_state": STATE}


@cache
def directory() -> Directory:
    """The directory, read once."""
    return directory_file.load()


@cache
def places() -> PlaceReader:
    """The reader of places, built once."""
    return PlaceReader(directory())


def slots_for(wanted: Wanted) -> list[Event]:
    """The slots that hold the place wanted; a ZIP code stands in the place of a city."""
    values = wanted.values
    code = values.pop("zip_code", None)
    city, state = values.pop("city", None) or code, values.pop("state", None)
    return [SlotSet(CITY, city), SlotSet(STATE, state), SlotSet(AREA, values or None)]


def wanted_now(tracker: Tracker) -> Wanted:
    """The place that the slots hold."""
    city, state = tracker.get_slot(CITY), tracker.get_slot(STATE)
    name = "zip_code" if city and city.isdigit() else "city"
    return Wanted.of({**(tracker.get_slot(AREA) or {}), name: city, "state": state})


def record(found: Lookup) -> dict[str, Any]:
    """The lookup as `otto ask --json` shows it."""
    return {
        "state": found.state,
        "city": found.city,
        "region": found.region,
        "listed": found.listed,
        "ambiguous_states": list(found.ambiguous_states),
        "nearest": [
            {
                "city": n.city.name,
                "state": n.city.state,
                "miles": round(n.miles, 1),
                "bearing": round(n.bearing),
                "way": way(n),
            }
            for n in found.nearest
        ],
        "suggestions": [{"city": c.name, "state": c.state} for c in found.suggestions],
    }


class LocationAction(OttoAction):
    """An action of the lookup; if the directory breaks, it says whom to ask instead."""

    apology = f"I'm sorry, I can't look cities up right now. {WHO_TO_ASK}"


class ValidateLocationForm(LocationAction):
    """Read a place out of what was said, and ask for what is still missing."""

    of_form = True

    def name(self) -> str:
        """The name in domain.yml."""
        return "validate_location_form"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Fill the slots; nothing where the text names no place."""
        text, intent = just_said(tracker), intent_of(tracker)
        waiting = waiting_for(tracker, CITY, STATE)
        if intent == "false_alarm" and text:
            return []
        before = wanted_now(tracker)
        wanted = named(tracker, text, intent, waiting, before)
        tries = 0
        if waiting and text and not wanted:
            name = intent in GUESSED and len(text.split()) <= NAME_WORDS and text[-1] != "?"
            if not (name or intent in STAY) or alarmed(tracker):
                return []
            tries = tries_so_far(tracker) + 1
            suggested = look_up(directory(), before).suggestions
            if suggested and intent == "affirm":
                wanted, tries = Wanted(suggested[0].name, suggested[0].state), 0
            elif suggested and intent == "deny":
                return [*slots_for(Wanted()), SlotSet(TRIES, tries), SlotSet(REQUESTED, CITY)]
            elif intent in ("deny", "dont_know") or tries > MOST_TRIES:
                return [*slots_for(Wanted()), SlotSet(TRIES, tries), SlotSet(REQUESTED, None)]
            else:
                wanted = before
        missing = MISSING.get(look_up(directory(), wanted).kind)
        return [*slots_for(wanted), SlotSet(TRIES, tries), SlotSet(REQUESTED, missing)]


def named(tracker: Tracker, text: str, intent: str, waiting: str | None, before: Wanted) -> Wanted:
    """The place that the text names, or names a part of."""
    if not text:
        return before
    said = places().read(text, asked=waiting is not None or intent in ASKS).wanted
    if look_up(directory(), said).kind == "did_you_mean" and intent not in GUESSED:
        return Wanted()
    if waiting == STATE and said:
        return in_state(said, before)
    return said if waiting else after_lookup(tracker, said, text, intent)


def in_state(said: Wanted, before: Wanted) -> Wanted:
    """The place before, in the state that was asked for and said, unless another place was said."""
    # New York is a city too, but a state was asked for.
    state = said.state or said.city
    same = said.city in (None, before.city) and said.region in (None, before.region)
    of_it = same or not (said.state or said.region or said.zip_code)
    if of_it and state in look_up(directory(), before).ambiguous_states:
        return Wanted.of({**before.values, "state": state})
    if said.city or said.region or said.zip_code:
        return said
    return Wanted.of({**before.values, "state": said.state})


def after_lookup(tracker: Tracker, said: Wanted, text: str, intent: str) -> Wanted:
    """The place that was said, or the one last looked up where the text refers to that."""
    last = last_with(tracker, "location").get("location") or {}
    if intent == "affirm" and len(last.get("suggestions", ())) == 1:
        return Wanted(**last["suggestions"][0])
    if intent != "location_detail" and not REFERS.search(text):
        return said
    if not (said.city or said.zip_code or said.region):
        return Wanted(last.get("city"), said.state or last.get("state"), region=last.get("region"))
    # The one in New York: a city of that name is hardly meant.
    state = gazetteer.state_name(said.city or "")
    if state and not said.state and exists(directory(), last.get("city"), state):
        return Wanted(last["city"], state)
    return said


class AskPlace(LocationAction, AskAction):
    """Ask for what is missing, in words that fit what came before."""

    form = FORM

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Ask, or leave the lookup with a visitor who has left it."""
        found = look_up(directory(), wanted_now(tracker))
        resumed = answered_first(tracker) and not alarmed(tracker)
        if resumed and left(tracker):
            voice.say(PAUSED, buttons=[choice(CANONICAL["find_location"])], outcome="location")
            return list(CLOSE_FORM)
        if found.kind == "which_place":
            asked = ask_city(directory(), tries_so_far(tracker), resumed)
            sources = [] if resumed else [SOURCE]
        else:
            asked = reply(directory(), found, voice.channel)
            if resumed:
                asked = replace(asked, text=f"Back to finding OT. {asked.text}")
            sources = [SOURCE]
        voice.say(
            asked.text,
            buttons=[button(one) for one in asked.choices],
            outcome="location",
            location=record(found),
            sources=sources,
            after=intent_of(tracker) if resumed else None,
        )
        return []


class AskCity(AskPlace):
    """Ask for a city, or offer those that a mistyped name may have been meant for."""

    slot = CITY


class AskState(AskPlace):
    """Ask which of the places of one name is meant."""

    slot = STATE


class FindLocation(LocationAction):
    """Say what the directory has for a place."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_find_location"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Look the place up, say what was found, and forget it."""
        wanted = wanted_now(tracker)
        found = look_up(directory(), wanted)
        others = () if found.kind == "between" else wanted.others[:2]
        more = [look_up(directory(), Wanted(city, state)) for city, state in others]
        ending = ""
        if intent_of(tracker) == "location_detail" and not (found.found and found.found.listings):
            booking = settings.load().clinic.booking
            ending = f"{NAMES_ONLY} You can book with us at {booking}." if booking else NAMES_ONLY
        say(voice, found, *more, ending=ending)
        if known(tracker) != Facts():
            # The recommendation waits while a place is looked up.
            offer_to_go_on(voice)
        return list(FORGET)


def button(offered: Choice) -> Button:
    """A choice of the pure replies as Rasa has it."""
    return {"title": offered.title, "payload": offered.text}


def say(voice: Voice, found: Lookup, *more: Lookup, ending: str = "") -> None:
    """Say what was found, and the same of further places, in one message."""
    if more and all(one.kind == "listed" for one in (found, *more)):
        replies = [together((found, *more), voice.channel)]
    else:
        replies = [reply(directory(), one, voice.channel) for one in (found, *more)]
    own = any(one.found and one.found.listings for one in (found, *more))
    voice.say(
        " ".join(filter(None, [*(one.text for one in replies), ending])),
        buttons=[button(one) for each in replies for one in each.choices],
        outcome="location",
        location=record(found),
        # What a clinic added to the directory is its own.
        sources=[] if own else [SOURCE],
        related=["find_care", "referral", "booking"],
        offer=FORM if len(found.suggestions) == 1 else None,
    )
