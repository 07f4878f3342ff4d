"""Reading the directory from its CSV files, and refusing a broken one with line and reason.

`directory.csv` has the columns state, city, latitude and longitude; a clinic may add name,
address, phone and url, in any order, and then list a city once for each provider there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TextIO

from bot import gazetteer
from bot.directory import City, Directory, Listing, Region
from bot.errors import OttoError
from bot.gazetteer import place_key
from bot.paths import DATA

NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?", re.ASCII)
STATES = frozenset(gazetteer.STATES.values())
REQUIRED = ("state", "city", "latitude", "longitude")
OPTIONAL = tuple(field.name for field in fields(Listing))


class DirectoryError(OttoError):
    """A data file is not as it must be; the message names the file, the line and what is wrong."""


def load(
    path: Path = DATA / "directory.csv",
    aliases_path: Path = DATA / "place_aliases.csv",
    regions_path: Path = DATA / "regions.csv",
) -> Directory:
    """The directory in three CSV files: its cities, what else people call them, and regions.

    Aliases and regions that no listed city belongs to are left out, so that a clinic can replace
    the directory alone.

    Raises:
        DirectoryError: a file cannot be read as such; the message names the line.
    """
    cities: dict[tuple[str, str], City] = {}
    for line, row in _rows(path, REQUIRED, OPTIONAL):
        where = f"{path.name} line {line}"
        city = _city(where, row)
        known = cities.setdefault((city.state, city.key), city)
        if known is city:
            continue
        if not (city.listings and known.listings) or city.listings[0] in known.listings:
            raise DirectoryError(f"{where}: {city.name}, {city.state} stands here twice")
        cities[city.state, city.key] = replace(known, listings=known.listings + city.listings)
    if not cities:
        raise DirectoryError(f"{path.name}: holds no city")
    states = {city.state for city in cities.values()}
    aliases: dict[str, tuple[City, ...]] = {}
    for line, row in _rows(aliases_path, ("alias", "city", "state")):
        _check_state(f"{aliases_path.name} line {line}", row["state"])
        meant = cities.get((row["state"], place_key(row["city"])))
        if meant is not None:
            aliases[row["alias"]] = (*aliases.get(row["alias"], ()), meant)
    regions = []
    for line, row in _rows(regions_path, ("region", "state", "counties")):
        _check_state(f"{regions_path.name} line {line}", row["state"])
        if row["state"] in states:
            counties = frozenset(
                f"{county.strip()} County" for county in row["counties"].split(";")
            )
            regions.append(Region(row["region"], row["state"], counties))
    return Directory(cities.values(), aliases, regions)


def _rows(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with these columns, each with its line number."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{path.name}: cannot be read ({error})") from error
    try:
        yield from _read(path, io.StringIO(text, newline=""), required, optional)
    except csv.Error as error:
        raise DirectoryError(f"{path.name}: is no CSV file ({error})") from error


def _read(
    path: Path, file: TextIO, required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(file)
    columns = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    if missing := [name for name in required if name not in columns]:
        raise DirectoryError(
            f"{path.name} line 1: the column {missing[0]} is missing; "
            f"the columns must be {','.join(required)}"
        )
    known = {*required, *optional}
    if foreign := [n for n in columns if n not in known or columns.count(n) > 1]:
        allowed = f"{','.join(required)}" + (
            f" and may be {','.join(optional)}" if optional else ""
        )
        raise DirectoryError(
            f"{path.name} line 1: the column {foreign[0]!r} is unknown or stands twice; "
            f"the columns must be {allowed}"
        )
    for row in reader:
        where = f"{path.name} line {reader.line_num}"
        # A row that is too long has its rest under None, one that is too short None as values.
        if None in row or any(value is None for value in row.values()):
            raise DirectoryError(f"{where}: needs {len(columns)} values, one for each column")
        values = {name: " ".join(value.split()) for name, value in row.items()}
        if empty := [name for name in required if not values[name]]:
            raise DirectoryError(f"{where}: {empty[0]} is empty")
        yield reader.line_num, values


def _city(where: str, row: Mapping[str, str]) -> City:
    """The city in a row of the directory; `where` begins the message of an error."""
    _check_state(where, row["state"])
    point = []
    for axis, limit in (("latitude", 90), ("longitude", 180)):
        if not NUMBER.fullmatch(row[axis]):
            raise DirectoryError(f"{where}: {axis} {row[axis]!r} is not a number such as 27.95")
        point.append(float(row[axis]))
        if not -limit <= point[-1] <= limit:
            raise DirectoryError(f"{where}: {axis} {row[axis]} is not within ±{limit}")
    city = City(row["city"], row["state"], point[0], point[1], _listings(where, row))
    if not city.key:
        raise DirectoryError(f"{where}: {city.name!r} is not the name of a city")
    return city


def _listings(where: str, row: Mapping[str, str]) -> tuple[Listing, ...]:
    """The provider in a row of the directory, if it names one."""
    told = {name: row[name] for name in OPTIONAL if row.get(name)}
    if "url" in told and not told["url"].startswith(("https://", "http://")):
        raise DirectoryError(f"{where}: url {told['url']!r} does not begin with https://")
    return (Listing(**told),) if told else ()


def _check_state(where: str, state: str) -> None:
    if state not in STATES:
        raise DirectoryError(f"{where}: {state!r} is not the full name of a state")
