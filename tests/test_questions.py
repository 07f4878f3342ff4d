"""A message that asks several things is taken apart into its questions, any other is not."""

import pytest

from bot.questions import MOST, questions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "How long is a session? Do I need a referral?",
            ["How long is a session?", "Do I need a referral?"],
        ),
        (
            "how long is a session\ndo i need a referral",
            ["how long is a session", "do i need a referral"],
        ),
        (
            "How long is a session and how often do I go?",
            ["How long is a session", "how often do I go?"],
        ),
        ("what is OT & what does it cost", ["what is OT", "what does it cost"]),
        ("what is OT also does it hurt", ["what is OT", "does it hurt"]),
        ("Does it hurt, and then do I feel tired?", ["Does it hurt", "do I feel tired?"]),
        ("What is OT, what does it cost?", ["What is OT", "what does it cost?"]),
        ("What is OT and who's it for", ["What is OT", "who's it for"]),
        ("What is OT and who’s it for", ["What is OT", "who’s it for"]),
        ("WHAT IS OT AND HOW LONG IS IT", ["WHAT IS OT", "HOW LONG IS IT"]),
        ("what about kids? and adults?", ["what about kids?", "and adults?"]),
    ],
)
def test_each_question_is_found_as_it_is_worded(text: str, found: list[str]) -> None:
    assert questions(text) == found


@pytest.mark.parametrize(
    "told",
    [
        "My son is six.",
        "He cannot hold a pencil!",
        "I am 72, and my hands hurt.",
        "Thank you so much.",
        "Is fine by me.",
    ],
)
def test_what_is_only_told_is_left_out(told: str) -> None:
    asked = ["Does OT help?", "How long does it take?"]
    assert questions(f"{asked[0]} {told} {asked[1]}") == asked


@pytest.mark.parametrize("greeting", ["Hi", "hello there", "ok so", "And also", "Thanks! But"])
def test_a_question_behind_a_greeting_is_still_a_question(greeting: str) -> None:
    first, second = questions(f"{greeting} what is OT? How long is it?")
    assert first.endswith("what is OT?")
    assert second == "How long is it?"


@pytest.mark.parametrize("greeting", ["hi", "ok so", "thanks", "hey, please", "and also"])
def test_a_question_behind_a_greeting_needs_no_question_mark(greeting: str) -> None:
    assert len(questions(f"{greeting} how long is it. do I need a referral")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "How long is a session?",
        "What is the difference between OT and PT?",
        "Do you treat adults and children?",
        "Does it help with dressing, washing and cooking?",
        "How and why does it work?",
        "Is OT for adults, children or older people?",
        "My son is six. Does OT help him?",
        "I want to know when to come and what to bring.",
        "OT and PT",
        "???",
        "",
    ],
)
def test_a_message_that_asks_less_than_two_things_is_not_taken_apart(text: str) -> None:
    assert questions(text) == []


@pytest.mark.parametrize(
    "question",
    [
        "Can a therapist who can drive come to us?",
        "Does my aunt, who is 80, need OT?",
        "Is a walk, which I like, part of OT?",
        "Can the man who does the splints see me?",
    ],
)
def test_a_relative_clause_is_no_question_of_its_own(question: str) -> None:
    assert questions(f"{question} How long is a session?") == [question, "How long is a session?"]


@pytest.mark.parametrize("short", ["? Why?", "? Really?", " and why?", ", what?"])
def test_a_question_of_one_word_says_too_little_alone(short: str) -> None:
    assert questions(f"How long is a session{short}") == []


def test_no_more_than_the_first_questions_count() -> None:
    asked = [f"What is number {number}?" for number in range(MOST + 2)]
    assert questions(" ".join(asked)) == asked[:MOST]


@pytest.mark.parametrize("text", ["and " * 5000, "who is, " * 3000, "what " * 5000, "?" * 5000])
def test_a_long_text_of_nothing_but_joints_is_read_as_well(text: str) -> None:
    assert len(questions(text)) <= MOST
