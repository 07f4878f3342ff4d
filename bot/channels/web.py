"""The channel behind the website's chat: sessions, messages that count once, history, feedback.

bot/channels/web_openapi.yml describes it to clients.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.constants import HTTP_METHODS
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import settings
from bot.channels.body import TooLarge, read
from bot.channels.database import own_file
from bot.channels.problem import CONTENT_TYPE, Problem, out_of_order
from bot.channels.web_reply import Reply
from bot.channels.web_service import Said, Service
from bot.channels.web_session import Sessions, bearer, load_secret
from bot.channels.web_store import Store
from bot.origins import address, may_use
from bot.paths import STATE
from bot.shared import shared

MAX_BODY = 8192
PREFLIGHT_SECONDS = 600
STREAM = "application/x-ndjson"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_ID = 64
SEQ = re.compile(r"[0-9]{1,9}")
VALUES = ("up", "down", None)
REASONS = ("wrong", "unclear", "not_what_i_asked", "unsafe", "other", None)

Handler = Callable[[Request], Coroutine[Any, Any, HTTPResponse | None]]


class WebChannel(InputChannel):
    """webhooks/web: what the website's chat talks with."""

    @classmethod
    def name(cls) -> str:
        """The name in the address."""
        return "web"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Called by Rasa with what takes new messages."""
        web = settings.load().web
        service = Service(
            on_new_message,
            Store(web.database or own_file(STATE / "web.db")),
            Sessions(web.secret or load_secret(STATE)),
            shared(web),
        )
        return Endpoints(service, web).blueprint()


class Endpoints:
    """HTTP to and from what the channel does."""

    def __init__(self, service: Service, web: settings.Web) -> None:
        """Serve `service` to the websites that `web` names."""
        self._service = service
        self._web = web
        self._resources: dict[str, dict[str, Handler]] = {
            "session": {"POST": self.open, "DELETE": self.erase},
            "messages": {"POST": self.say},
            "history": {"GET": self.history},
            "feedback": {"POST": self.vote},
            "openapi.json": {"GET": self.describe},
        }

    def blueprint(self) -> Blueprint:
        """All of it, for Sanic."""
        webhook = Blueprint("otto_web", __name__)

        # One route for all: what is not there would get a page of HTML from Sanic.
        @webhook.route("/<path:path>", methods=HTTP_METHODS, stream=True)
        async def serve(request: Request, path: str) -> HTTPResponse | None:
            return await self._serve(request, path)

        @webhook.middleware("response")
        async def finish(request: Request, answer: HTTPResponse) -> HTTPResponse:
            return self._finish(request, answer)

        @webhook.listener("after_server_start")
        async def start(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            app.ctx.web_purge = asyncio.create_task(self._service.purge_daily())

        @webhook.listener("before_server_stop")
        async def stop(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            app.ctx.web_purge.cancel()
            await self._service.close()

        return webhook

    async def open(self, request: Request) -> HTTPResponse:
        """POST session: begin one, and end that of the token that came along."""
        await _body(request)
        old = bearer(request.headers.get("authorization"))
        return response.json(await self._service.open(old, self._address(request)), status=201)

    async def erase(self, request: Request) -> HTTPResponse:
        """DELETE session: end it and forget what was said."""
        agent = request.app.ctx.agent
        token = await self._admit(request)
        await self._service.erase(token, agent.tracker_store, agent.lock_store)
        return response.empty()

    async def say(self, request: Request) -> HTTPResponse | None:
        """POST messages: answer one, at once or as a stream."""
        said = _said(await _object(request))
        try:
            claimed, answered = self._service.say(await self._admit(request), said)
            await asyncio.shield(claimed)
        except Problem:
            replies = await self._service.urgent(said)
            if replies is None:
                raise
            answered = asyncio.create_task(_as_they_are(replies))
        if STREAM in request.headers.get("accept", ""):
            await _stream(request, answered)
            return None
        replies = await asyncio.shield(answered)
        return response.json({"seq": replies[-1]["seq"], "replies": replies})

    async def history(self, request: Request) -> HTTPResponse:
        """GET history: what was said after a number."""
        after = request.args.get("after", "0")
        if not SEQ.fullmatch(after):
            raise Problem("bad_request", "“after” must be a number from 0 to 999999999.")
        return response.json(await self._service.history(await self._admit(request), int(after)))

    async def vote(self, request: Request) -> HTTPResponse:
        """POST feedback: what a visitor thinks of a reply, or null to take it back."""
        content = await _object(request)
        id_, value, reason = (content.get(name) for name in ("reply_id", "value", "reason"))
        if not isinstance(id_, str) or len(id_) > MOST_ID:
            raise Problem("bad_request", "“reply_id” must be the id of an answer.")
        if "value" not in content or value not in VALUES:
            raise Problem("bad_request", "“value” must be “up”, “down” or null.")
        if reason not in REASONS or (reason and value != "down"):
            known = ", ".join(f"“{name}”" for name in REASONS if name)
            raise Problem("bad_request", f"“reason” goes with “down”, and is one of {known}.")
        await self._service.vote(await self._admit(request), id_, value, reason)
        return response.empty()

    async def describe(self, request: Request) -> HTTPResponse:
        """GET openapi.json: all of this for programs."""
        return response.json(openapi())

    async def _serve(self, request: Request, path: str) -> HTTPResponse | None:
        handlers = self._handlers(path)
        try:
            if not self._may_use(request):
                raise _foreign()
            if not handlers:
                raise Problem("unknown_address", "There is nothing at this address.")
            if request.method not in handlers:
                raise Problem("wrong_method", f"This address takes {_methods(handlers)}.")
            return await handlers[request.method](request)
        except Problem as problem:
            return _refused(problem)
        except Exception as error:
            return _refused(out_of_order("broken", error))

    def _handlers(self, path: str) -> dict[str, Handler]:
        """What takes requests to a path, by method; a slash at the end makes no difference."""
        return self._resources.get(path.rstrip("/"), {})

    def _finish(self, request: Request, answer: HTTPResponse) -> HTTPResponse:
        """What every answer carries, and the answer to a browser that asks what it may do.

        Rasa's Sanic-CORS answers such a preflight before any handler is asked, so it is answered
        anew here.
        """
        handlers = self._handlers(request.match_info.get("path", ""))
        origin = request.headers.get("origin")
        allowed = self._may_use(request)
        if request.method == "OPTIONS":
            answer = response.empty() if allowed else _refused(_foreign())
        if request.method not in handlers:
            answer.headers["Allow"] = _methods(handlers)
        if origin is not None and allowed:
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Expose-Headers"] = "Retry-After"
            if request.method == "OPTIONS":
                answer.headers["Access-Control-Allow-Methods"] = _methods(handlers)
                answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
                answer.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        answer.headers["Vary"] = "Origin"
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    def _may_use(self, request: Request) -> bool:
        origin, host = (request.headers.get(name) for name in ("origin", "host"))
        return may_use(origin, host or "", request.scheme, self._web.origins)

    async def _admit(self, request: Request) -> str | None:
        """Count the request, and return the token that came along."""
        await self._service.check(self._address(request))
        return bearer(request.headers.get("authorization"))

    def _address(self, request: Request) -> str:
        forwarded = request.headers.getall("x-forwarded-for", [])
        return address(request.ip, forwarded, self._web.proxies)


@cache
def openapi() -> dict[str, Any]:
    """The channel's description."""
    content: dict[str, Any] = yaml.safe_load(
        Path(__file__).with_name("web_openapi.yml").read_text(encoding="utf-8")
    )
    return content


async def _body(request: Request) -> bytes:
    try:
        return await read(request, MAX_BODY)
    except TooLarge:
        raise Problem("too_large", f"The request is too long: at most {MAX_BODY} bytes.") from None


async def _object(request: Request) -> dict[str, Any]:
    try:
        content = json.loads(await _body(request))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Problem("bad_request", "The request holds no JSON object.")
    return content


def _said(content: dict[str, Any]) -> Said:
    id_, text, choice = (content.get(name) for name in ("client_id", "text", "choice_id"))
    if not isinstance(id_, str) or not UUID.fullmatch(id_.lower()):
        raise Problem("bad_request", "“client_id” must be a UUID, a new one for each message.")
    if isinstance(text, str) and choice is None:
        return Said(id_.lower(), text)
    if isinstance(choice, str) and text is None and len(choice) <= MOST_ID:
        return Said(id_.lower(), choice_id=choice)
    raise Problem("bad_request", "A message has either a “text” or a “choice_id”.")


async def _as_they_are(replies: list[Reply]) -> list[Reply]:
    return replies


async def _stream(request: Request, answered: asyncio.Future[list[Reply]]) -> None:
    """One JSON object a line: that it has begun, the replies, and how it ended."""
    stream = await request.respond(content_type=STREAM)
    await _line(stream, {"started": True})
    try:
        for reply in await asyncio.shield(answered):
            await _line(stream, {"reply": reply})
        await _line(stream, {"done": True})
    except Exception as error:
        await _line(stream, {"error": out_of_order("broken", error).document()})
    await stream.eof()


async def _line(stream: HTTPResponse, content: dict[str, Any]) -> None:
    await stream.send(f"{json.dumps(content, ensure_ascii=False)}\n")


def _refused(problem: Problem) -> HTTPResponse:
    answer = response.json(problem.document(), problem.status, content_type=CONTENT_TYPE)
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


def _methods(handlers: dict[str, Handler]) -> str:
    return ", ".join([*sorted(handlers), "OPTIONS"])


def _foreign() -> Problem:
    return Problem("foreign_origin", "This website may not use the chat.")
