"""What goes wrong on the web channel, as problem JSON (RFC 9457): codes, and kind sentences."""

import logging
import math
import secrets
from typing import Any

from bot import settings
from bot.channels.turn import BROKEN

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# What each code is called; the status is HTTP's.
TITLES = {
    "bad_request": (400, "The request cannot be read"),
    "unknown_choice": (400, "There is no such choice"),
    "no_session": (401, "There is no such conversation"),
    "foreign_origin": (403, "This website may not use the chat"),
    "unknown_address": (404, "There is no such address"),
    "unknown_reply": (404, "There is no such answer"),
    "wrong_method": (405, "This address does not take that"),
    "in_flight": (409, "This message is being answered"),
    "busy": (409, "Another message is being answered"),
    "too_large": (413, "The request is too large"),
    "too_many": (429, "Too many requests"),
    "broken": (500, "Something went wrong"),
    "unavailable": (503, "Something is out of order"),
}


class Problem(Exception):  # noqa: N818 - it is what the standard calls it
    """A request that is not served: a code from `TITLES`, and what to tell the visitor."""

    def __init__(
        self, code: str, detail: str, retry_after: float | None = None, reference: str | None = None
    ) -> None:
        """Round `retry_after`, in seconds, up to whole ones."""
        super().__init__(code)
        self.code = code
        self.status, self.title = TITLES[code]
        self.detail = detail
        self.retry_after = None if retry_after is None else max(1, math.ceil(retry_after))
        self.reference = reference

    def document(self) -> dict[str, Any]:
        """The JSON that is sent."""
        optional = {"retry_after": self.retry_after, "reference": self.reference}
        return {
            "type": f"urn:otto:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        } | {name: value for name, value in optional.items() if value is not None}


def out_of_order(code: str, error: Exception) -> Problem:
    """The problem that tells a visitor of an error of ours, by a reference that the log has too."""
    reference = log_reference(type(error).__name__)
    return Problem(code, f"{apology()} {tell(reference)}", retry_after=5, reference=reference)


def apology() -> str:
    """What a visitor is told when something is broken."""
    return BROKEN.format(contact=settings.load().clinic.contact())


def log_reference(kind: str) -> str:
    """Log what kind of error it was under a new reference, and return that.

    An error's text may hold what the visitor wrote, so it is never logged.
    """
    reference = secrets.token_hex(3).upper()
    logger.error("reference %s: %s", reference, kind)
    return reference


def tell(reference: str) -> str:
    """How a visitor is given a reference."""
    return f"If you tell us about it, please name the reference {reference}."
