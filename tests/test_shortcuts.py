"""What an action answers is checked, and a model's components run, as Rasa does it, only sooner."""

from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.trackers import DialogueStateTracker

from bot import shortcuts


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> RemoteAction:
    monkeypatch.setattr(
        RemoteAction, "_validate_action_result", RemoteAction._validate_action_result
    )
    shortcuts.install()
    return RemoteAction("action_find_location", None)


def test_an_answer_in_rasas_form_is_taken(action: RemoteAction) -> None:
    event = {"event": "slot", "name": "city", "value": "Tampa"}
    assert action._validate_action_result({"events": [event], "responses": [{"text": "Yes."}]})


@pytest.mark.parametrize("answer", [{"events": "none"}, {"events": [{"event": 1}]}, []])
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


def test_a_component_says_what_it_misses(agent: Agent) -> None:
    target = agent.processor.model_metadata.nlu_target
    with pytest.raises(GraphRunError, match="Missing input"):
        agent.processor.graph_runner.run(inputs={}, targets=[target])
