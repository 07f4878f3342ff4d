"""OT, PT or both: what is read from an answer, when it is asked again, and what is said."""

import logging
from typing import Any

import pytest
from rasa_sdk.events import SlotSet

from actions import recommendation
from actions.base import CLOSE_FORM
from actions.recommendation import (
    AskCondition,
    AskDifficulties,
    AskPerson,
    GoBack,
    Recommend,
    ShowRecommendation,
    ValidateRecommendationForm,
)
from bot.channels.render import as_sms
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
    ("text", "intent", "tries", "condition"),
    [
        ("yes", "affirm", 1, "unknown"),
        ("I don't know", "dont_know", 0, "unknown"),
        ("none of these", "deny", 0, "none"),
    ],
)
def test_no_to_a_condition_means_none_and_not_knowing_does_not(
    text: str, intent: str, tries: int, condition: str
) -> None:
    events = answer(text, "condition", intent, person="child", tries=tries)
    assert events == filled("child", condition, None, "difficulties")


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
    ("text", "waiting", "known", "events"),
    [
        ("actually it's for my son", "condition", {"person": "adult"}, filled(
            "child", None, None, "condition"
        )),
        ("no, she has dementia, not arthritis", "difficulties", {
            "person": "adult", "condition": "arthritis"
        }, filled("adult", "dementia", None, "difficulties")),
        ("not pain, balance", "person", {"difficulties": ["pain"]}, filled(
            None, None, ["walking"], "person"
        )),
    ],
)  # fmt: skip
@pytest.mark.parametrize("intent", ["inform", "deny", "faq", "nlu_fallback"])
def test_a_correction_is_taken_however_it_is_understood(
    text: str, waiting: str, known: dict[str, Any], events: list[Event], intent: str
) -> None:
    assert answer(text, waiting, intent, **known) == events


def test_a_no_that_tells_something_known_is_no_refusal() -> None:
    events = answer("no, for my daughter", "condition", "deny", person="child")
    assert events == filled("child", None, None, "condition")


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("my hand", filled("adult", "none", ["hand_use"], None)),
        ("my knee", filled("adult", "none", None, "difficulties")),
    ],
)
def test_a_part_of_the_body_is_no_condition_and_is_not_asked_about_again(
    text: str, events: list[Event]
) -> None:
    assert answer(text, "condition", "nlu_fallback", person="adult") == events


# Going back


def asked_for(*slots: str) -> list[Event]:
    """The events of a form that asked for these slots one after the other."""
    return [{"event": "slot", "name": "requested_slot", "value": slot} for slot in slots]


def went_back(*asked: str, **slots: Any) -> list[Event]:
    slots |= {"requested_slot": asked[-1]}
    on = tracker(*asked_for(*asked), heard("go back"), intent="go_back", form=FORM, slots=slots)
    return run(ValidateRecommendationForm(), on)[1]


def test_going_back_takes_back_the_last_answer() -> None:
    events = went_back("person", "condition", person="adult")
    assert events == filled(None, None, None, "person")


def test_going_back_leads_to_the_question_before_even_if_one_was_never_asked() -> None:
    events = went_back("person", "difficulties", person="adult", condition="dementia")
    assert events == filled(None, "dementia", None, "person")


def test_going_back_twice_leads_two_questions_back() -> None:
    events = went_back("person", "condition", "difficulties", "condition", person="adult")
    assert events == filled(None, None, None, "person")


def test_going_back_at_the_first_question_changes_nothing() -> None:
    assert went_back("person") == filled(None, None, None, "person")


def test_going_back_does_not_lead_behind_the_last_recommendation() -> None:
    slots = {"person": "adult", "requested_slot": "condition"}
    events = [*asked_for("person"), said("x", recommendation=True), *asked_for("condition")]
    on = tracker(*events, heard("go back"), intent="go_back", form=FORM, slots=slots)
    assert run(ValidateRecommendationForm(), on)[1] == filled("adult", None, None, "condition")


def test_going_back_with_a_new_answer_takes_the_answer() -> None:
    events = answer("go back, it's for my son", "condition", "go_back", person="adult")
    assert events == filled("child", None, None, "condition")


def test_with_no_question_open_there_is_nothing_to_go_back_to() -> None:
    (message,), events = run(GoBack(), tracker(heard("go back"), intent="go_back"))
    assert message["text"].startswith("There is nothing to go back to")
    assert events == []


# What was said before


STARTED = {"event": "active_loop", "name": FORM}
HAPPENED = [heard("Can OT help my wife? She has dementia"), said("An answer.")]


def begun(*events: Event, text: str = "does she need OT or PT", **slots: Any) -> list[Event]:
    """The events of the form's beginning with `text`, after the given ones."""
    on = tracker(*events, heard(text), STARTED, intent="recommend_therapy", slots=slots)
    return run(ValidateRecommendationForm(), on)[1]


def test_what_was_said_before_the_questions_counts() -> None:
    assert begun(*HAPPENED) == filled("adult", "dementia", None, "difficulties")


@pytest.mark.parametrize(
    "boundary",
    [{"event": "reset_slots"}, said("A fit.", recommendation=True), STARTED],
    ids=["a fresh start", "a recommendation", "earlier questions"],
)
def test_what_was_said_before_the_last_time_does_not_count(boundary: Event) -> None:
    assert begun(*HAPPENED, boundary) == filled(None, None, None, "person")


def test_what_was_said_in_an_emergency_does_not_count() -> None:
    emergency = heard("my son is not breathing") | {"parse_data": {"intent": {"name": "emergency"}}}
    assert begun(emergency, said("Call 911.")) == filled(None, None, None, "person")


def test_answers_that_were_given_go_before_what_was_said_earlier() -> None:
    events = begun(*HAPPENED, text="Help me choose", person="child", condition="none")
    assert events == filled("child", "none", None, "difficulties")


def test_the_answers_for_another_person_do_not_count() -> None:
    events = begun(text="OT or PT for my son", person="adult", condition="dementia")
    assert events == filled("child", None, None, "condition")


MADE = {"recommended": {"person": "adult", "condition": "stroke", "difficulties": []}}


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("he cannot button his shirt", filled("adult", "stroke", ["hand_use"], None)),
        ("actually it's for my son", filled("child", "stroke", None, None)),
        ("does he need OT or PT", filled("adult", "stroke", None, None)),
        ("Help me choose between OT and PT", filled(None, None, None, "person")),
        ("my daughter has adhd", filled("child", "adhd", None, "difficulties")),
    ],
)
def test_after_a_recommendation_it_depends_on_whom_a_text_is_about(
    text: str, events: list[Event]
) -> None:
    assert begun(text=text, **MADE) == events


def test_after_a_session_an_old_request_is_no_open_question() -> None:
    on = tracker(heard("my mom"), slots={"condition": "dementia", "requested_slot": "person"})
    events = run(ValidateRecommendationForm(), on)[1]
    assert events == filled("adult", "dementia", None, "difficulties")


# How it is asked

ASKS = [AskPerson(), AskCondition(), AskDifficulties()]


def asked(action: Any, *events: Event, **options: Any) -> str:
    """What the action asks after the given events."""
    (message,), _ = run(action, tracker(*events, form=FORM, **options))
    text: str = message["text"]
    return text


@pytest.mark.parametrize(
    ("action", "first", "choice"),
    [
        (AskPerson(), "Who is it for?", "A child"),
        (AskCondition(), "Is there a condition or injury behind it?", "None of these"),
        (AskDifficulties(), "What is hardest right now?", "Using the hands"),
    ],
)
def test_a_question_offers_its_answers(action: Any, first: str, choice: str) -> None:
    (message,), events = run(action, tracker(heard("x")))
    assert first in message["text"]
    assert choice in titles(message)
    assert message["metadata"]["asks"] == action.slot
    assert events == []


@pytest.mark.parametrize("action", ASKS)
def test_a_question_reads_differently_the_second_time(action: Any) -> None:
    first = asked(action, heard("x"))
    again = asked(action, heard("x"), said(first, asks=action.slot), heard("y"))
    assert first not in again


def test_the_first_question_says_what_is_coming() -> None:
    text = asked(AskPerson(), heard("Help me choose"), STARTED)
    assert text.startswith("I can help you think it through with up to three short questions.")


def test_questions_that_begin_with_something_known_say_what() -> None:
    text = asked(AskCondition(), heard("OT or PT for my son"), STARTED, slots={"person": "child"})
    assert text.startswith("So far I know: a child.")


QUESTION = said("Who is it for?", asks="person")


def test_an_answer_that_told_nothing_is_said_to_be_unclear() -> None:
    text = asked(AskPerson(), QUESTION, heard("xyz"), slots={"tries": 1})
    assert text.startswith("Sorry, I didn't get that.")


def test_after_a_question_in_between_one_line_leads_back() -> None:
    text = asked(
        AskCondition(),
        said("Is there a condition?", asks="condition"),
        heard("What is OT?"),
        said("An answer."),
        intent="faq",
        slots={"person": "child"},
    )
    assert text.startswith("Back to the recommendation. So far I know: a child.")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("intent", "known", "opening"),
    [
        ("dont_know", "unknown", "That's fine."),
        ("nlu_fallback", "unknown", "That's all right, we can do without it."),
        ("go_back", None, "All right, one step back."),
        ("inform", "child", "Is there"),
    ],
)
def test_the_next_question_opens_as_the_last_one_ended(
    intent: str, known: str | None, opening: str
) -> None:
    text = asked(AskCondition(), QUESTION, heard("x"), intent=intent, slots={"person": known})
    assert text.startswith(opening)


@pytest.mark.parametrize(
    ("intent", "opening"),
    [
        ("repeat", "Of course."),
        ("go_back", "This is the first question, so there is nothing to go back to."),
        ("recommend_therapy", "Back to the recommendation."),
        ("inform", "Thank you. So far I know: trouble with steady walking."),
    ],
)
def test_the_same_question_opens_as_it_was_asked_for(intent: str, opening: str) -> None:
    slots = {"difficulties": ["walking"]}
    assert asked(AskPerson(), QUESTION, heard("x"), intent=intent, slots=slots).startswith(opening)


def test_who_answers_after_a_long_pause_is_told_what_is_known() -> None:
    events = [QUESTION | {"timestamp": 1.0}, heard("my son") | {"timestamp": 3601.0}]
    text = asked(AskCondition(), *events, slots={"person": "child"})
    assert text.startswith("Welcome back. So far I know: a child.")


RESUMED = said("Back to it: who is it for?", asks="person", after="faq")


def second_digression(intent: str, before: Event = RESUMED) -> tuple[Any, list[Event]]:
    events = [heard("What is OT?"), before, heard("And PT?"), said("An answer.")]
    (message,), returned = run(AskPerson(), tracker(*events, intent=intent, form=FORM))
    return message, returned


@pytest.mark.parametrize("intent", ["faq", "follow_up", "out_of_scope"])
def test_after_two_questions_in_a_row_the_form_lets_the_visitor_go(intent: str) -> None:
    message, events = second_digression(intent)
    assert message["text"] == "We can go on with the recommendation whenever you like."
    assert titles(message) == ["Go on with the recommendation"]
    assert message["metadata"]["offer"] == FORM
    assert events == CLOSE_FORM


@pytest.mark.parametrize("intent", ["small_talk", "emergency", "false_alarm", "show_again"])
def test_what_is_no_question_of_its_own_does_not_end_the_form(intent: str) -> None:
    message, events = second_digression(intent)
    assert message["text"].startswith("Back to the recommendation.")
    assert events == []


def test_a_question_after_small_talk_does_not_end_the_form() -> None:
    _, events = second_digression("faq", said("Back to it.", asks="person", after="small_talk"))
    assert events == []


@pytest.mark.parametrize("action", ASKS)
def test_a_question_with_its_choices_fits_a_text_message(action: Any) -> None:
    slots = {"person": "older_adult", "condition": "developmental_disability"}
    on = tracker(heard("x"), said("An answer."), channel="sms", form=FORM, slots=slots)
    (message,), _ = run(action, on)
    assert segments(as_sms(message)) <= 2


def test_a_choice_by_text_message_is_short_and_means_the_whole() -> None:
    (message,), _ = run(AskDifficulties(), tracker(heard("x"), channel="sms"))
    assert message["buttons"][0] == {
        "title": "Moving, stiffness",
        "payload": "Moving, bending or stiffness",
    }


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


@pytest.mark.parametrize("person", ["child", "older_adult"])
@pytest.mark.parametrize("condition", list(recommendation.guide().conditions))
@pytest.mark.parametrize("difficulties", [[], ["child_development", "cognition", "pain"]])
def test_a_recommendation_with_its_choice_fits_a_text_message(
    person: str, condition: str, difficulties: list[str]
) -> None:
    slots = {"person": person, "condition": condition, "difficulties": difficulties}
    (message,), _ = run(Recommend(), tracker(heard("x"), slots=slots, channel="sms"))
    assert segments(as_sms(message)) <= 2


def test_a_recommendation_offers_the_location_lookup_and_names_its_sources() -> None:
    (message,), _ = run(Recommend(), tracker(heard("x"), slots={"condition": "stroke"}))
    assert titles(message) == ["Find OT in my city"]
    assert message["metadata"]["offer"] == "location_form"
    assert message["metadata"]["sources"] != []


def test_a_recommendation_can_be_copied_as_plain_text() -> None:
    (message,), _ = run(Recommend(), tracker(heard("x"), slots={"condition": "stroke"}))
    copy = message["metadata"]["copy_text"]
    assert "**" not in copy
    assert "Ask your physician: “Do I need OT, PT or both?”" in copy


def test_the_answers_are_forgotten_and_what_it_went_by_is_kept() -> None:
    _, events = run(Recommend(), tracker(heard("x"), slots={"condition": "stroke"}))
    kept = {"person": None, "condition": "stroke", "difficulties": []}
    assert events == [*(SlotSet(slot, None) for slot in SLOTS), SlotSet("recommended", kept)]


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_the_last_recommendation_is_shown_again_as_it_was(channel: str) -> None:
    made, events = run(Recommend(), tracker(heard("x"), slots=MADE["recommended"], channel=channel))
    assert events[-1] == SlotSet("recommended", MADE["recommended"])
    again = run(ShowRecommendation(), tracker(heard("show it again"), slots=MADE, channel=channel))
    assert again == (made, [])


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
    assert events == ([] if isinstance(action, Recommend) else CLOSE_FORM)
    assert f"{action.name()} failed: RuntimeError" in caplog.text
    assert "secret" not in caplog.text
