"""One turn of a conversation, the same on every channel: never silent, emergencies first."""

import asyncio
import logging
import time
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

import regex
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from bot import metrics, settings
from bot.channels.render import Message
from bot.safety import Alarm, Safety

logger = logging.getLogger(__name__)

Handle = Callable[[UserMessage], Awaitable[Any]]

MAX_CHARACTERS = 1000
# How long an emergency answer waits for the conversation to record it, in seconds.
RECORD_SECONDS = 0.5

# Control characters, lone surrogates, and the invisible ones that turn or hide text; the joiner
# inside an emoji is kept.
UNSPEAKABLE = regex.compile(r"(?!\n|\t)[\p{Cc}\p{Cs}\p{Co}\p{Cn}]|[\p{Cf}--\u200d]", regex.V1)

EMPTY = "I got an empty message. Please write your question in words."
TOO_LONG = (
    f"That is a long message: I can read up to {MAX_CHARACTERS:,} characters at once. "
    "Please ask me the main question in a few sentences."
)
BACK = "I'm OK, back to my questions"
BROKEN = "I'm sorry, something went wrong on my side. Please try again in a minute. {contact}"


class WebOutput(CollectingOutputChannel):
    """Collects whole messages: text, choices and metadata, uncut."""

    @classmethod
    def name(cls) -> str:
        """The channel whose responses Rasa picks."""
        return "web"

    async def send_response(self, recipient_id: str, message: Message) -> None:
        """Keep one message as the bot uttered it."""
        self.messages.append(
            {
                "recipient_id": recipient_id,
                "text": message.get("text") or "",
                "buttons": message.get("buttons") or [],
                "metadata": message.get("metadata") or {},
            }
        )


class SmsOutput(WebOutput):
    """The same for text messages."""

    @classmethod
    def name(cls) -> str:
        """The channel whose responses Rasa picks."""
        return "sms"


OUTPUTS = {output.name(): output for output in (WebOutput, SmsOutput)}


def normalise(text: str) -> str:
    """The text as Rasa may see it: composed, without invisible characters, spaces made single.

    Leading slashes go, because Rasa takes `/name` for a command to force an intent
    (rasa/nlu/classifiers/regex_message_handler.py).
    """
    visible = UNSPEAKABLE.sub(" ", unicodedata.normalize("NFC", text))
    return " ".join(visible.split()).lstrip("/ ")


def is_emergency(text: str) -> bool:
    """Whether a text gets the emergency answer, whatever else there is."""
    alarm = Safety.load().check(text)
    return alarm is not None and alarm.level == "interrupt"


async def take_turn(handle: Handle, sender_id: str, text: str, channel: str) -> list[Message]:
    """Say `text` to Rasa through `handle` and return what it answers, at least one message.

    Args:
        handle: what Rasa gives a channel for new messages, or `Agent.handle_message`.
        sender_id: whose conversation it is; proven by the caller.
        text: what the visitor wrote, of any length.
        channel: "web" or "sms".
    """
    started = time.perf_counter()
    messages, failure = await _answered(handle, sender_id, text, channel)
    taken = time.perf_counter() - started
    metrics.turn(metrics.channel_of(sender_id), messages[0]["metadata"], taken, failure)
    return messages


async def _answered(
    handle: Handle, sender_id: str, text: str, channel: str
) -> tuple[list[Message], str | None]:
    """The answer, and what kept it from being a real one: see `metrics.FAILURES`."""
    alarm = Safety.load().check(text)
    clean = normalise(text)
    output = OUTPUTS[channel]()
    message = UserMessage(
        clean[:MAX_CHARACTERS], output, sender_id, input_channel=channel, metadata={}
    )
    if alarm is not None and alarm.level == "interrupt":
        await _record(handle, message)
        words = _words(alarm, channel)
        answer = _message(sender_id, words, "emergency", safety="interrupt")
        # One text message has no room for it.
        answer["buttons"] = [] if channel == "sms" else [{"title": BACK, "payload": BACK}]
        return [answer], None
    messages: list[Message] = []
    failure = None
    if not clean:
        messages = [_message(sender_id, EMPTY, "out_of_scope")]
    elif len(clean) > MAX_CHARACTERS:
        messages = [_message(sender_id, TOO_LONG, "out_of_scope")]
    else:
        try:
            await handle(message)
        except Exception as error:
            # Its text may hold what the visitor wrote; its type does not.
            logger.error("a turn failed: %s", type(error).__name__)
            failure = "error"
        messages = output.messages
        if any(message["metadata"].get("failed") for message in messages):
            failure = failure or "action"
    if not messages:
        failure = failure or "silence"
        contact = settings.load().clinic.contact()
        messages = [_message(sender_id, BROKEN.format(contact=contact), "out_of_scope")]
    if alarm is not None:
        _add_note(messages[0], _words(alarm, channel))
    return messages, failure


async def _record(handle: Handle, message: UserMessage) -> None:
    """Let the conversation record an emergency, without making its answer wait for that."""

    async def record() -> None:
        try:
            await handle(message)
        except Exception as error:
            logger.error("an emergency was answered but not recorded: %s", type(error).__name__)

    await asyncio.wait({asyncio.create_task(record())}, timeout=RECORD_SECONDS)


def _words(alarm: Alarm, channel: str) -> str:
    return alarm.sms if channel == "sms" else alarm.web


def _add_note(message: Message, note: str) -> None:
    if note not in message["text"]:
        message["text"] = f"{message['text']} {note}".strip()
    message["metadata"] = message["metadata"] | {"safety": "note"}


def _message(sender_id: str, text: str, outcome: str, **metadata: Any) -> Message:
    return {
        "recipient_id": sender_id,
        "text": text,
        "buttons": [],
        "metadata": {"outcome": outcome} | metadata,
    }
