"""What an action answers is checked, and a model's components run, as Rasa does it, only sooner."""

import copy
import json
from functools import partial
from typing import Any

import pytest
import yaml
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphRunError
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.validation import validate
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot import shortcuts
from bot.paths import ROOT


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> RemoteAction:
    monkeypatch.setattr(
        RemoteAction, "_validate_action_result", RemoteAction._validate_action_result
    )
    shortcuts.install()
    return RemoteAction("action_find_location", None)


def test_an_answer_in_rasas_form_is_taken(action: RemoteAction) -> None:
    events = [
        {"event": "slot", "name": "city", "value": "Tampa", "timestamp": None},
        {"event": "followup", "name": "action_listen"},
        {"event": "action", "name": "action_listen", "policy": None, "confidence": 1.0},
    ]
    assert action._validate_action_result({"events": events, "responses": [{"text": "Yes."}]})


@pytest.mark.parametrize(
    "answer",
    [
        {"events": "none"},
        {"events": [{"event": 1}]},
        {"events": [{"event": ["slot"]}]},
        {"events": [{"event": "slot", "name": "city"}]},
        {"events": [{"event": "slot", "name": 1, "value": 1}]},
        {"events": [{"event": "no such"}]},
        {"events": ["restart"]},
        {"responses": "none"},
        {"responses": ["none"]},
        [],
    ],
)
def test_any_other_is_refused_in_rasas_words(action: RemoteAction, answer: Any) -> None:
    with pytest.raises(ValidationError, match="Failed to validate Action server response"):
        action._validate_action_result(answer)


def test_rasas_schema_is_not_checked_anew(
    action: RemoteAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("jsonschema.validate")
    assert action._validate_action_result({"events": [], "responses": []})


@pytest.mark.parametrize("text", ["how long is a session", "OT or PT?", "where in Ohio", "zzz"])
def test_components_say_the_same_in_a_kept_order(agent: Agent, text: str) -> None:
    runner, metadata = agent.processor.graph_runner, agent.processor.model_metadata
    assert isinstance(runner, shortcuts.OrderedGraphRunner)
    tracker = DialogueStateTracker("someone", agent.domain.slots)
    said = []
    for run in (runner.run, lambda **of: DaskGraphRunner.run(runner, **of)):
        inputs = {
            PLACEHOLDER_MESSAGE: [UserMessage(text, message_id="1")],
            PLACEHOLDER_TRACKER: tracker,
        }
        (message,) = run(inputs=inputs, targets=[metadata.nlu_target])[metadata.nlu_target]
        policies = run(inputs={PLACEHOLDER_TRACKER: tracker}, targets=[metadata.core_target])
        said.append(
            (
                message.as_dict(only_output_properties=True),
                policies[metadata.core_target].probabilities,
            )
        )
    assert said[0] == said[1]


def test_a_model_can_be_trained_where_they_are_installed(action: RemoteAction) -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    # Rasa looks at what each component's methods take.
    validate(DefaultV1Recipe().graph_config_for_recipe(config, {}))


def test_a_component_says_what_it_misses(agent: Agent) -> None:
    target = agent.processor.model_metadata.nlu_target
    with pytest.raises(GraphRunError, match="Missing input"):
        agent.processor.graph_runner.run(inputs={}, targets=[target])


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
            assert found == shortcuts._rasas_possible(rules, lookup, conversation)


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
    by_rasa = shortcuts._rasas_find(rules, heard, agent.domain, True)
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
            partial(shortcuts._rasas_recall, memory),
        )
    )
    assert mine == by_rasa
    assert (max(mine.probabilities) == 1.0) == bool(remembered)


def test_a_copy_of_a_slot_is_another_with_the_same_value(agent: Agent) -> None:
    for slot in agent.domain.slots:
        new = copy.copy(slot)
        assert (type(new), vars(new)) == (type(slot), vars(slot))
        new.value = "another"
        assert slot.value != "another"


def test_a_domain_is_empty_where_rasa_says_so(agent: Agent) -> None:
    for domain in (agent.domain, Domain.empty(), Domain.from_dict({"intents": ["greet"]})):
        assert domain.is_empty() == shortcuts._rasas_is_empty(domain)
