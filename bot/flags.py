"""What staff found wrong while trying Otto: state/flags.jsonl, which only its owner may read.

One JSON object a line, the oldest first:

    time       when it was flagged, ISO 8601 in UTC, such as 2026-05-02T14:30:00+00:00
    verdict    "wrong", "unclear" or "unsafe"
    note       what is wrong with it, in the words of who flagged it; may be empty
    channel    "web" or "sms"
    text       what was asked
    topic      the id of the topic that was answered, or null
    outcome    what came of it, as in `otto ask --json`
    answer     what Otto said
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bot.errors import OttoError
from bot.paths import STATE

FLAGS = STATE / "flags.jsonl"
VERDICTS = ("wrong", "unclear", "unsafe")


class FlagError(OttoError):
    """A flag cannot be kept or read; the message says why and what to do."""


@dataclass(frozen=True)
class Flag:
    """One line of the file; its head describes the fields."""

    time: str
    verdict: str
    note: str
    channel: str
    text: str
    topic: str | None
    outcome: str
    answer: str


def flag(record: Mapping[str, Any], channel: str, verdict: str, note: str, now: datetime) -> Flag:
    """The flag on an answer, from the record of `otto ask`.

    Raises:
        FlagError: there is no such verdict.
    """
    if verdict not in VERDICTS:
        raise FlagError(f"say whether it is {', '.join(VERDICTS[:-1])} or {VERDICTS[-1]}")
    when = now.astimezone(timezone.utc).isoformat(timespec="seconds")
    asked = (record["text"], record["id"], record["outcome"], record["answer"])
    return Flag(when, verdict, note, channel, *asked)


def keep(kept: Flag, path: Path) -> None:
    """Add a flag to the file.

    Raises:
        FlagError: it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            # In ASCII, because a text may hold half a character, which is no UTF-8.
            file.write(json.dumps(asdict(kept)) + "\n")
    except OSError as error:
        raise FlagError(f"{path}: cannot be written ({error.strerror})") from error


def load(path: Path) -> list[Flag]:
    """All flags, the oldest first; none where nothing was flagged.

    Raises:
        FlagError: the file cannot be read, or a line is no flag.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise FlagError(f"{path}: cannot be read ({error})") from error
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(Flag(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise FlagError(f"{path}: line {number} is no flag; please delete it") from error
    return found
