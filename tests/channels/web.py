"""What the tests of the web channel share: the channel in an app of its own, and a client of it."""

import asyncio
import http.client
import json
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jsonschema
from rasa.core.channels import channel as rasa_channel
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.server import add_root_route, configure_cors
from rasa.shared.core.domain import Domain
from sanic import Sanic
from sanic.http import Http
from sanic.touchup import TouchUp

from bot.channels.web import openapi
from bot.lock import PromptLockStore

EMERGENCY = "he can't breathe and his lips are blue"


class Agent:
    """Stands in for Rasa's agent: keeps what it is told, and answers or fails as asked."""

    def __init__(self, *answers: Any, error: Exception | None = None) -> None:
        self.answers = answers
        self.error = error
        self.messages: list[UserMessage] = []
        self.tracker_store = InMemoryTrackerStore(Domain.empty())
        self.lock_store = PromptLockStore()
        # Cleared, it holds an answer back until it is set again.
        self.go = threading.Event()
        self.go.set()

    async def handle_message(self, message: UserMessage) -> None:
        self.messages.append(message)
        while not self.go.is_set():
            await asyncio.sleep(0.01)
        if self.error:
            raise self.error
        for answer in self.answers:
            said = answer if isinstance(answer, dict) else {"text": answer}
            said = {"metadata": {"outcome": "answer"}} | said
            await message.output_channel.send_response(message.sender_id, said)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]


@contextmanager
def serving(name: str, *channels: type[InputChannel]) -> Iterator[tuple[Sanic, int]]:
    """Channels in an app as Rasa makes it, on a port of the system's."""
    app = Sanic(name)
    configure_cors(app)
    add_root_route(app)
    rasa_channel.register([each() for each in channels], app, route="/webhooks/")
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()

    async def start() -> Any:
        server = await app.create_server(sock=listener, return_asyncio_server=True)
        # Sanic rewrites its own methods when it starts, which works once in a process.
        written = Path(Http.http1_request_header.__code__.co_filename).exists()
        with nullcontext() if written else patch.object(TouchUp, "run"):
            await server.startup()
        await server.before_start()
        await server.start_serving()
        await server.after_start()
        return server

    server = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield app, listener.getsockname()[1]
    asyncio.run_coroutine_threadsafe(server.before_stop(), loop).result(10)
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


class Answer:
    """What came back: status, headers, and the content, of a stream line by line."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.type = self.headers.get("content-type", "")
        body = response.read().decode()
        if self.type == "application/x-ndjson":
            self.content: Any = [json.loads(line) for line in body.splitlines()]
        else:
            self.content = json.loads(body) if body else None

    @property
    def texts(self) -> list[str]:
        return [reply["text"] for reply in self.content["replies"]]


class Client:
    """A visitor's browser; every answer is checked against the channel's description."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token: str | None = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send bytes as they are and all else as JSON; `_` in a header's name stands for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/webhooks/web{path}", data, sent)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        check(method, path.partition("?")[0], answer)
        return answer

    def begin(self, **headers: str) -> "Client":
        """Begin a session, or begin anew."""
        answer = self.call("POST", "/session", **headers)
        assert answer.status == 201
        self.token = answer.content["token"]
        return self

    def say(self, text: str, client_id: str | None = None, **headers: str) -> Answer:
        body = {"client_id": client_id or str(uuid.uuid4()), "text": text}
        return self.call("POST", "/messages", body, **headers)

    def choose(self, choice_id: str) -> Answer:
        body = {"client_id": str(uuid.uuid4()), "choice_id": choice_id}
        return self.call("POST", "/messages", body)

    def vote(self, reply_id: Any, value: Any, **more: Any) -> Answer:
        return self.call("POST", "/feedback", {"reply_id": reply_id, "value": value} | more)

    def history(self, after: int = 0) -> Any:
        answer = self.call("GET", f"/history?after={after}")
        assert answer.status == 200
        return answer.content


def check(method: str, path: str, answer: Answer) -> None:
    """Make sure that an answer is one that the description has."""
    if answer.headers.get("cache-control") != "no-store":
        raise AssertionError("it may be cached")
    described = openapi()
    if method == "OPTIONS":
        return
    responses = described["paths"][path].get(method.lower(), {}).get("responses", {})
    found = responses.get(str(answer.status)) or described["components"]["responses"]["Problem"]
    if "content" not in found:
        assert answer.content is None
        return
    assert answer.type in found["content"], answer.type
    schema = found["content"][answer.type]["schema"]
    for each in answer.content if answer.type == "application/x-ndjson" else [answer.content]:
        validate(each, schema)
    if answer.type == "application/problem+json":
        assert answer.content["status"] == answer.status
        retry = answer.headers.get("retry-after")
        assert (answer.content.get("retry_after") or "") == (int(retry) if retry else "")


def validate(content: Any, schema: dict[str, Any]) -> None:
    """Make sure that JSON is as a schema of the description says."""
    resolver = jsonschema.RefResolver("", openapi())
    jsonschema.Draft202012Validator(schema, resolver=resolver).validate(content)


Connect = Callable[..., Client]
