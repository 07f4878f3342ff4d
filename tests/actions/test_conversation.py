"""Speaking about the conversation: which question, which source, once more, what next."""

import logging
from typing import Any

import pytest
from rasa_sdk.events import ActiveLoop, AllSlotsReset, FollowupAction

from actions import conversation
from actions.conversation import (
    AcceptOffer,
    AskSource,
    AskWhich,
    FollowUp,
    Repeat,
    StartOver,
    TellMore,
    choices_for,
)
from bot.answers import load_sources, topics
from tests.actions.helper import heard, run, said, titles, tracker

SESSION = {"id": "session_length", "title": topics()["session_length"].question}
CITED = [{"id": "health_com", "section": "What To Expect"}]


def test_a_choice_is_the_canonical_question_as_title_and_payload() -> None:
    assert choices_for(["faq/session_length"]) == [SESSION | {"payload": SESSION["title"]}]


def test_no_more_than_three_choices_are_offered() -> None:
    labels = ["faq/autism", "faq/ages", "faq/risks", "faq/benefits"]
    assert [button["id"] for button in choices_for(labels)] == ["autism", "ages", "risks"]


@pytest.mark.parametrize("label", ["inform", "affirm", "out_of_scope", "small_talk/thank"])
def test_what_stands_for_no_question_is_no_choice(label: str) -> None:
    assert choices_for([label, "faq/ages"]) == choices_for(["faq/ages"])


def test_the_likeliest_questions_are_offered_in_their_order() -> None:
    on = tracker(heard("x"), labels=("faq/session_length", "inform", "recommend_therapy"))
    (message,), events = run(AskWhich(), on)
    assert titles(message) == [SESSION["title"], "Help me choose between OT and PT"]
    assert message["metadata"] == {"outcome": "ask_which"}
    assert events == []


def test_a_repeat_says_all_of_the_last_turn_in_its_order() -> None:
    button = {"title": "Yes", "payload": "Yes"}
    on = tracker(
        heard("a"),
        said("Before."),
        heard("b"),
        said("One.", outcome="answer", topic="autism"),
        said("Two.", [button], outcome="dialogue"),
        heard("again"),
    )
    messages, events = run(Repeat(), on)
    assert [(m["text"], m["buttons"], m["metadata"]) for m in messages] == [
        ("One.", [], {"outcome": "answer", "topic": "autism"}),
        ("Two.", [button], {"outcome": "dialogue"}),
    ]
    assert events == []


def test_a_repeat_before_anything_was_said_asks_what_is_wanted() -> None:
    (message,), events = run(Repeat(), tracker(heard("again")))
    assert "What would you like to know?" in message["text"]
    assert events == []


def test_a_source_is_named_with_its_section_and_its_review() -> None:
    cited = [{"id": "cleveland_therapy", "section": "Overview"}]
    on = tracker(heard("a"), said("An answer.", sources=cited), heard("says who?"))
    (message,), events = run(AskSource(), on)
    document = load_sources()["cleveland_therapy"]
    assert document.name in message["text"]
    assert "section “Overview”" in message["text"]
    assert f"reviewed {document.review}" in message["text"]
    assert events == []


def test_a_document_without_a_review_date_is_named_without_one() -> None:
    on = tracker(heard("a"), said("An answer.", sources=CITED), heard("says who?"))
    (message,), _ = run(AskSource(), on)
    assert "reviewed" not in message["text"]


def test_a_source_is_named_shortly_by_text_message() -> None:
    on = tracker(heard("a"), said("Yes.", sources=CITED), heard("says who?"), channel="sms")
    (message,), _ = run(AskSource(), on)
    assert message["text"] == "My last answer comes from: Health.com."


def test_without_a_cited_answer_the_five_articles_are_named() -> None:
    on = tracker(heard("a"), said("Hello."), heard("says who?"))
    (message,), events = run(AskSource(), on)
    assert "five published articles" in message["text"]
    assert events == []


def test_more_is_what_the_last_topic_names_as_related() -> None:
    related = ["session_frequency", "therapy_duration"]
    on = tracker(heard("a"), said("An answer.", related=related), heard("more"))
    (message,), events = run(TellMore(), on)
    assert titles(message) == [topics()[id_].question for id_ in related]
    assert events == []


def test_more_without_a_topic_starts_from_the_beginning() -> None:
    (message,), _ = run(TellMore(), tracker(heard("more")))
    assert titles(message) == [
        topics()[id_].question for id_ in ("ot_definition", "what_to_expect")
    ]


def follow_up(kind: str, *events: dict[str, Any]) -> list[str | None]:
    """The responses that a follow-up of this kind is answered with."""
    on = tracker(*events, heard("and?"), intent="follow_up", labels=(f"follow_up/{kind}", "x"))
    messages, returned = run(FollowUp(), on)
    assert returned == []
    return [message["response"] for message in messages]


def test_a_follow_up_is_known_by_rasas_own_selector_too() -> None:
    on = tracker(said("x", topic="ages"), heard("how often"), intent="follow_up")
    ranking = ("faq/risks", "follow_up/how_often", "follow_up/kids")
    on.latest_message["response_selector"] = {
        "default": {"ranking": [{"intent_response_key": name} for name in ranking]}
    }
    (message,), _ = run(FollowUp(), on)
    assert [message["response"]] == follow_up("how_often", said("x", topic="ages"))


@pytest.mark.parametrize(
    ("topic", "answer"),
    [("education_path", "time_to_become"), ("what_to_expect", "session_length")],
)
def test_a_follow_up_is_answered_by_what_is_under_discussion(topic: str, answer: str) -> None:
    events = heard("a"), said("An answer.", topic=topic)
    assert follow_up("how_long", *events) == [f"utter_faq/{answer}"]


def test_a_follow_up_without_a_topic_under_discussion_has_an_answer() -> None:
    assert follow_up("how_long", heard("a"), said("Hello.")) == ["utter_faq/therapy_duration"]


def test_a_follow_up_is_about_the_latest_topic() -> None:
    events = said("One.", topic="education_path"), heard("b"), said("Two.", topic="session_length")
    assert follow_up("how_long", heard("a"), *events) == ["utter_faq/session_length"]


def test_a_topic_stays_under_discussion_while_nothing_else_is_answered() -> None:
    events = said("An answer.", topic="education_path"), heard("thanks"), said("You're welcome.")
    assert follow_up("how_long", heard("a"), *events) == ["utter_faq/time_to_become"]


def test_a_follow_up_of_an_unknown_kind_is_still_answered() -> None:
    on = tracker(heard("how far?"), intent="follow_up", labels=("follow_up/how_far",))
    (message,), _ = run(FollowUp(), on)
    assert "something went wrong on my side" in message["text"]


def test_starting_over_clears_the_slots_and_closes_the_form() -> None:
    on = tracker(heard("start over"), form="location_form", slots={"city": "Tampa"})
    (message,), events = run(StartOver(), on)
    assert len(titles(message)) == 3
    assert events == [AllSlotsReset(), ActiveLoop(None)]


@pytest.mark.parametrize("offer", ["location_form", "recommendation_form"])
def test_a_yes_follows_what_the_last_turn_offered(offer: str) -> None:
    on = tracker(heard("a"), said("Shall I?", offer=offer), heard("yes"))
    assert run(AcceptOffer(), on) == ([], [FollowupAction(offer)])


@pytest.mark.parametrize(
    "events",
    [
        (),
        (heard("a"), said("An answer.")),
        (heard("a"), said("Shall I?", offer="location_form"), heard("b"), said("An answer.")),
    ],
    ids=["nothing said", "nothing offered", "offered earlier"],
)
def test_a_yes_to_no_offer_asks_what_is_wanted(events: tuple[dict[str, Any], ...]) -> None:
    (message,), returned = run(AcceptOffer(), tracker(*events, heard("yes")))
    assert "What would you like to know?" in message["text"]
    assert returned == []


@pytest.mark.parametrize("action", [AskWhich(), TellMore(), StartOver()])
def test_an_action_that_breaks_still_answers_and_logs_nothing_that_was_said(
    action: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(labels: list[str]) -> None:
        raise RuntimeError("my secret question")

    monkeypatch.setattr(conversation, "choices_for", fail)
    monkeypatch.setenv("OTTO_CLINIC_PHONE", "555-0100")
    with caplog.at_level(logging.DEBUG):
        (message,), events = run(action, tracker(heard("my secret question")))
    assert "something went wrong on my side" in message["text"]
    assert "555-0100" in message["text"]
    assert events == []
    assert f"{action.name()} failed: RuntimeError" in caplog.text
    assert "secret" not in caplog.text
