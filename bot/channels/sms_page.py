"""A page at /sms that is a phone to try the text line with, for who sets Otto up.

It has no door, so it is there only where OTTO_SMS_PAGE asks for it and Otto listens on this machine
alone (bot/settings.py), and it answers only a browser on this machine: what a proxy passes on, or
what asks for another host, finds nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import settings
from bot.channels.body import TooLarge, read
from bot.channels.hardening import SAFE
from bot.channels.site import CSS, HTML, POLICY, SCRIPT
from bot.channels.sms import MAX_BODY, forgetter
from bot.channels.sms_phone import Phone
from bot.origins import is_loopback, may_use
from bot.sms import size
from bot.sms_keywords import match

FOLDER = Path(__file__).resolve().parent.parent / "sms_page"
FILES = {
    "": ("phone.html", HTML),
    "/phone.css": ("phone.css", CSS),
    "/phone.js": ("phone.js", SCRIPT),
}
HEADERS = SAFE | {"Content-Security-Policy": POLICY}
# What a proxy adds.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
NUMBER = re.compile(r"\+1555555[0-9]{4}")


class SmsPage(InputChannel):
    """GET /sms: the page; POST /sms/messages: what it sends."""

    @classmethod
    def name(cls) -> str:
        """The name that Rasa knows it by."""
        return "sms_page"

    def url_prefix(self) -> str:
        """Where it is: outside of the webhooks."""
        return "/sms"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Called by Rasa with what takes new messages."""
        page = Blueprint("otto_sms_page", __name__)
        sms = settings.load().sms
        if not sms.page:
            return page
        phone = Phone(on_new_message, forgetter(page), sms.answers_keywords)

        for path, (name, kind) in FILES.items():

            async def show(request: Request, name: str = name, kind: str = kind) -> HTTPResponse:
                if not _is_here(request):
                    return response.empty(404)
                content = (FOLDER / name).read_bytes()
                return response.raw(content, headers=HEADERS, content_type=kind)

            page.add_route(show, path, methods=["GET"], name=name.replace(".", "_"))

        @page.route("/messages", methods=["POST"], stream=True)
        async def send(request: Request) -> HTTPResponse:
            if not _is_here(request):
                return response.empty(404)
            try:
                content = json.loads(await read(request, MAX_BODY))
                number, text, photo = content["number"], content["text"], content["photo"]
            except (TooLarge, ValueError, LookupError, TypeError, RecursionError):
                return response.empty(400)
            if not (isinstance(text, str) and NUMBER.fullmatch(str(number))):
                return response.empty(400)
            return response.json(await _sent(phone, number, text, bool(photo)), headers=HEADERS)

        return page


async def _sent(phone: Phone, number: str, text: str, photo: bool) -> dict[str, Any]:
    texts = await phone.send(text, int(photo), number)
    word = match(text)
    return {
        "texts": [{"text": each} | asdict(size(each)) for each in texts],
        "opted_out": await phone.opted_out(number),
        "carrier": bool(word and word.by_carrier),
    }


def _is_here(request: Request) -> bool:
    """Whether a request comes from a page or a person on this machine."""
    host = request.headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return (
        is_loopback(request.ip)
        and is_loopback(name)
        and not any(header in request.headers for header in FORWARDED)
        and may_use(request.headers.get("origin"), host, request.scheme, ())
    )
