"""Many visitors of the website's chat at once: how fast, and does each get each answer once?

    python -m benchmarks.load [VISITORS [SECONDS]]

Starts Otto, sends the visitors of benchmarks/visitor.py and writes a table to docs/benchmarks.md.
Visitors and Otto share the machine, so Otto alone is faster than this says.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.document import put, table
from bot.paths import ROOT
from tests.running import Running

VISITORS, SECONDS = 200, 60
DOCUMENT = ROOT / "docs" / "benchmarks.md"


def main() -> None:
    """Run it, print the table and write it down; exit with 1 if anything failed."""
    given = [int(argument) for argument in sys.argv[1:]]
    visitors, seconds = [*given, *(VISITORS, SECONDS)[len(given) :]]
    with tempfile.TemporaryDirectory() as folder:
        server = Running(Path(folder) / "log.txt", OTTO_PROXIES="127.0.0.1")
        try:
            found = load(server.port, visitors, seconds)
        finally:
            server.stop()
    text = summary(found, visitors, seconds)
    print(text)
    put(DOCUMENT, "visitors", text)
    sys.exit(any(row["num_failures"] for row in found))


def load(port: int, visitors: int, seconds: int) -> list[dict[str, Any]]:
    """Locust's rows, one for each kind of request, of visitors of the website's chat."""
    host = f"http://127.0.0.1:{port}"
    return locust("visitor.py", host, visitors, seconds + 10, spawn_seconds=10)


def locust(
    file: str,
    host: str,
    users: int,
    seconds: int,
    kind: str = "",
    spawn_seconds: int = 1,
    **settings: str,
) -> list[dict[str, Any]]:
    """Locust's rows, one for each kind of request.

    Args:
        file: one of this folder's, which has the users.
        host: the address that they talk with.
        users: how many there are in the end.
        seconds: how long it takes.
        kind: the class of users, where the file has several.
        spawn_seconds: in how many seconds they all begin.
        settings: variables of the environment for the file.
    """
    command = [sys.executable, "-m", "locust", "--headless", "--json", "--only-summary"]
    command += ["--locustfile", str(ROOT / "benchmarks" / file), *filter(None, [kind])]
    command += ["--users", str(users), "--spawn-rate", str(users / spawn_seconds)]
    command += ["--run-time", f"{seconds}s", "--stop-timeout", "20", "--exit-code-on-error", "0"]
    command += ["--host", host]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | settings
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def summary(rows: list[dict[str, Any]], visitors: int, seconds: int) -> str:
    """The table: each kind of request, how many, how fast, how many failed."""
    requests = []
    for row in sorted(rows, key=lambda row: -row["num_requests"]):
        taken = sorted((float(ms), n) for ms, n in row["response_times"].items())
        times = [f"{quantile(taken, share):.0f} ms" for share in (0.5, 0.95, 1)]
        requests.append([row["name"], f"{row['num_requests']:,}", *times, str(row["num_failures"])])
    head = ["request", "number", "median", "95 %", "slowest", "failed"]
    said = (
        f"{visitors} visitors for {seconds} seconds, each reading 5 to 15 seconds after an answer:"
    )
    return f"{said}\n\n{table(head, requests)}"


def quantile(taken: list[tuple[float, int]], share: float) -> float:
    """The time in which that share of requests was answered, of times with how often they came."""
    left = share * sum(n for _, n in taken)
    for milliseconds, n in taken:
        left -= n
        if left <= 0:
            return milliseconds
    return 0.0


if __name__ == "__main__":
    main()
