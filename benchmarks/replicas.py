"""One replica against two: how many messages a second, and what each part takes for a message.

    python -m benchmarks.replicas

`otto cluster` with a PostgreSQL, a Redis and one action server of its own, and Locust's visitors of
the website's chat, who come in through the front and write again as soon as they have an answer.
All of it shares this machine's cores, the visitors included. The table goes to docs/capacity.md,
and so does what a month's messages need by it.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import psutil

from benchmarks import document
from benchmarks.capacity import DOCUMENT, SECONDS, Load, Target
from benchmarks.document import put
from bot.cluster_parts import Postgres
from tests.running import Running

VISITORS = 16
# How a month's messages fall: so much of a day's in its busiest hour, and that twice as dense at
# times. A clinic that counts its own may put in better figures.
DAYS, BUSIEST_HOUR, DENSE = 30, 0.15, 2
MONTHS = (1_000_000, 10_000_000, 100_000_000)
# How much of a core is to be in use then, and what the database has for a message (docs/capacity.md
# has the measurement).
HALF, BYTES = 0.5, 6000
# What tells the command of each part from the others'.
PARTS = {
    "the replicas": "--model",
    "the action server": "rasa_sdk",
    "the front": "front",
    "Redis": "redis-server",
    "PostgreSQL": "postgres",
}


def busy(target: Target) -> dict[str, float]:
    """Seconds of the processor that each part has taken."""
    taken = dict.fromkeys(PARTS, 0.0)
    # PostgreSQL runs beside the others, not under them.
    beside = [each for each in psutil.process_iter(["name"]) if each.info["name"] == "postgres"]
    for process in [*target.root.children(recursive=True), *beside]:
        command, times = " ".join(process.cmdline()), process.cpu_times()
        part = next((name for name, word in PARTS.items() if word in command), None)
        if part:
            taken[part] += times.user + times.system
    return taken


def measured(replicas: int) -> tuple[Load, dict[str, float]]:
    """What a cluster can do, and milliseconds of the processor a message by part."""
    with tempfile.TemporaryDirectory() as name:
        database = Postgres(Path(name) / "postgres")
        database.start()
        running = Running(
            Path(name) / "log.txt",
            *("cluster", "--replicas", str(replicas), "--actions", "1"),
            ports=replicas + 1,
            OTTO_DATABASE=database.url,
            OTTO_PROXIES="127.0.0.1",
        )
        try:
            target = Target(running.port, psutil.Process(running.process.pid))
            target.load("Chats", SECONDS // 4, VISITORS)
            before = busy(target)
            load = target.load("Chats", SECONDS, VISITORS)
            after = busy(target)
        finally:
            running.stop()
            database.stop()
    said = load.rate * SECONDS
    return load, {part: 1000 * (after[part] - before[part]) / said for part in PARTS}


def table(of: dict[int, tuple[Load, dict[str, float]]]) -> str:
    """One column for each number of replicas."""
    names = [f"{number} {'replica' if number == 1 else 'replicas'}" for number in of]
    loads = [load for load, _ in of.values()]
    rows = [
        ["messages a second", *(f"**{load.rate:.1f}**" for load in loads)],
        ["median / 95 % / slowest", *(load.times for load in loads)],
        ["failed", *(str(load.failed) for load in loads)],
        *(
            [f"processor a message: {part}", *(f"{taken[part]:.1f} ms" for _, taken in of.values())]
            for part in PARTS
        ),
    ]
    said = f"Two answer {loads[1].rate / loads[0].rate:.1f} times as much as one."
    return f"{document.table(['', *names], rows)}\n\n{said}"


def months(taken: dict[str, float]) -> str:
    """What a month's messages need, by what each part takes of the processor for one."""
    first, *others = PARTS
    head = ["messages a month", "a second", f"cores for {first}", *others, "database"]
    rows = []
    for messages in MONTHS:
        dense = messages / DAYS * BUSIEST_HOUR / 3600 * DENSE
        cores = [math.ceil(dense * taken[part] / 1000 / HALF) for part in PARTS]
        # One more, for when one stops.
        cores[0] += 1
        kept = f"{messages * BYTES / 1e9:.0f} GB"
        rows.append([f"{messages:,}", f"{dense:.1f}", *map(str, cores), kept])
    return document.table(head, rows)


def main() -> None:
    """Measure, print, and write the tables."""
    found = {number: measured(number) for number in (1, 2)}
    _, taken = found[2]
    tables = {"replicas": table(found), "months": months(taken)}
    for name, text in tables.items():
        print(text)
        put(DOCUMENT, name, text)


if __name__ == "__main__":
    main()
