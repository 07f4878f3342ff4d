"""Emergencies inside Rasa, where no channel of Otto's has looked before."""

import asyncio
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.safety import EMERGENCY, SAFETY, SafetyCheck

CERTAIN = {"name": EMERGENCY, "confidence": 1.0}


@pytest.fixture(scope="module")
def component() -> SafetyCheck:
    return SafetyCheck()


def checked(component: SafetyCheck, text: str | None) -> Message:
    (message,) = component.process([Message({TEXT: text})])
    return message


def parse(agent: Agent, text: str) -> dict[str, Any]:
    return asyncio.run(agent.parse_message(text))


def test_an_emergency_is_an_intent_of_its_own(component: SafetyCheck) -> None:
    message = checked(component, "he can't breathe and his lips are blue")
    assert message.get(INTENT) == CERTAIN
    assert message.get(SAFETY)["level"] == "interrupt"


def test_a_possible_emergency_is_noted_and_keeps_its_intent_open(component: SafetyCheck) -> None:
    message = checked(component, "A stroke")
    assert message.get(INTENT) is None
    assert message.get(SAFETY)["level"] == "note"


@pytest.mark.parametrize("text", ["How long is a session?", "", None])
def test_a_harmless_message_is_left_as_it_is(text: str | None, component: SafetyCheck) -> None:
    message = checked(component, text)
    assert (message.get(INTENT), message.get(SAFETY)) == (None, None)


@pytest.mark.parametrize(
    "text",
    ["he can't breathe and his lips are blue", "I want to kill myself", "my son is not breathing"],
)
def test_an_emergency_comes_out_of_the_whole_pipeline_as_one(text: str, agent: Agent) -> None:
    parsed = parse(agent, text)
    assert parsed["intent"] == CERTAIN
    assert parsed[SAFETY]["level"] == "interrupt"


def test_what_was_found_comes_out_of_the_whole_pipeline_beside_the_intent(agent: Agent) -> None:
    parsed = parse(agent, "A stroke")
    assert parsed["intent"]["name"] != EMERGENCY
    assert parsed[SAFETY]["level"] == "note"


def test_a_harmless_message_comes_out_without_a_finding(agent: Agent) -> None:
    assert SAFETY not in parse(agent, "How long is a session?")
