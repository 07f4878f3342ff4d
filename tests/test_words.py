"""Two sentences that differ in marks and capitals alone have the same words."""

import pytest

from bot.words import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [("How LONG, is it?!", "how long is it"), ("What's 30-60?", "what's 30 60"), ("?! 字", "")],
)
def test_marks_and_capitals_do_not_count(text: str, expected: str) -> None:
    assert words(text) == expected
