"""An `otto` command as a person meets it: in a pseudo-terminal, with keys and what is shown."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

from bot.paths import ROOT

# A busy machine is slow; what never comes is what fails.
PATIENCE = 60.0
COMMAND = (
    "import sys, pathlib; from bot import cli, paths; "
    "paths.STATE = pathlib.Path(sys.argv[1]); sys.exit(cli.main(sys.argv[2:]))"
)


class Terminal:
    """A command that runs in a pseudo-terminal; what it showed so far is in `seen`."""

    def __init__(self, *arguments: str, state: Path, root: Path = ROOT) -> None:
        """Start `otto` with these arguments, as it is in `root`, with a state folder of its own."""
        ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, state, *arguments],
            cwd=root,
            env=os.environ | {"TERM": "xterm", "NO_COLOR": "", "PROMPT_TOOLKIT_NO_CPR": "1"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._terminal = ours
        self.seen = ""

    def wait_for(self, words: str, after: int = 0, seconds: float = PATIENCE) -> int:
        """Read until words were shown; returns where they end."""
        patience = time.monotonic() + seconds
        while words not in self.seen[after:]:
            assert time.monotonic() < patience, self.seen
            self._read()
        return self.seen.index(words, after) + len(words)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._terminal, keys.encode())

    def type_until(self, keys: str, words: str) -> None:
        """Press keys again and again until words are shown; what was typed before loads late."""
        at, patience = len(self.seen), time.monotonic() + PATIENCE
        while words not in self.seen[at:]:
            assert time.monotonic() < patience, self.seen
            self.type(keys)
            self._read()

    def _read(self) -> None:
        if select.select([self._terminal], [], [], 1)[0]:
            try:
                self.seen += os.read(self._terminal, 65536).decode(errors="replace")
            except OSError as error:
                raise AssertionError(f"it ended: {self.seen}") from error

    def end(self) -> int:
        """Press Ctrl-D until it ends, since what is typed before a prompt may be lost."""
        for _ in range(60):
            self.type("\x04")
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(1)
        raise AssertionError(self.seen)

    def close(self) -> None:
        """End it, if it has not ended."""
        self.process.kill()
        self.process.wait()
        os.close(self._terminal)
