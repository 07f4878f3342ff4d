"""A file of questions, some with what should come of them: text, CSV or JSON Lines.

The file's name tells which: `.csv` has a first line with the columns `text` and, where something
is expected, `expect`; `.jsonl` has objects with those keys; any other has a question a line. What
is expected is a topic, or an outcome as in `otto ask --json`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from bot.errors import OttoError
from bot.evaluation import Case, CasesError, asked


class QuestionsError(OttoError):
    """The file of questions cannot be read; the message says why and what to do."""


def read(path: Path) -> list[tuple[int, Case]]:
    """The questions with their line numbers; those without a text are kept.

    Raises:
        QuestionsError: the file is missing, is no UTF-8 text, or a line is not as it must be.
    """
    text = _text(path)
    readers = {".csv": _csv, ".jsonl": _jsonl}
    found = []
    for number, question, expect in readers.get(path.suffix.lower(), _lines)(path, text):
        try:
            found.append((number, asked(question, expect)))
        except CasesError as error:
            raise QuestionsError(f"{path}: line {number}: {error}") from error
    if not found:
        raise QuestionsError(f"{path}: holds no question; please write one a line")
    return found


Row = tuple[int, str, str]


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise QuestionsError(
            f"{path}: line {line} is not UTF-8 text; please save the file as UTF-8"
        ) from error
    except OSError as error:
        raise QuestionsError(
            f"{path}: cannot be read ({error.strerror}); please check the file's name"
        ) from error


def _lines(path: Path, text: str) -> Iterator[Row]:
    # A line ends at a newline and nowhere else: a text may hold other separators.
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        yield number, line.removesuffix("\r"), ""


def _csv(path: Path, text: str) -> Iterator[Row]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if "text" not in (rows.fieldnames or ()):
            raise QuestionsError(
                f"{path}: the first line must name the columns: text,expect (or only text)"
            )
        for row in rows:
            if None in row:
                raise QuestionsError(
                    f"{path}: line {rows.line_num} has too many columns; please put a text with "
                    "commas in quotes"
                )
            yield rows.line_num, row["text"] or "", (row.get("expect") or "").strip()
    except csv.Error as error:
        raise QuestionsError(f"{path}: line {rows.line_num} is no CSV ({error})") from error


def _jsonl(path: Path, text: str) -> Iterator[Row]:
    for number, line, _ in _lines(path, text):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        question = entry.get("text") if isinstance(entry, dict) else None
        expect = entry.get("expect") or "" if isinstance(entry, dict) else None
        if not isinstance(question, str) or not isinstance(expect, str):
            raise QuestionsError(
                f'{path}: line {number} must be like {{"text": "How long is a session?", '
                '"expect": "session_length"}'
            )
        yield number, question, expect
