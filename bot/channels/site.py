"""The pages around the chat: the element's script, a demo page at `/`, and all answers at `/faq`.

They change only with Otto itself, so they are made once. Rasa adds addresses for whatever stands in
credentials.yml, which is why this is a channel, though nobody talks over it. What holds for the
answers of all channels (bot/channels/hardening.py) is put in place here.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import settings
from bot.answers import load_sources, topics
from bot.channels.hardening import protect
from bot.faq_page import page

WIDGET = Path(__file__).parents[1] / "widget"
HTML, CSS, SCRIPT = "text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript"
# The strictest policy that the chat must live with. Nobody may frame the pages.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@dataclass(frozen=True)
class Document:
    """What an address serves: its text and its type."""

    text: str
    type: str

    @cached_property
    def packed(self) -> bytes:
        """The text, compressed by gzip."""
        return gzip.compress(self.text.encode(), 9, mtime=0)

    @cached_property
    def tag(self) -> str:
        """Its ETag (RFC 9110, section 8.8.3): another one for each other text."""
        return f'W/"{hashlib.sha256(self.text.encode()).hexdigest()[:20]}"'

    def answer(self, request: Request) -> HTTPResponse:
        """The document, or that the browser's own copy is still good."""
        headers = {
            "ETag": self.tag,
            # Browsers ask each time, so that a new version of Otto is there at once.
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding",
        }
        if self.type == SCRIPT:
            # A page of another origin may load it only so; it holds nothing private.
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if self.type == HTML:
            headers["Content-Security-Policy"] = POLICY
        if self.tag in request.headers.get("if-none-match", ""):
            return response.empty(304, headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return response.raw(self.packed, headers=headers, content_type=self.type)
        return response.raw(self.text.encode(), headers=headers, content_type=self.type)


class SiteChannel(InputChannel):
    """The addresses `/`, `/faq` and those under `/widget/`."""

    @classmethod
    def name(cls) -> str:
        """The name in credentials.yml and in messages of Rasa's."""
        return "site"

    def url_prefix(self) -> str:
        """Right at the top, not under webhooks/."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Called by Rasa; nothing here takes messages."""
        site = Blueprint("otto_site", __name__)
        home = _file("demo.html", HTML)
        for path, document in documents().items():
            site.add_route(
                _serve(document), path, methods=["GET", "HEAD"], name=path.replace("/", "_")
            )

        @site.listener("before_server_start")
        async def start(app: Sanic, loop: Any) -> None:
            # Rasa has taken this address (rasa/server.py, add_root_route) and keeps it.
            async def answer(request: Request) -> HTTPResponse | None:
                # Also at // and *, which Sanic takes for the same; HEAD has no route of Rasa's.
                is_root = request.path == "/" or (request.route and request.route.path == "")
                at_home = is_root and request.method in ("GET", "HEAD")
                return home.answer(request) if at_home else None

            app.register_middleware(answer, "request")
            protect(app)

        return site


def documents() -> dict[str, Document]:
    """What is served, by its path."""
    faq = page(topics(), load_sources(), settings.load().clinic)
    return {
        "/faq": Document(faq, HTML),
        "/widget/otto-chat.js": _file("otto-chat.js", SCRIPT),
        "/widget/site.css": _file("site.css", CSS),
    }


def _file(name: str, type_: str) -> Document:
    return Document((WIDGET / name).read_text(encoding="utf-8"), type_)


def _serve(document: Document) -> Callable[[Request], Coroutine[Any, Any, HTTPResponse]]:
    async def serve(request: Request) -> HTTPResponse:
        return document.answer(request)

    return serve
