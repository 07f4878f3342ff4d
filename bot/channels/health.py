"""Whether Otto lives, whether it can answer, and what it counts: for who runs it, not for visitors.

`/health/live` says that the event loop answers, and no more. `/health/ready` asks two questions as
a visitor would, one that Rasa answers alone and one that needs the action server, and writes and
reads the databases; it is 503 and names the parts that are out of order where one is. `/metrics` is
for Prometheus. A proxy is to keep the last two to itself (docs/monitoring.md).
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.tracker_store import InMemoryTrackerStore
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import metrics, settings
from bot.channels.database import PROBES, Database, own_file
from bot.channels.turn import WebOutput
from bot.paths import STATE
from bot.readiness import Check, Readiness
from bot.store import OttoTrackerStore, unwrapped

SENDER = "canary"
# What is asked, by the part that it needs, and what must come of it.
ASKED = {
    "rasa": ("How long is an OT session?", "answer"),
    "actions": ("Is Trenton, New Jersey listed?", "location"),
}
HEADERS = {"Cache-Control": "no-store"}


class OutOfOrderError(Exception):
    """A part did not do what it must."""


class HealthChannel(InputChannel):
    """GET /health/live, /health/ready and /metrics; nobody talks over it."""

    @classmethod
    def name(cls) -> str:
        """The name that Rasa knows it by."""
        return "health"

    def url_prefix(self) -> str:
        """Right at the top, where those who ask look for it."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Called by Rasa; a canary is no message of a visitor's, so it does not go this way."""
        health = Blueprint("otto_health", __name__, strict_slashes=True)
        databases = opened(settings.load())

        def agent() -> Any:
            (app,) = health.apps
            return app.ctx.agent

        checks: dict[str, Check] = {part: partial(ask, agent, part) for part in ASKED}
        checks["conversations"] = partial(_conversations, agent)
        checks |= {part: partial(_in_thread, found.check) for part, found in databases.items()}
        readiness = Readiness(checks)

        async def parts() -> dict[str, bool]:
            found = await readiness.parts()
            metrics.in_order(found)
            return found

        @health.route("/health/live", methods=["GET", "HEAD"])
        async def live(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"}, headers=HEADERS)

        @health.route("/health/ready", methods=["GET", "HEAD"])
        async def ready(request: Request) -> HTTPResponse:
            broken = [part for part, well in (await parts()).items() if not well]
            content = {"status": "out of order" if broken else "ok", "out_of_order": broken}
            return response.json(content, 503 if broken else 200, HEADERS)

        @health.route("/metrics", methods=["GET"])
        async def measure(request: Request) -> HTTPResponse:
            # So that an alert on a part that is out of order needs nobody else who asks.
            await parts()
            store = unwrapped(agent().tracker_store)
            if isinstance(store, OttoTrackerStore):
                metrics.PENDING.set(store.conversations.pending)
            return response.raw(
                generate_latest(), headers=HEADERS, content_type=CONTENT_TYPE_LATEST
            )

        return health


def opened(known: settings.Settings) -> dict[str, Database]:
    """The databases of the channels that there are, by the parts that they are."""
    files = {"chats": "web.db"} | ({"texts": "sms.db"} if known.sms.token else {})
    return {
        part: Database(known.web.database or own_file(STATE / file), PROBES.metadata)
        for part, file in files.items()
    }


async def ask(agent: Callable[[], Any], part: str) -> None:
    """Ask the question of a part, in a conversation that is kept nowhere.

    Raises:
        OutOfOrderError: something else came of it than must.
    """
    text, wanted = ASKED[part]
    # Another tracker store, so nothing is left in that of the visitors, and no channel of theirs,
    # so nothing is counted.
    processor = copy.copy(agent().processor)
    processor.tracker_store = InMemoryTrackerStore(processor.domain)
    output = WebOutput()
    await processor.handle_message(UserMessage(text, output, SENDER, input_channel="web"))
    if [message["metadata"].get("outcome") for message in output.messages[:1]] != [wanted]:
        raise OutOfOrderError


async def _conversations(agent: Callable[[], Any]) -> None:
    store = unwrapped(agent().tracker_store)
    # Any other store is Rasa's, and somebody's own choice.
    if isinstance(store, OttoTrackerStore):
        await store.check()


async def _in_thread(check: Callable[[], None]) -> None:
    await asyncio.to_thread(check)
