"""The location lookup: what is read, what is asked for, and what is said about a place."""

import logging
from typing import Any

import pytest
from rasa_sdk.events import SlotSet

from actions import locations
from actions.base import CLOSE_FORM
from actions.locations import AskCity, AskState, FindLocation, ValidateLocationForm
from bot.sms import outside_gsm7
from tests.actions.helper import Event, heard, run, said, titles, tracker

FORM = "location_form"


def filled(
    city: str | None,
    state: str | None,
    missing: str | None,
    area: dict[str, Any] | None = None,
    tries: int = 0,
) -> list[Event]:
    return [
        SlotSet("city", city),
        SlotSet("state", state),
        SlotSet("area", area),
        SlotSet("tries", tries),
        SlotSet("requested_slot", missing),
    ]


def find(
    city: str | None, state: str | None = None, area: dict[str, Any] | None = None, **more: Any
) -> tuple[dict[str, Any], Any]:
    """What is said about a place, and the events."""
    slots = {"city": city, "state": state, "area": area}
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


def test_further_cities_are_kept_while_the_state_of_the_first_is_chosen() -> None:
    others = {"others": [["Tampa", None]]}
    waiting = {"city": "Kingston", "area": others, "requested_slot": "state"}
    on = tracker(heard("Kingston, New York"), form=FORM, slots=waiting)
    expected = filled("Kingston", "New York", None, {"others": (("Tampa", None),)})
    assert run(ValidateLocationForm(), on)[1] == expected


def test_which_state_is_asked_again_for_another_name_in_two_states() -> None:
    waiting = {"city": "Kingston", "state": None, "requested_slot": "state"}
    on = tracker(heard("I meant Lakewood"), form=FORM, slots=waiting)
    assert run(ValidateLocationForm(), on)[1] == filled("Lakewood", None, "state")


@pytest.mark.parametrize("text", ["How long is a session?", "thank you so much", "stop it"])
def test_a_text_without_a_place_is_left_to_the_other_skills(text: str) -> None:
    on = tracker(heard(text), intent="faq", form=FORM, slots={"requested_slot": "city"})
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


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("anything in the Lehigh Valley", {"region": "Lehigh Valley"}),
        ("I'm at 40.2171, -74.7429", {"point": (40.2171, -74.7429)}),
    ],
)
def test_an_area_needs_no_city(text: str, area: dict[str, Any]) -> None:
    _, events = run(ValidateLocationForm(), tracker(heard(text)))
    assert events == filled(None, None, None, area)


def test_a_county_of_several_states_asks_for_the_state() -> None:
    on = tracker(heard("anyone in Orange County?"))
    assert run(ValidateLocationForm(), on)[1] == filled(
        None, None, "state", {"region": "Orange County"}
    )


def test_the_state_of_a_county_is_kept_with_it() -> None:
    slots = {"area": {"region": "Orange County"}, "requested_slot": "state"}
    on = tracker(heard("Florida"), form=FORM, slots=slots)
    assert run(ValidateLocationForm(), on)[1] == filled(
        None, "Florida", None, {"region": "Orange County"}
    )


def test_a_mistyped_name_is_asked_about() -> None:
    assert answer("mimai", "nlu_fallback") == filled("mimai", None, "city")


def test_yes_takes_the_name_that_was_offered() -> None:
    assert answer("yes", "affirm", city="mimai") == filled("Miami", "Florida", None)


def test_no_to_a_name_asks_for_the_city_again() -> None:
    assert answer("no", "deny", city="mimai") == filled(None, None, "city", tries=1)


@pytest.mark.parametrize(
    ("text", "intent"), [("mimai", "faq"), ("zzyzx qrst what then", "nlu_fallback"), ("zz?", "faq")]
)
def test_a_question_of_its_own_is_no_name_that_nobody_knows(text: str, intent: str) -> None:
    assert answer(text, intent) == []


def test_a_name_that_nobody_knows_is_asked_about_again() -> None:
    assert answer("zzyzx", "nlu_fallback") == filled(None, None, "city", tries=1)


def test_the_third_name_that_nobody_knows_ends_the_lookup() -> None:
    assert answer("zzyzx", "out_of_scope", tries=2) == filled(None, None, None, tries=3)


def location(city: str, state: str | None = None) -> Event:
    return said("Yes.", location={"city": city, "state": state})


@pytest.mark.parametrize(
    ("text", "city", "state"),
    [
        ("no, the one in California", "Hollywood", "California"),
        ("I meant Miami", "Miami", None),
        ("not that, I meant Erie PA", "Erie", "Pennsylvania"),
    ],
)
def test_a_correction_keeps_the_city_and_changes_what_it_names(
    text: str, city: str, state: str | None
) -> None:
    on = tracker(location("Hollywood", "Florida"), heard(text), intent="correct_location")
    assert run(ValidateLocationForm(), on)[1] == filled(city, state, None)


def test_a_region_is_looked_up_in_another_state() -> None:
    orange = said("A list.", location={"region": "Orange County", "state": "California"})
    on = tracker(orange, heard("no, the one in Florida"), intent="correct_location")
    expected = filled(None, "Florida", None, {"region": "Orange County"})
    assert run(ValidateLocationForm(), on)[1] == expected


def test_yes_takes_what_was_offered_for_a_city_that_is_not_listed() -> None:
    message, _ = find("Newport", "California")
    asked_before = said(message["text"], **message["metadata"])
    on = tracker(asked_before, heard("yes"), intent="affirm")
    assert message["metadata"]["offer"] == FORM
    assert run(ValidateLocationForm(), on)[1] == filled("Newport Beach", "California", None)


@pytest.mark.parametrize(
    ("before", "city", "state"), [("Kingston", "Kingston", "New York"), ("Tampa", "New York", None)]
)
def test_the_one_in_new_york_is_a_state_where_it_has_such_a_city(
    before: str, city: str, state: str | None
) -> None:
    on = tracker(location(before), heard("no, the one in New York"), intent="correct_location")
    assert run(ValidateLocationForm(), on)[1] == filled(city, state, None)


def test_after_a_question_was_answered_the_form_waits_for_the_same() -> None:
    waiting = {"city": "Kingston", "state": None, "requested_slot": "state"}
    on = tracker(heard("Is Tampa nice?"), said("An answer."), form=FORM, slots=waiting)
    assert run(ValidateLocationForm(), on)[1] == filled("Kingston", None, "state")


def asked(action: Any, *events: Event, **more: Any) -> str:
    """How the form asks after the given events."""
    (message,), _ = run(action, tracker(*events, form=FORM, **more))
    return str(message["text"])


def test_the_city_is_never_asked_for_twice_in_the_same_words() -> None:
    said_so_far = [asked(AskCity(), heard("x"), slots={"tries": tries}) for tries in (0, 1, 2)] + [
        asked(AskCity(), heard("x"), said("An answer."))
    ]
    assert len(set(said_so_far)) == 4


def test_a_mistyped_name_is_offered_as_a_choice() -> None:
    (message,), _ = run(AskCity(), tracker(heard("x"), slots={"city": "mimai"}))
    assert titles(message) == ["Miami, Florida"]


def test_after_a_second_question_of_its_own_the_lookup_lets_go() -> None:
    events = [
        heard("How long is a session?"),
        said("An answer."),
        said("Back to finding OT?", after="faq"),
        heard("Do I need a referral?"),
        said("Another answer."),
    ]
    (message,), left = run(AskCity(), tracker(*events, intent="faq", form=FORM))
    assert "whenever you like" in message["text"]
    assert left == CLOSE_FORM


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
        ("99999", None, "I don't know that ZIP code. Please check its five digits"),
        ("Xyzzyville", None, "I don't know that place. Please give me a city and a state"),
    ],
)
def test_every_kind_of_place_gets_its_words(
    city: str | None, state: str | None, words: str
) -> None:
    message, _ = find(city, state)
    assert words in message["text"]


@pytest.mark.parametrize(
    ("area", "words"),
    [
        ({"region": "Lehigh Valley"}, "**Lehigh Valley, Pennsylvania**: our directory lists 4"),
        ({"point": [40.2171, -74.7429]}, "The listed cities nearest to you are Trenton,"),
        ({"point": [30.0, -40.0]}, "No city near you is in our directory"),
    ],
)
def test_an_area_gets_its_words(area: dict[str, Any], words: str) -> None:
    message, _ = find(None, area=area)
    assert words in message["text"]


def test_two_cities_are_answered_together() -> None:
    message, _ = find("Tampa", area={"others": [["Orlando", None]]})
    assert "Yes, **Tampa, Florida and Orlando, Florida** are in our directory" in message["text"]


def test_the_middle_between_two_cities_is_looked_up() -> None:
    message, _ = find("Newark", area={"others": [["Trenton", None]], "between": True})
    assert "near the middle: New Brunswick" in message["text"]


def test_a_recommendation_that_was_begun_can_go_on_after_a_lookup() -> None:
    slots = {"city": "Tampa", "person": "child"}
    (_, offer), _ = run(FindLocation(), tracker(heard("x"), slots=slots))
    assert offer["metadata"]["offer"] == "recommendation_form"
    assert titles(offer) == ["Go on with the recommendation"]


def test_the_clinics_page_for_booking_is_named_to_who_asks_for_a_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTTO_CLINIC_BOOKING", "clinic.example.org/book")
    message, _ = find("Ocala", intent="location_detail")
    assert message["text"].endswith("You can book with us at clinic.example.org/book.")


@pytest.mark.parametrize("city", ["Tampa", "Xyzzyville"])
def test_a_place_is_forgotten_once_it_was_looked_up(city: str) -> None:
    assert find(city)[1] == [SlotSet(slot, None) for slot in ("city", "state", "area", "tries")]


def test_a_place_is_recorded_as_it_was_looked_up() -> None:
    message, _ = find("Tampa")
    assert message["metadata"]["location"] == {
        "state": "Florida",
        "city": "Tampa",
        "listed": True,
        "ambiguous_states": [],
        "nearest": [],
        "region": None,
        "suggestions": [],
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
    assert "I can't look cities up right now" in message["text"]
    assert events == ([] if isinstance(action, FindLocation) else CLOSE_FORM)
    assert f"{action.name()} failed: RuntimeError" in caplog.text
    assert "secret" not in caplog.text
