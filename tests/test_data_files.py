"""A broken file in data/ is refused at start, in one sentence that says where."""

import pytest

from bot import cli, data_files, directory_file
from bot.directory_file import DirectoryError


def refuse() -> None:
    raise DirectoryError("directory.csv line 943: latitude 'abc' is not a number such as 27.95")


def test_the_files_as_they_are_can_be_used() -> None:
    data_files.check()


@pytest.mark.parametrize("command", [["run"], ["shell"], ["ask", "how long is a session"]])
def test_a_broken_directory_stops_otto_at_start(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(directory_file, "load", refuse)
    assert cli.main(command) == cli.IMPOSSIBLE
    assert capsys.readouterr().err.strip().splitlines()[-1] == (
        "otto: directory.csv line 943: latitude 'abc' is not a number such as 27.95"
    )
