"""The door in front of several servers, where `otto cluster` finds no nginx.

    python -m bot.front FILE

FILE holds the doors in JSON; SIGHUP reads it again, and what is under way goes on. A request goes
to one server after the other in turn. One that cannot be reached is passed over for a while, and
where a request may safely be sent again, the next one gets it. deploy/nginx does the same.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from aiohttp.client_exceptions import ClientConnectorError
from multidict import CIMultiDict
from yarl import URL

from bot import origins, settings

# What is for visitors; the rest of a replica is for the clinic's own network.
PUBLISHED = frozenset(
    {
        "/",
        "/faq",
        "/widget/otto-chat.js",
        "/widget/site.css",
        "/health/live",
        "/webhooks/web/session",
        "/webhooks/web/messages",
        "/webhooks/web/history",
        "/webhooks/web/feedback",
        "/webhooks/web/openapi.json",
        "/webhooks/sms/webhook",
    }
)
# A message has an id of its client's, or a MessageSid, and is answered once however often it
# comes; what an action does follows from the conversation that it is sent alone.
REPEATABLE = frozenset({"/webhooks/web/messages", "/webhooks/sms/webhook", "/webhook"})
# RFC 9110, section 9.2.2: what may be sent again by its method.
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
# RFC 9110, section 7.6.1: what is between two neighbours only. The length is that of the body.
OWN = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})
MOST_BYTES = 8192
# A conversation that is sent to an action server is long.
MOST_ACTION_BYTES = 10 * 1024 * 1024
CONNECT_SECONDS = 2.0
# A turn takes 25 seconds at most.
ANSWER_SECONDS = 40.0
# How long a server that could not be reached is passed over.
AWAY_SECONDS = 2.0
RETRY_AFTER = {"Retry-After": "2"}


@dataclass(frozen=True)
class Doors:
    """Where to listen, and the servers behind: `http://host:port` each."""

    host: str
    port: int
    replicas: tuple[str, ...]
    action_port: int
    actions: tuple[str, ...]

    def write(self, path: Path) -> None:
        """Put them into a file, at once so that no half of it is read."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new.replace(path)

    @classmethod
    def read(cls, path: Path) -> Doors:
        """Those in a file."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


class Door:
    """One address, and the servers behind it."""

    def __init__(self, session: ClientSession, published: frozenset[str] | None = None) -> None:
        """Let everything through, or only what is `published`."""
        self.servers: tuple[str, ...] = ()
        self._session = session
        self._published = published
        self._proxies = settings.load().web.proxies
        self._turn = 0
        self._away: dict[str, float] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Ask one server after the other, and pass on what the first that answers says."""
        if self._published is not None and request.rel_url.raw_path not in self._published:
            return web.Response(status=404, text="There is nothing at this address.")
        body = await request.read()
        again = request.method in IDEMPOTENT or request.path in REPEATABLE
        for server in self._order():
            answer = web.StreamResponse()
            try:
                return await self._pass_on(request, body, server, answer)
            except (ClientError, OSError, asyncio.TimeoutError) as error:
                if answer.prepared:
                    # Whoever waits for the rest must see that it does not come.
                    if request.transport is not None:
                        request.transport.abort()
                    return answer
                self._away[server] = time.monotonic() + AWAY_SECONDS
                reached = not isinstance(error, ClientConnectorError)
                # One that is only slow may still be at it.
                if isinstance(error, asyncio.TimeoutError) or (reached and not again):
                    break
        return web.Response(status=502, text="Please try again in a moment.", headers=RETRY_AFTER)

    def _order(self) -> list[str]:
        """The servers, each time another one first, and those that were away last."""
        self._turn += 1
        first = self._turn % max(len(self.servers), 1)
        now = time.monotonic()
        turned = [*self.servers[first:], *self.servers[:first]]
        return sorted(turned, key=lambda server: self._away.get(server, 0.0) > now)

    async def _pass_on(
        self, request: web.Request, body: bytes, server: str, answer: web.StreamResponse
    ) -> web.StreamResponse:
        headers = CIMultiDict(request.headers)
        for name in OWN | {"content-length"}:
            headers.popall(name, None)
        forwarded = request.headers.getall("X-Forwarded-For", [])
        headers["X-Forwarded-For"] = origins.address(request.remote or "", forwarded, self._proxies)
        url = URL(server + request.rel_url.raw_path_qs, encoded=True)
        async with self._session.request(
            request.method, url, data=body or None, headers=headers, allow_redirects=False
        ) as theirs:
            answer.set_status(theirs.status, theirs.reason)
            for name, value in theirs.headers.items():
                if name.lower() not in OWN:
                    answer.headers.add(name, value)
            await answer.prepare(request)
            async for chunk in theirs.content.iter_any():
                await answer.write(chunk)
            await answer.write_eof()
        return answer


async def serve(path: Path) -> None:
    """Keep the doors of a file open until SIGTERM."""
    doors = Doors.read(path)
    # It writes a traceback for every request that is none, and anybody may send those.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    # A server that was stopped must not be met again on an old connection.
    connector = TCPConnector(force_close=True, limit=0)
    waiting = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS)
    async with ClientSession(
        connector=connector,
        timeout=waiting,
        auto_decompress=False,
        cookie_jar=DummyCookieJar(),
    ) as session:
        replicas, actions = Door(session, PUBLISHED), Door(session)

        def look() -> None:
            found = Doors.read(path)
            replicas.servers, actions.servers = tuple(found.replicas), tuple(found.actions)

        look()
        runners = [
            await opened(replicas, doors.host, doors.port, MOST_BYTES),
            await opened(actions, "127.0.0.1", doors.action_port, MOST_ACTION_BYTES),
        ]
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, look)
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        for runner in runners:
            await runner.cleanup()


async def opened(door: Door, host: str, port: int, most: int) -> web.AppRunner:
    """Let requests of at most so many bytes through a door."""
    app = web.Application(client_max_size=most)
    app.router.add_route("*", "/{path:.*}", door.handle)
    # No log: it would hold the address of every visitor.
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
