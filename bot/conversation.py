"""A conversation with Otto in this process that can be looked into, taken back and begun anew."""

from __future__ import annotations

import time
import uuid
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.ask import record, understood
from bot.channels.choices import Choices
from bot.channels.turn import take_turn
from bot.errors import OttoError
from bot.explain import Turn


class ConversationError(OttoError):
    """The conversation cannot do that; the message says why."""


class Conversation:
    """What was said so far, `turns`, and on which `channel` the next message comes."""

    def __init__(self, agent: Agent, channel: str) -> None:
        """Begin one; `channel` is "web" or "sms"."""
        self.channel = channel
        self._agent = agent
        self.restart()

    def restart(self) -> None:
        """Begin anew, as another visitor."""
        self.turns: list[Turn] = []
        self._sender_id = f"shell:{uuid.uuid4().hex}"
        self._choices = Choices()
        # How many events the tracker had before each turn.
        self._marks: list[int] = []

    async def say(self, typed: str) -> Turn:
        """Say something; typed numbers pick the choices that the last answer offered."""
        text = self._choices.resolve(self._sender_id, typed)
        before = await self._tracker()
        mark = len(before.events)
        loop = before.active_loop_name
        started = time.perf_counter()
        messages = await take_turn(self._agent.handle_message, self._sender_id, text, self.channel)
        milliseconds = (time.perf_counter() - started) * 1000
        events = list((await self._tracker()).events)[mark:]
        said = next((e for e in reversed(events) if isinstance(e, UserUttered)), None)
        told = record(text, messages, understood(said), self.channel, milliseconds)
        kept = tuple(event.as_dict() for event in events)
        turn = Turn(typed, self.channel, tuple(messages), told, kept, loop)
        self._choices.remember(self._sender_id, messages)
        self._marks.append(mark)
        self.turns.append(turn)
        return turn

    async def back(self) -> Turn:
        """Take back the last turn, and what was set since; returns it.

        Raises:
            ConversationError: nothing was said.
        """
        if not self.turns:
            raise ConversationError("there is nothing to take back")
        tracker = await self._tracker()
        events = list(tracker.events)[: self._marks.pop()]
        # Otto's actions read every event, reverted ones too, so they are taken out.
        await self._agent.tracker_store.save(
            DialogueStateTracker.from_events(
                self._sender_id,
                events,
                slots=self._agent.domain.slots,
                domain=self._agent.domain,
            )
        )
        taken = self.turns.pop()
        self._choices.remember(self._sender_id, self.turns[-1].messages if self.turns else ())
        return taken

    async def slots(self) -> dict[str, Any]:
        """The value of every slot."""
        return dict((await self._tracker()).current_slot_values())

    async def set(self, name: str, value: object) -> None:
        """Set a slot.

        Raises:
            ConversationError: there is no such slot.
        """
        tracker = await self._tracker()
        if name not in tracker.slots:
            raise ConversationError(f"there is no slot {name}; /slots lists them")
        tracker.update(SlotSet(name, value), self._agent.domain)
        await self._agent.tracker_store.save(tracker)

    async def _tracker(self) -> DialogueStateTracker:
        return await self._agent.tracker_store.get_or_create_tracker(self._sender_id)
