"""The likeness to each label's nearest example is what comparing with every example would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.likeness import Array, Nearest


def rows(count: int, dimensions: int, seed: int) -> Array:
    """Vectors of length one."""
    found = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def compared_with_all(examples: Array, owners: Array, vector: Array) -> list[float]:
    return [float((examples[owners == label] @ vector).max()) for label in range(owners[-1] + 1)]


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=30),
    st.integers(1, 384),
    st.integers(0, 2**32 - 1),
)
def test_it_is_what_comparing_with_all_gives(sizes: list[int], dimensions: int, seed: int) -> None:
    owners = np.repeat(np.arange(len(sizes)), sizes)
    examples = rows(len(owners), dimensions, seed)
    (vector,) = rows(1, dimensions, seed + 1)
    found = Nearest(examples, owners).likeness(vector)
    assert found == pytest.approx(compared_with_all(examples, owners, vector), abs=1e-5)


def test_an_example_is_told_from_others_that_are_all_but_the_same() -> None:
    # Rounded to a byte a number they are all one.
    (first,) = rows(1, 384, 0)
    examples = np.vstack([first * (1 - step / 1e5) for step in range(50)]).astype(np.float32)
    owners = np.repeat([0, 1], 25)
    found = Nearest(examples[::-1], owners).likeness(first)
    assert found == pytest.approx([1 - 25 / 1e5, 1], abs=2e-6)


def test_the_order_of_examples_in_memory_does_not_matter() -> None:
    examples, owners = rows(20, 384, 0), np.repeat([0, 1], 10)
    found = [Nearest(np.asarray(examples, order=o), owners).likeness(examples[3]) for o in "CF"]
    assert found[0] == pytest.approx(found[1])


def test_vectors_of_nothing_are_like_nothing() -> None:
    nothing = np.zeros((2, 4), dtype=np.float32)
    assert Nearest(nothing, np.array([0, 1])).likeness(nothing[0]).tolist() == [0, 0]
