"""What visitors did is counted once, and without their words."""

from datetime import datetime

import pytest
import yaml

from bot.channels.web_store import Vote
from bot.kept import Turn
from bot.paths import ROOT
from bot.usage import QUESTIONS, Dialogue, Usage, count
from tests.kept import START, action, asks, loop, turn

RECOMMENDATION, LOCATION = "recommendation_form", "location_form"
NOON = datetime(2026, 5, 2, 12, 30).timestamp()


def counted(*turns: Turn, votes: tuple[Vote, ...] = ()) -> Usage:
    return count(turns, votes, 0.0, NOON)


def dialogue(*turns: Turn, form: str = RECOMMENDATION) -> Dialogue:
    return counted(*turns).dialogues[form]


BEGUN = turn("OT or PT?", "dialogue", loop(RECOMMENDATION), asks("person"))
NEXT = turn("my son", "dialogue", asks("condition"))


def test_messages_of_one_visitor_are_one_conversation() -> None:
    usage = counted(turn(), turn(), turn(sender="sms:two"))
    assert (usage.messages, usage.conversations) == (3, 2)
    assert usage.channels == {"web": 1, "sms": 1}


def test_a_visitor_who_comes_back_another_day_has_another_conversation() -> None:
    assert (
        counted(turn("a", "answer", START), turn(), turn("b", "answer", START)).conversations == 2
    )


def test_hours_and_days_are_those_of_the_clock() -> None:
    usage = counted(turn(at=NOON), turn(at=NOON))
    assert (usage.hours, usage.days) == ({12: 2}, {"2026-05-02": 1})


def test_outcomes_and_topics_are_counted_by_message() -> None:
    usage = counted(turn(topic="ages"), turn("x", "ask_which"), turn(topic="ages"))
    assert usage.outcomes == {"answer": 2, "ask_which": 1}
    assert usage.topics == {"ages": 2}


def test_thumbs_are_counted_by_topic_and_reason() -> None:
    votes = (
        Vote("q", 0.0, "up", None, "ages"),
        Vote("q", 0.0, "down", "wrong", "ages"),
        Vote("q", 0.0, "down", None, None),
    )
    usage = counted(votes=votes)
    assert (usage.liked, usage.disliked) == ({"ages": 1}, {"ages": 1, "(none)": 1})
    assert usage.reasons == {"wrong": 1, "(none)": 1}


def test_a_dialogue_that_ends_in_a_recommendation_is_finished() -> None:
    end = turn("hands", "answer", asks(None), loop(None), action("action_recommend"))
    assert dialogue(BEGUN, NEXT, end) == Dialogue(began=1, finished=1)


def test_a_lookup_that_ends_in_an_answer_at_once_is_finished() -> None:
    steps = loop(LOCATION), asks(None), loop(None), action("action_find_location")
    found = dialogue(turn("OT in Trenton?", "location", *steps), form=LOCATION)
    assert found == Dialogue(began=1, finished=1)


@pytest.mark.parametrize(
    "last",
    [
        (),
        (turn("stop", "small_talk", action("action_stop_form"), loop(None)),),
        (turn("What is OT?", "answer", loop(None)),),
        (turn("hello again", "small_talk", START),),
        (turn("OT in Trenton?", "location", loop(LOCATION)),),
    ],
    ids=["no more", "stopped", "asked something else", "another day", "another dialogue"],
)
def test_a_dialogue_that_does_not_end_so_was_left_at_its_last_question(
    last: tuple[Turn, ...],
) -> None:
    went = dialogue(BEGUN, NEXT, *last)
    assert (went.began, went.finished, went.left) == (1, 0, {"condition": 1})


def test_a_question_in_between_leaves_a_dialogue_where_it_is() -> None:
    between = turn("How long is it?", "answer", asks("condition"), topic="session_length")
    end = turn("hands", "answer", asks(None), loop(None), action("action_recommend"))
    assert dialogue(BEGUN, NEXT, between, end).finished == 1


def test_dialogues_of_two_visitors_are_kept_apart() -> None:
    other = turn("OT or PT?", "dialogue", loop(RECOMMENDATION), asks("person"), sender="web:two")
    assert dialogue(BEGUN, other, NEXT).left == {"person": 1, "condition": 1}


@pytest.mark.parametrize("form", QUESTIONS)
def test_the_questions_are_those_of_the_form(form: str) -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert tuple(domain["forms"][form]["required_slots"]) == QUESTIONS[form]
