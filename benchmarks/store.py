"""What a turn costs late in a conversation, with Otto's tracker store and with Rasa's.

    python -m benchmarks.store

Says the same few questions over and over, by turns, in one conversation a store, and prints the
median time of the turns around the 20th and the 400th in milliseconds, and their ratio.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import statistics
import tempfile
import time
from pathlib import Path

from bot import no_tensorflow
from bot.quiet import quiet

QUESTIONS = (
    "How long is an OT session?",
    "What does an occupational therapist do?",
    "my husband had a stroke, he is 67",
    "he can't dress himself",
    "never mind",
    "find OT in San Diego",
    "and for kids?",
    "thank you",
)
# Whole rounds of the questions, so that both hold the same ones.
EARLY, LATE, TURNS = range(16, 40), range(376, 400), 400


async def measure() -> dict[str, tuple[float, float]]:
    """The two medians for each store."""
    from rasa.core.tracker_store import SQLTrackerStore

    from bot import agent as agents
    from bot.channels.turn import take_turn
    from bot.store import OttoTrackerStore
    from bot.training import model_path

    loaded = await agents.load(model_path())
    with tempfile.TemporaryDirectory() as folder:
        stores = {
            "Otto's": OttoTrackerStore(loaded.domain, host=f"sqlite:///{folder}/otto.db"),
            "Rasa's": SQLTrackerStore(loaded.domain, db=str(Path(folder) / "rasa.db")),
        }
        times: dict[str, list[float]] = {}
        for name, store in stores.items():
            agent = copy.copy(loaded)
            agent.processor = copy.copy(loaded.processor)
            agent.tracker_store = agent.processor.tracker_store = store
            times[name] = []
            for question in itertools.islice(itertools.cycle(QUESTIONS), TURNS):
                started = time.perf_counter()
                await take_turn(agent.handle_message, "benchmark", question, "web")
                times[name].append((time.perf_counter() - started) * 1000)
    return {name: (_median(each, EARLY), _median(each, LATE)) for name, each in times.items()}


def _median(times: list[float], turns: range) -> float:
    return statistics.median(times[turns.start : turns.stop])


def main() -> None:
    """Measure and print."""
    quiet()
    no_tensorflow.install()
    print("| tracker store | turn 20 | turn 400 | ratio |\n|---|---|---|---|")
    for name, (early, late) in asyncio.run(measure()).items():
        print(f"| {name} | {early:.0f} ms | {late:.0f} ms | {late / early:.2f} |")


if __name__ == "__main__":
    main()
