"""A cluster while its parts break: visitors talk on, nothing is lost and nothing said twice.

Each test breaks one thing under visitors who keep talking; docs/deploy.md has what they show.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bot.training import model_path, train
from tests import databases
from tests.running import Running
from tests.visitor import Visitor, visiting, wait_for_turns

SECRET = "f" * 32
VISITORS = 6
# Until a part that was killed answers again.
BACK_SECONDS = 180.0
RESTARTED = "All servers were restarted."
# Shorter than the chat's element keeps trying.
AWAY_SECONDS = 4.0


class Cluster:
    """A running `otto cluster`, and hands that break its parts."""

    def __init__(self, log: Path, database: databases.Postgres) -> None:
        self.log = log
        self.database = database
        self.running = Running(
            log,
            *("cluster", "--replicas", "2", "--actions", "2"),
            ports=3,
            OTTO_DATABASE=database.url,
            OTTO_SECRET=SECRET,
            OTTO_PROXIES="127.0.0.1",
        )
        self.port = self.running.port

    def part(self, *words: str) -> psutil.Process | None:
        """The process whose command has these words, if it is there."""
        for child in psutil.Process(self.running.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if all(any(word in part for part in child.cmdline()) for word in words):
                    return child
        return None

    def replica(self, number: int) -> tuple[str, ...]:
        return ("rasa", "--model", str(self.port + number))

    def kill(self, *words: str, port: int | None = None) -> None:
        """End a part as a crash does, and wait until it is back."""
        part = self.part(*words)
        assert part is not None
        part.kill()
        part.wait(BACK_SECONDS)
        self.wait_for(lambda: self.part(*words) is not None)
        if port is not None:
            self.wait_for(lambda: self.answering(port))

    def answering(self, port: int) -> bool:
        """Whether a server listens; Otto's do when they are ready."""
        return any(
            connection.laddr.port == port and connection.status == psutil.CONN_LISTEN
            for connection in psutil.net_connections("tcp4")
        )

    def wait_for(self, back: Callable[[], bool], seconds: float = BACK_SECONDS) -> None:
        until = time.monotonic() + seconds
        while not back():
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.2)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not model_path().exists():
        train()
    with databases.serving() as server:
        found = Cluster(tmp_path_factory.mktemp("cluster") / "log.txt", server.database())
        yield found
        found.running.stop()


def kill_each_replica(cluster: Cluster) -> None:
    for number in (1, 2):
        cluster.kill(*cluster.replica(number), port=cluster.port + number)


def kill_an_action_server(cluster: Cluster) -> None:
    port = cluster.running.action_port + 1
    cluster.kill("rasa_sdk", str(port), port=port)


def kill_redis(cluster: Cluster) -> None:
    cluster.kill("redis-server")


def kill_the_front(cluster: Cluster) -> None:
    cluster.kill("bot.front", port=cluster.port)


def stop_the_database(cluster: Cluster) -> None:
    cluster.database.lose()
    time.sleep(AWAY_SECONDS)
    cluster.database.find()


def restart_all(cluster: Cluster) -> None:
    old = [cluster.part(*cluster.replica(number)) for number in (1, 2)]
    done = cluster.log.read_text().count(RESTARTED)
    cluster.running.process.send_signal(signal.SIGHUP)
    cluster.wait_for(
        lambda: cluster.log.read_text().count(RESTARTED) > done, seconds=4 * BACK_SECONDS
    )
    assert not [part for part in old if part is None or part.is_running()]


@pytest.mark.parametrize(
    "fault",
    [
        kill_each_replica,
        kill_an_action_server,
        kill_redis,
        kill_the_front,
        stop_the_database,
        restart_all,
    ],
    ids=lambda fault: fault.__name__,
)
def test_visitors_talk_on(
    fault: Callable[[Cluster], None], cluster: Cluster, record_property: Callable[..., None]
) -> None:
    with visiting(cluster.port, VISITORS) as visitors:
        wait_for_turns(visitors, 1, 60)
        fault(cluster)
        wait_for_turns(visitors, 2, 120)
    # The next turns bring what waited for the database with them.
    with visiting(cluster.port, 2) as others:
        wait_for_turns(others, 2, 60)
    found = [visitor.lost_and_doubled() for visitor in visitors]
    told = told_of(visitors)
    record_property("told", told)
    print(fault.__name__, told)
    assert [visitor.trouble for visitor in visitors] == [[]] * VISITORS
    assert found == [([], [])] * VISITORS
    assert [v.forgotten(cluster.database.url, SECRET) for v in visitors] == [[]] * VISITORS


def told_of(visitors: list[Visitor]) -> dict[str, int]:
    return {
        "turns": sum(len(visitor.heard) for visitor in visitors),
        "sent again": sum(visitor.sent_again for visitor in visitors),
        "not in the history": sum(visitor.unkept for visitor in visitors),
    }
