"""OT, PT or both: what is read from an answer, when it is asked again, and what is said."""

import logging
from typing import Any

import pytest
from rasa_sdk.events import SlotSet

from actions import recommendation
from actions.recommendation import (
    AskCondition,
    AskDifficulties,
    AskPerson,
    Recommend,
    ShowRecommendation,
    ValidateRecommendationForm,
)
from bot.sms import segments
from tests.actions.helper import Event, heard, run, said, titles, tracker

FORM = "recommendation_form"
SLOTS = ("person", "condition", "difficulties", "tries")


def filled(
    person: str | None,
    condition: str | None,
    difficulties: list[str] | None,
    missing: str | None,
    tries: int = 0,
) -> list[Event]:
    values = (person, condition, difficulties, tries)
    events = [SlotSet(slot, value) for slot, value in zip(SLOTS, values, strict=True)]
    return [*events, SlotSet("requested_slot", missing)]


def answer(text: str, waiting: str, intent: str = "inform", **slots: Any) -> list[Event]:
    """The events of an answer to the form's question for the slot `waiting`."""
    on = tracker(heard(text), intent=intent, form=FORM, slots=slots | {"requested_slot": waiting})
    messages, events = run(ValidateRecommendationForm(), on)
    assert messages == []
    return events


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("Help me choose between OT and PT", filled(None, None, None, "person")),
        ("OT or PT for my son", filled("child", None, None, "condition")),
        ("my mother has dementia", filled("adult", "dementia", None, "difficulties")),
        ("my dad had a stroke", filled("adult", "stroke", None, None)),
        ("after a stroke, OT or PT?", filled(None, "stroke", None, None)),
        ("my wife can't get dressed", filled("adult", None, ["self_care"], None)),
        ("getting dressed", filled(None, None, ["self_care"], "person")),
    ],
)
def test_a_first_message_is_read_for_all_it_tells(text: str, events: list[Event]) -> None:
    assert run(ValidateRecommendationForm(), tracker(heard(text))) == ([], events)


@pytest.mark.parametrize(
    ("text", "waiting", "known", "events"),
    [
        ("my son", "person", {}, filled("child", None, None, "condition")),
        ("she is 82", "person", {}, filled("older_adult", None, None, "condition")),
        (
            "dementia",
            "condition",
            {"person": "adult"},
            filled("adult", "dementia", None, "difficulties"),
        ),
        ("A stroke", "condition", {"person": "adult"}, filled("adult", "stroke", None, None)),
        (
            "getting dressed",
            "difficulties",
            {"person": "adult", "condition": "dementia"},
            filled("adult", "dementia", ["self_care"], None),
        ),
    ],
)
def test_an_answer_fills_what_was_asked_for(
    text: str, waiting: str, known: dict[str, Any], events: list[Event]
) -> None:
    assert answer(text, waiting, **known) == events


def test_an_answer_may_change_an_earlier_one() -> None:
    events = answer("she is 82 and has dementia", "condition", person="adult")
    assert events == filled("older_adult", "dementia", None, "difficulties")


def test_the_first_answer_that_tells_nothing_is_asked_for_again() -> None:
    assert answer("yes", "person", "affirm") == filled(None, None, None, "person", tries=1)


@pytest.mark.parametrize(
    ("waiting", "known", "events"),
    [
        ("person", {}, filled("unknown", None, None, "condition")),
        ("condition", {"person": "child"}, filled("child", "unknown", None, "difficulties")),
        (
            "difficulties",
            {"person": "child", "condition": "unknown"},
            filled("child", "unknown", ["unknown"], None),
        ),
    ],
)
@pytest.mark.parametrize(
    ("text", "intent", "tries"),
    [("yes", "affirm", 1), ("I don't know", "dont_know", 0), ("none of these", "deny", 0)],
)
def test_a_second_try_a_no_and_not_knowing_go_on_without_an_answer(
    text: str,
    intent: str,
    tries: int,
    waiting: str,
    known: dict[str, Any],
    events: list[Event],
) -> None:
    assert answer(text, waiting, intent, **known, tries=tries) == events


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("How long is an OT session?", "faq"),
        ("what helps a child who is afraid of the stairs at school", "faq"),
        ("never mind", "cancel"),
        ("my son is not breathing", "emergency"),
        ("thank you", "small_talk"),
        ("Is it for my son?", "inquire"),
    ],
)
def test_what_is_no_answer_is_left_to_the_other_skills(text: str, intent: str) -> None:
    assert answer(text, "person", intent) == []


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("and for my mom", filled("adult", None, None, "condition")),
        ("what about my little boy?", filled("child", None, None, "condition")),
        ("and for my dad, who had a stroke?", filled("adult", "stroke", None, None)),
    ],
)
def test_a_follow_up_that_names_a_person_answers_who_it_is_for(
    text: str, events: list[Event]
) -> None:
    assert answer(text, "person", "follow_up") == events


@pytest.mark.parametrize(
    ("text", "waiting"),
    [("how long does that take?", "person"), ("and PT?", "person"), ("and kids?", "condition")],
)
def test_a_follow_up_that_tells_nothing_of_what_was_asked_is_left_to_its_answer(
    text: str, waiting: str
) -> None:
    assert answer(text, waiting, "follow_up") == []


@pytest.mark.parametrize("waiting", ["person", "condition", "difficulties"])
@pytest.mark.parametrize(
    ("text", "intent"), [("yes", "affirm"), ("I don't know", "dont_know"), ("no", "nlu_fallback")]
)
def test_after_an_emergency_a_text_that_tells_nothing_is_left_to_the_advice(
    text: str, intent: str, waiting: str
) -> None:
    assert answer(text, waiting, intent, alarmed=True) == []


def test_after_an_emergency_an_answer_still_counts() -> None:
    events = answer("my son", "person", alarmed=True)
    assert events == filled("child", None, None, "condition")


def test_a_false_alarm_is_no_answer() -> None:
    assert answer("he is fine again", "person", "false_alarm", alarmed=False) == []


def test_a_condition_that_the_guide_does_not_know_is_asked_for_again() -> None:
    events = answer("Ehlers Danlos", "condition", "nlu_fallback", person="adult")
    assert events == filled("adult", None, None, "condition", tries=1)


def test_after_a_question_was_answered_the_form_waits_for_the_same() -> None:
    slots = {"person": "child", "requested_slot": "condition", "tries": 1}
    on = tracker(heard("What is a stroke?"), said("An answer."), form=FORM, slots=slots)
    assert run(ValidateRecommendationForm(), on)[1] == filled("child", None, None, "condition")


@pytest.mark.parametrize(
    ("action", "first", "choice"),
    [
        (AskPerson(), "Who is it for?", "A child"),
        (AskCondition(), "Is there a condition or injury behind it?", "None of these"),
        (AskDifficulties(), "What is hardest right now?", "Using the hands"),
    ],
)
def test_a_question_offers_its_answers_and_reads_differently_the_second_time(
    action: Any, first: str, choice: str
) -> None:
    (once,), events = run(action, tracker(heard("x"), slots={"tries": 0}))
    (again,), _ = run(action, tracker(heard("x"), slots={"tries": 1}))
    assert first in once["text"]
    assert first not in again["text"]
    assert titles(once) == titles(again)
    assert choice in titles(once)
    assert events == []


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ({"condition": "stroke"}, "**OT and PT together** look like the likely fit"),
        ({"condition": "hand_injury"}, "mainly OT"),
        (
            {"person": "child", "condition": "unknown", "difficulties": ["child_development"]},
            "**occupational therapy (OT)** looks like the likely fit",
        ),
        (
            {"person": "adult", "condition": "unknown", "difficulties": ["walking"]},
            "**physical therapy (PT)** looks like the likely fit",
        ),
        (
            {"person": "unknown", "condition": "unknown", "difficulties": ["unknown"]},
            "I can't tell yet if **OT, PT or both** would fit",
        ),
    ],
)
def test_a_recommendation_follows_from_the_answers(slots: dict[str, Any], words: str) -> None:
    (message,), _ = run(Recommend(), tracker(heard("x"), slots=slots))
    assert words in message["text"]


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_a_recommendation_says_that_it_is_no_diagnosis(channel: str) -> None:
    on = tracker(heard("x"), slots={"condition": "stroke"}, channel=channel)
    (message,), _ = run(Recommend(), on)
    assert "eneral information, not a diagnosis" in message["text"]


def test_a_recommendation_fits_a_text_message() -> None:
    on = tracker(heard("x"), slots={"condition": "stroke"}, channel="sms")
    (message,), _ = run(Recommend(), on)
    assert segments(message["text"]) <= 2


def test_a_recommendation_offers_the_location_lookup_and_names_its_sources() -> None:
    (message,), _ = run(Recommend(), tracker(heard("x"), slots={"condition": "stroke"}))
    assert titles(message) == ["Find OT in my city"]
    assert message["metadata"]["offer"] == "location_form"
    assert message["metadata"]["sources"] != []


def test_the_answers_are_forgotten_once_the_recommendation_is_made() -> None:
    _, events = run(Recommend(), tracker(heard("x"), slots={"condition": "stroke"}))
    assert events == [SlotSet(slot, None) for slot in SLOTS]


def test_the_last_recommendation_is_shown_again_as_it_was() -> None:
    button = {"title": "Find OT in my city", "payload": "Find OT in my city"}
    on = tracker(
        heard("a"),
        said("The first one.", recommendation=True),
        heard("b"),
        said("The second one.", [button], recommendation=True, outcome="answer"),
        heard("c"),
        said("Something else.", outcome="answer"),
        heard("show it again"),
    )
    (message,), events = run(ShowRecommendation(), on)
    assert (message["text"], message["buttons"]) == ("The second one.", [button])
    assert message["metadata"] == {"recommendation": True, "outcome": "answer"}
    assert events == []


def test_without_a_recommendation_one_is_offered() -> None:
    (message,), events = run(ShowRecommendation(), tracker(heard("show it again")))
    assert titles(message) == ["Help me choose between OT and PT"]
    assert message["metadata"]["offer"] == FORM
    assert events == []


@pytest.mark.parametrize(
    "action", [ValidateRecommendationForm(), AskPerson(), AskCondition(), Recommend()]
)
def test_an_action_that_breaks_still_answers_and_logs_nothing_that_was_said(
    action: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("my secret condition")

    monkeypatch.setattr(recommendation, "guide", fail)
    with caplog.at_level(logging.DEBUG):
        (message,), events = run(action, tracker(heard("my secret condition")))
    assert "something went wrong on my side" in message["text"]
    assert events == []
    assert f"{action.name()} failed: RuntimeError" in caplog.text
    assert "secret" not in caplog.text
