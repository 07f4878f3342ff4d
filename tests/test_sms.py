"""The GSM-7 alphabet and the cutting into segments."""

import string

import pytest

from bot.sms import BASIC, EXTENDED, outside_gsm7, segments


def test_the_alphabet_has_the_size_of_the_standards_tables() -> None:
    # 128 places less the escape itself, and the ten characters behind the escape.
    assert (len(BASIC), len(EXTENDED), BASIC & EXTENDED) == (127, 10, frozenset())


@pytest.mark.parametrize(
    "char", string.ascii_letters + string.digits + "\n !\"#$%&'()*+,-./:;<=>?@_"
)
def test_everyday_characters_take_one_place(char: str) -> None:
    assert segments(char * 160) == 1


@pytest.mark.parametrize("char", sorted(EXTENDED))
def test_an_escaped_character_takes_two_places(char: str) -> None:
    assert (segments(char * 80), segments(char * 80 + "a")) == (1, 2)


@pytest.mark.parametrize(
    ("length", "count"),
    [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)],
)
def test_a_text_is_one_segment_of_160_or_several_of_153(length: int, count: int) -> None:
    assert segments("a" * length) == count


def test_an_escaped_character_is_not_split_over_two_segments() -> None:
    # 306 places would fill two segments; the euro does not fit into the last place of the first.
    assert segments("a" * 152 + "€" + "a" * 152) == 3


def test_an_escaped_character_may_end_a_segment() -> None:
    assert segments("a" * 151 + "€" + "a" * 153) == 2


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("plain words, 100 % (really)", []),
        ("", []),
        ("Ünïted", ["ï"]),
        ("“so” she said – “so”", ["“", "”", "–"]),
        ("it’s a ✅", ["’", "✅"]),
        ("`tick`", ["`"]),
    ],
)
def test_what_gsm7_cannot_say_is_listed_once_and_in_order(text: str, foreign: list[str]) -> None:
    assert outside_gsm7(text) == foreign


def test_a_text_outside_gsm7_is_refused_with_its_characters() -> None:
    with pytest.raises(ValueError, match=r"^not GSM-7: ’ …$"):
        segments("it’s late…")
