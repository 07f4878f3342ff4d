"""`otto ask`: each outcome is told by its record."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from rasa.core.agent import Agent

from bot.answers import topics
from bot.ask import Record, ask, record, understood
from bot.sms import segments

FIELDS = [
    "text",
    "outcome",
    "id",
    "intent",
    "confidence",
    "labels",
    "answer",
    "sources",
    "choices",
    "location",
    "safety",
    "ms",
]
LABELS = [{"name": "faq/parking", "confidence": 0.9, "likeness": 0.8}]
INTENT = {"name": "faq/parking", "confidence": 0.9, "labels": LABELS}
# Each outcome with a question that has it.
OUTCOMES = [
    ("How long is an OT session?", "answer"),
    ("therapy", "ask_which"),
    ("How much does an OT visit cost?", "not_covered"),
    ("What's the weather like tomorrow?", "out_of_scope"),
    ("My husband has chest pain and can't breathe", "emergency"),
    ("Is there OT in Trenton, New Jersey?", "location"),
    ("Help me choose between OT and PT", "dialogue"),
    ("hello", "small_talk"),
]


@pytest.fixture
def asked(agent: Agent) -> Callable[..., Record]:
    """Ask one question, on the web unless another channel is named."""
    return lambda text, channel="web": asyncio.run(ask(agent, text, channel))


def message(text: str, *titles: str, **metadata: Any) -> dict[str, Any]:
    buttons = [{"title": title, "payload": title} for title in titles]
    return {"text": text, "buttons": buttons, "metadata": {"outcome": "answer"} | metadata}


def test_a_record_has_its_fields_in_their_order() -> None:
    assert list(record("Hi", [message("Hello.")], INTENT, "web", 1.0)) == FIELDS


def test_a_record_tells_what_was_asked_and_what_came_of_it() -> None:
    source = {"id": "health_com", "section": "What To Expect"}
    place = {"state": "Ohio", "listed": False}
    reply = message(
        "Behind **the** house.",
        "Is there a bus?",
        outcome="not_covered",
        topic="parking",
        sources=[source],
        location=place,
        safety="note",
    )
    assert record("Where to park?", [reply], INTENT, "web", 12.345) == {
        "text": "Where to park?",
        "outcome": "not_covered",
        "id": "parking",
        "intent": "faq/parking",
        "confidence": 0.9,
        "labels": LABELS,
        "answer": "Behind **the** house.",
        "sources": [source],
        "choices": [{"title": "Is there a bus?", "id": ""}],
        "location": place,
        "safety": "note",
        "ms": 12.3,
    }


def test_what_a_reply_does_not_carry_is_empty() -> None:
    bare = record("Hi", [message("Hello.")], INTENT, "web", 1.0)
    assert [bare[name] for name in ("id", "sources", "choices", "location", "safety")] == [
        None,
        [],
        [],
        None,
        None,
    ]


def test_several_messages_are_one_answer_and_the_first_tells_the_outcome() -> None:
    messages = [message("One.", "A"), message("Two.", "B", outcome="dialogue")]
    whole = record("Hi", messages, INTENT, "web", 1.0)
    assert (whole["outcome"], whole["answer"], [c["title"] for c in whole["choices"]]) == (
        "answer",
        "One.\n\nTwo.",
        ["A", "B"],
    )


def test_an_sms_answer_is_the_whole_text_message() -> None:
    source = {"id": "health_com", "section": "What To Expect"}
    reply = message("Behind **the** house.", "Is there a bus?", sources=[source])
    assert record("Hi", [reply], INTENT, "sms", 1.0)["answer"] == (
        "Behind the house.\n1. Is there a bus?\nSource: Health.com"
    )


def test_a_conversation_that_was_not_kept_has_no_intent() -> None:
    assert understood(None) == {"name": None, "confidence": 0.0, "labels": []}


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize(("text", "outcome"), OUTCOMES)
def test_each_outcome_is_told(
    asked: Callable[..., Record], text: str, outcome: str, channel: str
) -> None:
    assert asked(text, channel)["outcome"] == outcome


@pytest.mark.parametrize(("text", "outcome"), OUTCOMES)
def test_every_outcome_comes_with_words(
    asked: Callable[..., Record], text: str, outcome: str
) -> None:
    assert asked(text)["answer"].strip()


def test_the_text_is_kept_as_it_was_asked(asked: Callable[..., Record]) -> None:
    assert asked("  How LONG is\ta session ?? ")["text"] == "  How LONG is\ta session ?? "


def test_an_answer_names_its_topic_intent_and_sources(asked: Callable[..., Record]) -> None:
    answer = asked("How long is an OT session?")
    assert (answer["id"], answer["intent"], answer["sources"]) == (
        "session_length",
        "faq/session_length",
        [{"id": "health_com", "section": "What To Expect"}],
    )


def test_which_question_was_meant_is_asked_with_choices(asked: Callable[..., Record]) -> None:
    choices = asked("therapy")["choices"]
    assert choices != []
    assert all(choice["title"] and choice["id"] for choice in choices)


def test_a_listed_city_is_told_with_its_state(asked: Callable[..., Record]) -> None:
    place = asked("Is there OT in Trenton, New Jersey?")["location"]
    assert (place["city"], place["state"], place["listed"]) == ("Trenton", "New Jersey", True)


def test_an_emergency_is_marked_as_one(asked: Callable[..., Record]) -> None:
    assert asked("My husband has chest pain and can't breathe")["safety"] == "interrupt"


def test_every_question_is_a_conversation_of_its_own(asked: Callable[..., Record]) -> None:
    asked("How long is an OT session?")
    assert asked("where did you get that from?")["sources"] == []


@pytest.mark.parametrize("text", ["", "   ", "/restart", "x" * 5000, "\u202e\u200b", "字" * 50])
def test_a_strange_text_still_gets_words(asked: Callable[..., Record], text: str) -> None:
    assert asked(text)["answer"].strip()


@pytest.mark.parametrize("id_", topics())
def test_an_sms_answers_own_words_fit_in_two_segments(
    asked: Callable[..., Record], id_: str
) -> None:
    own, _, _ = asked(topics()[id_].question, "sms")["answer"].partition("\nSource:")
    assert segments(own) <= 2
