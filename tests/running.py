"""Otto as a visitor's browser meets it: the servers running, a message in, messages out."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from bot.channels.turn import Message
from bot.paths import ROOT
from bot.readiness import VALID_SECONDS

READY = "Stop it with Ctrl-C."


class Running:
    """`otto run`, or another command that serves, in a process of its own."""

    def __init__(self, log: Path, *command: str, ports: int = 1, **settings: str) -> None:
        """Start it and wait until it answers; what it prints goes to `log`.

        It may use so many `ports` from its own on, and as many from the action server's on.
        """
        self.port = free_ports(2 * ports)
        self.action_port = self.port + ports
        ports = {"OTTO_PORT": str(self.port), "OTTO_ACTION_PORT": str(self.action_port)}
        rest = {"OTTO_REST": "on"}
        self.database = f"sqlite:///{log.with_suffix('.db')}"
        web = {"OTTO_SECRET": "0" * 32, "OTTO_DATABASE": self.database}
        # A file, not a pipe: nobody would read the pipe, and a full one stops the servers.
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", *(command or ("run",))],
                cwd=ROOT,
                env=os.environ | ports | rest | web | settings,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        while READY not in log.read_text():
            assert self.process.poll() is None, log.read_text()
            time.sleep(0.1)
        self.output = log.read_text()

    def get(self, path: str) -> str:
        """What is at an address."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, body: object) -> tuple[int, Any]:
        """The status and the content of the answer to a request."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/webhooks/rest/webhook",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def say(self, sender: str, text: str) -> str:
        """All that Otto says to a message, as one text."""
        status, messages = self.post({"sender": sender, "message": text})
        assert status == 200
        return "\n".join(message["text"] for message in messages)

    def kill_action_server(self) -> None:
        """End the action server as a crash does; `otto run` starts it again."""
        found = subprocess.run(
            ["pgrep", "-f", f"rasa_sdk.*--port {self.action_port}"],
            capture_output=True,
            text=True,
            check=True,
        )
        for pid in found.stdout.split():
            os.kill(int(pid), signal.SIGKILL)

    def wait_until_ready(self) -> None:
        """Wait until it can answer all questions, also those that need the action server."""
        # What was found before may be said again.
        time.sleep(VALID_SECONDS)
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=30)
                return
            time.sleep(0.2)
        raise AssertionError("a server did not come back")

    def stop(self) -> None:
        """End it, unless it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on.

    Connections are given higher ones of their own (/proc/sys/net/ipv4/ip_local_port_range), so none
    takes one of these before a server does.
    """
    while True:
        first = random.randrange(20_000, 32_000)
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in range(first, first + count):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


class HttpConversation:
    """A visitor talking with a running Otto; `say` is that of `conftest.Conversation`."""

    def __init__(self, server: Running) -> None:
        """Begin a new conversation."""
        self._server = server
        self._sender = uuid.uuid4().hex

    def say(self, text: str) -> list[Message]:
        """Say something and return Otto's messages."""
        status, messages = self._server.post({"sender": self._sender, "message": text})
        assert status == 200
        return list(messages)
