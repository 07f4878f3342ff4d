"""The body of a request, of a bounded length whether or not its length is announced."""

from typing import Any, cast

from sanic.exceptions import PayloadTooLarge
from sanic.request import Request


class TooLarge(Exception):  # noqa: N818 - it is no error of the program's
    """A body is longer than its reader takes."""


async def read(request: Request, most: int) -> bytes:
    """The body of a request to a route with `stream=True`.

    Raises:
        TooLarge: it has more than `most` bytes.
    """
    # Without this Sanic takes a streamed body of any length.
    cast(Any, request.stream).request_max_size = most
    try:
        await cast(Any, request).receive_body()
    except PayloadTooLarge:
        raise TooLarge from None
    return bytes(request.body)
