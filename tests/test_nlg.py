"""What is said: Rasa's responses, the clinic's details, sources, and safety first."""

import asyncio
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.answers import topics
from bot.nlg import ALARMED, ResponseGenerator
from bot.nlu.gate import ALSO
from bot.nlu.safety import SAFETY


def cited(topic_id: str) -> list[dict[str, str]]:
    return [{"id": c.id, "section": c.section} for c in topics()[topic_id].citations]


def responses(topic_id: str) -> list[dict[str, Any]]:
    """The responses of a topic with the metadata that its file gives them."""
    metadata = {"question": topics()[topic_id].question, "sources": cited(topic_id)}
    return [{"text": f"About {topic_id}.", "metadata": metadata}, {"text": "!", "channel": "sms"}]


DOMAIN = Domain.from_dict(
    {
        "slots": {ALARMED: {"type": "bool", "mappings": [{"type": "custom"}]}},
        "responses": {
            "utter_faq/session_frequency": responses("session_frequency"),
            "utter_faq/otpt_both": responses("otpt_both"),
            "utter_faq/booking": responses("booking"),
            "utter_small_talk/help": [
                {"text": "I can.", "buttons": [{"title": "A", "payload": "A"}]}
            ],
            "utter_small_talk/distress": [{"text": "I'm sorry."}],
            "utter_small_talk/thank": [{"text": "You're welcome."}],
            "utter_small_talk/goodbye": [{"text": "Goodbye."}],
            "utter_small_talk/greet": [{"text": "Good day."}],
            "utter_faq/session_length": [
                {"text": "The long answer."},
                {"text": "The short answer.", "channel": "sms"},
            ],
            "utter_faq/cost_insurance": [{"text": "I don't know. {clinic_contact}"}],
            "utter_hello": [{"text": "Hello.", "metadata": {"outcome": "small_talk"}}],
            "utter_emergency": [{"text": "Call for help.", "metadata": {"outcome": "emergency"}}],
        },
    }
)
HARMLESS = "How long is a session?"
POSSIBLE = "A stroke"
EMERGENCY = "he can't breathe and his lips are blue"
NOTE = "If this is happening now"


def heard(text: str, level: str | None = None) -> UserUttered:
    return UserUttered(text, parse_data={SAFETY: {"level": level}} if level else {})


def asked(second: str, text: str = "what else?") -> UserUttered:
    """A message that asks for `second` besides what is answered."""
    return UserUttered(HARMLESS, parse_data={ALSO: {"label": second, "text": text}})


def say(action: str, *events: Event, channel: str = "web") -> dict[str, Any] | None:
    generator = ResponseGenerator(EndpointConfig(), DOMAIN)
    tracker = DialogueStateTracker.from_events("me", [*events] or [heard(HARMLESS)], DOMAIN.slots)
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
        "sources": cited("session_length"),
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


FIRST = "utter_faq/session_length"
WORRIED = "utter_small_talk/help"


@pytest.mark.parametrize("channel", ["web", "cmdline"])
def test_a_second_question_is_answered_in_the_same_message_under_its_canonical_question(
    channel: str,
) -> None:
    said = say(FIRST, asked("faq/session_frequency"), channel=channel)
    question = topics()["session_frequency"].question
    assert said["text"] == f"The long answer.\n\n**{question}** About session_frequency."


def test_two_answers_name_the_sources_of_both() -> None:
    said = say(FIRST, asked("faq/otpt_both"))
    assert said["metadata"]["sources"] == cited("session_length") + cited("otpt_both")


@pytest.mark.parametrize("second", ["session_frequency", "booking"])
def test_two_answers_name_each_source_once(second: str) -> None:
    said = say(FIRST, asked(f"faq/{second}"))
    assert said["metadata"]["sources"] == cited("session_length")


def test_two_answers_are_about_the_topic_of_the_first() -> None:
    metadata = say(FIRST, asked("faq/otpt_both"))["metadata"]
    assert (metadata["topic"], metadata["outcome"]) == ("session_length", "answer")


def test_a_second_question_is_offered_as_a_choice_by_text_message() -> None:
    said = say(FIRST, asked("faq/session_frequency"), channel="sms")
    question = topics()["session_frequency"].question
    assert said["text"] == "The short answer.\n\nYou also asked:"
    assert said["buttons"] == [{"title": question, "payload": question, "id": "session_frequency"}]


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_a_dialogue_as_second_question_is_offered_in_the_visitors_words(channel: str) -> None:
    said = say(FIRST, asked("find_location", "is there OT in Tampa?"), channel=channel)
    words = "Is there OT in Tampa?"
    assert said["text"].endswith("\n\nYou also asked:")
    assert said["buttons"] == [{"title": words, "payload": words, "id": "find_location"}]


def test_a_second_question_that_the_domain_does_not_answer_leaves_the_first_answer() -> None:
    assert say(FIRST, asked("faq/risks"))["text"] == "The long answer."


@pytest.mark.parametrize(
    ("action", "events"),
    [
        (FIRST, (asked("faq/otpt_both"), BotUttered("Before."))),
        (FIRST, (asked("faq/otpt_both"), BotUttered("Before."), heard(HARMLESS))),
        ("utter_hello", (asked("faq/otpt_both"),)),
    ],
    ids=["answered in this turn", "asked in an earlier turn", "no answer"],
)
def test_a_second_question_is_taken_up_once_and_by_an_answer_only(
    action: str, events: tuple[Event, ...]
) -> None:
    assert "otpt_both" not in say(action, *events)["text"]


def test_a_second_answer_does_not_stick_to_the_next_conversation() -> None:
    generator = ResponseGenerator(EndpointConfig(), DOMAIN)
    texts = []
    for message in (asked("faq/otpt_both"), heard(HARMLESS)):
        tracker = DialogueStateTracker.from_events("me", [message])
        texts.append(asyncio.run(generator.generate(FIRST, tracker, "web"))["text"])
    assert texts[1] == "The long answer."


def after_an_emergency(text: str, level: str | None = None, alarmed: bool = True) -> list[Event]:
    """An emergency and its answer, then another message."""
    events = [heard(EMERGENCY, "interrupt"), SlotSet(ALARMED, True), BotUttered("Call for help.")]
    return [*events, heard(text, level), SlotSet(ALARMED, alarmed)]


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize("action", [WORRIED, "utter_small_talk/distress", "utter_emergency"])
def test_who_still_needs_help_after_an_emergency_gets_its_advice_again(
    action: str, channel: str
) -> None:
    advice = say("utter_emergency", heard(EMERGENCY, "interrupt"), channel=channel)["text"]
    assert say(action, *after_an_emergency("help me"), channel=channel)["text"] == advice


def test_advice_that_is_given_again_is_an_emergency_without_other_choices() -> None:
    said = say(WORRIED, *after_an_emergency("help me"))
    assert said["metadata"] == {"outcome": "emergency", "safety": "interrupt"}
    assert said["buttons"] == []


@pytest.mark.parametrize(
    ("action", "text"),
    [("utter_small_talk/thank", "You're welcome."), ("utter_small_talk/goodbye", "Goodbye.")],
)
def test_thanks_and_goodbye_after_an_emergency_are_answered_as_ever(action: str, text: str) -> None:
    assert say(action, *after_an_emergency("thanks"))["text"] == text


def test_other_small_talk_after_an_emergency_is_answered_and_the_advice_added() -> None:
    advice = say("utter_emergency", heard(EMERGENCY, "interrupt"))["text"]
    said = say("utter_small_talk/greet", *after_an_emergency("hello"))
    assert said["text"] == f"Good day. {advice}"


def test_after_an_emergency_the_advice_is_added_once_a_turn() -> None:
    events = [*after_an_emergency("hello"), BotUttered("Before.")]
    assert say("utter_small_talk/greet", *events)["text"] == "Good day."


@pytest.mark.parametrize("action", [WORRIED, "utter_small_talk/greet"])
def test_once_the_emergency_is_over_its_advice_is_no_more_given(action: str) -> None:
    said = say(action, *after_an_emergency("help", alarmed=False))
    assert said["text"] == say(action)["text"]


def test_a_second_emergency_counts_more_than_the_one_before() -> None:
    crisis = "I want to kill myself"
    said = say(WORRIED, *after_an_emergency(crisis, "interrupt"), heard("help me"))
    assert said["text"] == say("utter_emergency", heard(crisis, "interrupt"))["text"]


def test_a_possible_emergency_is_no_reason_to_withhold_help() -> None:
    assert say(WORRIED, heard(POSSIBLE, "note"))["text"].startswith(f"I can. {NOTE}")
