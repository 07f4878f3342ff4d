"""The questions of the recommendation: every path through them, and what each answer changes."""

from collections.abc import Iterator
from itertools import combinations, product

import pytest

from bot.check import GRADE, grade
from bot.guide_dialogue import (
    CONDITION,
    DIFFICULTIES,
    PERSON,
    UNKNOWN,
    answered,
    goes_on,
    is_answer,
    missing,
    remembered,
    skipped,
    unanswered,
    worded,
    worded_shortly,
)
from bot.guide_file import ASKED
from bot.sms import outside_gsm7, segments
from bot.therapy_guide import Facts, Guide

GUIDE = Guide.load()
# The openings that a question can have; the others are no openings.
OPENINGS = [None, "again", *(lead for lead in GUIDE.leads if lead not in ("paused", "go_on"))]


def every_state() -> Iterator[Facts]:
    """Everything that can be known: skipped and unknown values, up to two difficulties."""
    pairs = (set(pair) for size in range(3) for pair in combinations(GUIDE.difficulties, size))
    difficulties = [*(tuple(sorted(pair)) for pair in pairs), (UNKNOWN,), ("gone",)]
    return (
        Facts(*values)
        for values in product(
            (None, *GUIDE.persons, UNKNOWN, "gone"),
            (None, *GUIDE.conditions, UNKNOWN, "gone"),
            difficulties,
        )
    )


def ends(facts: Facts) -> Iterator[tuple[list[str], Facts]]:
    """Each end that the questions can come to from here: what was asked, and what is known then."""
    asked = missing(GUIDE, facts)
    if asked is None:
        yield [], facts
        return
    answers = {
        PERSON: [person.label for person in GUIDE.persons.values()],
        CONDITION: [c.label for c in GUIDE.conditions.values() if c.parts],
        DIFFICULTIES: [trouble.label for trouble in GUIDE.difficulties.values()],
    }
    for text in answers[asked]:
        for path, end in ends(answered(GUIDE, facts, text, asked)):
            yield [asked, *path], end
    for refused in (False, True):
        for path, end in ends(skipped(facts, asked, refused)):
            yield [asked, *path], end


def test_no_path_asks_the_same_twice_or_more_than_three_things() -> None:
    for path, _ in ends(Facts()):
        assert len(set(path)) == len(path) <= len(ASKED)


def test_every_path_ends_in_a_recommendation_with_reasons_sources_and_a_question() -> None:
    for _, facts in ends(Facts()):
        recommendation = GUIDE.recommend(facts)
        assert recommendation.reasons
        assert recommendation.citations
        assert recommendation.question.endswith("?")


def test_whatever_is_known_there_is_a_question_or_a_recommendation() -> None:
    for facts in every_state():
        assert missing(GUIDE, facts) in (*ASKED, None)
        assert GUIDE.recommend(facts).reasons


def test_from_whatever_is_known_skipping_leads_to_a_recommendation() -> None:
    for facts in every_state():
        asked = []
        while (slot := missing(GUIDE, facts)) is not None:
            asked.append(slot)
            facts = skipped(facts, slot)
        assert len(asked) <= len(ASKED)


def test_whatever_is_known_the_result_does_not_depend_on_the_person() -> None:
    results: dict[tuple[str | None, tuple[str, ...]], set[tuple[str, str | None]]] = {}
    for facts in every_state():
        recommendation = GUIDE.recommend(facts)
        key = (facts.condition, facts.difficulties)
        results.setdefault(key, set()).add((recommendation.result, recommendation.lead))
    assert [key for key, found in results.items() if len(found) > 1] == []


@pytest.mark.parametrize("slot", ASKED)
def test_what_was_taken_back_is_asked_again(slot: str) -> None:
    facts = Facts("adult", "none", ())
    assert missing(GUIDE, unanswered(facts, slot)) == slot


# What an answer changes


@pytest.mark.parametrize(
    ("before", "text", "waiting", "after"),
    [
        (Facts(), "my son", PERSON, Facts("child")),
        (Facts(), "he is 80, can't cook or dress", PERSON, Facts(
            "older_adult", None, ("daily_activities", "self_care")
        )),
        (Facts("adult"), "actually it's for my son", CONDITION, Facts("child")),
        (Facts("adult"), "it is not for me, it's for my boy", CONDITION, Facts("child")),
        (Facts("adult"), "not for me", CONDITION, Facts()),
        (Facts("adult"), "she is 82", CONDITION, Facts("older_adult")),
        (Facts("child"), "my wife says he has autism", CONDITION, Facts("child", "autism")),
        (Facts("adult", "autism"), "no, dementia, not autism", DIFFICULTIES, Facts(
            "adult", "dementia"
        )),
        (Facts("adult", "dementia"), "she does not have dementia", DIFFICULTIES, Facts("adult")),
        (Facts("adult", "cancer"), "sorry, I meant arthritis", DIFFICULTIES, Facts(
            "adult", "arthritis"
        )),
        (Facts("adult", "arthritis"), "walking since his stroke", DIFFICULTIES, Facts(
            "adult", "stroke", ("walking",)
        )),
        (Facts("adult", "autism"), "some arthritis too", DIFFICULTIES, Facts("adult", "autism")),
        (Facts("adult", "none"), "he has arthritis", DIFFICULTIES, Facts("adult", "arthritis")),
        (Facts(None, None, ("pain",)), "not pain, balance", PERSON, Facts(
            None, None, ("walking",)
        )),
        (Facts(None, None, ("pain",)), "and dressing", PERSON, Facts(
            None, None, ("pain", "self_care")
        )),
        (Facts("adult"), "my hand", CONDITION, Facts("adult", "none", ("hand_use",))),
        (Facts("adult"), "my knee", CONDITION, Facts("adult", "none")),
        (Facts("adult"), "xyz", CONDITION, Facts("adult")),
        (Facts("adult"), "an older person", CONDITION, Facts("older_adult")),
        (Facts("adult"), "everything, really", CONDITION, Facts("adult")),
        (Facts("adult", "cancer"), "Everything!", DIFFICULTIES, Facts(
            "adult", "cancer", tuple(GUIDE.difficulties)
        )),
        (Facts("adult", "cancer"), "all of them", DIFFICULTIES, Facts(
            "adult", "cancer", tuple(GUIDE.difficulties)
        )),
    ],
)  # fmt: skip
def test_an_answer_changes(before: Facts, text: str, waiting: str, after: Facts) -> None:
    assert answered(GUIDE, before, text, waiting) == after


@pytest.mark.parametrize(
    ("texts", "now", "facts"),
    [
        (["my husband had a stroke"], "does he need OT or PT", Facts("adult", "stroke")),
        (["my husband had a stroke"], "he can't dress", Facts("adult", "stroke")),
        (["Can OT help my mom? She has dementia"], "help me choose", Facts("adult", "dementia")),
        (["my mom has dementia", "she can't cook"], "OT or PT?", Facts(
            "adult", "dementia", ("daily_activities",)
        )),
        (["my mom has dementia", "she is 82"], "OT or PT?", Facts("older_adult", "dementia")),
        (["my son has autism", "no, adhd, not autism"], "OT or PT?", Facts("child", "autism")),
        (["what is a stroke?"], "OT or PT for me?", Facts()),
        (["do kids get OT?"], "help me choose", Facts()),
        (["my mom has dementia"], "OT or PT for my son?", Facts()),
        (["my husband had a stroke", "my mother has arthritis"], "OT or PT?", Facts(
            "adult", "arthritis"
        )),
        ([], "OT or PT?", Facts()),
    ],
)  # fmt: skip
def test_what_was_said_earlier_counts_for_whom_it_was_said(
    texts: list[str], now: str, facts: Facts
) -> None:
    assert remembered(GUIDE, texts, now) == facts


@pytest.mark.parametrize(
    ("text", "intent", "expected"),
    [
        ("he cannot button his shirt", "inform", True),
        ("can't cook", "inform", True),
        ("does he need OT or PT", "recommend_therapy", True),
        ("actually it's for my son", "inform", True),
        ("my sister also has dementia", "inform", True),
        ("my sister has dementia", "inform", False),
        ("Help me choose between OT and PT", "recommend_therapy", False),
        ("OT or PT after a stroke", "recommend_therapy", False),
    ],
)
def test_after_a_recommendation_some_texts_go_on_about_the_same_person(
    text: str, intent: str, expected: bool
) -> None:
    assert goes_on(GUIDE.read(text), text, intent) is expected


@pytest.mark.parametrize(
    ("text", "waiting", "intent"),
    [
        ("my son", PERSON, "inform"),
        ("A stroke", CONDITION, "faq"),
        ("he had a stroke last year and since then his left arm is very weak", CONDITION, "faq"),
        ("hello, it is for my mother", PERSON, "small_talk"),
        ("actually, she has dementia", PERSON, "faq"),
        ("she is 82, does she need OT or PT?", PERSON, "faq"),
        ("and for my mom?", PERSON, "follow_up"),
        ("Ehlers Danlos", CONDITION, "out_of_scope"),
        ("Parkinson's", CONDITION, "faq"),
        ("my left hand", CONDITION, "faq"),
        ("xyzzy blorp", PERSON, "out_of_scope"),
        ("🙂", DIFFICULTIES, "nlu_fallback"),
        ("skip", DIFFICULTIES, "dont_know"),
    ],
)
def test_an_answer_is_taken_for_one(text: str, waiting: str, intent: str) -> None:
    assert is_answer(GUIDE, text, waiting, intent)


@pytest.mark.parametrize(
    ("text", "waiting", "intent"),
    [
        ("How long is an OT session?", PERSON, "faq"),
        ("what is dementia", CONDITION, "faq"),
        ("can OT help with a stroke?", CONDITION, "faq"),
        ("who won the super bowl", CONDITION, "out_of_scope"),
        ("session length", PERSON, "faq"),
        ("thank you", CONDITION, "small_talk"),
        ("and kids?", CONDITION, "follow_up"),
        ("he can't breathe", CONDITION, "emergency"),
        ("never mind", PERSON, "cancel"),
        ("Find OT in my city", PERSON, "find_location"),
    ],
)
def test_a_matter_of_its_own_is_not_taken_for_an_answer(
    text: str, waiting: str, intent: str
) -> None:
    assert not is_answer(GUIDE, text, waiting, intent)


# How it is asked


@pytest.mark.parametrize("asked", ASKED)
def test_a_question_reads_differently_three_times_in_a_row(asked: str) -> None:
    assert len({worded(GUIDE, asked, times, None, Facts()) for times in range(3)}) == 3


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("lead", OPENINGS)
def test_a_question_never_reads_the_same_twice_in_a_row(asked: str, lead: str | None) -> None:
    for times in range(4):
        now, then = (worded(GUIDE, asked, times + i, lead, Facts()) for i in range(2))
        assert now != then


@pytest.mark.parametrize("lead", ["resume", "welcome_back", "noted", "known"])
def test_what_is_known_is_said_where_the_questions_go_on(lead: str) -> None:
    text = worded(GUIDE, DIFFICULTIES, 0, lead, Facts("adult", "dementia"))
    assert "So far I know: an adult, dementia." in text


@pytest.mark.parametrize("lead", OPENINGS)
def test_where_nothing_is_known_nothing_is_said_of_it(lead: str | None) -> None:
    assert "So far" not in worded(GUIDE, PERSON, 0, lead, Facts(UNKNOWN))


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("lead", OPENINGS)
def test_a_question_is_plain_and_has_no_words_of_the_machine(asked: str, lead: str | None) -> None:
    text = worded(GUIDE, asked, 0, lead, Facts("older_adult", "stroke"))
    assert grade(text) <= GRADE
    assert not {*"{}*"} & {*text}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("lead", OPENINGS)
def test_a_question_and_its_choices_fit_a_text_message(asked: str, lead: str | None) -> None:
    labels = {
        PERSON: [person.label for person in GUIDE.persons.values()],
        CONDITION: [c.short for c in GUIDE.conditions.values() if c.parts or not c.points],
        DIFFICULTIES: [trouble.short for trouble in GUIDE.difficulties.values()],
    }
    choices = "\n".join(f"{i}. {label}" for i, label in enumerate(labels[asked], 1))
    for times, condition in product(range(3), (None, *GUIDE.conditions)):
        facts = Facts("older_adult", condition, ("child_development", "cognition"))
        text = worded_shortly(GUIDE, asked, times, lead, facts, choices)
        assert outside_gsm7(text) == []
        assert segments(f"{text}\n{choices}") <= 2


def test_a_word_that_fits_a_known_age_does_not_undo_it() -> None:
    eighty = Facts("older_adult")
    assert answered(GUIDE, eighty, "mom", CONDITION).person == "older_adult"
    assert answered(GUIDE, eighty, "it's for my son", CONDITION).person == "child"
    assert answered(GUIDE, eighty, "sorry, I meant my wife", CONDITION).person == "adult"
