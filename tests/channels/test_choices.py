"""Numbered choices: typed numbers stand for what was offered, and nothing else is touched."""

import random
from typing import Any

import pytest

from bot.channels.choices import ORDINALS, Choices

OFFERED = ["Pain", "Walking, balance or stairs", "Using the hands"]
SEED = 7


def message(*payloads: str) -> dict[str, Any]:
    return {"buttons": [{"title": payload.upper(), "payload": payload} for payload in payloads]}


def offering(*payloads: str) -> Choices:
    choices = Choices()
    choices.remember("me", [message(*payloads)])
    return choices


@pytest.mark.parametrize("text", ["2", " 2 ", "2.", "2)", "#2", "# 2", "number 2", "Number 2."])
def test_a_number_is_the_choice_by_it(text: str) -> None:
    assert offering(*OFFERED).resolve("me", text) == OFFERED[1]


@pytest.mark.parametrize(
    "text",
    ["second", "the second", "The second one", "2nd", "the 2nd one", "second option", "option 2"],
)
def test_an_ordinal_is_the_choice_by_it(text: str) -> None:
    assert offering(*OFFERED).resolve("me", text) == OFFERED[1]


@pytest.mark.parametrize("text", ["last", "the last one", "3rd please", "third", "3, please"])
def test_the_last_one_is_the_choice_at_the_end(text: str) -> None:
    assert offering(*OFFERED).resolve("me", text) == OFFERED[2]


@pytest.mark.parametrize(
    "text",
    [
        *("1 and 3", "1, 3", "1,3", "1 & 3", "1 + 3", "1 3", "1) and 3)", "#1 and #3", "1, and 3"),
        *("first and last", "the first and the third one", "1st and 3rd", "number 1 and number 3"),
    ],
)
def test_several_numbers_are_their_choices_joined(text: str) -> None:
    assert offering(*OFFERED).resolve("me", text) == "Pain and Using the hands"


def test_choices_are_joined_in_the_order_they_were_named() -> None:
    assert offering(*OFFERED).resolve("me", "3 and 1") == "Using the hands and Pain"


def test_a_choice_that_is_named_twice_counts_once() -> None:
    assert offering(*OFFERED).resolve("me", "1 and 1st") == "Pain"


@pytest.mark.parametrize("text", ["0", "4", "99", "1 and 4", "fourth", "100", "0 and 1"])
def test_a_number_that_stands_for_no_choice_stays_as_it_is(text: str) -> None:
    assert offering(*OFFERED).resolve("me", text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("1 in 3 people", "I have 2 kids", "she is 2", "2 years old", "2 or 3", "1-2", "1.5"),
        *("first of all, who are you", "the last time", "second thoughts", "at first", "lastly"),
        *("2nd grade", "age 2", "555 0100", "33602", "both", "and", "", "1 and", "and 1"),
        *("what is the second one", "1 and my knee", "2 weeks", "²"),
    ],
)
def test_what_is_more_than_numbers_stays_as_it_is(text: str) -> None:
    assert offering(*OFFERED).resolve("me", text) == text


@pytest.mark.parametrize("text", ["1", "first", "last", "1 and 2"])
def test_without_choices_a_number_stays_as_it_is(text: str) -> None:
    assert Choices().resolve("me", text) == text


def test_a_number_means_the_choices_of_ones_own_conversation() -> None:
    choices = offering(*OFFERED)
    choices.remember("you", [message("A child")])
    assert choices.resolve("you", "1") == "A child"


def test_a_number_means_the_last_message_that_had_choices() -> None:
    choices = Choices()
    choices.remember("me", [message("A child"), message("Pain"), message()])
    assert choices.resolve("me", "1") == "Pain"


def test_choices_are_gone_once_a_turn_offered_none() -> None:
    choices = offering(*OFFERED)
    choices.remember("me", [message()])
    assert choices.resolve("me", "1") == "1"


def test_the_oldest_conversation_is_forgotten_first() -> None:
    choices = Choices(limit=2)
    for sender in ("a", "b", "c"):
        choices.remember(sender, [message("Pain")])
    assert [choices.resolve(sender, "1") for sender in ("a", "b", "c")] == ["1", "Pain", "Pain"]


# Properties, over everything that can be offered and many ways to write it.


@pytest.mark.parametrize("count", range(1, len(ORDINALS) + 1))
def test_each_ordinal_and_its_number_mean_the_same(count: int) -> None:
    choices = offering(*(f"choice {i}" for i in range(count)))
    for i, ordinal in enumerate(ORDINALS[:count], 1):
        assert choices.resolve("me", ordinal) == choices.resolve("me", str(i)) == f"choice {i - 1}"


def test_any_list_of_numbers_in_range_is_exactly_their_choices() -> None:
    chance = random.Random(SEED)
    for _ in range(500):
        offered = [f"choice {i}" for i in range(chance.randint(1, 12))]
        wanted = chance.sample(range(len(offered)), chance.randint(1, len(offered)))
        written = [
            chance.choice([str(i + 1), f"#{i + 1}", ORDINALS[i], f"the {ORDINALS[i]} one"])
            for i in wanted
        ]
        text = chance.choice([", ", " and ", " & ", ", and "]).join(written)
        assert offering(*offered).resolve("me", text) == " and ".join(offered[i] for i in wanted)


def test_a_text_with_any_other_word_stays_as_it_is() -> None:
    chance = random.Random(SEED)
    for _ in range(500):
        parts = [str(chance.randint(1, 3)) for _ in range(chance.randint(1, 3))]
        parts.insert(
            chance.randint(0, len(parts)), chance.choice(["kids", "in", "or", "miles", "times"])
        )
        text = " ".join(parts)
        assert offering(*OFFERED).resolve("me", text) == text
