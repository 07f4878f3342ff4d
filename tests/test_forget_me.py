"""Who wants what they said deleted is understood, and who speaks of forgetting is not."""

import asyncio
from collections.abc import Callable

import pytest
import yaml
from rasa.core.agent import Agent

from bot.ask import ask
from bot.paths import DATA
from bot.sms import segments
from bot.sms_keywords import OWN, Keyword
from tests.conftest import Conversation

# None of these is a training example; tests/cases has no group for it.
WANTED = (
    *("delete my messages now please", "Please delete all of my data.", "forget me please!"),
    *("can you erase our conversation", "remove everything you have on me", "DELETE MY INFO"),
    *("I want you to forget all I told you about my husband", "delete what I texted earlier"),
    *("how do I get my messages deleted", "please dont store my messages", "erase my data pls"),
    *("I shouldn't have written that, please delete it", "wipe my chat history"),
)
NOT_WANTED = (
    *("forget it", "never mind", "my father forgets everything", "he keeps forgetting my name"),
    "my mother does not remember me",
    *("can OT help if I forget things", "I forget where I put my keys since the stroke"),
    *(
        "forget about that question",
        "please delete the appointment I made",
        "cancel my appointment",
    ),
    *("do you keep what I write", "is this chat private", "who can read my messages"),
    *("can I see my records", "start over", "let's begin again", "stop texting me"),
    *("how do I remove a splint", "I lost my exercise sheet", "what do you know about OT"),
)


def intent(agent: Agent, text: str) -> str:
    found: str = asyncio.run(ask(agent, text, "sms"))["intent"]
    return found


@pytest.mark.parametrize("text", WANTED)
def test_who_wants_it_deleted_is_understood(text: str, agent: Agent) -> None:
    assert intent(agent, text) == "forget_me"


@pytest.mark.parametrize("text", NOT_WANTED)
def test_who_wants_something_else_is_not_taken_for_that(text: str, agent: Agent) -> None:
    assert intent(agent, text) != "forget_me"


@pytest.mark.parametrize("words", [words for words in OWN if OWN[words] is Keyword.FORGET])
def test_the_words_that_do_it_by_text_are_understood_everywhere(words: str, agent: Agent) -> None:
    assert intent(agent, words.lower()) == "forget_me"


def test_neither_list_was_trained_on() -> None:
    content = yaml.safe_load((DATA / "nlu" / "forget_me.yml").read_text(encoding="utf-8"))
    examples = content["nlu"][0]["examples"].splitlines()
    assert len(examples) >= 25
    assert {f"- {text}" for text in (*WANTED, *NOT_WANTED)}.isdisjoint(examples)


def test_by_text_message_the_words_that_do_it_are_named(
    conversation: Callable[..., Conversation],
) -> None:
    (said,) = conversation("sms").say("please delete all you know about me")
    words = said["text"].partition("just these words: ")[2].partition(".")[0]
    assert OWN[words.upper()] is Keyword.FORGET
    assert segments(said["text"]) == 1


def test_on_the_website_the_button_is_named(conversation: Callable[..., Conversation]) -> None:
    (said,) = conversation().say("please delete my messages")
    assert "“Settings”" in said["text"]
    assert "“Delete this chat”" in said["text"]


def test_the_button_is_called_so() -> None:
    script = (DATA.parent / "bot" / "widget" / "otto-chat.js").read_text(encoding="utf-8")
    assert 'settings: "Settings"' in script
    assert 'clear: "Delete this chat"' in script
