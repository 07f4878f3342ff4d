"""What holds for every answer of the server, whichever channel gives it, and for those of none.

Each carries the headers in `SAFE` unless its channel knows better. An error is a sentence: Sanic's
own pages repeat the address that was asked for, and Rasa's first page tells its version.
"""

import logging
import re
from http import HTTPStatus
from typing import Any

from sanic import Sanic, response
from sanic.exceptions import InvalidUsage, SanicException
from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

logger = logging.getLogger(__name__)

# No answer is a page unless it says so: nothing in it may be run, loaded or framed, and nobody may
# keep it. https://owasp.org/www-project-secure-headers/ explains each.
SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# The longest body that a channel takes (bot/channels/sms.py); Sanic would take 100 MB.
MAX_BODY = 32_768
WORDS = {
    400: "The request cannot be read.",
    404: "There is nothing at this address.",
    405: "This address does not take that.",
    408: "The request took too long.",
    413: f"The request is too long: at most {MAX_BODY} bytes.",
    500: "Something went wrong.",
    503: "The answer took too long. Please try again.",
}


class ClearRequest(Request):
    """A request that leaves no doubt where its body ends.

    Over a length below zero Sanic would read for ever and answer nobody any more (sanic/http.py,
    `read`). Two lengths, or one beside chunks, may mean something else to a proxy (RFC 9112,
    section 6.3).
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Called by Sanic with the head, before the body is read.

        Raises:
            InvalidUsage: the body may end elsewhere, or nowhere.
        """
        super().__init__(*arguments, **named)
        lengths = self.headers.getall("content-length", [])
        ends = len(lengths) + len(self.headers.getall("transfer-encoding", []))
        if ends > 1 or not all(re.fullmatch("[0-9]+", length) for length in lengths):
            raise InvalidUsage("the body's end is not clear")


def protect(app: Sanic) -> None:
    """Make all of a server's answers so; call it before the server takes requests."""
    app.request_class = ClearRequest
    app.config.REQUEST_MAX_SIZE = MAX_BODY
    app.error_handler.add(Exception, _refuse)
    app.register_middleware(_finish, "response")


def _refuse(request: Request, error: Exception) -> HTTPResponse:
    # What fails before anybody is asked to answer is the fault of the request: Sanic's own parser
    # fails over a Content-Length that is no number, and over no address.
    status, headers = 500 if request.route else 400, dict[str, str]()
    if isinstance(error, SanicException):
        status, headers = getattr(error, "status_code", 500), getattr(error, "headers", {})
    if status not in WORDS:
        status = 400 if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR else 500
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        # Its text may hold what a visitor wrote; its type does not.
        logger.error("a request failed: %s", type(error).__name__)
    return response.json({"error": WORDS[status]}, status=status, headers=headers)


async def _finish(request: Request, answer: BaseHTTPResponse) -> HTTPResponse | None:
    for name, value in SAFE.items():
        answer.headers.setdefault(name, value)
    # Sanic would send the word None.
    if answer.content_type is None:
        answer.content_type = "text/plain; charset=utf-8"
    return None
