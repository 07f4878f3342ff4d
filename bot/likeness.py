"""How alike a text is to the nearest example of each label.

All products of a vector with some thousand others would take most of the time, and go through more
memory than a processor's cache holds. So vectors are rounded to a byte a number first, and only the
examples that may still be a label's nearest are compared in full: the result is the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import simsimd

Array = npt.NDArray[np.float32]

# The largest whole number that a byte holds as well below zero as above it.
LARGEST = 127
# How many examples are rounded at once.
PIECE = 500
# Floating point's own error, more than enough for products of vectors of length one.
ROUNDING = 1e-5


class Nearest:
    """Finds what is most alike among examples that are grouped by label."""

    def __init__(self, examples: Array, owners: npt.NDArray[np.int64]) -> None:
        """`examples` is (m, d), each of length one at most.

        `owners` (m,) has each one's label number, from 0 to n - 1, in order and none left out.
        """
        self._examples = examples
        self._owners = owners
        self._labels = np.arange(owners[-1] + 1)
        self._firsts = np.searchsorted(owners, self._labels)
        # Large arrays on the way would stay with the process, though they are of no more use.
        pieces = np.array_split(examples, len(examples) // PIECE + 1)
        numbers, scales, errors = zip(*map(_round, pieces), strict=True)
        self._numbers, self._scales = np.vstack(numbers), np.concatenate(scales)
        self._error = max(errors)

    def likeness(self, vector: Array) -> Array:
        """The largest inner product with an example of each label, shape (n,).

        `vector` is (d,), of length one at most.
        """
        numbers, scales, error = self._numbers, self._scales, self._error
        asked, its_scale, its_error = _round(vector[np.newaxis])
        products = np.asarray(simsimd.cdist(asked, numbers, metric="dot"))[0] * (scales * its_scale)
        # What rounding takes from or adds to a product at most, by Cauchy and Schwarz:
        # a.b - (a + e).(b + f) = -a.f - e.(b + f).
        slack = error + its_error * (1 + error) + ROUNDING
        floor = np.maximum.reduceat(products, self._firsts) - 2 * slack
        near = np.flatnonzero(products >= floor[self._owners])
        exact = self._examples[near] @ vector
        return np.maximum.reduceat(exact, np.searchsorted(self._owners[near], self._labels))


def _round(vectors: Array) -> tuple[npt.NDArray[np.int8], Array, float]:
    """Each row in whole numbers, what to multiply it with, and the length of the largest error."""
    scales = np.abs(vectors).max(axis=1) / LARGEST
    scales[scales == 0] = 1
    exact = vectors / scales[:, np.newaxis]
    numbers = np.rint(exact)
    error = np.linalg.norm(exact - numbers, axis=1) * scales
    return numbers.astype(np.int8, order="C"), scales, float(error.max())
