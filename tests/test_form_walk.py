"""Both forms, state by state: whatever a visitor says next gets a sensible answer.

The states are found by walking: from the first question, every kind of answer is given until no
new state turns up. In each of them a question, an emergency, a cancellation, a correction and
gibberish are said.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest
from rasa.core.agent import Agent
from rasa.shared.core.trackers import DialogueStateTracker

from bot.channels.turn import BACK, Message
from tests.conftest import Conversation

Lines = tuple[str, ...]
Start = Callable[..., Conversation]

ANSWERS = {
    "recommendation_form": {
        "person": ("A child", "my mother is 81"),
        "condition": ("Stroke", "a hand injury", "None of these"),
        "difficulties": ("Washing, dressing or eating", "pain and walking"),
    },
    "location_form": {
        "city": ("Kingston", "Orange County", "mimai", "Tampa"),
        "state": ("Florida",),
    },
}
OPENINGS = {
    "recommendation_form": ("Help me choose between OT and PT", "my son cannot hold a pencil"),
    "location_form": ("Find OT in my city", "is there an OT in Wayne?"),
}
NO_ANSWERS = ("I don't know", "qwrtz pfft blorp")
CORRECTIONS = {
    "recommendation_form": "actually it's for my wife",
    "location_form": "sorry, I meant Scranton",
}
SLOTS = {
    "recommendation_form": ("person", "condition", "difficulties"),
    "location_form": ("city", "state", "area"),
}
FORMS = tuple(OPENINGS)
DEEPEST = 7
APOLOGIES = ("went wrong", "lost my place", "can't look cities up")


@dataclass(frozen=True)
class State:
    """What a form has been told and what it waits for, and the lines that lead there."""

    form: str
    waiting: str
    told: tuple[str, ...]
    tries: int
    path: Lines

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it a state of its own: the values in the slots do not."""
        return (self.form, self.waiting, self.told, self.tries)


Visits = list[tuple[State, Conversation]]


def state_of(talk: Conversation, path: Lines) -> State | None:
    """The state after the lines, or None where no form is open."""
    tracker = talk.tracker
    form = tracker.active_loop_name
    if form is None:
        return None
    values = {name: tracker.get_slot(name) for name in SLOTS[form]}
    unknown = ("unknown", ["unknown"], "none")
    told = tuple(
        f"{name}?" if value in unknown else name for name, value in values.items() if value
    )
    tries = int(tracker.get_slot("tries") or 0)
    return State(form, str(tracker.get_slot("requested_slot")), told, tries, path)


def copy(talk: Conversation) -> Conversation:
    """Another conversation, in which the same has been said."""
    twin = Conversation(talk.agent, talk.channel)
    tracker = talk.tracker
    events, slots = list(tracker.events), tracker.slots.values()
    again = DialogueStateTracker.from_events(twin.sender_id, events, slots)
    asyncio.run(talk.agent.tracker_store.save(again))
    return twin


@cache
def reachable(agent: Agent) -> tuple[tuple[State, Conversation], ...]:
    """Every state of both forms, by its shortest path, and a conversation that is in it."""
    found: dict[tuple[object, ...], tuple[State, Conversation]] = {}
    steps = [(Conversation(agent), (), opening) for form in FORMS for opening in OPENINGS[form]]
    while steps:
        talk, path, line = steps.pop(0)
        talk = copy(talk) if path else talk
        talk.say(line)
        state = state_of(talk, (*path, line))
        if state is None or state.key in found or len(state.path) > DEEPEST:
            continue
        found[state.key] = (state, talk)
        answers = (*ANSWERS[state.form][state.waiting], *NO_ANSWERS)
        steps += [(talk, state.path, answer) for answer in answers]
    return tuple(found.values())


@pytest.fixture
def visits(agent: Agent) -> list[tuple[State, Conversation]]:
    """Each state, with a conversation of its own that has come to it."""
    return [(state, copy(talk)) for state, talk in reachable(agent)]


def outcomes(messages: list[Message]) -> list[str]:
    return [message["metadata"]["outcome"] for message in messages]


def sensible(messages: list[Message]) -> bool:
    """Whether there is something to read, and no apology or name of a variable in it."""
    texts = [message["text"] for message in messages]
    return bool(texts) and all(
        text.strip()
        and not any(apology in text for apology in APOLOGIES)
        and not any(bad in text for bad in ("utter_", "None", "{", "}", "_form"))
        for text in texts
    )


def test_the_walk_reaches_every_question_of_both_forms(visits: Visits) -> None:
    assert {(state.form, state.waiting) for state, _ in visits} == {
        (form, slot) for form, slots in ANSWERS.items() for slot in slots
    }
    assert len(visits) >= 15


def test_no_state_is_a_dead_end(visits: Visits) -> None:
    stuck = []
    for state, talk in visits:
        for _ in range(2 * DEEPEST):
            waiting = talk.tracker.get_slot("requested_slot")
            if talk.tracker.active_loop_name != state.form:
                break
            talk.say(ANSWERS[state.form][waiting][-1])
        else:
            stuck.append(state)
    assert stuck == []


def test_a_question_is_answered_and_the_form_goes_on_where_it_was(visits: Visits) -> None:
    for state, talk in visits:
        messages = talk.say("How long is an OT session?")
        assert sensible(messages), state
        assert messages[0]["metadata"].get("topic") == "session_length", state
        now = state_of(talk, state.path)
        assert now is not None, state
        assert (now.form, now.waiting, now.told) == (state.form, state.waiting, state.told)
        assert len(messages) == 2, state


def test_an_emergency_gets_its_answer_and_the_form_keeps_what_it_was_told(
    visits: Visits,
) -> None:
    for state, talk in visits:
        assert outcomes(talk.say("he can't breathe and his lips are blue")) == ["emergency"], state
        talk.say(BACK)
        now = state_of(talk, state.path)
        assert now is not None, state
        assert (now.form, now.waiting, now.told) == (state.form, state.waiting, state.told)


def test_a_cancellation_closes_the_form_and_forgets_what_it_was_told(visits: Visits) -> None:
    for state, talk in visits:
        assert sensible(talk.say("never mind")), state
        assert talk.tracker.active_loop_name is None, state
        assert [talk.tracker.get_slot(name) for name in SLOTS[state.form]].count(None) == 3, state


def test_a_correction_counts_in_every_state(visits: Visits) -> None:
    for state, talk in visits:
        messages = talk.say(CORRECTIONS[state.form])
        assert sensible(messages), state
        if state.form == "location_form":
            assert "Scranton, Pennsylvania** is in our directory" in messages[-1]["text"], state
        else:
            kept = talk.tracker.get_slot("person") or talk.tracker.get_slot("recommended")["person"]
            assert kept == "adult", state


def test_gibberish_is_asked_about_or_passed_over_and_breaks_nothing(visits: Visits) -> None:
    for state, talk in visits:
        asked = talk.say("qwrtz pfft blorp")
        assert sensible(asked), state
        now = state_of(talk, state.path)
        if now is None:
            assert outcomes(asked)[-1] in ("answer", "location"), state
        else:
            assert now.form == state.form, state
            assert set(state.told) <= set(now.told), state
