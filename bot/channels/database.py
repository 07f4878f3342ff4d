"""Some tables in a database, SQLite or PostgreSQL, that comes and goes."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.pool import QueuePool

from bot.errors import OttoError

# How long a database may keep a statement waiting, in seconds.
BUSY_SECONDS = 2
# How often the write-ahead log is tried to be emptied, and how long between.
SWEEPS, SWEEP_SECONDS = 10, 0.1
# How long after a refusal a file is asked again to keep a write-ahead log.
SWITCH_SECONDS = 0.02
# Which of PostgreSQL's advisory locks is for making tables: any number that nobody else has.
MAKING = 7_688_610
# What is written to see whether it can be; a row is there for a moment.
PROBES = sa.Table("otto_probes", sa.MetaData(), sa.Column("key", sa.String(32), primary_key=True))
# As a writer: a transaction that turns into one half-way may be refused.
BEGIN = "BEGIN IMMEDIATE"
INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class GoneError(OttoError):
    """The database's file is no longer where it was."""


class Database:
    """Some tables in a database; everything here blocks, and raises what the database does."""

    def __init__(self, url: str, tables: sa.MetaData) -> None:
        """Use the database at `url`; it is not opened yet."""
        self._engine = _engine(url)
        self._tables = tables
        self._opening = threading.Lock()
        self._file: int | None = None
        self._made = False

    @property
    def path(self) -> Path | None:
        """Where an SQLite database's file is."""
        name = self._engine.url.database
        is_file = self._engine.dialect.name == "sqlite" and name and name != ":memory:"
        return Path(name) if is_file else None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction; tables that are missing are made before it."""
        with self._opened(), self._engine.begin() as db:
            yield db

    def run(self, statement: str, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Run a statement for each row of values, all or nothing, and return what the last found.

        Past SQLAlchemy, which takes longer than the database does: for what each message asks.

        Args:
            statement: in words that SQLite and PostgreSQL share, with a `?` for each value.
            rows: the values.
        """
        with self._opened():
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                if self._engine.dialect.name == "postgresql":
                    statement = statement.replace("?", "%s")
                elif len(rows) > 1:
                    cursor.execute(BEGIN)
                for values in rows:
                    cursor.execute(statement, values)
                found: list[Any] = cursor.fetchall() if cursor.description else []
                raw.commit()
            except self._engine.dialect.dbapi.Error:
                # It may be cut, so nothing more is asked of it; what was not finished is undone.
                raw.invalidate()
                raise
            finally:
                raw.close()
        return found

    @contextmanager
    def _opened(self) -> Iterator[None]:
        try:
            self._open()
            yield
        except (sa.exc.SQLAlchemyError, self._engine.dialect.dbapi.Error):
            # Whatever it was, the next one begins with a new connection, and makes what is missing.
            self._made = False
            self._engine.dispose()
            raise

    def check(self) -> None:
        """Write, read and delete a row of no meaning."""
        key = secrets.token_hex(16)
        mine = PROBES.c.key == key
        with self.begin() as db:
            db.execute(sa.insert(PROBES).values(key=key))
        with self.begin() as db:
            db.execute(sa.select(PROBES).where(mine)).one()
            db.execute(sa.delete(PROBES).where(mine))

    def insert(self, table: sa.Table) -> Any:
        """An insert that can be told to do nothing, or something else, on a conflict."""
        return INSERTS[self._engine.dialect.name](table)

    def sweep(self) -> None:
        """What SQLite deleted is still in its write-ahead log until that is emptied."""
        if self._engine.dialect.name == "sqlite":
            raw = self._engine.raw_connection()
            try:
                for _ in range(SWEEPS):
                    # One who reads just now keeps it from being emptied.
                    (busy, *_) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    if not busy:
                        break
                    time.sleep(SWEEP_SECONDS)
            finally:
                raw.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _open(self) -> None:
        """Make the tables where that is due, and see that SQLite's file is still the same.

        SQLite writes on into a file that was deleted, and makes an empty one where one was moved
        away, which would be lost when that is moved back.
        """
        with self._opening:
            file = _inode(self.path)
            if self._file not in (None, file):
                self._made = False
                self._engine.dispose()
                if file is None:
                    raise GoneError(f"{self.path} is gone; please put it back, or restart Otto")
            if not self._made:
                if self.path is not None:
                    self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    # SQLite's would be readable for others, and its log gets the file's mode.
                    # What keeps it from being made, SQLite says itself.
                    with suppress(OSError):
                        os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
                self._make()
                self._made, file = True, _inode(self.path)
            self._file = file

    def _make(self) -> None:
        with self._engine.begin() as db:
            # Others make the same tables when they start with it, and PostgreSQL refuses the second
            # of two who both found one missing. SQLite's transactions are one at a time anyhow.
            if db.dialect.name == "postgresql":
                db.execute(sa.select(sa.func.pg_advisory_xact_lock(MAKING)))
            for tables in (self._tables, PROBES.metadata):
                tables.create_all(db)


def own_file(path: Path) -> str:
    """The URL of an SQLite file, in a folder that only its owner may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def _inode(path: Path | None) -> int | None:
    try:
        return None if path is None else os.stat(path).st_ino
    except FileNotFoundError:
        return None


def _write_ahead(connection: Any) -> None:
    # Two who switch a new file at the same time would each wait for the other, so SQLite refuses
    # one at once: https://www.sqlite.org/c3ref/busy_handler.html
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(SWITCH_SECONDS)
        else:
            return


def _engine(url: str) -> sa.engine.Engine:
    # An error names the statement, but not its parameters, which hold what visitors wrote.
    if make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            connect_args={
                "connect_timeout": BUSY_SECONDS,
                "tcp_user_timeout": BUSY_SECONDS * 1000,
                "options": f"-c statement_timeout={BUSY_SECONDS * 1000}",
            },
        )
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # Python would begin transactions by itself, and not as a writer.
        connection.isolation_level = None
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        # What is erased is overwritten.
        connection.execute("PRAGMA secure_delete=ON")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(BEGIN)

    return engine
