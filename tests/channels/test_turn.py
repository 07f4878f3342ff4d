"""One turn: what goes in is bounded, what comes out is never nothing, emergencies come first."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from bot.channels import turn
from bot.channels.turn import EMPTY, MAX_CHARACTERS, TOO_LONG, Message, normalise, take_turn
from tests.conftest import Counted

Handle = Callable[[UserMessage], Awaitable[Any]]

EMERGENCY = "he can't breathe and his lips are blue"
# An emergency that is named, not happening: its answer only carries a line.
NOTED = "A stroke"
NOTE = "If this is happening now"


class Rasa:
    """Stands in for Rasa: keeps the messages it gets and answers with the given texts."""

    def __init__(self, *answers: Any) -> None:
        self.answers = answers
        self.messages: list[UserMessage] = []

    async def __call__(self, message: UserMessage) -> None:
        self.messages.append(message)
        for answer in self.answers:
            said = answer if isinstance(answer, dict) else {"text": answer}
            await message.output_channel.send_response(message.sender_id, said)


async def broken(message: UserMessage) -> None:
    raise RuntimeError(f"cannot answer {message.text}")


async def hanging(message: UserMessage) -> None:
    await asyncio.Event().wait()


async def half_broken(message: UserMessage) -> None:
    await message.output_channel.send_response(message.sender_id, {"text": "The first half."})
    raise RuntimeError("no second half")


def take(handle: Handle, text: str, channel: str = "web", sender_id: str = "me") -> list[Message]:
    return asyncio.run(take_turn(handle, sender_id, text, channel))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  How   long\n\tis it? ", "How long is it?"),
        ("/restart", "restart"),
        ("// / restart", "restart"),
        (" /restart", "restart"),
        ("\u200b/restart", "restart"),
        ("\ufeff/restart", "restart"),
        ("OT and/or PT", "OT and/or PT"),
        ("cafe\u0301", "café"),
        ("a\x00b\x1bc", "a b c"),
        ("right\u202eleft", "right left"),
        ("one\ud800two", "one two"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("/", ""),
        ("\u200b \u2060", ""),
        ("", ""),
    ],
)
def test_a_text_is_normalised(text: str, clean: str) -> None:
    assert normalise(text) == clean


def test_rasa_gets_the_normalised_text_of_the_proven_sender() -> None:
    rasa = Rasa("An answer.")
    take(rasa, "  /what is\u200b OT? ", "sms")
    (got,) = rasa.messages
    assert (got.text, got.sender_id, got.input_channel) == ("what is OT?", "me", "sms")


def test_an_answer_comes_back_whole() -> None:
    assert take(Rasa("One.", "Two."), "What is OT?") == [
        {"recipient_id": "me", "text": text, "buttons": [], "metadata": {}}
        for text in ("One.", "Two.")
    ]


def test_choices_and_metadata_come_back_uncut() -> None:
    button = {"title": "Yes", "payload": "Yes", "id": "x"}
    metadata = {"outcome": "answer", "sources": [{"id": "a", "section": "b"}]}

    async def answer(message: UserMessage) -> None:
        await message.output_channel.send_response(
            "me", {"text": "Well?", "buttons": [button], "metadata": metadata}
        )

    (only,) = take(answer, "What is OT?")
    assert (only["buttons"], only["metadata"]) == ([button], metadata)


@pytest.mark.parametrize("text", ["", "   ", "\n", "/", "\u200b", "\x00\x01"])
def test_an_empty_message_is_asked_for_words(text: str) -> None:
    rasa = Rasa("An answer.")
    (only,) = take(rasa, text)
    assert (only["text"], rasa.messages) == (EMPTY, [])


def test_a_message_that_just_fits_goes_to_rasa() -> None:
    rasa = Rasa("An answer.")
    take(rasa, "a" * MAX_CHARACTERS)
    assert [len(message.text) for message in rasa.messages] == [MAX_CHARACTERS]


def test_a_message_that_is_too_long_is_asked_for_its_main_question() -> None:
    rasa = Rasa("An answer.")
    (only,) = take(rasa, "a" * (MAX_CHARACTERS + 1))
    assert (only["text"], rasa.messages) == (TOO_LONG, [])


@pytest.mark.parametrize("handle", [broken, Rasa()], ids=["raises", "says nothing"])
@pytest.mark.parametrize("channel", ["web", "sms"])
def test_a_turn_without_an_answer_apologises(handle: Handle, channel: str) -> None:
    (only,) = take(handle, "What is OT?", channel)
    assert "something went wrong on my side" in only["text"]
    assert only["metadata"] == {"outcome": "out_of_scope"}


def test_an_apology_names_the_clinics_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTTO_CLINIC_PHONE", "555-0100")
    (only,) = take(broken, "What is OT?")
    assert "555-0100" in only["text"]


def test_what_was_said_before_something_broke_is_kept() -> None:
    assert [message["text"] for message in take(half_broken, "What is OT?")] == ["The first half."]


@pytest.mark.parametrize("text", ["my secret question", f"my secret: {EMERGENCY}"])
def test_a_failure_is_logged_without_what_was_said(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        take(broken, text)
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("handle", [broken, hanging, Rasa(), Rasa("Something else.")])
@pytest.mark.parametrize("channel", ["web", "sms"])
def test_an_emergency_is_answered_whatever_rasa_does(
    handle: Handle, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "RECORD_SECONDS", 0)
    (only,) = take(handle, EMERGENCY, channel)
    assert "911" in only["text"]
    assert only["metadata"] == {"outcome": "emergency", "safety": "interrupt"}


@pytest.mark.parametrize(
    "text",
    [
        EMERGENCY + " please" * MAX_CHARACTERS,
        "please " * MAX_CHARACTERS + ". " + EMERGENCY,
        "/" + EMERGENCY,
    ],
    ids=["too long", "at the end of too long", "after a slash"],
)
def test_an_emergency_is_found_in_any_message(text: str) -> None:
    (only,) = take(Rasa("An answer."), text)
    assert only["metadata"]["outcome"] == "emergency"


def test_the_conversation_records_an_emergency() -> None:
    rasa = Rasa()
    take(rasa, EMERGENCY)
    assert [message.text for message in rasa.messages] == [EMERGENCY]


def test_an_emergency_reads_differently_by_text_message() -> None:
    (web,), (sms,) = (take(Rasa(), EMERGENCY, channel) for channel in ("web", "sms"))
    assert "tel:911" in web["text"]
    assert "tel:911" not in sms["text"]


def test_a_possible_emergency_adds_a_line_to_the_first_message() -> None:
    first, second = take(Rasa("One.", "Two."), NOTED)
    assert first["text"].startswith(f"One. {NOTE}")
    assert second["text"] == "Two."


def test_a_line_that_rasa_has_added_already_is_not_added_twice() -> None:
    (plain,) = take(Rasa("One."), NOTED)
    (again,) = take(Rasa(plain["text"]), NOTED)
    assert again["text"].count(NOTE) == 1


def test_an_apology_carries_the_line_of_a_possible_emergency() -> None:
    (only,) = take(broken, NOTED)
    assert NOTE in only["text"]
    assert only["metadata"]["safety"] == "note"


@pytest.mark.parametrize(
    ("handle", "kind"),
    [
        (broken, "error"),
        (half_broken, "error"),
        (Rasa(), "silence"),
        (Rasa({"text": "I'm sorry.", "metadata": {"failed": True}}), "action"),
    ],
)
def test_a_turn_that_fails_is_counted_by_what_failed(
    handle: Handle, kind: str, counted: Counted
) -> None:
    take(handle, "How long is it?", sender_id="sms:1")
    assert counted("otto_turns_failed_total", channel="sms", kind=kind) == 1


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("How long is it?", "answer"), ("", "out_of_scope"), (EMERGENCY, "emergency")],
)
def test_every_turn_is_counted_by_what_came_of_it(
    text: str, outcome: str, counted: Counted
) -> None:
    take(Rasa({"text": "An hour.", "metadata": {"outcome": "answer"}}), text, sender_id="web:1")
    assert counted("otto_turns_total", channel="web", outcome=outcome) == 1
    assert counted("otto_turn_seconds_count", channel="web") == 1
    danger = counted("otto_emergencies_total", channel="web", level="interrupt")
    assert danger == (outcome == "emergency")
