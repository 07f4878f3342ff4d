"""What changed between two runs of the same questions; a run is what `otto ask --json` prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import OttoError
from bot.evaluation import Record, got

COMPARED = ("outcome", "id", "answer")


class RunFileError(OttoError):
    """An earlier run cannot be read or kept; the message says why and what to do."""


@dataclass(frozen=True)
class Change:
    """One question that is not answered as it was."""

    text: str
    was: str
    now: str


def changes(before: Sequence[Record], now: Sequence[Record]) -> list[Change]:
    """The questions of both runs that are answered otherwise, in the order of the later one."""
    earlier = {record["text"]: record for record in before}
    return [
        Change(record["text"], *_words(earlier[record["text"]], record))
        for record in now
        if record["text"] in earlier
        and any(record[key] != earlier[record["text"]][key] for key in COMPARED)
    ]


def _words(was: Record, now: Record) -> tuple[str, str]:
    """How the two are told apart: by what was answered, or else by the words."""
    if got(was) != got(now):
        return got(was), got(now)
    return was["answer"], now["answer"]


def beside(path: Path) -> Path:
    """Where the last run of a file of questions is kept."""
    return path.with_name(f"{path.name}.last.jsonl")


def load(path: Path) -> list[Record]:
    """The records of a run.

    Raises:
        RunFileError: the file cannot be read, or a line is no record.
    """
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RunFileError(f"{path}: cannot be read; please check its name") from error
    found = []
    for number, line in enumerate(lines if lines != [""] else (), 1):
        try:
            record = json.loads(line)
            found.append({key: record[key] for key in ("text", *COMPARED, "intent", "location")})
        except (ValueError, KeyError, TypeError) as error:
            raise RunFileError(
                f"{path}: line {number} is no record of `otto ask --json`; please name another "
                "file, or delete this one"
            ) from error
    return found


def keep(path: Path, records: Sequence[Record]) -> None:
    """Keep a run for the next one to be compared with.

    Raises:
        RunFileError: it cannot be written.
    """
    # In ASCII, because a text may hold half a character, which is no UTF-8, or a line's end.
    try:
        path.write_text("".join(json.dumps(record) + "\n" for record in records), "ascii")
    except OSError as error:
        raise RunFileError(
            f"{path}: cannot be written ({error.strerror}), so the next run has nothing to be "
            "compared with; --against FILE compares without writing"
        ) from error
