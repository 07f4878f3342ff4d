"""Logs that hold nothing a visitor wrote, whichever library writes them.

Rasa and Sanic log the errors that they meet with their texts and tracebacks, in which there may be
a message, a whole conversation, or the parameters of a statement. So while Otto runs, the warnings
and errors of libraries say where and of which types they are, and no more. Otto's own modules log
no text to begin with. Less than a warning is only logged where somebody asks for it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

OWN = ("bot", "actions")
# Loads the model and says why it could not; it never sees a message.
LOADING = "rasa.core.agent"
WITHHELD = "a message that may hold what a visitor wrote was withheld (%s:%d%s)"


def install() -> None:
    """Make all of Python's logging so; doing it again changes nothing."""
    make = logging.getLogRecordFactory()
    if getattr(make, "private", False):
        return

    def private(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        if record.levelno >= logging.WARNING and not _is_harmless(record):
            _withhold(record)
        return record

    private.private = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(private)


def _is_harmless(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OWN or record.name == LOADING or _is_starting()


def _is_starting() -> bool:
    """Whether nobody can have written anything yet: servers answer from an event loop."""
    if threading.current_thread() is not threading.main_thread():
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


def _withhold(record: logging.LogRecord) -> None:
    error = record.exc_info[1] if record.exc_info else None
    kinds = "".join(f"; {type(each).__name__}" for each in _causes(error))
    record.msg, record.args = WITHHELD, (record.pathname, record.lineno, kinds)
    record.exc_info = record.exc_text = record.stack_info = None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from, the last one first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
