"""How many messages a core answers, how fast at part of that, and how much memory it takes.

    python -m benchmarks.capacity [MINUTES]

Otto's servers, and then Rasa as `rasa init` leaves it (default pipeline, stock REST channel,
trackers in memory) with Otto's domain, rules and actions, run on the first core; Locust sends both
the same traffic from the other, by turns. Before it, `make bench` has to train the stock model.
Then Otto answers half of what it can for so many minutes (30; none where that is 0), and its memory
is looked at. Tables go to docs/capacity.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from benchmarks import document
from benchmarks.bench import LEARNT, STOCK
from benchmarks.document import put
from benchmarks.load import locust, quantile
from bot.paths import ROOT
from bot.supervisor import free_port
from tests.running import Running

SERVER, SENDER = 0, 1
BUSY, WARMING, SECONDS, ROUNDS, MINUTES = 8, 15, 60, 3, 30
PARTS = (0.25, 0.5, 0.75)
DOCUMENT = ROOT / "docs" / "capacity.md"


@dataclass(frozen=True)
class Load:
    """What came of some traffic: messages a second, and a message's times in milliseconds."""

    rate: float
    median: float
    slow: float
    slowest: float
    failed: int
    # Milliseconds of the processor that a message took, all servers together.
    processor: float

    @property
    def times(self) -> str:
        """A message's times in words."""
        return f"{self.median:.0f} / {self.slow:.0f} / {self.slowest:.0f} ms"


@dataclass
class Target:
    """Servers that answer at an address; `processes` are they and all they started."""

    port: int
    root: psutil.Process

    @property
    def processes(self) -> list[psutil.Process]:
        """All of them, as they are now."""
        return [self.root, *self.root.children(recursive=True)]

    def processor(self) -> float:
        """Seconds of the processor that they have taken."""
        times = [process.cpu_times() for process in self.processes]
        return float(sum(each.user + each.system for each in times))

    def megabytes(self) -> float:
        """Their memory; what they share is counted for each of them."""
        return float(sum(process.memory_info().rss for process in self.processes) / 1e6)

    def load(self, kind: str, seconds: int, users: int = 1, rate: float = 0.0) -> Load:
        """Send it traffic of one kind from benchmarks/arrivals.py."""
        before = self.processor()
        host = f"http://127.0.0.1:{self.port}"
        rows = locust("arrivals.py", host, users, seconds, kind, RATE=str(rate))
        used = self.processor() - before
        (row,) = (row for row in rows if row["name"] == "message")
        taken = sorted((float(ms), n) for ms, n in row["response_times"].items())
        done = row["num_requests"]
        return Load(
            rate=done / (row["last_request_timestamp"] - row["start_time"]),
            median=quantile(taken, 0.5),
            slow=quantile(taken, 0.95),
            slowest=quantile(taken, 1),
            failed=row["num_failures"],
            processor=1000 * used / done,
        )


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started meanwhile runs on one core only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def learnt() -> Path:
    """The stock bot's model; exits where there is none."""
    for model in (LEARNT / STOCK.stem).glob("*.tar.gz"):
        return model
    sys.exit("The stock bot has not learnt yet; `make bench` sees to that and takes an hour.")


@contextmanager
def otto(folder: Path) -> Iterator[Target]:
    """Otto as `otto run` starts it, with its REST channel."""
    with on_core(SERVER):
        running = Running(folder / "otto.txt", OTTO_REST="on")
    try:
        yield Target(running.port, psutil.Process(running.process.pid))
    finally:
        running.stop()


@contextmanager
def stock(folder: Path) -> Iterator[Target]:
    """Rasa with its default pipeline, started by its own command."""
    port, actions = free_port(), free_port()
    (folder / "credentials.yml").write_text("rest:\n")
    endpoints = {
        "action_endpoint": {"url": f"http://127.0.0.1:{actions}/webhook"},
        # Without it every answer that names the clinic would be an error in the log.
        "nlg": {"type": "bot.nlg.ResponseGenerator"},
    }
    (folder / "endpoints.yml").write_text(yaml.safe_dump(endpoints))
    script = (
        f"{sys.executable} -m rasa_sdk --actions actions --port {actions} --quiet & "
        f"{sys.executable} -m rasa run --model {learnt()} --port {port} "
        f"--credentials {folder}/credentials.yml --endpoints {folder}/endpoints.yml --quiet & wait"
    )
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "LOG_LEVEL": "ERROR", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with on_core(SERVER), (folder / "stock.txt").open("w") as log:
        shell = subprocess.Popen(
            ["bash", "-c", script],
            cwd=ROOT,
            env=os.environ | quiet,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    target = Target(port, psutil.Process(shell.pid))
    try:
        while not answers(port):
            assert shell.poll() is None
            time.sleep(1)
        yield target
    finally:
        for process in target.processes[::-1]:
            process.kill()


def answers(port: int) -> bool:
    """Whether anything is said to a greeting."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/webhooks/rest/webhook",
        data=b'{"sender": "first", "message": "hello"}',
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return len(response.read()) > 2
    except OSError:
        return False


@dataclass
class Measured:
    """What came of the rounds of as much as a bot can do, and then of each part of that."""

    rounds: list[Load]
    parts: list[Load]

    @property
    def most(self) -> Load:
        """The round in the middle."""
        return sorted(self.rounds, key=lambda load: load.rate)[len(self.rounds) // 2]


def measured(targets: dict[str, Target]) -> dict[str, Measured]:
    """What each can do, and how it does at parts of that.

    They take turns, since a machine with neighbours is not as fast at one minute as at the next.
    """
    for target in targets.values():
        target.load("Busy", WARMING, BUSY)
    found = {what: Measured([], []) for what in targets}
    for _ in range(ROUNDS):
        for what, target in targets.items():
            found[what].rounds.append(target.load("Busy", SECONDS, BUSY))
    for part in PARTS:
        for what, target in targets.items():
            rate = part * found[what].most.rate
            found[what].parts.append(target.load("Arrivals", SECONDS, rate=rate))
    return found


def table(of: dict[str, Measured]) -> str:
    """One row a load, one column a bot."""
    names = ["as much as it can", *(f"{part:.0%} of that" for part in PARTS)]
    most = [each.most for each in of.values()]
    rows = [
        ["messages a second and core", *(f"**{load.rate:.1f}**" for load in most)],
        [
            "in each round",
            *(", ".join(f"{r.rate:.1f}" for r in each.rounds) for each in of.values()),
        ],
        ["processor a message", *(f"{load.processor:.1f} ms" for load in most)],
    ]
    columns = [[each.most, *each.parts] for each in of.values()]
    for name, *loads in zip(names, *columns, strict=True):
        rows += [
            [f"{name}: median / 95 % / slowest", *(each.times for each in loads)],
            [f"{name}: nothing or an error", *(str(each.failed) for each in loads)],
        ]
    mine, other = ([load.rate for load in each.rounds] for each in of.values())
    ratios = sorted(a / b for a, b in zip(mine, other, strict=True))
    said = (
        f"Otto answers {ratios[len(ratios) // 2]:.2f} times as many messages as the stock bot: "
        f"{ratios[0]:.2f} to {ratios[-1]:.2f} times, by the round."
    )
    return f"{document.table(['', *of], rows)}\n\n{said}"


def growth(target: Target, database: Path, rate: float, minutes: int) -> str:
    """What the servers and the database take while messages come at a rate for so many minutes."""
    rows = []
    said = 0
    parts = 6
    for part in range(parts + 1):
        kept = sum(file.stat().st_size for file in database.parent.glob(f"{database.name}*"))
        cells = [f"{part * minutes // parts}", f"{said:,}", f"{target.megabytes():.0f} MB"]
        rows.append([*cells, f"{kept / 1e6:.1f} MB"])
        if part < parts:
            seconds = minutes * 60 // parts
            load = target.load("Arrivals", seconds, rate=rate)
            said += round(load.rate * seconds)
    return document.table(["minute", "messages", "memory", "database"], rows)


def main() -> None:
    """Measure, print, and write the tables."""
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with otto(folder) as mine, stock(folder) as other, on_core(SENDER):
            found = measured({"Otto": mine, "Rasa's default": other})
        core = table(found)
        print(core, flush=True)
        put(DOCUMENT, "core", core)
        if minutes:
            with otto(folder) as target, on_core(SENDER):
                memory = growth(target, folder / "otto.db", found["Otto"].most.rate / 2, minutes)
            print(memory)
            put(DOCUMENT, "memory", memory)


if __name__ == "__main__":
    main()
