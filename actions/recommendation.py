"""OT, PT or both: a few questions, and a recommendation with its reasons."""

from abc import abstractmethod
from collections.abc import Iterator
from functools import cache
from itertools import dropwhile, islice, takewhile
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
    choice,
    intent_of,
    just_said,
    left,
    metadata_of,
    tries_so_far,
    waiting_for,
)
from actions.conversation import CANONICAL, RECOMMENDED
from bot.guide_dialogue import (
    CONDITION,
    DIFFICULTIES,
    NO_CONDITION,
    PERSON,
    UNKNOWN,
    answered,
    goes_on,
    is_answer,
    missing,
    remembered,
    skipped,
    unanswered,
    worded,
    worded_shortly,
)
from bot.guide_file import ASKED
from bot.therapy_guide import Facts, Guide

FORM = "recommendation_form"
FORGET = [SlotSet(slot, None) for slot in (PERSON, CONDITION, DIFFICULTIES, TRIES)]
# How often the same question is asked before Otto goes on without an answer.
MOST_TRIES = 2
# Intents that want to hear the question once more.
AGAIN = {"repeat", "recommend_therapy"}
# After so many seconds a visitor is reminded of what is known.
LONG_AGO = 30 * 60


@cache
def guide() -> Guide:
    """The therapy guide, read once."""
    return Guide.load()


def known(tracker: Tracker) -> Facts:
    """What the slots say so far."""
    return Facts(
        person=tracker.get_slot(PERSON),
        condition=tracker.get_slot(CONDITION),
        difficulties=tuple(tracker.get_slot(DIFFICULTIES) or ()),
    )


def recommended(tracker: Tracker) -> Facts | None:
    """What the last recommendation went by, if one was made."""
    last = tracker.get_slot(RECOMMENDED)
    if not last:
        return None
    return Facts(last[PERSON], last[CONDITION], tuple(last[DIFFICULTIES]))


def since_last_time(tracker: Tracker) -> list[Event]:
    """The events since the last recommendation or fresh start, the latest first."""
    return list(
        takewhile(
            lambda event: (
                event["event"] != "reset_slots" and not metadata_of(event).get("recommendation")
            ),
            reversed(tracker.events),
        )
    )


def told_before(tracker: Tracker) -> Iterator[str]:
    """What the visitor said before the questions began, in its order, without the latest message.

    What was said up to the last time the questions were open is in the slots.
    """
    before_now = dropwhile(lambda event: event["event"] != "user", since_last_time(tracker))
    unread = takewhile(
        lambda event: event["event"] != "active_loop" or event.get("name") != FORM, before_now
    )
    said = [event for event in unread if event["event"] == "user"][1:]
    for event in reversed(said):
        if ((event.get("parse_data") or {}).get("intent") or {}).get("name") != "emergency":
            yield event.get("text") or ""


class ValidateRecommendationForm(OttoAction):
    """Read person, condition and difficulties out of what was said, in any order and amount."""

    of_form = True

    def name(self) -> str:
        """The name in domain.yml."""
        return "validate_recommendation_form"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Fill what the text tells; nothing where it is a question of its own.

        Returning no slot makes Rasa reject the form, so that the rules answer the question.
        """
        text, intent = just_said(tracker), intent_of(tracker)
        before = known(tracker)
        # After a long pause Rasa still knows what was asked, but no form is open.
        is_open = tracker.active_loop.get("name") == FORM
        waiting = waiting_for(tracker, PERSON, CONDITION, DIFFICULTIES) if is_open else None
        if waiting is None:
            return self._filled(self._begun(tracker, text))
        if not text:
            return self._filled(before)
        told = guide().read(text) != Facts()
        if intent == "go_back" and not told:
            return self._filled(unanswered(before, _previous(tracker, waiting) or waiting))
        if not is_answer(guide(), text, waiting, intent) or (alarmed(tracker) and not told):
            return []
        after = answered(guide(), before, text, waiting)
        if after != before or (told and intent == "deny") or intent in AGAIN:
            return self._filled(after)
        tries = tries_so_far(tracker) + 1
        if tries >= MOST_TRIES or intent in ("dont_know", "deny"):
            return self._filled(skipped(before, waiting, refused=intent == "deny"))
        return self._filled(before, tries)

    @staticmethod
    def _begun(tracker: Tracker, text: str) -> Facts:
        """What is known as the questions begin, or begin again."""
        before, last = known(tracker), recommended(tracker)
        told = guide().read(text)
        others = told.person not in (None, before.person) and told.age is None
        if others and before.person in guide().persons:
            before = Facts()
        if before == Facts():
            before = remembered(guide(), told_before(tracker), text)
        if before == Facts() and last and goes_on(told, text, intent_of(tracker)):
            before = last
        return answered(guide(), before, text, None)

    @staticmethod
    def _filled(facts: Facts, tries: int = 0) -> list[Event]:
        return [
            SlotSet(PERSON, facts.person),
            SlotSet(CONDITION, facts.condition),
            SlotSet(DIFFICULTIES, list(facts.difficulties) or None),
            SlotSet(TRIES, tries),
            SlotSet(REQUESTED, missing(guide(), facts)),
        ]


def _previous(tracker: Tracker, waiting: str) -> str | None:
    """The last question that was answered before the one for `waiting`, if any was."""
    for event in since_last_time(tracker):
        if event["event"] == "slot" and event["name"] == REQUESTED:
            asked = event["value"]
            if asked in ASKED and asked != waiting and tracker.get_slot(asked):
                return str(asked)
    return None


def offer_to_go_on(voice: Voice) -> None:
    """Say that the questions can wait, with a choice to go on."""
    voice.say(
        guide().leads["paused"],
        buttons=[choice(guide().leads["go_on"], "recommend_therapy")],
        outcome="dialogue",
        offer=FORM,
    )


class AskFact(AskAction):
    """Ask for one slot, in words that differ from the last time and fit what came before."""

    form = FORM

    @abstractmethod
    def choices(self) -> list[tuple[str, str]]:
        """The labels of the answers that are offered, each with a short one."""

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Ask, or leave the questions with a visitor who has left them."""
        lead = _lead(tracker, self.slot)
        if lead == "paused":
            offer_to_go_on(voice)
            return list(CLOSE_FORM)
        asked = [metadata_of(event).get("asks") for event in tracker.events].count(self.slot)
        buttons: list[Button] = [
            {"title": short if voice.by_sms else label, "payload": label}
            for label, short in self.choices()
        ]
        numbered = "\n".join(f"{i}. {button['title']}" for i, button in enumerate(buttons, 1))
        shown = (guide(), self.slot, asked, lead, known(tracker))
        voice.say(
            worded(*shown),
            sms=worded_shortly(*shown, numbered),
            buttons=buttons,
            outcome="dialogue",
            asks=self.slot,
            after=intent_of(tracker) if lead == "resume" else None,
        )
        return []


def _lead(tracker: Tracker, asked: str) -> str | None:
    """What opens a question, by what came before it: a key of the guide's `leads`, or none."""
    intent, facts = intent_of(tracker), known(tracker)
    latest = list(takewhile(lambda e: e["event"] != "user", reversed(tracker.events)))
    if any(event["event"] == "bot" for event in latest):
        return "paused" if left(tracker) else "resume"
    if any(event["event"] == "active_loop" for event in latest):
        return "known" if guide().named(facts) else "start" if asked == PERSON else None
    last = _last_asked(tracker)
    if intent == "go_back":
        return "first" if last == asked else "back"
    if tracker.get_slot(TRIES):
        return "again"
    if _pause(tracker) > LONG_AGO:
        return "welcome_back"
    if last == asked:
        leads = {"repeat": "repeat", "recommend_therapy": "resume"}
        return leads.get(intent, "noted")
    if last and tracker.get_slot(last) in (UNKNOWN, [UNKNOWN]):
        return "skipped" if intent in ("dont_know", "deny") else "moved_on"
    return None


def _last_asked(tracker: Tracker) -> str | None:
    """The slot that was asked for last."""
    asked = (metadata_of(event).get("asks") for event in reversed(tracker.events))
    return next((slot for slot in asked if slot), None)


def _pause(tracker: Tracker) -> float:
    """The seconds that the visitor took to answer."""
    spoken = (e for e in reversed(tracker.events) if e["event"] in ("user", "bot"))
    times = [float(event.get("timestamp") or 0) for event in islice(spoken, 2)]
    return times[0] - times[1] if len(times) > 1 else 0.0


class AskPerson(AskFact):
    """Ask who the therapy may be for."""

    slot = PERSON

    def choices(self) -> list[tuple[str, str]]:
        """The guide's persons, the youngest first."""
        persons = sorted(guide().persons.values(), key=lambda person: person.since)
        return [(person.label, person.label) for person in persons]


class AskCondition(AskFact):
    """Ask which condition or injury is behind it."""

    slot = CONDITION

    def choices(self) -> list[tuple[str, str]]:
        """The worked conditions, and none."""
        return [
            (condition.label, condition.short)
            for id_, condition in guide().conditions.items()
            if condition.parts or id_ == NO_CONDITION
        ]


class AskDifficulties(AskFact):
    """Ask what is hardest."""

    slot = DIFFICULTIES

    def choices(self) -> list[tuple[str, str]]:
        """The guide's difficulties."""
        return [(trouble.label, trouble.short) for trouble in guide().difficulties.values()]


def say_recommendation(voice: Voice, facts: Facts) -> None:
    """Say what `facts` lead to."""
    recommendation = guide().recommend(facts)
    search = choice(CANONICAL["find_location"], "find_location")
    voice.say(
        guide().web(recommendation),
        sms=guide().sms(recommendation, f"\n1. {search['title']}"),
        buttons=[search],
        outcome="answer",
        topic=recommendation.topic,
        sources=[{"id": c.id, "section": c.section} for c in recommendation.citations],
        related=[recommendation.topic, "otpt_both", "referral"],
        offer="location_form",
        recommendation=True,
        copy_text=guide().copy_text(recommendation),
    )


class Recommend(OttoAction):
    """Make the recommendation."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_recommend"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Say it with its reasons and sources; keep what it went by, forget the answers."""
        facts = known(tracker)
        say_recommendation(voice, facts)
        kept: dict[str, Any] = {
            PERSON: facts.person,
            CONDITION: facts.condition,
            DIFFICULTIES: list(facts.difficulties),
        }
        return [*FORGET, SlotSet(RECOMMENDED, kept)]


class ShowRecommendation(OttoAction):
    """Show the last recommendation again."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_show_recommendation"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Say it again, or offer to make one."""
        if last := recommended(tracker):
            say_recommendation(voice, last)
            return []
        voice.say(
            "I haven't made a recommendation yet. Shall I ask you a few questions?",
            buttons=[choice(CANONICAL["recommend_therapy"], "recommend_therapy")],
            outcome="small_talk",
            offer=FORM,
        )
        return []


class GoBack(OttoAction):
    """Say that there is nothing to go back to; with questions open, they go back themselves."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_go_back"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Say it, and what can be done."""
        voice.say(
            "There is nothing to go back to right now. Ask me anything about OT, or say "
            "“start over” to begin anew.",
            sms='There is nothing to go back to right now. Ask me anything about OT, or say "start '
            'over" to begin anew.',
            outcome="small_talk",
        )
        return []
