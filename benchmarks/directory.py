"""Measure a directory of thirty thousand cities: loading it, and finding places in it.

    python -m benchmarks.directory

The cities are places of the United States, so the names collide as real ones do. Each question
names one of them, half of them with the state, in a sentence; one in ten is mistyped.
"""

from __future__ import annotations

import csv
import random
import statistics
import tempfile
import time
from pathlib import Path

from bot import directory_file, gazetteer
from bot.lookup import look_up
from bot.places import PlaceReader

ROWS = 30_000
QUESTIONS = 1_000


def rows(count: int) -> list[tuple[str, str, float, float]]:
    """State, city, latitude and longitude of so many places, in alphabetical order."""
    found = {
        (place.state, key): (place.state, place.name, place.latitude, place.longitude)
        for key in gazetteer.names()
        for place in gazetteer.places_named(key)
    }
    return sorted(found.values())[:count]


def questions(cities: list[tuple[str, str, float, float]], chance: random.Random) -> list[str]:
    """Sentences that each name one of the cities."""
    asked = []
    for state, city, _, _ in chance.sample(cities, QUESTIONS):
        name = city
        if chance.random() < 0.1 and len(name) > 6:
            cut = chance.randrange(1, len(name) - 1)
            name = name[:cut] + name[cut + 1 :]
        asked.append(f"is there an OT in {name}, {state}?" if chance.random() < 0.5 else name)
    return asked


def measured() -> tuple[float, list[float]]:
    """Seconds that loading takes, and milliseconds of each question, read and looked up."""
    gazetteer.names()  # what every directory shares is read before
    cities = rows(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "directory.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(directory_file.REQUIRED)
            writer.writerows(cities)
        started = time.perf_counter()
        directory = directory_file.load(path)
        loading = time.perf_counter() - started
    reader = PlaceReader(directory)
    taken = []
    for text in questions(cities, random.Random(7)):
        started = time.perf_counter()
        look_up(directory, reader.read(text).wanted)
        taken.append((time.perf_counter() - started) * 1000)
    return loading, taken


def main() -> None:
    """Measure and print."""
    loading, taken = measured()
    slow = sorted(taken)[int(len(taken) * 0.95)]
    print(f"{ROWS:,} cities are loaded in {loading:.2f} s")
    print(f"a place is found in {statistics.median(taken):.2f} ms (median), {slow:.2f} ms (95 %)")


if __name__ == "__main__":
    main()
