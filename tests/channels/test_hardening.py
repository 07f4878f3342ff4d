"""What holds for every answer: its headers, and that it tells nothing of the program behind it."""

import http.client
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from rasa import __version__
from rasa.shared.utils.common import class_from_module_path

from bot.channels.hardening import MAX_BODY, SAFE
from bot.paths import ROOT
from tests.channels.sms import SETTINGS
from tests.channels.web import Agent, serving

CHANNELS = list(yaml.safe_load((ROOT / "credentials.yml").read_text(encoding="utf-8")))
JSON = {"Content-Type": "application/json"}

# Every address with every kind of answer that it has, and some that are nobody's.
REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/", None),
    ("HEAD", "/", None),
    ("POST", "/", b"{}"),
    ("OPTIONS", "/", None),
    ("GET", "/faq", None),
    ("POST", "/faq", b"{}"),
    ("GET", "/widget/otto-chat.js", None),
    ("GET", "/widget/site.css", None),
    ("GET", "/webhooks/web/openapi.json", None),
    ("GET", "/webhooks/web/history", None),
    ("GET", "/webhooks/web/nothing", None),
    ("PUT", "/webhooks/web/messages", b"{}"),
    ("POST", "/webhooks/web/session", None),
    ("POST", "/webhooks/web/messages", b"{"),
    ("POST", "/webhooks/web/messages", b"[" * MAX_BODY * 2),
    ("OPTIONS", "/webhooks/web/messages", None),
    ("POST", "/webhooks/sms/webhook", b"Body=hi"),
    ("GET", "/webhooks/sms/webhook", None),
    ("POST", "/webhooks/sms/webhook", b"a" * MAX_BODY * 2),
    ("GET", "/sms", None),
    ("GET", "/sms/phone.js", None),
    ("POST", "/sms/messages", b"{}"),
    ("GET", "/nothing/<script>alert(1)</script>", None),
    ("BREW", "/", None),
    ("GET", "/%ff%00", None),
    ("GET", "//", None),
    ("GET", "*", None),
]
IDS = [f"{method} {path} {str(body)[:9]}" for method, path, body in REQUESTS]
# What Rasa's HTTP API and other channels would answer at (rasa/server.py), and what is asked for.
API = [
    *(("GET", path) for path in ("/version", "/status", "/domain", "/conversations/a/tracker")),
    ("POST", "/model/train"),
    ("PUT", "/model"),
    ("DELETE", "/model"),
    ("POST", "/model/parse"),
    ("POST", "/model/predict"),
    ("POST", "/conversations/a/messages"),
    ("POST", "/conversations/a/tracker/events"),
    ("POST", "/webhooks/twilio/webhook"),
    ("GET", "/webhooks/socketio"),
    ("GET", "/.env"),
    ("GET", "/credentials.yml"),
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """All channels of credentials.yml, as Rasa serves them."""
    database = tmp_path_factory.mktemp("front") / "otto.db"
    with pytest.MonkeyPatch.context() as patch:
        found = SETTINGS | {"OTTO_SMS_PAGE": "on", "OTTO_SECRET": "s" * 32}
        for name, value in (found | {"OTTO_DATABASE": f"sqlite:///{database}"}).items():
            patch.setenv(name, value)
        channels = [class_from_module_path(name) for name in CHANNELS]
        with serving("test-front", *channels) as (app, port):
            app.ctx.agent = Agent("An answer.")
            yield port


def call(port: int, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, JSON)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=IDS)
def test_every_answer_carries_the_headers(port: int, method: str, path: str, body: Any) -> None:
    status, headers, _ = call(port, method, path, body)
    assert status < 500
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert not {"server", "x-powered-by"} & headers.keys()
    assert "None" not in headers.values()


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=IDS)
def test_no_answer_tells_what_is_behind_it(port: int, method: str, path: str, body: Any) -> None:
    _, headers, content = call(port, method, path, body)
    told = f"{headers}{content!r}".lower()
    assert [
        word for word in ("sanic", __version__, "traceback", "<script>alert") if word in told
    ] == []


@pytest.mark.parametrize(("method", "path"), API)
def test_there_is_no_api_and_no_other_channel(port: int, method: str, path: str) -> None:
    status, headers, content = call(port, method, path, b"{}" if method != "GET" else None)
    assert status == 404
    assert headers["content-type"] == "application/json"
    assert content == b'{"error":"There is nothing at this address."}'


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nContent-Length: abc\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        *(
            b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" % path
            for path in (b"/webhooks/web/messages", b"/webhooks/sms/webhook")
        ),
    ],
)
def test_a_request_that_cannot_be_read_is_no_error_of_ottos(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        # Sanic may also hang up without a word.
        assert connection.recv(13) in (b"HTTP/1.1 400 ", b"")


@pytest.mark.parametrize("path", [b"/webhooks/web/messages", b"/webhooks/rest/webhook", b"/none"])
@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -1",
        b"Content-Length: +2",
        b"Content-Length: 2\r\nContent-Length: 7",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    ],
)
def test_a_body_that_ends_nowhere_is_refused_and_the_next_visitor_is_served(
    port: int, path: bytes, head: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"POST %s HTTP/1.1\r\n%s\r\n\r\n{}" % (path, head))
        # Sanic may also hang up without a word.
        assert connection.recv(13) in (b"HTTP/1.1 400 ", b"")
    assert call(port, "GET", "/")[0] == 200


def test_only_the_pages_may_be_kept_and_only_to_be_asked_for_again(port: int) -> None:
    kept = [
        path
        for method, path, body in REQUESTS
        if call(port, method, path, body)[1]["cache-control"] == "no-cache"
    ]
    assert set(kept) == {"/", "//", "*", "/faq", "/widget/otto-chat.js", "/widget/site.css"}


def test_a_stream_carries_the_headers_too(port: int) -> None:
    session = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    session.request("POST", "/webhooks/web/session")
    token = session.getresponse().read().split(b'"token":"')[1].split(b'"')[0].decode()
    session.close()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/x-ndjson"}
    body = f'{{"client_id": "{uuid.uuid4()}", "text": "hi"}}'
    connection.request("POST", "/webhooks/web/messages", body, headers)
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert {name: answer.headers[name] for name in SAFE} == SAFE
    connection.close()


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_channel_of_rasas_own_is_open(channel: str) -> None:
    assert channel.startswith("bot.channels.")


def test_what_protects_all_channels_is_one_of_them() -> None:
    assert "bot.channels.site.SiteChannel" in CHANNELS
