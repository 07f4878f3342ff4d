"""The front of `otto cluster`: what it lets through, whom it asks, and when it asks again."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.front import MOST_BYTES, PUBLISHED, Door, Doors, opened
from bot.paths import ROOT
from bot.supervisor import free_port

MESSAGES, SESSION = "/webhooks/web/messages", "/webhooks/web/session"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def saying(text: str) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text)

    return handle


async def breaking_off(request: web.Request) -> web.StreamResponse:
    """A server that dies after it has read a request."""
    await request.read()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def breaking_in_the_middle(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"one\n")
    assert request.transport is not None
    request.transport.abort()
    return answer


@asynccontextmanager
async def server(handle: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


def nobody() -> str:
    return f"http://127.0.0.1:{free_port()}"


def through(
    ask: Callable[[aiohttp.ClientSession], Awaitable[Any]],
    *handlers: Handler,
    away: int = 0,
    published: frozenset[str] | None = PUBLISHED,
) -> Any:
    """What comes of asking a front before some servers, of which the first few are away."""

    async def run() -> Any:
        port = free_port()
        patience = aiohttp.ClientTimeout(sock_read=0.5)
        async with aiohttp.ClientSession(timeout=patience) as session:
            door = Door(session, published)
            runner = await opened(door, "127.0.0.1", port, MOST_BYTES)
            servers = [server(handle) for handle in handlers]
            urls = [await each.__aenter__() for each in servers]
            door.servers = (*(nobody() for _ in range(away)), *urls)
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as visitor:
                found = await ask(visitor)
            for each in servers:
                await each.__aexit__(None, None, None)
            await runner.cleanup()
            return found

    return asyncio.run(run())


def asking(path: str, method: str = "GET", times: int = 1, **more: Any) -> Callable[..., Any]:
    async def ask(visitor: aiohttp.ClientSession) -> list[tuple[int, str]]:
        found = []
        for _ in range(times):
            async with visitor.request(method, path, **more) as answer:
                found.append((answer.status, await answer.text()))
        return found

    return ask


@pytest.mark.parametrize("path", sorted(PUBLISHED))
def test_what_is_for_visitors_is_let_through(path: str) -> None:
    assert through(asking(path), saying("hello")) == [(200, "hello")]


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/health/ready",
        "/webhooks/rest/webhook",
        "/sms",
        "/faq/../metrics",
        "/conversations",
    ],
)
def test_nothing_else_is(path: str) -> None:
    assert through(asking(path), saying("hello"))[0][0] == 404


def test_a_request_that_is_too_long_is_refused() -> None:
    ask = asking(MESSAGES, "POST", data=b"x" * (MOST_BYTES + 1))
    assert through(ask, saying("hello"))[0][0] == 413


def test_the_servers_take_turns() -> None:
    found = through(asking("/faq", times=6), saying("one"), saying("other"))
    assert sorted(text for _, text in found) == ["one"] * 3 + ["other"] * 3


@pytest.mark.parametrize("path", [MESSAGES, SESSION])
def test_a_server_that_is_not_there_is_not_noticed(path: str) -> None:
    found = through(asking(path, "POST", times=4), saying("hello"), away=1)
    assert found == [(200, "hello")] * 4


def test_a_message_is_sent_again_where_a_server_breaks_off() -> None:
    found = through(asking(MESSAGES, "POST", times=4), saying("hello"), breaking_off)
    assert found == [(200, "hello")] * 4


def test_what_might_count_twice_is_not_sent_again() -> None:
    heard = []

    async def count(request: web.Request) -> web.StreamResponse:
        heard.append(await request.read())
        return await breaking_off(request)

    ((status, _),) = through(asking(SESSION, "POST"), count, count)
    assert status == 502
    assert len(heard) == 1


def test_a_message_is_not_sent_again_where_a_server_is_slow() -> None:
    heard = []

    async def sleep(request: web.Request) -> web.StreamResponse:
        heard.append(await request.read())
        await asyncio.sleep(1)
        return web.Response()

    ((status, _),) = through(asking(MESSAGES, "POST"), sleep, sleep)
    assert status == 502
    assert len(heard) == 1


def test_where_nobody_is_there_the_visitor_is_told_to_try_again() -> None:
    ((status, text),) = through(asking("/faq"), away=2)
    assert (status, text) == (502, "Please try again in a moment.")


def test_an_answer_that_breaks_off_is_seen_to_break_off() -> None:
    async def ask(visitor: aiohttp.ClientSession) -> bytes:
        async with visitor.post(MESSAGES) as answer:
            first = await answer.content.readline()
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.content.read()
            return first

    assert through(ask, breaking_in_the_middle) == b"one\n"


def test_a_stream_arrives_line_by_line() -> None:
    go = asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"one\n")
        await go.wait()
        await answer.write(b"two\n")
        return answer

    async def ask(visitor: aiohttp.ClientSession) -> list[bytes]:
        async with visitor.post(MESSAGES) as answer:
            first = await answer.content.readline()
            go.set()
            return [first, await answer.content.read()]

    assert through(ask, stream) == [b"one\n", b"two\n"]


@pytest.mark.parametrize(("proxies", "address"), [("", "127.0.0.1"), ("127.0.0.1", "198.51.100.7")])
def test_a_server_is_told_the_visitors_address_once(
    proxies: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTTO_PROXIES", proxies)

    async def tell(request: web.Request) -> web.StreamResponse:
        return web.json_response(request.headers.getall("X-Forwarded-For"))

    ask = asking("/faq", headers={"x-forwarded-for": "192.0.2.1, 198.51.100.7"})
    ((_, text),) = through(ask, tell)
    assert json.loads(text) == [address]


def test_host_body_and_headers_stay_as_they_are() -> None:
    async def tell(request: web.Request) -> web.StreamResponse:
        said = [request.host, request.headers["Authorization"], await request.text()]
        return web.json_response(said, status=201, headers={"Retry-After": "3"})

    async def ask(visitor: aiohttp.ClientSession) -> Any:
        headers = {"Authorization": "Bearer me", "Host": "chat.clinic.example"}
        async with visitor.post(MESSAGES, data="{}", headers=headers) as answer:
            return answer.status, answer.headers["Retry-After"], await answer.json()

    assert through(ask, tell) == (201, "3", ["chat.clinic.example", "Bearer me", "{}"])


def test_it_reads_its_file_again_when_told_to(tmp_path: Path) -> None:
    port, path = free_port(), tmp_path / "front.json"

    async def run() -> None:
        async with server(saying("one")) as one, server(saying("other")) as other:
            doors = Doors("127.0.0.1", port, (one,), free_port(), ())
            doors.write(path)
            command = [sys.executable, "-m", "bot.front", str(path)]
            process = subprocess.Popen(command, cwd=ROOT)
            try:
                assert await answer("one") == "one"
                Doors(doors.host, port, (other,), doors.action_port, ()).write(path)
                process.send_signal(signal.SIGHUP)
                assert await answer("other") == "other"
            finally:
                process.terminate()
                process.wait(10)

    async def answer(wanted: str) -> str:
        until, text = time.monotonic() + 60, ""
        async with aiohttp.ClientSession() as visitor:
            while text != wanted and time.monotonic() < until:
                try:
                    async with visitor.get(f"http://127.0.0.1:{port}/faq") as found:
                        text = await found.text()
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        return text

    asyncio.run(run())
