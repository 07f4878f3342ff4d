"""Measure what Otto costs: training, start, memory, and the time of a question.

    make bench

Prints one table. Compare it with another taken on the same machine at about the same time.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

from bot import no_tensorflow, settings, supervisor
from bot.answers import topics
from bot.ask import ask
from bot.quiet import quiet
from bot.training import model_path, train

QUESTIONS = 500
HTTP_QUESTIONS = 200


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
    chosen = replace(settings.load(), port=free_port(), action_port=free_port())
    with tempfile.TemporaryDirectory() as folder:
        servers = supervisor.pair(chosen, model_path(), Path(folder))
        started = time.perf_counter()
        try:
            for server in servers:
                server.start()
            while not supervisor.answers(chosen):
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


def main() -> None:
    """Measure everything and print the table."""
    quiet()
    no_tensorflow.install()
    if not model_path().exists():
        train()
    training = trained()
    ready, (actions, rasa), by_http = served()
    loaded, in_process = asyncio.run(asked())
    print(f"""
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
""")


if __name__ == "__main__":
    main()
