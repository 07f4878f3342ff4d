"""Lists read well in a sentence."""

import pytest

from bot.phrases import joined


@pytest.mark.parametrize(
    ("items", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_the_last_of_several_things_is_joined_with_and(items: list[str], text: str) -> None:
    assert joined(items) == text
