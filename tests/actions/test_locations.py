"""The location lookup: what is read, what is asked for, and what is said about a place."""

import logging
from typing import Any

import pytest
from rasa_sdk.events import SlotSet

from actions import locations
from actions.locations import AskCity, AskState, FindLocation, ValidateLocationForm, sentence_of
from bot.sms import outside_gsm7
from tests.actions.helper import Event, heard, run, said, titles, tracker

FORM = "location_form"


def filled(city: str | None, state: str | None, missing: str | None) -> list[Event]:
    return [
        SlotSet("city", city),
        SlotSet("state", state),
        SlotSet("tries", 0),
        SlotSet("requested_slot", missing),
    ]


def find(city: str | None, state: str | None = None, **more: Any) -> tuple[dict[str, Any], Any]:
    """What is said about a place, and the events."""
    slots = {"city": city, "state": state}
    (message,), events = run(FindLocation(), tracker(heard("x"), slots=slots, **more))
    return message, events


@pytest.mark.parametrize(
    ("text", "city", "state", "missing"),
    [
        ("Is there an OT in Tampa?", "Tampa", None, None),
        ("Is there an OT in Erie, PA?", "Erie", "Pennsylvania", None),
        ("Is there an OT in Kingston?", "Kingston", None, "state"),
        ("Do you cover Texas?", None, "Texas", None),
        ("33602", "33602", None, None),
        ("Find OT in my city", None, None, "city"),
    ],
)
def test_a_first_message_is_read_for_a_place(
    text: str, city: str | None, state: str | None, missing: str | None
) -> None:
    messages, events = run(ValidateLocationForm(), tracker(heard(text)))
    assert (messages, events) == ([], filled(city, state, missing))


def test_a_first_message_forgets_the_place_before() -> None:
    before = {"city": "Tampa", "state": "Florida"}
    _, events = run(ValidateLocationForm(), tracker(heard("Find OT in my city"), slots=before))
    assert events == filled(None, None, "city")


@pytest.mark.parametrize(
    ("text", "city", "state"),
    [
        ("New York", "Kingston", "New York"),
        ("Pennsylvania", "Kingston", "Pennsylvania"),
        ("PA", "Kingston", "Pennsylvania"),
        ("Kingston, Pennsylvania", "Kingston", "Pennsylvania"),
        ("sorry, I meant Erie", "Erie", None),
        ("I meant Tampa, Florida", "Tampa", "Florida"),
    ],
)
def test_which_state_is_answered_by_a_state_or_another_place(
    text: str, city: str, state: str | None
) -> None:
    waiting = {"city": "Kingston", "state": None, "requested_slot": "state"}
    _, events = run(ValidateLocationForm(), tracker(heard(text), form=FORM, slots=waiting))
    assert events == filled(city, state, None)


def test_which_state_is_asked_again_for_another_name_in_two_states() -> None:
    waiting = {"city": "Kingston", "state": None, "requested_slot": "state"}
    on = tracker(heard("I meant Lakewood"), form=FORM, slots=waiting)
    assert run(ValidateLocationForm(), on)[1] == filled("Lakewood", None, "state")


@pytest.mark.parametrize("text", ["How long is a session?", "thank you so much", "stop it"])
def test_a_text_without_a_place_is_left_to_the_other_skills(text: str) -> None:
    on = tracker(heard(text), form=FORM, slots={"requested_slot": "city"})
    assert run(ValidateLocationForm(), on) == ([], [])


def answer(text: str, intent: str, **slots: Any) -> list[Event]:
    """The events of an answer to the form, which waits for a city unless `slots` say else."""
    waiting = {"requested_slot": "city"} | slots
    on = tracker(heard(text), intent=intent, form=FORM, slots=waiting)
    messages, events = run(ValidateLocationForm(), on)
    assert messages == []
    return events


@pytest.mark.parametrize("waiting", ["city", "state"])
@pytest.mark.parametrize(
    "text",
    [
        "I'm OK, back to my questions",
        "false alarm, we are home in Tampa",
        "all well here, Miami, OK",
    ],
)
def test_a_false_alarm_leaves_the_form_even_where_it_names_a_place(text: str, waiting: str) -> None:
    slots = {"city": "Kingston" if waiting == "state" else None, "requested_slot": waiting}
    assert answer(text, "false_alarm", **slots) == []


@pytest.mark.parametrize("intent", ["affirm", "dont_know", "deny", "repeat"])
def test_after_an_emergency_a_text_without_a_place_is_left_to_the_advice(intent: str) -> None:
    assert answer("yes", intent, alarmed=True) == []


def test_without_an_emergency_a_text_without_a_place_is_asked_about_again() -> None:
    assert SlotSet("tries", 1) in answer("yes", "affirm", alarmed=False)


def test_after_an_emergency_a_place_still_counts() -> None:
    assert answer("Tampa", "find_location", alarmed=True) == filled("Tampa", None, None)


def test_after_a_question_was_answered_the_form_waits_for_the_same() -> None:
    waiting = {"city": "Kingston", "state": None, "requested_slot": "state"}
    on = tracker(heard("Is Tampa nice?"), said("An answer."), form=FORM, slots=waiting)
    assert run(ValidateLocationForm(), on)[1] == filled("Kingston", None, "state")


@pytest.mark.parametrize(("channel", "marked"), [("web", True), ("sms", False)])
def test_the_city_is_asked_for_with_the_states_that_are_covered(channel: str, marked: bool) -> None:
    (message,), events = run(AskCity(), tracker(heard("x"), channel=channel))
    assert "California, Florida, New Jersey, New York and Pennsylvania" in message["text"]
    assert ("**" in message["text"]) is marked
    assert events == []


def test_the_state_is_asked_for_with_a_choice_for_each() -> None:
    (message,), events = run(AskState(), tracker(heard("x"), slots={"city": "Kingston"}))
    assert titles(message) == ["Kingston, New York", "Kingston, Pennsylvania"]
    assert message["metadata"]["location"]["ambiguous_states"] == ["New York", "Pennsylvania"]
    assert events == []


@pytest.mark.parametrize(
    ("city", "state", "words"),
    [
        ("Tampa", None, "Yes, **Tampa, Florida** is in our directory"),
        ("Kingston", "New York", "Yes, **Kingston, New York** is in our directory"),
        ("33602", None, "Yes, **Tampa, Florida** is in our directory"),
        (None, "Florida", "**164 cities in Florida**"),
        (None, "Texas", "**Texas** is not in our directory, which covers California,"),
        ("Miami", "Ohio", "**Miami, Ohio** is not in our directory, which covers California,"),
        ("Newtown", "Connecticut", "The nearest listed cities are Carmel Hamlet, New York (about"),
        ("99999", None, "I don't know that place. Please give me a city and a state"),
        ("Xyzzyville", None, "I don't know that place. Please give me a city and a state"),
    ],
)
def test_every_kind_of_place_gets_its_words(
    city: str | None, state: str | None, words: str
) -> None:
    message, _ = find(city, state)
    assert words in message["text"]


@pytest.mark.parametrize("city", ["Tampa", "Xyzzyville"])
def test_a_place_is_forgotten_once_it_was_looked_up(city: str) -> None:
    assert find(city)[1] == [SlotSet(slot, None) for slot in ("city", "state", "tries")]


def test_a_place_is_recorded_as_it_was_looked_up() -> None:
    message, _ = find("Tampa")
    assert message["metadata"]["location"] == {
        "state": "Florida",
        "city": "Tampa",
        "listed": True,
        "ambiguous_states": [],
        "nearest": [],
    }


def test_the_directory_is_named_as_the_source() -> None:
    message, _ = find("Tampa")
    assert message["metadata"]["sources"] == [
        {"id": "ot_vs_pt", "section": "Full State and City Directory"}
    ]


@pytest.mark.parametrize(("intent", "told"), [("location_detail", True), ("find_location", False)])
def test_who_asks_for_an_address_is_told_that_there_is_none(intent: str, told: bool) -> None:
    message, _ = find("Ocala", intent=intent)
    assert ("can't give an address or a phone number" in message["text"]) is told


@pytest.mark.parametrize("city", ["Tampa", "Newtown", "Miami"])
def test_a_text_message_holds_no_markup(city: str) -> None:
    message, _ = find(city, "Connecticut" if city == "Newtown" else None, channel="sms")
    assert "*" not in message["text"]
    assert outside_gsm7(message["text"]) == []


@pytest.mark.parametrize(
    ("items", "sentence"),
    [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_a_list_reads_as_in_a_sentence(items: list[str], sentence: str) -> None:
    assert sentence_of(items) == sentence


@pytest.mark.parametrize("action", [ValidateLocationForm(), AskCity(), AskState(), FindLocation()])
def test_an_action_that_breaks_still_answers_and_logs_nothing_that_was_said(
    action: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("the secret town of Erie")

    for name in ("directory", "places", "look_up"):
        monkeypatch.setattr(locations, name, fail)
    slots = {"city": "the secret town", "state": None}
    with caplog.at_level(logging.DEBUG):
        (message,), events = run(action, tracker(heard("the secret town"), slots=slots))
    assert "something went wrong on my side" in message["text"]
    assert events == []
    assert f"{action.name()} failed: RuntimeError" in caplog.text
    assert "secret" not in caplog.text
