"""What the text line does, whoever carries its messages: answer each once, and stop when told to.

An emergency goes before everything here: it is answered though the number wrote too much or wants
no texts, and though the database or Rasa is broken.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from rasa.core.channels.channel import UserMessage

from bot import metrics, settings, sms_texts
from bot.age import DAY
from bot.channels.choices import Choices
from bot.channels.problem import apology, log_reference, tell
from bot.channels.render import Message
from bot.channels.sms_guard import Guard, Verdict
from bot.channels.sms_reply import pages
from bot.channels.sms_store import STRANGER_SECONDS, Claim, Number, Store, message_name
from bot.channels.turn import BROKEN, EMPTY, Handle, take_turn
from bot.channels.web_session import Sessions
from bot.safety import Safety
from bot.shared import Shared
from bot.sms import MOST_SEGMENTS, segments
from bot.sms_keywords import Keyword, match
from bot.turns import TurnError, Turns

# Twilio gives up after fifteen seconds. Later than this, the visitor fetches the answer.
ANSWER_SECONDS = 9.0
TURN_SECONDS = 30.0
# How long a message waits for those of the same number before it.
WAIT_SECONDS = 120.0
STORE_SECONDS = 3.0
PURGE_SECONDS = 60.0
# How long an emergency answer waits to know whether it was given before.
URGENT_SECONDS = 0.5
# How often it is looked whether another server has answered.
POLL_SECONDS = 0.2
THREADS = 4

WORD = re.compile(r"[^\W_]")
# What a phone sends where its owner puts a thumb up under a message of Otto's.
REACTION = re.compile(
    r"(?:(?:Liked|Loved|Disliked|Laughed at|Emphasized|Questioned|Removed an? .+ from)"
    r"|Reacted .+ to|\W+ to)\s*[“\"].*[”\"]",
    re.DOTALL,
)

T = TypeVar("T")
Texts = list[str]
# Deletes all that Rasa keeps of a sender, or raises.
Forget = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Incoming:
    """A text message that came in.

    Attributes:
        id: the carrier's name for it; the same message has the same one when it comes again.
        number: whose phone it is; never kept.
        text: what it says.
        files: how many photos or files it has.
        location: whether it shares a location.
        keyword: what the carrier has acted on and replied to already, by its own account.
    """

    id: str
    number: str = field(repr=False)
    text: str = field(repr=False)
    files: int = 0
    location: bool = False
    keyword: Keyword | None = None


class NotKept(Exception):  # noqa: N818 - it is no error of the program's
    """That a number wants no texts, or wants some again, could not be written down.

    The carrier is to be told that the message did not arrive, so that it may come again.
    """


@dataclass(frozen=True)
class _Outcome:
    """What to send, and what is known of the number from then on."""

    replies: Texts
    number: Number


class Service:
    """The text line between a carrier and Rasa."""

    def __init__(
        self,
        handle: Handle,
        forget: Forget,
        store: Store,
        sessions: Sessions,
        answers_keywords: bool = False,
        clock: Callable[[], float] = time.time,
        shared: Shared | None = None,
    ) -> None:
        """Speak to Rasa through `handle`.

        Args:
            handle: what takes new messages.
            forget: what deletes a conversation.
            store: the line's memory.
            sessions: what derives names for numbers.
            answers_keywords: whether Otto answers STOP, START and HELP, because no carrier does.
            clock: tells the time, in seconds since 1970.
            shared: what several servers share, if there are several.
        """
        self._handle = handle
        self._forget = forget
        self._store = store
        self._sessions = sessions
        self._answers_keywords = answers_keywords
        self._clock = clock
        self._guard = Guard(sessions, clock, shared)
        self._safety = Safety.load()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sms")
        # Who wanted no texts while the database was broken.
        self._unkept: set[str] = set()
        # One message of a number is answered at a time.
        self._turns = Turns(shared)
        # A task that nothing refers to may be collected before it is done.
        self._running: set[asyncio.Task[Any]] = set()

    async def receive(self, incoming: Incoming) -> Texts:
        """The texts to send back; none where silence is right.

        Raises:
            NotKept: it asked for no texts, or for some again, and the database is out of order.
        """
        alarm = self._safety.check(incoming.text)
        if alarm is not None and alarm.level == "interrupt":
            return await self._urgent(incoming)
        reply: asyncio.Future[Texts] = asyncio.get_running_loop().create_future()
        task: asyncio.Task[Texts] = self._start(self._answered(incoming, reply))
        await asyncio.wait(
            {reply, task}, timeout=ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if reply.done():
            return reply.result()
        if task.done():
            return task.result()
        reply.cancel()
        return [sms_texts.SLOW]

    async def opted_out(self, number: str) -> bool:
        """Whether a number wants no texts."""
        found = await self._stored(self._store.number, self._key(number))
        return found.opted_out

    async def purge_daily(self) -> None:
        """Forget what was kept for long enough, now and every day."""
        while True:
            try:
                await self._stored(self._store.purge, self._clock(), seconds=PURGE_SECONDS)
            except Exception as error:
                log_reference(type(error).__name__)
            await asyncio.sleep(DAY)

    async def _urgent(self, incoming: Incoming) -> Texts:
        """The answer to an emergency, recorded once if it can be."""
        try:
            claim: Claim | None = await self._stored(
                self._store.claim, *self._names(incoming), self._clock(), seconds=URGENT_SECONDS
            )
        except Exception as error:
            log_reference(type(error).__name__)
            claim = None
        again = claim is not None and claim.number is None
        said = await take_turn(
            _nobody if again else self._handle, self._sender(incoming), incoming.text, "sms"
        )
        replies = pages(said)[:1]
        if claim is not None and claim.number is not None:
            number = replace(claim.number, advice=replies[0], seen=self._clock())
            self._start(self._finished(incoming, _Outcome(replies, number)))
        return replies

    async def _answered(self, incoming: Incoming, reply: asyncio.Future[Texts]) -> Texts:
        """The texts to send back, put into `reply` as well unless that was cancelled: too late."""
        id_, key = self._names(incoming)
        try:
            async with self._turns.turn(key, WAIT_SECONDS):
                return await self._answered_alone(incoming, id_, key, reply)
        except TurnError as error:
            return self._unclaimed(incoming, key, error)

    async def _answered_alone(
        self, incoming: Incoming, id_: str, key: str, reply: asyncio.Future[Texts]
    ) -> Texts:
        try:
            claim = await self._claimed(id_, key)
        except Exception as error:
            return self._unclaimed(incoming, key, error)
        if claim.number is None:
            return list(claim.replies or ())
        out = claim.number.opted_out or key in self._unkept
        known = replace(claim.number.now(self._clock()), seen=self._clock(), opted_out=out)
        had_rest = bool(claim.number.rest)
        try:
            outcome = await self._outcome(incoming, key, known, had_rest)
        except Exception as error:
            outcome = _Outcome(self._broken(error), known)
        told_late = None
        # It may become too late while this is being kept.
        while told_late != reply.cancelled():
            told_late = reply.cancelled()
            await self._finished(incoming, _fetched(outcome) if told_late else outcome)
        # What is left to do is no reason to be late.
        if not told_late:
            reply.set_result(outcome.replies)
        if outcome.replies:
            await self._guard.answered(key)
        return outcome.replies

    async def _claimed(self, id_: str, key: str) -> Claim:
        """Claim a message, or wait for the answer of the server that has."""
        while True:
            claim = await self._stored(self._store.claim, id_, key, self._clock())
            if claim.number is not None or claim.replies is not None:
                return claim
            await asyncio.sleep(POLL_SECONDS)

    async def _outcome(
        self, incoming: Incoming, key: str, number: Number, had_rest: bool
    ) -> _Outcome:
        keyword = self._keyword(incoming, number)
        if keyword is not None:
            return keyword
        found = match(incoming.text)
        if found and found.keyword is Keyword.FORGET:
            return await self._forgotten(incoming, number)
        if number.opted_out or REACTION.fullmatch(incoming.text.strip()):
            return _Outcome([], number)
        verdict = await self._guard.judge(key, incoming.text)
        if verdict is not Verdict.ANSWER:
            metrics.refused("sms")
            return _Outcome([sms_texts.TOO_MANY] if verdict is Verdict.WARN else [], number)
        if found and found.keyword is Keyword.MORE and had_rest:
            replies, number = _more(number)
        elif sentence := _unreadable(incoming):
            replies = [sentence]
        else:
            text, said = await self._turn(incoming, number)
            replies, number = self._heard(text, said, number)
        now = self._clock()
        if number.greeted < now - STRANGER_SECONDS and not number.opted_out:
            replies = [sms_texts.introduction(settings.load().clinic), *replies]
        return _Outcome(replies, replace(number, greeted=now))

    def _keyword(self, incoming: Incoming, number: Number) -> _Outcome | None:
        """What a keyword of the carrier's calls for; None if the message is none."""
        found, keyword = match(incoming.text), incoming_keyword(incoming)
        told = incoming.keyword is not None
        silent = told or (bool(found and found.by_carrier) and not self._answers_keywords)
        clinic = settings.load().clinic
        if keyword is Keyword.STOP:
            silent = silent or number.opted_out
            out = Number(opted_out=True, greeted=number.greeted, seen=number.seen)
            return _Outcome([] if silent else [sms_texts.stopped(clinic)], out)
        if keyword is Keyword.START:
            if not told and found and found.everyday and not number.opted_out:
                return None
            # Who never stopped may get nothing from the carrier, so Otto answers.
            silent = told or (silent and number.opted_out)
            back = replace(number, opted_out=False)
            if silent:
                return _Outcome([], back)
            return _Outcome([sms_texts.started(clinic)], replace(back, greeted=number.seen))
        if keyword is Keyword.HELP:
            if number.advice:
                return _Outcome([number.advice], number)
            return _Outcome([] if silent else [sms_texts.help_(clinic)], number)
        return None

    async def _forgotten(self, incoming: Incoming, number: Number) -> _Outcome:
        """Delete all that is kept of a number, but that it wants no texts: the law asks for that.

        Who wants none is told neither that it was done nor that it could not be.
        """
        said = sms_texts.FORGOTTEN
        kept = Number(opted_out=number.opted_out)
        id_, key = self._names(incoming)
        try:
            await self._forget(self._sender(incoming))
            await self._stored(self._store.forget, id_, key)
        except Exception as error:
            log_reference(type(error).__name__)
            said, kept = sms_texts.NOT_FORGOTTEN, number
        return _Outcome([] if number.opted_out else [said], kept)

    async def _turn(self, incoming: Incoming, number: Number) -> tuple[str, list[Message]]:
        """A message, its choice spelt out, and what Rasa says to it."""
        sender = self._sender(incoming)
        choices = Choices()
        choices.remember(sender, [{"buttons": [{"payload": p} for p in number.offered]}])
        text = choices.resolve(sender, incoming.text)
        return text, await take_turn(self._bounded, sender, text, "sms")

    def _heard(self, text: str, said: list[Message], number: Number) -> tuple[Texts, Number]:
        """The first page of what Rasa said to a text, and what is known of its number then."""
        final = [message for message in said if message["metadata"].get("opt_out")]
        if final:
            return pages(final), Number(opted_out=True, greeted=number.greeted, seen=number.seen)
        alarm = self._safety.check(text)
        # What an emergency calls for is said again while the conversation is still about it.
        first, *rest = pages(said, note=alarm.sms if alarm else number.advice)
        emergency = said[0]["metadata"].get("outcome") == "emergency"
        return [first], replace(
            number, offered=_offered(said), rest=tuple(rest), advice=first if emergency else ""
        )

    async def _finished(self, incoming: Incoming, outcome: _Outcome) -> None:
        """Keep an outcome; that it could not be kept is no reason not to send it."""
        id_, key = self._names(incoming)
        try:
            await self._stored(self._store.finish, id_, outcome.replies, key, outcome.number)
            self._unkept.discard(key)
        except Exception as error:
            log_reference(type(error).__name__)
            if outcome.number.opted_out:
                self._unkept.add(key)

    def _unclaimed(self, incoming: Incoming, key: str, error: Exception) -> Texts:
        """What there is to say without a database: an apology, but never against a keyword."""
        outcome = self._keyword(incoming, Number(opted_out=key in self._unkept))
        if outcome is None:
            return [] if key in self._unkept else self._broken(error)
        log_reference(type(error).__name__)
        if outcome.number.opted_out:
            self._unkept.add(key)
        if incoming_keyword(incoming) in (Keyword.STOP, Keyword.START):
            raise NotKept from error
        return outcome.replies

    def _broken(self, error: Exception) -> Texts:
        reference = tell(log_reference(type(error).__name__))
        full = f"{apology()} {reference}"
        return [
            full if segments(full) <= MOST_SEGMENTS else f"{BROKEN.format(contact='')}{reference}"
        ]

    async def _bounded(self, message: UserMessage) -> None:
        """Rasa, as long as it may take."""
        await asyncio.wait_for(self._handle(message), TURN_SECONDS)

    def _key(self, number: str) -> str:
        return self._sessions.derive("sms", number)

    def _names(self, incoming: Incoming) -> tuple[str, str]:
        """What the database knows a message and its number by."""
        key = self._key(incoming.number)
        return message_name(key, self._sessions.derive("sms message", incoming.id)), key

    def _sender(self, incoming: Incoming) -> str:
        """What Rasa knows a number by."""
        return f"sms:{self._sessions.derive('sms sender', incoming.number)[:32]}"

    def _start(self, work: Any) -> "asyncio.Task[Any]":
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _stored(
        self, call: Callable[..., T], *arguments: Any, seconds: float = STORE_SECONDS
    ) -> T:
        """What the database says, in a thread so that it holds up nobody else."""
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(
            loop.run_in_executor(self._threads, call, *arguments), seconds
        )


async def _nobody(message: UserMessage) -> None:
    """Stands in for Rasa where it is not to be asked."""


def incoming_keyword(incoming: Incoming) -> Keyword | None:
    """The keyword that a message is: the carrier knows best."""
    found = match(incoming.text)
    return incoming.keyword or (found.keyword if found else None)


def _more(number: Number) -> tuple[Texts, Number]:
    if not number.rest:
        return [sms_texts.GONE], number
    return [number.rest[0]], replace(number, rest=number.rest[1:])


def _fetched(outcome: _Outcome) -> _Outcome:
    """An outcome that came too late: it is kept until the visitor asks for it."""
    rest = (*outcome.replies[-1:], *outcome.number.rest)
    return _Outcome([sms_texts.SLOW], replace(outcome.number, rest=rest))


def _offered(said: list[Message]) -> tuple[str, ...]:
    """The words behind the choices of the last message that has any."""
    payloads = [tuple(button["payload"] for button in message["buttons"]) for message in said]
    return next((offered for offered in reversed(payloads) if offered), ())


def _unreadable(incoming: Incoming) -> str | None:
    """A sentence for a message that holds nothing to read."""
    if WORD.search(incoming.text):
        return None
    if incoming.location:
        return sms_texts.LOCATION
    if incoming.files:
        return sms_texts.PHOTO
    return sms_texts.NO_WORDS if incoming.text.strip() else EMPTY
