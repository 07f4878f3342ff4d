"""OT, PT or both: a few questions, and a recommendation with its reasons."""

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
    earlier_turns,
    intent_of,
    just_said,
    metadata_of,
    tries_so_far,
    waiting_for,
)
from actions.conversation import CANONICAL
from bot.therapy_guide import Facts, Guide

PERSON, CONDITION, DIFFICULTIES = "person", "condition", "difficulties"
UNKNOWN = "unknown"
FORGET = [SlotSet(slot, None) for slot in (PERSON, CONDITION, DIFFICULTIES, TRIES)]
# How often the same question is asked before Otto goes on without an answer.
MOST_TRIES = 2
# Intents that stay within the form, even where the guide knows none of the words.
STAY = {"inform", "dont_know", "deny", "affirm", "repeat", "recommend_therapy"}
# Longer texts than this are more likely a question of their own than an answer.
ANSWER_WORDS = 6
# Without one of these, a person named in passing does not change who it is for.
CORRECTION = re.compile(
    r"\b(actually|sorry|i meant|i mean|it'?s for|it is for|not for|no wait|no my)\b|\bno,",
    re.IGNORECASE,
)


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


def missing(facts: Facts) -> str | None:
    """The next thing to ask, or None when a recommendation can be made.

    A worked example of the guide says what each therapy does whoever it is for.
    """
    condition = guide().conditions.get(facts.condition or "")
    if condition and condition.parts:
        return None
    if facts.person is None:
        return PERSON
    if facts.difficulties:
        return None
    return CONDITION if facts.condition is None else DIFFICULTIES


class ValidateRecommendationForm(OttoAction):
    """Read person, condition and difficulties out of what was said, in any order and amount."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "validate_recommendation_form"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Fill what the text tells; nothing where it is a question of its own.

        Returning no slot makes Rasa reject the form, so that the rules answer the question.
        """
        text = just_said(tracker)
        intent = intent_of(tracker)
        waiting = waiting_for(tracker, PERSON, CONDITION, DIFFICULTIES)
        before = known(tracker)
        told = guide().read(text)
        if text and waiting and leaves_form(told, waiting, text, intent):
            return []
        if waiting and alarmed(tracker) and told == Facts():
            return []
        after = put_together(
            before, told, corrected=waiting == PERSON or bool(CORRECTION.search(text))
        )
        tries = 0
        if text and waiting and after == before and intent not in ("repeat", "recommend_therapy"):
            tries = tries_so_far(tracker) + 1
            if tries >= MOST_TRIES or intent in ("dont_know", "deny"):
                after, tries = without(after, waiting), 0
        return [
            SlotSet(PERSON, after.person),
            SlotSet(CONDITION, after.condition),
            SlotSet(DIFFICULTIES, list(after.difficulties) or None),
            SlotSet(TRIES, tries),
            SlotSet(REQUESTED, missing(after)),
        ]


def leaves_form(told: Facts, waiting: str, text: str, intent: str) -> bool:
    """Whether a text is a matter of its own rather than an answer to the question asked."""
    if intent in STAY or (CORRECTION.search(text) and told != Facts()):
        return False
    if intent == "follow_up":
        return not getattr(told, waiting)
    short = len(text.split()) <= ANSWER_WORDS and not text.rstrip().endswith("?")
    if intent in ("faq", "nlu_fallback", "out_of_scope"):
        answers = bool(getattr(told, waiting) or told.condition or told.difficulties)
        return not short or not (answers or intent == "nlu_fallback" or waiting == CONDITION)
    return True


def put_together(before: Facts, told: Facts, corrected: bool) -> Facts:
    """What is known once `told` is added; a known person changes by a correction or an age."""
    corrected = corrected or told.age is not None
    person = told.person if told.person and (corrected or not before.person) else before.person
    return Facts(
        person=person,
        condition=told.condition or before.condition,
        difficulties=tuple(dict.fromkeys((*before.difficulties, *told.difficulties))),
    )


def without(facts: Facts, waiting: str) -> Facts:
    """Go on without an answer: the person never decides alone, a condition may be none."""
    values: dict[str, Any] = {
        PERSON: facts.person,
        CONDITION: facts.condition,
        DIFFICULTIES: facts.difficulties,
    }
    values[waiting] = (UNKNOWN,) if waiting == DIFFICULTIES else UNKNOWN
    return Facts(**values)


class AskPerson(OttoAction):
    """Ask who the therapy may be for."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_ask_recommendation_form_person"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Offer the guide's persons."""
        again = bool(tracker.get_slot(TRIES))
        voice.say(
            "Sorry, I didn't get that. Is it for a child, an adult, or an older adult?"
            if again
            else "I can help you think it through with up to three short questions. Who is it for?",
            buttons=[
                choice(person.label)
                for person in sorted(guide().persons.values(), key=lambda person: person.since)
            ],
            outcome="dialogue",
        )
        return []


class AskCondition(OttoAction):
    """Ask which condition or injury is behind it."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_ask_recommendation_form_condition"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Offer the worked conditions, and none."""
        again = bool(tracker.get_slot(TRIES))
        voice.say(
            "I don't know that one. Is it one of these? If not, “none of these” is fine."
            if again
            else "Is there a condition or injury behind it?",
            buttons=[
                choice(condition.label)
                for condition in guide().conditions.values()
                if condition.parts
            ]
            + [choice("None of these")],
            outcome="dialogue",
        )
        return []


class AskDifficulties(OttoAction):
    """Ask what is hardest."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_ask_recommendation_form_difficulties"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Offer the guide's difficulties."""
        again = bool(tracker.get_slot(TRIES))
        voice.say(
            "Which of these comes closest? You can name more than one."
            if again
            else "What is hardest right now? You can name more than one thing.",
            buttons=[choice(difficulty.label) for difficulty in guide().difficulties.values()],
            outcome="dialogue",
        )
        return []


class Recommend(OttoAction):
    """Make the recommendation."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_recommend"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Say it with its reasons and sources, and forget the answers."""
        recommendation = guide().recommend(known(tracker))
        voice.say(
            guide().web(recommendation),
            sms=guide().sms(recommendation),
            buttons=[choice(CANONICAL["find_location"], "find_location")],
            outcome="answer",
            topic=recommendation.topic,
            sources=[{"id": c.id, "section": c.section} for c in recommendation.citations],
            related=[recommendation.topic, "otpt_both", "referral"],
            offer="location_form",
            recommendation=True,
        )
        return list(FORGET)


class ShowRecommendation(OttoAction):
    """Show the last recommendation again."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_show_recommendation"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Repeat it, or offer to make one."""
        for turn in earlier_turns(tracker):
            for utterance in turn:
                if metadata_of(utterance).get("recommendation"):
                    voice.repeat(utterance)
                    return []
        voice.say(
            "I haven't made a recommendation yet. Shall I ask you a few questions?",
            buttons=[choice(CANONICAL["recommend_therapy"], "recommend_therapy")],
            outcome="small_talk",
            offer="recommendation_form",
        )
        return []
