"""Marked texts sent through every channel and failure, then looked for in logs and files."""

import copy
import json
import logging
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel
from rasa.utils.endpoints import EndpointConfig

from bot import private_log
from bot.channels.database import Database
from bot.channels.rest import RestChannel
from bot.channels.sms import SmsChannel
from bot.channels.web import WebChannel
from bot.paths import ROOT
from bot.quiet import quiet
from bot.store import OttoTrackerStore
from bot.supervisor import free_port
from tests.channels.sms import NUMBER, SETTINGS, Twilio
from tests.channels.web import Client, serving

PRIVATE = ("619-555-0177", "jane.doe@example.org", "3/4/1957", "078-05-1120", "12 Oak St")
CANARY = "canary do we need OT or PT? " + ", ".join(PRIVATE)
ODD_BODIES = [
    b'{"sender": "me", "message": "canary',
    b'{"sender": "me", "message": "canary \xff"}',
    b'{"sender": "canary \\ud800", "message": "canary"}',
    b'{"sender": "me", "message": {"canary": NaN}}',
    b"[" * 7000 + b'"canary"',
]

Say = Callable[[int, str], str]


def post(url: str, body: bytes, **headers: str) -> str:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"} | headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(answer.read())
    except urllib.error.HTTPError as error:
        return str(error.read())


def say_rest(port: int, text: str) -> str:
    url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
    said = post(url, json.dumps({"sender": "me", "message": text}).encode())
    return said + "".join(post(url, body) for body in ODD_BODIES)


def say_web(port: int, text: str) -> str:
    url = f"http://127.0.0.1:{port}/webhooks/web/messages"
    odd = "".join(post(url, body, Authorization="Bearer canary") for body in ODD_BODIES)
    try:
        client = Client(port).begin()
    except AssertionError:
        # Without a database there is no session.
        client = Client(port)
        client.token = "c" * 43
    return odd + str(client.say(text).content)


def say_sms(port: int, text: str) -> str:
    twilio = Twilio(port)
    answers = [twilio.post(body, "canary") for body in ODD_BODIES]
    answers += [twilio.deliver(said) for said in (text, f"he can't breathe, {text}")]
    answers += [twilio.deliver("", ProfileName=text), twilio.deliver(text, SmsStatus="failed")]
    return str(answers)


CHANNELS: dict[type[InputChannel], Say] = {
    RestChannel: say_rest,
    WebChannel: say_web,
    SmsChannel: say_sms,
}


class Echo(BaseHTTPRequestHandler):
    """A broken action server: says what it was asked, as rasa_sdk does when it breaks."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500)
        self.end_headers()
        self.wfile.write(b'{"error": "broken", "request_body": ' + asked + b"}")

    def log_message(self, *arguments: Any) -> None:
        pass


def nothing(agent: Any, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Nothing is broken."""


def broken_actions(agent: Any, folder: Path, patch: pytest.MonkeyPatch) -> None:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/webhook"
    patch.setattr(agent.processor, "action_endpoint", EndpointConfig(url=address))


def no_actions(agent: Any, folder: Path, patch: pytest.MonkeyPatch) -> None:
    address = f"http://127.0.0.1:{free_port()}/webhook"
    patch.setattr(agent.processor, "action_endpoint", EndpointConfig(url=address))


def broken_rasa(agent: Any, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async def fail(message: Any) -> None:
        logging.getLogger("rasa.core.processor").error("cannot handle %s", message.text)
        raise RuntimeError(message.text)

    patch.setattr(agent.processor, "handle_message", fail)


def broken_file(agent: Any, folder: Path, patch: pytest.MonkeyPatch) -> None:
    (folder / "otto.db").write_bytes(b"garbage" * 1000)


def refusing_database(agent: Any, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Every INSERT fails, and its error would name what was to be inserted."""

    class Refused(type(sa.insert(sa.table("t")))):  # type: ignore[misc]
        inherit_cache = True

        def on_conflict_do_nothing(self) -> Any:
            return self

    patch.setattr(Database, "insert", lambda self, table: Refused(table).prefix_with("NONSENSE"))


FAILURES = [nothing, broken_actions, no_actions, broken_rasa, broken_file, refusing_database]


@contextmanager
def as_it_was(logs_everything: bool) -> Iterator[None]:
    """Logs as Otto has them, or as its libraries would have them."""
    factory = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    if not logs_everything:
        private_log.install()
    try:
        yield
    finally:
        logging.setLogRecordFactory(factory)


@pytest.fixture
def send(
    agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Callable[..., str]:
    """Send the marked text through a channel with something broken, and return what came back."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OTTO_REST", "on")
    monkeypatch.setenv("OTTO_SECRET", "s" * 32)
    monkeypatch.setenv("OTTO_DATABASE", f"sqlite:///{tmp_path}/otto.db")
    caplog.set_level(logging.WARNING)
    caplog.set_level(logging.WARNING, "rasa")

    def send(channel: type[InputChannel], failure: Any, logs_everything: bool = False) -> str:
        broken: Any = copy.copy(agent)
        broken.processor = copy.copy(agent.processor)
        failure(broken, tmp_path, monkeypatch)
        store = OttoTrackerStore(agent.domain)
        broken.tracker_store = broken.processor.tracker_store = store
        with (
            as_it_was(logs_everything),
            serving(f"test-privacy-{uuid.uuid4().hex}", channel) as (app, port),
        ):
            app.ctx.agent = broken
            return CHANNELS[channel](port, CANARY)

    return send


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_no_log_file_or_error_holds_what_a_visitor_wrote(
    channel: type[InputChannel],
    failure: Any,
    send: Callable[..., str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answers = send(channel, failure)
    printed = "".join(capfd.readouterr())
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "canary" not in answers
    assert "canary" not in logged
    assert "canary" not in printed
    assert [private for private in (*PRIVATE, NUMBER) if private.encode() in kept] == []
    assert NUMBER not in logged + printed


@pytest.mark.parametrize("failure", [broken_actions, broken_rasa])
def test_without_the_filter_libraries_would_log_it(
    failure: Any, send: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    send(RestChannel, failure, logs_everything=True)
    assert "canary" in caplog.text


def test_the_files_hold_what_is_not_private(send: Callable[..., str], tmp_path: Path) -> None:
    send(WebChannel, nothing)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert kept.count(b"canary do we need OT or PT? [number], [e-mail address], [date]") >= 2


def test_a_broken_action_leaves_nothing_in_the_action_servers_log(tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "log.txt"
    command = [sys.executable, "-m", "bot.serve", "rasa_sdk", "--actions", "tests.broken"]
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--port", str(port), "--quiet"],
            cwd=ROOT,
            env=os.environ | {"SANIC_HOST": "127.0.0.1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        call = {
            "next_action": "action_broken",
            "sender_id": "me",
            "version": "3.6.21",
            "tracker": {"sender_id": "me", "slots": {}, "latest_message": {"text": CANARY}},
            "domain": {},
        }
        answer = ""
        while "cannot handle" not in answer:
            assert server.poll() is None, log.read_text()
            try:
                answer = post(f"http://127.0.0.1:{port}/webhook", json.dumps(call).encode())
            except OSError:
                time.sleep(0.1)
    finally:
        server.terminate()
        server.wait(10)
    assert "ValueError" in log.read_text()
    assert "canary" not in log.read_text()


def test_telemetry_is_off_however_otto_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASA_TELEMETRY_ENABLED", "true")
    quiet()
    import rasa.telemetry

    assert not rasa.telemetry.is_telemetry_enabled()


def test_a_librarys_message_at_start_is_told_whole(caplog: pytest.LogCaptureFixture) -> None:
    with as_it_was(logs_everything=False):
        logging.getLogger("sanic.error").error("port %d is taken", 5005)
    assert "port 5005 is taken" in caplog.text
