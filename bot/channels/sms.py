"""The channel behind the clinic's text line, for Rasa: HTTP to and from Twilio's form of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import settings
from bot.channels.body import TooLarge, read
from bot.channels.database import own_file
from bot.channels.sms_service import Service
from bot.channels.sms_store import Store
from bot.channels.sms_twilio import XML, Answer, Twilio
from bot.channels.turn import Handle
from bot.channels.web_session import Sessions, load_secret
from bot.paths import STATE
from bot.shared import shared

# A text of 1,600 characters, each of them four bytes and each byte three characters in a form.
MAX_BODY = 32_768


class SmsChannel(InputChannel):
    """webhooks/sms/webhook: what Twilio brings text messages to; without a token, nothing."""

    @classmethod
    def name(cls) -> str:
        """The name in the address."""
        return "sms"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Called by Rasa with what takes new messages."""
        webhook = Blueprint("otto_sms", __name__)
        sms = settings.load().sms
        if not sms.token:
            return webhook
        service = line(on_new_message)
        twilio = Twilio(service, sms.public_url, sms.token)

        @webhook.route("/webhook", methods=["POST"], stream=True)
        async def receive(request: Request) -> HTTPResponse:
            try:
                body = await read(request, MAX_BODY)
            except TooLarge:
                return _http(Answer(413))
            signature = request.headers.get("x-twilio-signature", "")
            return _http(await twilio.answer(body, request.query_string, signature))

        @webhook.listener("after_server_start")
        async def start(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            app.ctx.sms_purge = asyncio.create_task(service.purge_daily())

        @webhook.listener("before_server_stop")
        async def stop(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            app.ctx.sms_purge.cancel()

        return webhook


def line(handle: Handle) -> Service:
    """The text line as the settings have it."""
    found = settings.load()
    return Service(
        handle,
        Store(found.web.database or own_file(STATE / "sms.db")),
        Sessions(found.web.secret or load_secret(STATE)),
        found.sms.answers_keywords,
        shared=shared(found.web),
    )


def _http(answer: Answer) -> HTTPResponse:
    if not answer.body:
        return response.empty(answer.status)
    return response.text(
        answer.body, answer.status, {"Cache-Control": "no-store"}, f"{XML}; charset=utf-8"
    )
