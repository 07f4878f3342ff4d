"""Who wants no more texts is understood, and who only wants to stop something else is not."""

import asyncio
from collections.abc import Callable

import pytest
import yaml
from rasa.core.agent import Agent

from bot.ask import ask
from bot.paths import DATA
from tests.conftest import Conversation

# None of these is a training example; tests/cases has no group for it.
WANTED = (
    *("hey stop texting me ok", "I don't want these messages anymore", "opt-out", "OPT OUT!"),
    *("please remove me from this list", "stop the messages to my phone", "no more texts!!!"),
    *("I'd like to unsubscribe", "can I stop receiving these", "pls stop txting this number"),
    *("who gave you my number? stop writing me", "I would like to stop the text messages"),
    *("Please don't send me anything else.", "kindly stop all future texts"),
)
NOT_WANTED = (
    *("how do I stop the pain", "cancel my appointment", "I need to cancel tomorrow's session"),
    *("how can I stop my son from hitting", "when can we stop OT", "stop the questions"),
    *("how do I stop dropping things", "texting hurts my thumb", "never mind", "go back"),
    *("can I text you", "remove the cast from my hand", "does OT help with phone texting"),
    *("no", "none of these", "I'm not interested", "can I quit therapy early"),
    *("my hand won't stop shaking when I write", "how do I end up seeing a therapist"),
)


def intent(agent: Agent, text: str) -> str:
    found: str = asyncio.run(ask(agent, text, "sms"))["intent"]
    return found


@pytest.mark.parametrize("text", WANTED)
def test_who_wants_no_more_texts_is_understood(text: str, agent: Agent) -> None:
    assert intent(agent, text) == "opt_out"


@pytest.mark.parametrize("text", NOT_WANTED)
def test_who_wants_to_stop_something_else_is_not_taken_for_that(text: str, agent: Agent) -> None:
    assert intent(agent, text) != "opt_out"


def test_neither_list_was_trained_on() -> None:
    content = yaml.safe_load((DATA / "nlu" / "opt_out.yml").read_text(encoding="utf-8"))
    examples = content["nlu"][0]["examples"].splitlines()
    assert len(examples) >= 25
    assert {f"- {text}" for text in (*WANTED, *NOT_WANTED)}.isdisjoint(examples)


def test_by_text_message_it_is_confirmed_once_with_the_crisis_lines(
    conversation: Callable[..., Conversation],
) -> None:
    (said,) = conversation("sms").say("please stop texting me")
    assert said["metadata"]["opt_out"] is True
    for word in ("no more texts", "START", "911", "988"):
        assert word in said["text"]


def test_on_the_website_it_is_explained_how_that_works_there(
    conversation: Callable[..., Conversation],
) -> None:
    (said,) = conversation().say("please stop texting me")
    assert "opt_out" not in said["metadata"]
    assert "never writes to you first" in said["text"]
    assert "the clinic" in said["text"]
