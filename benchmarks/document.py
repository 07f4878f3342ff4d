"""The documents' tables that are measured: each stands between two marks."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    lines.insert(1, "|---" * len(head) + "|")
    return "\n".join(lines)


def put(document: Path, name: str, table: str) -> None:
    """Put a table between its two marks in a document."""
    text = document.read_text(encoding="utf-8")
    marks = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    start, end = text.index(marks[0]) + len(marks[0]), text.index(marks[1])
    document.write_text(text[:start] + table + "\n" + text[end:], encoding="utf-8")
