"""What the web channel does, without HTTP: open sessions, answer messages once, keep the log."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import LockError, LockStore
from rasa.core.tracker_store import TrackerStore

from bot import metrics, settings
from bot.age import DAY
from bot.channels.choices import Choices
from bot.channels.limits import SharedLimit
from bot.channels.problem import Problem, apology, log_reference, out_of_order, tell
from bot.channels.turn import MAX_CHARACTERS, UNSPEAKABLE, Handle, is_emergency, take_turn
from bot.channels.web_reply import Content, Reply, content, unsaved
from bot.channels.web_session import Sessions
from bot.channels.web_store import IDLE_SECONDS, RETENTION_DAYS, Store, Turn, no_session
from bot.conversations import OutOfOrderError
from bot.shared import Shared
from bot.store import forget

# How long Rasa and the log may take, in seconds.
TURN_SECONDS = 25.0
STORE_SECONDS = 3.0
PURGE_SECONDS = 60.0
THREADS = 4

T = TypeVar("T")
Claimed = asyncio.Future[None]
Answered = asyncio.Task[list[Reply]]


@dataclass(frozen=True)
class Said:
    """A message as a client sends it: `text`, or the id of a choice."""

    client_id: str
    text: str | None = None
    choice_id: str = ""


class Service:
    """The web channel between HTTP and Rasa."""

    def __init__(
        self, handle: Handle, store: Store, sessions: Sessions, shared: Shared | None = None
    ) -> None:
        """Speak to Rasa through `handle`, as one of the servers that use `shared`, if any."""
        self._handle = handle
        self._store = store
        self._sessions = sessions
        self._shared = shared
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="web-log")
        # A clinic's waiting room has one address, so an address may do more than a session.
        self._by_session = SharedLimit(shared, "session", 20, 60)
        self._by_address = SharedLimit(shared, "address", 240, 60)
        self._sessions_by_address = SharedLimit(shared, "new sessions", 60, 600)
        # A task that nothing refers to may be collected before it is done.
        self._running: set[Answered] = set()

    async def check(self, address: str) -> None:
        """Count a request for an address.

        Raises:
            Problem: there were too many.
        """
        await _limit(self._by_address, address)

    async def open(self, old: str | None, address: str) -> dict[str, Any]:
        """Begin a session; if a token is given, that one's session ends.

        Raises:
            Problem: there were too many, or the log is out of order.
        """
        await _limit(self._sessions_by_address, address)
        token = self._sessions.mint()
        await self._stored(self._store.open, self._sessions.key(token), time.time())
        if old is not None:
            await self._stored(self._store.end, self._sessions.key(old))
        clinic = settings.load().clinic
        return {
            "token": token,
            "expires_in": IDLE_SECONDS,
            "config": {
                "max_characters": MAX_CHARACTERS,
                "retention_days": RETENTION_DAYS,
                "clinic": {
                    "name": clinic.name,
                    "phone": clinic.phone,
                    "booking": clinic.booking,
                    "hours": clinic.hours,
                },
            },
        }

    def say(self, token: str | None, said: Said) -> tuple[Claimed, Answered]:
        """Claim a message, then answer it: always with something, and once however often it comes.

        Both go on when nobody waits any more, so that a visitor who lost the connection finds the
        answer when they ask again. The claim fails with a `Problem` if there is no such session or
        choice, a message is being answered, there were too many, or the log is out of order; the
        answer then fails likewise.
        """
        claimed: Claimed = asyncio.get_running_loop().create_future()
        answered = asyncio.create_task(self._say(token, said, claimed))
        self._running.add(answered)
        answered.add_done_callback(self._running.discard)
        for each in (claimed, answered):
            each.add_done_callback(_heed)
        return claimed, answered

    async def urgent(self, said: Said) -> list[Reply] | None:
        """The answer to an emergency that was refused or came when all is out of order, or None."""
        if not is_emergency(said.text or ""):
            return None
        messages = await take_turn(_nobody, "web:", said.text or "", "web")
        return [unsaved(content(message)) for message in messages]

    async def history(self, token: str | None, after: int) -> dict[str, Any]:
        """What was said in a session after number `after`.

        Raises:
            Problem: there is no such session, or the log is out of order.
        """
        return await self._stored(self._store.history, self._key(token), after, time.time())

    async def vote(
        self, token: str | None, reply: str, value: str | None, reason: str | None
    ) -> None:
        """Keep what a visitor thinks of a reply.

        Raises:
            Problem: there is no such session or reply, or the log is out of order.
        """
        key = self._key(token)
        await self._stored(self._store.vote, key, reply, value, reason, time.time())

    async def erase(
        self, token: str | None, tracker_store: TrackerStore, lock_store: LockStore
    ) -> None:
        """Forget all that was said in a session, ended or not, here and in `tracker_store`.

        A turn that is under way, maybe on another server, would be kept after that, so it is waited
        for by `lock_store`; not for one that takes long.

        Raises:
            Problem: nothing is kept of such a session, or the log is out of order.
        """
        key, sender = self._key(token), self._sessions.sender(token or "")
        try:
            try:
                async with lock_store.lock(sender, lock_lifetime=STORE_SECONDS):
                    await forget(tracker_store, sender)
            except LockError:
                await forget(tracker_store, sender)
        except OutOfOrderError as error:
            raise out_of_order("unavailable", error) from error
        await self._stored(self._store.erase, key)

    async def close(self) -> None:
        """Let go of what is shared: the event loop cannot end before its connections have."""
        if self._shared is not None:
            await self._shared.close()

    async def purge_daily(self) -> None:
        """Forget what was kept for long enough, now and every day."""
        while True:
            # Why it failed is logged; tomorrow it is tried again.
            with contextlib.suppress(Problem):
                await self._stored(self._store.purge, time.time(), seconds=PURGE_SECONDS)
            await asyncio.sleep(DAY)

    async def _say(self, token: str | None, said: Said, claimed: Claimed) -> list[Reply]:
        try:
            key = self._key(token)
            await _limit(self._by_session, key)
            text = None if said.text is None else UNSPEAKABLE.sub(" ", said.text)
            turn = await self._stored(
                self._store.claim, key, said.client_id, text, said.choice_id, time.time()
            )
        except Exception as error:
            claimed.set_exception(error)
            raise
        claimed.set_result(None)
        if turn.replies is not None:
            return list(turn.replies)
        contents = await self._contents(self._sessions.sender(token or ""), turn)
        try:
            kept = await self._stored(self._store.finish, turn, contents)
        except Problem:
            # The visitor need not know that the log is out of order; it was logged.
            kept = None
        return kept or [unsaved(each) for each in contents]

    async def _contents(self, sender_id: str, turn: Turn) -> list[Content]:
        """What there is to say to a message; if it is nothing, an apology with a reference."""
        trouble = ""

        async def watched(message: UserMessage) -> None:
            nonlocal trouble
            try:
                await asyncio.wait_for(self._handle(message), TURN_SECONDS)
            except Exception as error:
                trouble = type(error).__name__
                raise
            finally:
                if not message.output_channel.messages:
                    trouble = trouble or "no answer"

        choices = Choices()
        choices.remember(sender_id, [{"buttons": offered["choices"]} for offered in turn.offered])
        text = choices.resolve(sender_id, turn.text)
        try:
            contents = [content(m) for m in await take_turn(watched, sender_id, text, "web")]
        except Exception as error:
            trouble = type(error).__name__
            contents = [
                {"text": apology(), "choices": [], "sources": [], "outcome": "out_of_scope"}
            ]
        if trouble and contents[0]["outcome"] != "emergency":
            reference = log_reference(trouble)
            contents[-1]["text"] += f" {tell(reference)}"
            contents[-1]["reference"] = reference
        return contents

    def _key(self, token: str | None) -> str:
        if token is None:
            raise no_session()
        return self._sessions.key(token)

    async def _stored(
        self, call: Callable[..., T], *arguments: Any, seconds: float = STORE_SECONDS
    ) -> T:
        """What the log says, in a thread so that it holds up nobody else."""
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(
                loop.run_in_executor(self._threads, call, *arguments), seconds
            )
        except Problem:
            raise
        except Exception as error:
            raise out_of_order("unavailable", error) from error


def _heed(done: asyncio.Future[Any]) -> None:
    """Whoever waits is told of an error; where nobody does, that is nothing to complain of."""
    if not done.cancelled():
        done.exception()


async def _nobody(message: UserMessage) -> None:
    """Stands in for Rasa where it is not to be asked."""


async def _limit(limit: SharedLimit, key: str) -> None:
    if wait := await limit.wait(key):
        metrics.refused("web")
        raise Problem("too_many", "That was a lot at once. Please wait a moment.", wait)
