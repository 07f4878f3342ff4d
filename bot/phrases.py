"""Pieces of sentences that several replies are made of."""

from collections.abc import Iterable


def joined(items: Iterable[str]) -> str:
    """The items as one reads them out: a, b and c."""
    *most, last = items
    return " and ".join(filter(None, [", ".join(most), last]))
