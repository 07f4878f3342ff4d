"""`otto cluster`: several replicas on one machine, what they share, and a front before them.

Each server is started again when it dies, as with `otto run`. On SIGHUP they are restarted one
after the other, each taken out of the front first, with the model for the files as they are then.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bot import supervisor
from bot.channels.web_session import load_secret
from bot.cluster_parts import Front, Postgres, redis
from bot.front import Doors
from bot.model_file import verify
from bot.paths import STATE
from bot.settings import Settings
from bot.supervisor import NEEDED, RunError, Server, check_port
from bot.training import model_path

# How long the front has to leave a server alone, and the requests under way to get to it.
DRAIN_SECONDS = 1.0
LOOPBACK = "127.0.0.1"


@dataclass
class Member:
    """A server that has others like it: where it is, and what is out of order with it."""

    server: Server
    url: str
    broken: Callable[[], set[str]]

    def ready(self) -> bool:
        """Whether it can be asked."""
        return not self.broken() & NEEDED


class Cluster:
    """The members, the front before them, and all else that is watched."""

    def __init__(self, settings: Settings, front: Front) -> None:
        """Begin without any members."""
        self._settings = settings
        self._front = front
        self._asked = False
        self.others: list[Server] = []
        self.replicas: list[Member] = []
        self.actions: list[Member] = []

    @property
    def members(self) -> list[Member]:
        """Those that are restarted one after the other, in that order."""
        return [*self.actions, *self.replicas]

    @property
    def servers(self) -> list[Server]:
        """All of them, in the order in which they are started."""
        return [*self.others, *(member.server for member in self.members), self._front]

    def broken(self) -> set[str]:
        """What is out of order with any of the members."""
        return set().union(*(member.broken() for member in self.members))

    def show(self, without: Member | None = None) -> None:
        """Let the front know who is there, perhaps without one of them."""

        def urls(members: list[Member]) -> tuple[str, ...]:
            # Who is the only one stays: to be asked in vain is no worse than not to be asked.
            return tuple(m.url for m in members if m is not without or len(members) == 1)

        host, port, action_port = (
            self._settings.host,
            self._settings.port,
            self._settings.action_port,
        )
        self._front.show(Doors(host, port, urls(self.replicas), action_port, urls(self.actions)))

    def ask_for_restart(self, *_: object) -> None:
        """Restart all members as soon as there is time; called on SIGHUP."""
        self._asked = True

    def now_and_then(self) -> None:
        """Do what was asked for."""
        if self._asked:
            self._asked = False
            self.restart()

    def restart(self) -> None:
        """Restart the members one after the other, with the model for the files as they are.

        Where one does not come up with it, that one goes back to the model it had, and the others
        keep theirs.
        """
        model = self._settings.model or model_path()
        if not model.exists():
            print(f"There is no {model.name}; run `otto train`, then restart again.", flush=True)
            return
        print(f"Restarting one server after the other, with {model.name}.", flush=True)
        for member in self.members:
            before = member.server.command
            after = [*before]
            if "--model" in after:
                after[after.index("--model") + 1] = str(model)
            if not self._renew(member, after):
                print(f"The {member.server.name} did not come up; all stays as it was.", flush=True)
                self._renew(member, before)
                return
        print("All servers were restarted.", flush=True)

    def _renew(self, member: Member, command: list[str]) -> bool:
        """Restart a member that nobody is sent to meanwhile; whether it came up."""
        self.show(without=member)
        self._until(lambda: False, DRAIN_SECONDS)
        member.server.stop()
        member.server.command = command
        member.server.start()
        up = self._until(member.ready, supervisor.READY_SECONDS)
        self.show()
        return up

    def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Whether something is so within a time, in which the others are looked after."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                supervisor.revive(self.servers)
            except RunError as error:
                print(f"otto: {error}", flush=True)
                return False
            if done():
                return True
            time.sleep(0.25)
        return False


def run(settings: Settings, model: Path, replicas: int, actions: int) -> None:
    """Run so many replicas and action servers until Ctrl-C or SIGTERM.

    Raises:
        RunError: a port is taken, a package is missing, or a server does not come up or stay up.
        ModelError: the model is not the file that was trained.
    """
    _check_apart(settings, replicas, actions)
    verify(model)
    for i in range(replicas + 1):
        check_port(settings.host if i == 0 else LOOPBACK, settings.port + i, "OTTO_PORT")
    for i in range(actions + 1):
        check_port(LOOPBACK, settings.action_port + i, "OTTO_ACTION_PORT")
    with tempfile.TemporaryDirectory(prefix="otto-") as name, contextlib.ExitStack() as started:
        folder = Path(name)
        cluster = Cluster(settings, Front(folder, settings.host, settings.web.proxies))
        shared = {
            "OTTO_HOST": LOOPBACK,
            # Only the front asks a replica, and names the visitor's address.
            "OTTO_PROXIES": LOOPBACK,
            "OTTO_ACTION_HOST": LOOPBACK,
            "OTTO_SECRET": settings.web.secret or load_secret(STATE),
        }
        if settings.web.database is None:
            database = Postgres(STATE / "postgres")
            started.callback(database.stop)
            # Where it is, it says only when it runs.
            database.start()
            cluster.others.append(database)
            shared["OTTO_DATABASE"] = database.url
        if settings.web.redis is None:
            cluster.others.append(redis(folder / "redis.sock"))
            shared["OTTO_REDIS"] = f"unix://{folder / 'redis.sock'}"
        cluster.actions = [
            _action_server(settings, shared, number) for number in range(1, actions + 1)
        ]
        cluster.replicas = [
            _replica(settings, shared, number, model, folder) for number in range(1, replicas + 1)
        ]
        cluster.show()
        signal.signal(signal.SIGHUP, cluster.ask_for_restart)
        supervisor.supervise(
            cluster.servers,
            cluster.broken,
            lambda: _announce(settings),
            cluster.now_and_then,
            # They start at the same time, and each is as busy as one alone.
            supervisor.READY_SECONDS * replicas,
        )


def _check_apart(settings: Settings, replicas: int, actions: int) -> None:
    ports = range(settings.port, settings.port + replicas + 1)
    action_ports = range(settings.action_port, settings.action_port + actions + 1)
    if set(ports) & set(action_ports) or max(ports[-1], action_ports[-1]) > 65535:
        raise RunError(
            f"{replicas} replicas take the ports {ports[0]} to {ports[-1]}, and {actions} action "
            f"servers {action_ports[0]} to {action_ports[-1]}; please choose OTTO_PORT and "
            "OTTO_ACTION_PORT further from each other, and below 65535"
        )


def _action_server(settings: Settings, shared: dict[str, str], number: int) -> Member:
    own = replace(settings, action_host=LOOPBACK, action_port=settings.action_port + number)
    server = supervisor.action_server(own, f"action server {number}")
    server.environment |= shared
    url = f"http://{LOOPBACK}:{own.action_port}"
    return Member(server, url, lambda: supervisor.actions_out_of_order(own))


def _replica(
    settings: Settings, shared: dict[str, str], number: int, model: Path, folder: Path
) -> Member:
    # All of them reach the action servers through the front.
    own = replace(settings, host=LOOPBACK, port=settings.port + number, action_host=LOOPBACK)
    server = supervisor.rasa_server(own, model, folder, f"replica {number}")
    server.environment |= shared | {"OTTO_PORT": str(own.port)}
    return Member(server, supervisor.address(own), lambda: supervisor.out_of_order(own))


def _announce(settings: Settings) -> None:
    supervisor.announce(settings)
    print(f"Restart it without a pause with `kill -HUP {os.getpid()}`.", flush=True)
