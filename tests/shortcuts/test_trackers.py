"""Copies of trackers and slots are what Rasa's are."""

import ast
import copy
import dataclasses
import inspect
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.agent import Agent
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    BotUttered,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.shortcuts import trackers
from tests.conftest import Conversation
from tests.shortcuts import TURNS


def test_a_copy_of_a_slot_is_another_with_the_same_value(agent: Agent) -> None:
    for slot in agent.domain.slots:
        new = copy.copy(slot)
        assert (type(new), vars(new)) == (type(slot), vars(slot))
        new.value = "another"
        assert slot.value != "another"


def test_a_domain_is_empty_where_rasa_says_so(agent: Agent) -> None:
    for domain in (agent.domain, Domain.empty(), Domain.from_dict({"intents": ["greet"]})):
        assert domain.is_empty() == trackers._rasas_is_empty(domain)


def test_a_copy_of_a_tracker_is_in_the_same_state(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def copied(tracker: DialogueStateTracker) -> DialogueStateTracker:
        new = trackers._copy_of(tracker)
        seen.append((state_of(new), state_of(trackers._rasas_copy(tracker))))
        return new

    monkeypatch.setattr(DialogueStateTracker, "copy", copied)
    conversation = Conversation(agent)
    for text in TURNS:
        conversation.say(text)
    assert len(seen) > len(TURNS)
    for mine, by_rasa in seen:
        assert mine == by_rasa


EVENTS = [
    UserUttered("hello"),
    BotUttered("Hello."),
    SlotSet("city", "Tampa"),
    ActionExecuted("action_listen"),
    ActionExecuted("form"),
    ActiveLoop("form"),
    ActiveLoop(None),
    ActionReverted(),
    UserUtteranceReverted(),
    Restarted(),
    SessionStarted(),
]


@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_the_events_that_count_are_those_that_rasa_finds(events: list[Event]) -> None:
    tracker = DialogueStateTracker.from_events("me", [])
    tracker.events.extend(events)
    counted, by_rasa = trackers._applied(tracker), trackers._rasas_applied(tracker)
    assert list(map(id, counted)) == list(map(id, by_rasa))


class Unheard(UserUttered):
    """An event of somebody's own."""


def test_events_that_rasa_does_not_have_are_left_to_it() -> None:
    tracker = DialogueStateTracker.from_events("me", [Unheard("hello")])
    assert trackers._applied(tracker) == trackers._rasas_applied(tracker)


def state_of(tracker: DialogueStateTracker) -> dict[str, object]:
    """All that a tracker holds now, but for the follow-up action, which Rasa's copy has again."""
    slots = {slot.name: dict(vars(slot)) for slot in tracker.slots.values()}
    state = vars(tracker) | {"slots": slots, "events": list(tracker.events)}
    state |= {"active_loop": copy.copy(tracker.active_loop), "followup_action": None}
    return state


def test_a_copy_of_a_tracker_leaves_the_tracker_alone(agent: Agent) -> None:
    conversation = Conversation(agent)
    conversation.say("do I need OT or PT?")
    tracker = conversation.tracker
    before = len(tracker.events), tracker.get_slot("person"), tracker.active_loop.is_interrupted
    new = tracker.copy()
    new.events.pop()
    new._set_slot("person", "an adult")
    new.active_loop.is_interrupted = True
    after = len(tracker.events), tracker.get_slot("person"), tracker.active_loop.is_interrupted
    assert after == before


def test_what_began_a_form_is_told_to_actions_as_by_rasa(agent: Agent) -> None:
    conversation = Conversation(agent)
    conversation.say("do I need OT or PT?")
    loop = conversation.tracker.active_loop
    assert trackers._fields(loop) == dataclasses.asdict(loop)


@pytest.mark.parametrize("module", trackers.COPYING, ids=lambda module: module.__name__)
def test_nothing_but_logs_would_have_been_copied(module: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(module))
    uses = copies(tree)
    logs = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "structlogger.debug"
    ]
    assert uses > 0
    assert uses == sum(map(copies, logs))


def copies(tree: ast.AST) -> int:
    """How often the module `copy` is used."""
    return sum(isinstance(node, ast.Name) and node.id == "copy" for node in ast.walk(tree))
