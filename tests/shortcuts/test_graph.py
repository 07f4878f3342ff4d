"""A model's components run as Rasa runs them, only sooner."""

import pytest
import yaml
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphRunError
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.validation import validate
from rasa.shared.core.trackers import DialogueStateTracker

from bot import shortcuts
from bot.paths import ROOT
from bot.shortcuts.graph import OrderedGraphRunner


@pytest.mark.parametrize("text", ["how long is a session", "OT or PT?", "where in Ohio", "zzz"])
def test_components_say_the_same_in_a_kept_order(agent: Agent, text: str) -> None:
    runner, metadata = agent.processor.graph_runner, agent.processor.model_metadata
    assert isinstance(runner, OrderedGraphRunner)
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


def test_a_model_can_be_trained_where_they_are_installed() -> None:
    shortcuts.install()
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    # Rasa looks at what each component's methods take.
    validate(DefaultV1Recipe().graph_config_for_recipe(config, {}))


def test_a_component_says_what_it_misses(agent: Agent) -> None:
    target = agent.processor.model_metadata.nlu_target
    with pytest.raises(GraphRunError, match="Missing input"):
        agent.processor.graph_runner.run(inputs={}, targets=[target])
