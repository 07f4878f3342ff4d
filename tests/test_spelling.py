"""Spelling: what is clearly meant is corrected, everything else is left as it was written."""

import pytest

from bot.spelling import ENOUGH, SHORTHAND, Speller

FIELD = ("occupational", "therapist", "therapists", "referral", "session", "kid", "wheel", "wheat")
COMMON = ("hello", "the", "recession", "need", "assessment")


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(FIELD, COMMON)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sesion", "session"),
        ("sessoin", "session"),
        ("sessionn", "session"),
        ("referal", "referral"),
        ("therepist", "therapist"),
        ("ocupationel", "occupational"),
        ("SESION", "session"),
        ("need a referal, please", "need a referral, please"),
    ],
)
def test_a_slip_is_corrected_to_a_word_of_the_field(
    speller: Speller, written: str, meant: str
) -> None:
    assert speller.correct(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("recession", id="a common word near a word of the field"),
        pytest.param("Session", id="a word of the field, capitals kept"),
        pytest.param("therapist's", id="a possessive"),
        pytest.param("sezzjon", id="two slips in a short word"),
        pytest.param("ocupatiunel", id="three slips in a long word"),
        pytest.param("kib", id="a short word"),
        pytest.param("zession", id="another first letter"),
        pytest.param("wheet", id="between wheel and wheat"),
        pytest.param("Poughkeepsie", id="a name"),
        pytest.param("94110 ... ?!", id="no words"),
        pytest.param("", id="nothing"),
        pytest.param("¿dónde está?", id="another language"),
        pytest.param("hello\n the  need ", id="spaces and lines"),
    ],
)
def test_what_is_known_or_unclear_is_left_alone(speller: Speller, text: str) -> None:
    assert speller.correct(text) == text


@pytest.mark.parametrize("short", SHORTHAND)
def test_text_message_shorthand_is_written_out(speller: Speller, short: str) -> None:
    assert speller.correct(f"the {short} need") == f"the {SHORTHAND[short]} need"


def test_shorthand_may_be_shouted_but_initials_are_no_shorthand(speller: Speller) -> None:
    assert speller.correct("PLS") == "please"
    assert speller.correct("the U.S. and Dr. W.") == "the U.S. and Dr. W."


@pytest.mark.parametrize("word", ["fouth", "4", "2", "sub", "burr"])
def test_shorthand_is_replaced_only_as_a_whole_word(speller: Speller, word: str) -> None:
    assert speller.correct(word) == word


def test_correcting_twice_changes_nothing_more(speller: Speller) -> None:
    once = speller.correct("r u a ocupational therepist, idk abt the sesion")
    assert speller.correct(once) == once


def test_a_word_that_enough_examples_use_belongs_to_the_field() -> None:
    learnt = Speller.learn(["my splint"] * ENOUGH, [], frozenset({"splint"}))
    assert learnt.field == ["splint"]


@pytest.mark.parametrize(
    ("examples", "common"),
    [
        pytest.param(["my splint"] * (ENOUGH - 1), {"splint"}, id="too few examples"),
        pytest.param(["splint " * ENOUGH], {"splint"}, id="often, but in one example"),
        pytest.param(["my splnit"] * ENOUGH, {"splint"}, id="no English word"),
    ],
)
def test_a_word_that_may_be_a_slip_does_not_belong_to_the_field(
    examples: list[str], common: set[str]
) -> None:
    assert Speller.learn(examples, [], frozenset(common)).field == []


def test_a_word_of_an_answer_belongs_to_the_field() -> None:
    assert Speller.learn([], ["Ergonomics helps."], frozenset()).field == ["ergonomics", "helps"]


def test_the_field_can_be_saved_and_used_again(speller: Speller) -> None:
    again = Speller(list(speller.field), COMMON)
    assert again.correct("sesion referal") == speller.correct("sesion referal")
