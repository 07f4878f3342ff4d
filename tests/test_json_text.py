"""JSON is what Python's own module makes of it, and plain ASCII."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.json_text import dumps, loads

NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
)
# What orjson refuses, and Python's module does not.
ODD = ["\ud800", {"city": "\udfff"}, 10**30, {1: "one"}, {None: 1}]


@given(VALUES)
def test_a_value_is_written_and_read_as_by_python(value: Any) -> None:
    text = dumps(value)
    assert text.isascii()
    assert json.loads(text) == loads(text) == json.loads(json.dumps(value))


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_what_only_python_writes_is_written(value: Any) -> None:
    assert dumps(value) == json.dumps(value)


def test_what_only_python_reads_is_read() -> None:
    assert loads('["\\ud800"]') == ["\ud800"]


def test_what_is_no_number_becomes_nothing() -> None:
    assert loads(dumps([float("nan"), float("inf")])) == [None, None]


def deep(levels: int) -> list[Any]:
    return [] if levels == 0 else [deep(levels - 1)]


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes"], ids=repr)
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        dumps(value)


def test_what_orjson_finds_too_deep_is_left_to_python() -> None:
    value = deep(400)
    assert loads(dumps(value)) == value


@pytest.mark.parametrize("text", ["", "{", "nothing", "[1,]"])
def test_a_broken_text_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        loads(text)
