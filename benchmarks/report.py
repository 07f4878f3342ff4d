"""How long `otto report` takes over 100,000 conversations.

    python -m benchmarks.report

Has a few conversations with Otto, keeps them over and over as different visitors' of the last 30
days in an SQLite file, and prints how long the report of them takes in a process of its own, and
how much memory.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot import no_tensorflow
from bot.age import DAY
from bot.conversation_log import ConversationLog, Row, new_key
from bot.quiet import quiet

CONVERSATIONS = 100_000
DAYS = 30
SCRIPTS = (
    ("How long is an OT session?",),
    ("What does an occupational therapist do?", "and for kids?", "thank you"),
    ("do you take my insurance", "do you have a swimming pool", "hello"),
    ("Help me choose between OT and PT", "my son", "How long is a session?", "never mind"),
    ("Help me choose between OT and PT", "an adult", "a stroke", "he can't dress himself"),
    ("Help me choose between OT and PT", "my mother"),
    ("find OT in my city", "Kingston", "New York"),
    ("is there an OT near Trenton, New Jersey?", "what is the weather", "How much is it?"),
)


async def scripted(folder: Path) -> list[list[Row]]:
    """The rows of each conversation in `SCRIPTS`."""
    from bot import agent as agents
    from bot.channels.turn import take_turn
    from bot.store import OttoTrackerStore
    from bot.training import model_path

    agent = await agents.load(model_path())
    store = OttoTrackerStore(agent.domain, host=f"sqlite:///{folder}/scripted.db")
    agent.tracker_store = agent.processor.tracker_store = store
    for number, lines in enumerate(SCRIPTS):
        for line in lines:
            await take_turn(agent.handle_message, str(number), line, "web")
    return [store.conversations.all(str(number)) for number in range(len(SCRIPTS))]


def fill(log: ConversationLog, scripts: list[list[Row]]) -> int:
    """Keep the conversations over and over, and return how many turns that were."""
    chance = random.Random(1)
    now, turns = time.time(), 0
    numbers = iter(range(CONVERSATIONS))
    while batch := list(itertools.islice(numbers, 1000)):
        rows = []
        for number in batch:
            at = now - (1 - number / CONVERSATIONS) * DAYS * DAY + 3600
            for row in chance.choice(scripts):
                sender = f"{chance.choice(('web', 'web', 'sms'))}:{number}"
                rows.append(Row(new_key(), sender, min(at, now), row.events, row.state))
        log.append(rows)
        turns += len(rows)
    return turns


def main() -> None:
    """Fill, report and print."""
    quiet()
    no_tensorflow.install()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "otto.db"
        log = ConversationLog(f"sqlite:///{database}")
        turns = fill(log, asyncio.run(scripted(folder)))
        log.close()
        started = time.perf_counter()
        subprocess.run(
            [
                *(sys.executable, "-m", "bot.cli", "report", "--since", f"{DAYS + 1}d"),
                *("--html", str(folder / "page.html"), "--csv", str(folder / "numbers.csv")),
            ],
            env=os.environ | {"OTTO_DATABASE": f"sqlite:///{database}"},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = database.stat().st_size / 1e9
    print("| conversations | turns | database | report | memory |\n|---|---|---|---|---|")
    print(f"| {CONVERSATIONS} | {turns} | {size:.1f} GB | {seconds:.0f} s | {peak:.0f} MB |")


if __name__ == "__main__":
    main()
