"""The nearest training examples: of the labels asked for, the most alike first."""

import pytest

from bot.nearest import Examples, read
from bot.paths import DATA


@pytest.fixture(scope="module")
def examples() -> Examples:
    return Examples.load()


def test_a_training_example_is_nearest_to_itself(examples: Examples) -> None:
    (near,) = examples.nearest("session length?", ["faq/session_length"], 1)
    assert (near.text, round(near.likeness, 3)) == ("session length?", 1.0)


def test_the_nearest_come_first_whatever_their_label(examples: Examples) -> None:
    labels = ["faq/therapy_duration", "faq/session_length"]
    found = examples.nearest("how long is one visit", labels, 5)
    assert [near.likeness for near in found] == sorted((n.likeness for n in found), reverse=True)
    assert found[0].label == "faq/session_length"


def test_misspelling_is_read_as_the_model_reads_it(examples: Examples) -> None:
    right, wrong = (
        examples.nearest(text, ["faq/session_length"], 1)
        for text in ("how long is a therapy session", "how long is a thrapy sesssion")
    )
    assert right == wrong


def test_a_label_without_examples_has_none_near(examples: Examples) -> None:
    assert examples.nearest("hello", ["no_such_label"], 3) == []


def test_every_intents_examples_are_read() -> None:
    found = read(DATA / "nlu")
    assert found["faq/session_length"][0] == "How long is an OT session?"
    assert {"find_location", "out_of_scope", "small_talk/thank"} < found.keys()
