"""What is said: Rasa's responses, the clinic's details, sources, and safety first."""

import asyncio
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.answers import topics
from bot.nlg import ResponseGenerator
from bot.nlu.safety import SAFETY

DOMAIN = Domain.from_dict(
    {
        "responses": {
            "utter_faq/session_length": [
                {"text": "The long answer."},
                {"text": "The short answer.", "channel": "sms"},
            ],
            "utter_faq/cost_insurance": [{"text": "I don't know. {clinic_contact}"}],
            "utter_hello": [{"text": "Hello.", "metadata": {"outcome": "small_talk"}}],
            "utter_emergency": [{"text": "Call for help.", "metadata": {"outcome": "emergency"}}],
        }
    }
)
HARMLESS = "How long is a session?"
POSSIBLE = "A stroke"
EMERGENCY = "he can't breathe and his lips are blue"
NOTE = "If this is happening now"


def heard(text: str, level: str | None = None) -> UserUttered:
    return UserUttered(text, parse_data={SAFETY: {"level": level}} if level else {})


def say(action: str, *events: Event, channel: str = "web") -> dict[str, Any] | None:
    generator = ResponseGenerator(EndpointConfig(), DOMAIN)
    tracker = DialogueStateTracker.from_events("me", [*events] or [heard(HARMLESS)])
    return asyncio.run(generator.generate(action, tracker, channel))


@pytest.mark.parametrize(
    ("channel", "text"),
    [("web", "The long answer."), ("sms", "The short answer."), ("cmdline", "The long answer.")],
)
def test_each_channel_gets_its_words(channel: str, text: str) -> None:
    assert say("utter_faq/session_length", channel=channel)["text"] == text


def test_an_unknown_response_is_nothing() -> None:
    assert say("utter_unknown") is None


def test_the_clinics_details_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTTO_CLINIC_PHONE", "555-0100")
    assert "555-0100" in say("utter_faq/cost_insurance")["text"]


def test_a_clinic_that_says_nothing_of_itself_leaves_no_gap() -> None:
    assert "{" not in say("utter_faq/cost_insurance")["text"]


def test_a_topic_comes_with_its_sources_and_what_is_related() -> None:
    topic = topics()["session_length"]
    assert say("utter_faq/session_length")["metadata"] == {
        "outcome": "answer",
        "topic": "session_length",
        "sources": [{"id": c.id, "section": c.section} for c in topic.citations],
        "related": list(topic.related),
    }


def test_a_topic_that_the_documents_do_not_cover_says_so() -> None:
    assert say("utter_faq/cost_insurance")["metadata"]["outcome"] == "not_covered"


def test_another_response_keeps_the_metadata_it_has() -> None:
    assert say("utter_hello")["metadata"] == {"outcome": "small_talk"}


@pytest.mark.parametrize(("channel", "linked"), [("web", True), ("sms", False)])
def test_an_emergency_is_answered_with_the_words_for_it(channel: str, linked: bool) -> None:
    text = say("utter_emergency", heard(EMERGENCY, "interrupt"), channel=channel)["text"]
    assert "Call for help." not in text
    assert ("tel:911" in text) is linked


def test_an_emergency_forced_on_a_harmless_message_has_general_words() -> None:
    assert say("utter_emergency", heard(HARMLESS))["text"] == "Call for help."


def test_a_possible_emergency_adds_a_line_to_the_answer() -> None:
    assert say("utter_hello", heard(POSSIBLE, "note"))["text"].startswith(f"Hello. {NOTE}")


def test_the_line_is_added_once_a_turn() -> None:
    said = say("utter_hello", heard(POSSIBLE, "note"), BotUttered("Before."))
    assert said["text"] == "Hello."


def test_the_line_is_added_again_in_the_next_turn() -> None:
    events = heard(POSSIBLE, "note"), BotUttered("Before."), heard(POSSIBLE, "note")
    assert NOTE in say("utter_hello", *events)["text"]


def test_the_line_of_one_conversation_does_not_stick_to_the_next() -> None:
    generator = ResponseGenerator(EndpointConfig(), DOMAIN)
    texts = []
    for message in (heard(POSSIBLE, "note"), heard(HARMLESS)):
        tracker = DialogueStateTracker.from_events("me", [message])
        texts.append(asyncio.run(generator.generate("utter_hello", tracker, "web"))["text"])
    assert texts[1] == "Hello."


def test_a_conversation_without_a_message_is_answered() -> None:
    tracker = DialogueStateTracker.from_events("me", [])
    generator = ResponseGenerator(EndpointConfig(), DOMAIN)
    said = asyncio.run(generator.generate("utter_hello", tracker, "web"))
    assert said["text"] == "Hello."
