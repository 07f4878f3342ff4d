"""One way to understand visitors, trained or measured in a process of its own.

    python -m benchmarks.contender train CONFIG FOLDER
    python -m benchmarks.contender measure CONFIG FOLDER STARTED

Everything but the pipeline is Otto's: actions, rules, the safety check in front, and one in `SHARE`
examples of each intent, the same for all. Each prints one JSON object. STARTED is the
time, in seconds since 1970, at which the caller started it; `benchmarks/bench.py` makes a table of
them.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bot import no_tensorflow
from bot.paths import ROOT
from bot.quiet import quiet

if TYPE_CHECKING:
    from rasa.core.agent import Agent

# Rasa's default pipeline needs more than three hours for all of Otto's thirteen thousand.
SHARE = 4


def few_examples(folder: Path) -> None:
    """Write data/nlu to a folder with one in `SHARE` examples of each intent.

    They are taken at even distances, so that all ways of asking stay in, and intents keep their
    weight: a few examples of each would leave too little of what is out of scope.
    """
    data = ROOT / "data" / "nlu"
    for path in data.rglob("*.yml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for entry in content["nlu"]:
            entry["examples"] = "".join(entry["examples"].splitlines(keepends=True)[::SHARE])
        target = folder / path.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def train(config: Path, folder: Path) -> dict[str, Any]:
    """Train from scratch: seconds, and megabytes at the peak."""
    from bot.training import train as train_now

    with tempfile.TemporaryDirectory() as examples:
        few_examples(Path(examples))
        started = time.perf_counter()
        train_now(folder, force=True, config=config, examples=Path(examples))
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
    understanding = [await understood(agent, case.text) for case, _ in results[::10]]
    return {
        "start": ready,
        "groups": report(results).groups,
        "median": statistics.median(milliseconds),
        "understanding": statistics.median(understanding),
        "slow": milliseconds[int(len(milliseconds) * 0.95)],
        "megabytes": peak(),
    }


async def understood(agent: Agent, text: str) -> float:
    """Milliseconds to understand a message, without rules, actions and answers."""
    started = time.perf_counter()
    await agent.parse_message(text)
    return (time.perf_counter() - started) * 1000


def peak() -> float:
    """The most memory that this process had, in megabytes."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # What `getrusage` says counts the process that started this one too (man 2 getrusage).
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


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
