"""`otto run`: the action server and the Rasa server as one pair that stands or falls together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.errors import OttoError
from bot.model_file import verify
from bot.paths import ROOT
from bot.settings import Settings

# What visitors must not wait for; without a database Otto still answers much, and begins to.
NEEDED = {"rasa", "actions"}
# More than bot/readiness.py takes.
ASK_SECONDS = 10
READY_SECONDS = 120.0
# A server that dies this often within a minute will not get better by starting it again.
MOST_RESTARTS = 5
STOP_SECONDS = 10.0


class RunError(OttoError):
    """Otto cannot run; the message says why and what to do."""


@dataclass
class Server:
    """One child process, started again when it dies."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it, in a process group of its own so that Ctrl-C reaches only the supervisor."""
        self.process = subprocess.Popen(  # noqa: S603
            self.command,
            cwd=ROOT,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def died(self) -> bool:
        """Whether it was started and is no longer there."""
        return self.process is not None and self.process.poll() is not None

    def revive(self) -> None:
        """Start it again.

        Raises:
            RunError: it has died too often.
        """
        now = time.monotonic()
        self.deaths = [death for death in self.deaths if now - death < 60] + [now]
        if len(self.deaths) > MOST_RESTARTS:
            raise RunError(f"the {self.name} keeps stopping; its messages above say why")
        print(f"The {self.name} stopped. Starting it again.", flush=True)
        self.start()

    def stop(self) -> None:
        """End it and all it started, kindly first."""
        if self.process is None:
            return
        for kind in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, kind)
                self.process.wait(STOP_SECONDS)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


def run(settings: Settings, model: Path) -> None:
    """Run both servers until Ctrl-C or SIGTERM.

    Raises:
        RunError: a port is taken, or a server does not come up or stay up.
        ModelError: the model is not the file that was trained.
    """
    check_port(settings.host, settings.port, "OTTO_PORT")
    check_port("127.0.0.1", settings.action_port, "OTTO_ACTION_PORT")
    verify(model)
    # Also for Ctrl-C: a script's background jobs begin with that ignored.
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, _interrupt)
    with tempfile.TemporaryDirectory(prefix="otto-") as folder:
        servers = pair(settings, model, Path(folder))
        try:
            for server in servers:
                server.start()
            wait_until_ready(settings, servers)
            announce(settings)
            while True:
                time.sleep(0.5)
                for server in servers:
                    if server.died():
                        server.revive()
        except KeyboardInterrupt:
            print("\nStopping Otto.", flush=True)
        finally:
            for server in servers:
                server.stop()


def pair(settings: Settings, model: Path, folder: Path) -> list[Server]:
    """The two servers; `folder` takes an endpoints file that names the action server's port."""
    endpoints = yaml.safe_load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    endpoints["action_endpoint"]["url"] = f"http://127.0.0.1:{settings.action_port}/webhook"
    (folder / "endpoints.yml").write_text(yaml.safe_dump(endpoints), encoding="utf-8")
    quiet = {
        "LOG_LEVEL": "WARNING",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    actions = [sys.executable, "-m", "bot.serve", "rasa_sdk", "--actions", "actions", "--quiet"]
    actions += ["--port", str(settings.action_port)]
    rasa = [sys.executable, "-m", "bot.serve", "rasa", "run", "--model", str(model), "--quiet"]
    rasa += ["--interface", settings.host, "--port", str(settings.port)]
    rasa += ["--credentials", str(ROOT / "credentials.yml")]
    rasa += ["--endpoints", str(folder / "endpoints.yml")]
    return [
        # rasa_sdk listens on every address unless told otherwise, and asks nobody who they are.
        Server("action server", actions, quiet | {"SANIC_HOST": "127.0.0.1"}),
        Server("Rasa server", rasa, quiet),
    ]


def check_port(host: str, port: int, variable: str) -> None:
    """Make sure that a port is free.

    Raises:
        RunError: it is taken, or not ours to take.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            other = port + 100 if port < 60000 else port - 100
            raise RunError(
                f"port {port} on {host} cannot be used ({error.strerror}); stop what uses it, or "
                f"choose another with {variable}, such as {variable}={other}"
            ) from error


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(settings: Settings, servers: list[Server]) -> None:
    """Wait until real questions are answered, also one that needs the action server.

    Raises:
        RunError: a server died, or it takes too long.
    """
    started = time.monotonic()
    while time.monotonic() - started < READY_SECONDS:
        for server in servers:
            if server.died():
                raise RunError(f"the {server.name} did not start; its messages above say why")
        broken = out_of_order(settings)
        if not broken & NEEDED:
            print(f"Ready after {time.monotonic() - started:.0f} s.", flush=True)
            if broken:
                print(f"Out of order: {', '.join(sorted(broken))}. See `otto doctor`.", flush=True)
            return
        if sys.stdout.isatty():
            print(f"\rStarting: {time.monotonic() - started:.0f} s ", end="", flush=True)
        time.sleep(0.25)
    raise RunError(f"Otto did not answer within {READY_SECONDS:.0f} s; see the messages above")


def out_of_order(settings: Settings) -> set[str]:
    """Which parts of the running servers are out of order, as bot/channels/health.py names them."""
    # While there is no action server, the Rasa server need not ask it questions.
    health = f"http://127.0.0.1:{settings.action_port}/health"
    try:
        for url in (health, ready(settings)):
            with urllib.request.urlopen(url, timeout=ASK_SECONDS):  # noqa: S310
                pass
        return set()
    except urllib.error.HTTPError as error:
        try:
            return set(json.load(error)["out_of_order"])
        except (OSError, ValueError, LookupError, TypeError):
            return NEEDED
    except (OSError, ValueError):
        return NEEDED


def address(settings: Settings) -> str:
    """Where Otto is."""
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104
    return f"http://{host}:{settings.port}"


def webhook(settings: Settings) -> str:
    """The address that takes messages of programs."""
    return f"{address(settings)}/webhooks/rest/webhook"


def ready(settings: Settings) -> str:
    """The address that says whether Otto can answer."""
    return f"{address(settings)}/health/ready"


def announce(settings: Settings) -> None:
    """Say where Otto is, how to try it and how to stop it."""
    print(
        f"\nOtto is ready: open {address(settings)}/ in a browser, or {address(settings)}/faq\n",
        flush=True,
    )
    if settings.rest:
        body = json.dumps({"sender": "me", "message": "How long is an OT session?"})
        print(
            "Programs can talk with it too:\n"
            f"  curl -s {webhook(settings)} -H 'Content-Type: application/json' \\\n"
            f"    -d '{body}'\n",
            flush=True,
        )
    print("Stop it with Ctrl-C.", flush=True)


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt
