"""The alphabets of a text message, the counting of segments, and the cutting of long texts."""

import string

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.sms import (
    BASIC,
    EXTENDED,
    GSM7,
    REPLACEMENTS,
    UCS2,
    Size,
    outside_gsm7,
    pieces,
    plain_letters,
    segments,
    size,
)

TAIL = "\nReply MORE to read on."
WORDS = st.lists(
    st.one_of(
        st.text(alphabet=sorted(BASIC | EXTENDED), max_size=30),
        st.text(max_size=12),
        st.sampled_from(
            [
                "https://clinic.example/book?a=1&b=2",
                "(555) 555 0100",
                "1-800-222-1222",
                "👩‍👩‍👧",
                "€5",
            ]
        ),
    ),
    max_size=90,
)
TEXTS = WORDS.map(" ".join)


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


@pytest.mark.parametrize(
    ("length", "count"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)]
)
def test_a_letter_outside_gsm7_makes_segments_of_70_or_of_67(length: int, count: int) -> None:
    text = "á" + "a" * (length - 1)
    assert size(text) == Size(UCS2, length, count)


def test_an_emoji_takes_two_places_and_is_not_split_over_two_segments() -> None:
    assert size("🙂" * 35) == Size(UCS2, 70, 1)
    # 33 of them fit into 67 places, and one place stays empty.
    assert size("🙂" * 66) == Size(UCS2, 132, 2)
    assert size("🙂" * 67) == Size(UCS2, 134, 3)


def test_an_escaped_character_outside_gsm7s_texts_takes_one_place() -> None:
    assert size("á€") == Size(UCS2, 2, 1)


@pytest.mark.parametrize("text", ["¿Cuánto dura?", "avión", "Zoë", "año á"])
def test_letters_keep_their_accents(text: str) -> None:
    assert plain_letters(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“It’s 8–5 …” she said", '"It\'s 8-5 ..." she said'),
        ("a\u00a0b\u200bc", "a bc"),
        ("cafe\u0301", "café"),
        ("¡Hola! ¿Qué tal? ñ", "¡Hola! ¿Qué tal? ñ"),
        ("½ → 1", "1/2 -> 1"),
    ],
)
def test_typography_is_written_in_plain_characters(text: str, plain: str) -> None:
    assert plain_letters(text) == plain
    assert not outside_gsm7(plain)


def test_every_replacement_is_in_gsm7_and_needed() -> None:
    assert not outside_gsm7("".join(REPLACEMENTS.values()))
    assert outside_gsm7("".join(REPLACEMENTS)) == list(REPLACEMENTS)


def test_a_text_that_fits_is_one_piece() -> None:
    assert pieces("a" * 306, 2, TAIL) == ["a" * 306]


def test_a_text_is_cut_at_the_end_of_a_line_rather_than_of_a_sentence() -> None:
    text = "First line. " + "word " * 45 + "end of it.\nSecond line. " + "more " * 30
    first, _ = pieces(text, 2, TAIL)
    assert first.endswith("end of it.\n")


def test_a_text_is_cut_at_the_end_of_a_sentence_rather_than_of_a_word() -> None:
    text = "word " * 40 + "end. " + "more " * 40
    assert pieces(text, 2, TAIL)[0].endswith("end. ")


@pytest.mark.parametrize("number", ["(555) 555 0100", "555 0100", "1 800 222 1222"])
def test_a_number_written_with_spaces_is_not_cut(number: str) -> None:
    for before in range(230, 306):
        text = "a " * (before // 2) + f"{number} " + "b " * 60
        assert any(number in piece for piece in pieces(text, 2, TAIL))


def test_a_piece_with_a_letter_outside_gsm7_does_not_shorten_the_others() -> None:
    first, *_ = pieces("plain words " * 20 + "é á " * 60, 2, "")
    assert size(first).encoding == GSM7
    assert size(first).places > 134


@given(TEXTS)
def test_the_pieces_together_are_the_text(text: str) -> None:
    assert "".join(pieces(text, 2, TAIL)) == text


@given(TEXTS)
def test_no_piece_is_longer_than_its_segments(text: str) -> None:
    *others, last = pieces(text, 2, TAIL)
    assert all(segments(piece.rstrip() + TAIL) <= 2 for piece in others)
    assert segments(last.rstrip()) <= 2


@given(TEXTS)
def test_only_a_word_or_number_as_long_as_a_piece_is_cut(text: str) -> None:
    for piece in pieces(text, 2, TAIL)[:-1]:
        assert piece[-1].isspace() or not regex.search(r"\s[^\d\s(\p{M}\p{Cf}]", piece)


@given(TEXTS)
def test_no_character_is_cut_in_two(text: str) -> None:
    ends, at = set(), 0
    for character in regex.findall(r"\X", text):
        at += len(character)
        ends.add(at)
    at = 0
    for piece in pieces(text, 2, TAIL)[:-1]:
        at += len(piece)
        assert at in ends


@given(st.text(), st.text())
def test_a_longer_text_never_takes_less(text: str, more: str) -> None:
    assert segments(text + more) >= segments(text)
