"""Measure what Otto costs, and compare it with two other ways to understand visitors.

    make bench

Prints two tables and writes them to docs/benchmarks.md. The second trains Rasa's default pipeline,
which takes most of an hour; `--quick` leaves it out. Compare
figures of one run only: machines differ, and so do their days.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import directory
from benchmarks.document import put
from bot import no_tensorflow, settings, supervisor
from bot.answers import topics
from bot.ask import ask
from bot.evaluation import BAD, GOOD
from bot.paths import ROOT
from bot.quiet import quiet
from bot.training import model_path, train

QUESTIONS = 500
HTTP_QUESTIONS = 200

DOCUMENT = ROOT / "docs" / "benchmarks.md"
HERE = ROOT / "benchmarks"
# What each contender learnt is kept here; benchmarks/capacity.py serves the second.
LEARNT = ROOT / "results" / "contenders"
STOCK = HERE / "rasa_default.yml"
CONTENDERS = {
    "Otto": ROOT / "config.yml",
    "Rasa's default pipeline": STOCK,
    "nearest question by TF-IDF": HERE / "nearest_question.yml",
}


def megabytes(pid: int) -> float:
    """The resident memory of a process."""
    found = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return int(found.stdout) / 1024


def spread(milliseconds: list[float]) -> str:
    """Median and 95th percentile."""
    ordered = sorted(milliseconds)
    return f"{statistics.median(ordered):.1f} / {ordered[int(len(ordered) * 0.95)]:.1f} ms"


def questions(count: int) -> list[str]:
    """As many of the topics' examples as asked for, each topic in turn."""
    examples = [topic.examples for topic in topics().values()]
    turns = max(map(len, examples))
    spread_out = [group[i] for i in range(turns) for group in examples if i < len(group)]
    return (spread_out * (count // len(spread_out) + 1))[:count]


def trained() -> float:
    """Seconds that a full training takes."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        train(Path(folder), force=True)
        return time.perf_counter() - started


async def asked() -> tuple[float, list[float]]:
    """Seconds to load, and milliseconds of each question in this process."""
    from bot import agent as agents

    started = time.perf_counter()
    agent = await agents.load(model_path())
    loaded = time.perf_counter() - started
    return loaded, [(await ask(agent, text, "web"))["ms"] for text in questions(QUESTIONS)]


def served() -> tuple[float, list[float], list[float]]:
    """Seconds until ready, megabytes of the two servers, milliseconds of each question by HTTP."""
    ports = supervisor.free_port(), supervisor.free_port()
    chosen = replace(settings.load(), port=ports[0], action_port=ports[1])
    with tempfile.TemporaryDirectory() as folder:
        rasa = supervisor.rasa_server(chosen, model_path(), Path(folder))
        servers = [supervisor.action_server(chosen), rasa]
        started = time.perf_counter()
        try:
            for server in servers:
                server.environment["OTTO_REST"] = "on"
                server.start()
            while supervisor.out_of_order(chosen):
                time.sleep(0.1)
            ready = time.perf_counter() - started
            taken = []
            for number, text in enumerate(questions(HTTP_QUESTIONS)):
                request = urllib.request.Request(
                    supervisor.webhook(chosen),
                    data=json.dumps({"sender": f"bench{number}", "message": text}).encode(),
                    headers={"Content-Type": "application/json"},
                )
                before = time.perf_counter()
                urllib.request.urlopen(request).read()
                taken.append((time.perf_counter() - before) * 1000)
            memory = [megabytes(server.process.pid) for server in servers if server.process]
            return ready, memory, taken
        finally:
            for server in servers:
                server.stop()


def contend(task: str, config: Path, folder: Path, *more: str) -> dict[str, Any]:
    """What benchmarks/contender.py prints, run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.contender", task, str(config), str(folder), *more]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def compared() -> str:
    """The table of contenders, one column each."""
    found = []
    for config in CONTENDERS.values():
        folder = LEARNT / config.stem
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        training = contend("train", config, folder)
        found.append((training, contend("measure", config, folder, str(time.time()))))
    lines = [
        f"| | {' | '.join(CONTENDERS)} |",
        "|---" * (len(CONTENDERS) + 1) + "|",
        _line("training", [f"{t['seconds']:.0f} s" for t, _ in found]),
        _line("memory while training, at most", [f"{t['megabytes']:.0f} MB" for t, _ in found]),
        _line("start until ready", [f"{m['start']:.1f} s" for _, m in found]),
        _line(
            "understanding a message, median", [f"{m['understanding']:.1f} ms" for _, m in found]
        ),
        _line("a turn, median", [f"{m['median']:.1f} ms" for _, m in found]),
        _line("a turn, 95 %", [f"{m['slow']:.1f} ms" for _, m in found]),
        _line("memory while answering, at most", [f"{m['megabytes']:.0f} MB" for _, m in found]),
    ]
    for group in GOOD:
        if any(group in m["groups"] for _, m in found):
            lines.append(
                _line(f"{group}: right", [_share(m, group, GOOD[group]) for _, m in found])
            )
            lines.append(_line(f"{group}: wrong", [_share(m, group, {BAD}) for _, m in found]))
    lines.append(_ratios(found))
    return "\n".join(lines)


def _line(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _share(measured: dict[str, Any], group: str, verdicts: set[str]) -> str:
    counts = measured["groups"].get(group, {})
    good = sum(counts.get(found, 0) for found in verdicts)
    return f"{100 * good / max(1, sum(counts.values())):.1f} %"


def _ratios(found: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    (our_training, ours), (their_training, theirs) = found[0], found[1]
    return (
        f"\nAgainst Rasa's default pipeline Otto trains "
        f"{their_training['seconds'] / our_training['seconds']:.1f} times faster, starts "
        f"{theirs['start'] / ours['start']:.1f} times faster, understands a message "
        f"{theirs['understanding'] / ours['understanding']:.1f} times faster, answers "
        f"{theirs['median'] / ours['median']:.1f} times faster (median), and takes "
        f"{100 * ours['megabytes'] / theirs['megabytes']:.0f} % of the memory."
    )


def costs() -> str:
    """The table of what Otto alone costs, beside its targets."""
    if not model_path().exists():
        train()
    training = trained()
    ready, (actions, rasa), by_http = served()
    loaded, in_process = asyncio.run(asked())
    loading, places = directory.measured()
    return f"""\
| on {os.cpu_count()} cores | measured | target |
|---|---|---|
| training from scratch | {training:.0f} s | under 60 s |
| servers ready after start | {ready:.0f} s | under 20 s |
| memory of the Rasa server | {rasa:.0f} MB | under 800 MB |
| memory of the action server | {actions:.0f} MB | |
| `otto ask`, loading | {loaded:.1f} s | |
| `otto ask`, a question (median / 95 %, {QUESTIONS} questions) | {spread(in_process)} | \
median under 15 ms |
| the same, all questions together | {sum(in_process) / 1000:.0f} s | under 30 s |
| over HTTP, a new visitor's question (median / 95 %) | {spread(by_http)} | |
| a directory of {directory.ROWS:,} cities, loading | {loading:.2f} s | under 1 s |
| finding a place in it (median / 95 %) | {spread(places)} | under 5 ms |"""


def main() -> None:
    """Measure, print, and write the tables."""
    quiet()
    no_tensorflow.install()
    own = costs()
    print(own, flush=True)
    put(DOCUMENT, "costs", own)
    if "--quick" in sys.argv:
        return
    table = compared()
    print(f"\n{table}")
    put(DOCUMENT, "comparison", table)


if __name__ == "__main__":
    main()
