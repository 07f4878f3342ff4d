"""Rasa's REST channel, for programs on a clinic's own machines; there only with OTTO_REST.

It has no door: whoever reaches it may speak as any sender, and read on in that conversation. Else
it is safer than the stock channel, which shares one conversation among all who send no sender, lets
a client choose its channel and metadata, and answers errors with an empty list. This one asks for a
sender, takes nothing else from the client, and always answers.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import settings
from bot.age import DAY
from bot.channels.choices import Choices
from bot.channels.notes import Notes
from bot.channels.turn import take_turn
from bot.shared import shared

SENDER = re.compile(r"[\w.:@+-]{1,128}", re.ASCII)
MAX_BODY = 8192
HOW_TO = 'Send a JSON object such as {"sender": "me", "message": "How long is a session?"}.'


class RestChannel(InputChannel):
    """POST webhooks/rest/webhook: a message in, a list of messages out; or nothing."""

    @classmethod
    def name(cls) -> str:
        """The name in the address."""
        return "rest"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Called by Rasa with what takes new messages."""
        webhook = Blueprint("otto_rest", __name__)
        known = settings.load()
        if not known.rest:
            return webhook
        # What was last offered, by conversation.
        offered = Notes(shared(known.web), "offered", DAY)

        @webhook.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if len(request.body) > MAX_BODY:
                return _refuse(413, f"The message is too long: at most {MAX_BODY} bytes.")
            try:
                content = request.json
            except (InvalidUsage, RecursionError):
                content = None
            if not isinstance(content, dict):
                return _refuse(400, f"The request holds no JSON object. {HOW_TO}")
            sender, text = content.get("sender"), content.get("message")
            if not isinstance(sender, str) or not SENDER.fullmatch(sender):
                return _refuse(
                    400, f"“sender” must be 1 to 128 letters, digits or . : @ + - _ . {HOW_TO}"
                )
            if not isinstance(text, str):
                return _refuse(400, f"“message” must be a text. {HOW_TO}")
            sender_id = f"rest:{sender}"
            choices = Choices()
            choices.remember(sender_id, await offered.get(sender_id) or [])
            chosen = choices.resolve(sender_id, text)
            messages = await take_turn(on_new_message, sender_id, chosen, "web")
            await offered.put(sender_id, [{"buttons": each["buttons"]} for each in messages])
            return response.json(messages)

        return webhook


def _refuse(status: int, error: str) -> HTTPResponse:
    return response.json({"error": error}, status=status)
