"""A channel's own database: SQLite or PostgreSQL, opened and made when it is first needed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.pool import QueuePool

BUSY_SECONDS = 2
INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Database:
    """Some tables in a database; everything here blocks."""

    def __init__(self, url: str, tables: sa.MetaData) -> None:
        """Use the database at `url`; it is not opened yet."""
        self._engine = _engine(url)
        self._tables = tables
        self._making = threading.Lock()
        self._made = False

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction; the tables are made before the first one."""
        with self._making:
            if not self._made:
                self._tables.create_all(self._engine)
                self._made = True
        with self._engine.begin() as db:
            yield db

    def insert(self, table: sa.Table) -> Any:
        """An insert that can be told to do nothing, or something else, on a conflict."""
        return INSERTS[self._engine.dialect.name](table)

    def sweep(self) -> None:
        """What SQLite deleted is still in its write-ahead log until that is emptied."""
        if self._engine.dialect.name == "sqlite":
            raw = self._engine.raw_connection()
            try:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                raw.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def own_file(path: Path) -> str:
    """The URL of an SQLite file, in a folder that only its owner may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def _engine(url: str) -> sa.engine.Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # Transactions begin below, as writers: one that turns into one half-way may be refused.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        # What is erased is overwritten.
        connection.execute("PRAGMA secure_delete=ON")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
