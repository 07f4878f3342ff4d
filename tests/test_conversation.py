"""A conversation that can be taken back: afterwards it is as if the turn had never been."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from rasa.core.agent import Agent

from bot.conversation import Conversation, ConversationError

LENGTH = "How long is an OT session?"
START = "Help me choose between OT and PT"


@pytest.fixture
def talk(agent: Agent) -> Conversation:
    return Conversation(agent, "web")


def run(what: Awaitable[Any]) -> Any:
    async def awaited() -> Any:
        return await what

    return asyncio.run(awaited())


def say(talk: Conversation, *lines: str) -> str:
    said = ""
    for line in lines:
        turn = run(talk.say(line))
        said = "\n".join(message["text"] for message in turn.messages)
    return said


def test_a_turn_knows_what_came_of_it(talk: Conversation) -> None:
    turn = run(talk.say(LENGTH))
    assert (turn.record["id"], turn.record["outcome"]) == ("session_length", "answer")
    assert turn.parsed["labels"][0]["name"] == "faq/session_length"
    assert [c.id for c in turn.citations] == ["health_com"]


def test_a_turn_in_a_form_knows_the_form(talk: Conversation) -> None:
    say(talk, START)
    assert run(talk.say("A child")).loop == "recommendation_form"


def test_a_number_picks_a_choice_and_the_record_has_what_it_stood_for(talk: Conversation) -> None:
    say(talk, START)
    turn = run(talk.say("1"))
    assert (turn.typed, turn.record["text"]) == ("1", "A child")


def test_a_message_that_rasa_never_saw_is_not_explained_by_the_one_before(
    talk: Conversation,
) -> None:
    say(talk, LENGTH)
    turn = run(talk.say("   "))
    assert (turn.parsed, turn.record["intent"], turn.record["labels"]) == ({}, None, [])


def test_what_was_taken_back_was_never_said(talk: Conversation) -> None:
    once = say(talk, START, "A child")
    say(talk, "A stroke")
    assert run(talk.back()).typed == "A stroke"
    assert [turn.typed for turn in talk.turns] == [START, "A child"]
    run(talk.back())
    assert say(talk, "1") == once


def test_a_form_that_was_opened_by_the_turn_is_closed_again(talk: Conversation) -> None:
    say(talk, START)
    run(talk.back())
    assert run(talk.slots())["requested_slot"] is None
    assert run(talk.say("How long is an OT session?")).loop is None


def test_with_nothing_said_there_is_nothing_to_take_back(talk: Conversation) -> None:
    with pytest.raises(ConversationError, match="nothing to take back"):
        run(talk.back())


def test_a_slot_that_was_set_is_used(talk: Conversation) -> None:
    say(talk, START)
    run(talk.set("person", "child"))
    assert run(talk.slots())["person"] == "child"


def test_taking_back_a_turn_takes_back_what_was_set_since(talk: Conversation) -> None:
    say(talk, LENGTH)
    run(talk.set("city", "Trenton"))
    run(talk.back())
    assert run(talk.slots())["city"] is None


def test_an_unknown_slot_is_refused(talk: Conversation) -> None:
    with pytest.raises(ConversationError, match="there is no slot town; /slots lists them"):
        run(talk.set("town", "Trenton"))


def test_a_new_conversation_knows_nothing_of_the_old(talk: Conversation) -> None:
    say(talk, START, "A child")
    talk.restart()
    assert (talk.turns, run(talk.slots())["person"]) == ([], None)
