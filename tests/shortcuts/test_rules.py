"""The same rules fit a conversation as where Rasa looks for them itself."""

import json
from functools import partial
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.shortcuts import rules as shorter
from tests.conftest import Conversation
from tests.shortcuts import TURNS


def policy(agent: Agent, kind: type[Policy]) -> Any:
    nodes = agent.processor.graph_runner._instantiated_nodes.values()
    return next(n._component for n in nodes if type(n._component) is kind)


@pytest.fixture
def rules(agent: Agent) -> RulePolicy:
    return policy(agent, RulePolicy)


@pytest.fixture
def heard(agent: Agent) -> DialogueStateTracker:
    tracker = DialogueStateTracker("someone", agent.domain.slots)
    tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
    tracker.update(UserUttered("how long is a session", {"name": "faq"}))
    return tracker


@pytest.mark.parametrize("which", [RULES, RULES_FOR_LOOP_UNHAPPY_PATH])
def test_the_same_rules_fit_as_where_all_are_tried(rules: RulePolicy, which: str) -> None:
    lookup = rules.lookup[which]
    states = [json.loads(key) for key in lookup]
    # A rule's own states, and those of others that differ in their last.
    for before, last in zip(states, [*states[1:], states[0]], strict=True):
        for conversation in (before, [*before[:-1], last[-1]], [{}]):
            found = rules._get_possible_keys(lookup, conversation)
            assert found == shorter._rasas_possible(rules, lookup, conversation)


def test_a_rule_that_is_taken_out_fits_no_more(rules: RulePolicy) -> None:
    lookup = dict(rules.lookup[RULES])
    key = next(iter(lookup))
    states = json.loads(key)
    assert key in rules._get_possible_keys(lookup, states)
    del lookup[key]
    assert key not in rules._get_possible_keys(lookup, states)


def test_no_rule_asks_for_a_messages_words(
    agent: Agent, rules: RulePolicy, heard: DialogueStateTracker
) -> None:
    found = rules._find_action_from_rules(heard, agent.domain, True)
    by_rasa = shorter._rasas_find(rules, heard, agent.domain, True)
    assert (found[0], by_rasa[0]) == (None, None)
    assert found[2] == by_rasa[2]


@pytest.mark.parametrize("remembered", [{}, "this conversation"])
def test_a_policy_remembers_what_rasas_does(
    agent: Agent, heard: DialogueStateTracker, monkeypatch: pytest.MonkeyPatch, remembered: Any
) -> None:
    memory = policy(agent, MemoizationPolicy)
    if remembered:
        states = memory._prediction_states(heard, agent.domain)
        remembered = {memory._create_feature_key(states): "action_repeat"}
    monkeypatch.setattr(memory, "lookup", remembered)
    mine, by_rasa = (
        predict(heard, agent.domain, rule_only_data={})
        for predict in (
            memory.predict_action_probabilities,
            partial(shorter._rasas_recall, memory),
        )
    )
    assert mine == by_rasa
    assert (max(mine.probabilities) == 1.0) == bool(remembered)


def test_a_policy_sees_the_conversations_last_states(
    agent: Agent, rules: RulePolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def states(*told: Any, **more: Any) -> Any:
        mine = shorter._states(*told, **more)
        seen.append((mine, shorter._rasas_states(*told, **more)))
        return mine

    monkeypatch.setattr(RulePolicy, "_prediction_states", states)
    conversation = Conversation(agent)
    for text in TURNS:
        conversation.say(text)
    longest = max(len(json.loads(key)) for key in rules.lookup[RULES])
    assert len(seen) > len(TURNS)
    for mine, by_rasa in seen:
        assert mine == by_rasa[-len(mine) :]
        assert len(mine) >= min(longest, len(by_rasa))


def test_what_was_taken_back_is_read_anew(agent: Agent, heard: DialogueStateTracker) -> None:
    past = shorter.Past(heard, 3)
    events = heard.applied_events()
    past.read(events, agent.domain)
    assert past.fits([*events, ActionExecuted("utter_greet")])
    assert not past.fits(events[:-1])
    assert not past.fits([*events[:-1], UserUttered("another")])
