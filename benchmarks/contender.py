"""One way to understand visitors, trained or measured in a process of its own.

    python -m benchmarks.contender train CONFIG FOLDER
    python -m benchmarks.contender measure CONFIG FOLDER STARTED

Everything but the pipeline is Otto's: data, actions, rules, the safety check in front. Each prints
one JSON object. STARTED is the time, in seconds since 1970, at which the caller started it;
`benchmarks/bench.py` makes a table of them.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from bot import no_tensorflow
from bot.paths import ROOT
from bot.quiet import quiet


def train(config: Path, folder: Path) -> dict[str, Any]:
    """Train from scratch: seconds, and megabytes at the peak."""
    from bot.training import train as train_now

    started = time.perf_counter()
    train_now(folder, force=True, config=config)
    return {"seconds": time.perf_counter() - started, "megabytes": peak()}


async def measure(folder: Path, started: float) -> dict[str, Any]:
    """Load and play all cases: verdicts by group, seconds to start, milliseconds, megabytes."""
    from bot import agent as agents
    from bot.ask import ask
    from bot.evaluation import load_cases, report

    agent = await agents.load(next(folder.glob("*.tar.gz")))
    ready = time.time() - started
    results = [
        (case, await ask(agent, case.text, "web")) for case in load_cases(ROOT / "tests" / "cases")
    ]
    milliseconds = sorted(record["ms"] for _, record in results)
    return {
        "start": ready,
        "groups": report(results).groups,
        "median": statistics.median(milliseconds),
        "slow": milliseconds[int(len(milliseconds) * 0.95)],
        "megabytes": peak(),
    }


def peak() -> float:
    """The most memory that this process had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Do what the arguments say and print the figures."""
    task, config, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    quiet()
    no_tensorflow.install(config)
    if task == "train":
        found = train(config, folder)
    else:
        found = asyncio.run(measure(folder, float(sys.argv[4])))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
