"""Only the file that was trained is loaded, whole and unchanged."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot import agent
from bot.model_file import ModelError, checksum_path, seal, verify
from bot.paths import ROOT


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "otto-0123456789ab.tar.gz"
    path.write_bytes(b"model" * 1000)
    seal(path)
    return path


def test_a_model_as_it_was_trained_is_accepted(model: Path) -> None:
    assert verify(model) is None


def test_a_model_that_moved_with_its_checksum_is_accepted(model: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for path in (model, checksum_path(model)):
        path.rename(tmp_path / "elsewhere" / path.name)
    assert verify(tmp_path / "elsewhere" / model.name) is None


def test_common_tools_can_read_the_checksum(model: Path) -> None:
    checked = subprocess.run(
        ["sha256sum", "--check", checksum_path(model).name],
        cwd=model.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout) == (0, f"{model.name}: OK\n")


@pytest.mark.parametrize(
    "content",
    [b"another" * 1000, b"model" * 999, b"model" * 1000 + b"\0", b""],
    ids=["another", "cut off", "longer", "empty"],
)
def test_a_model_that_is_not_what_was_trained_is_refused(model: Path, content: bytes) -> None:
    model.write_bytes(content)
    with pytest.raises(ModelError, match=r"is not the file that was trained.*run `otto train`"):
        verify(model)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"  \n"], ids=str)
def test_a_model_without_a_checksum_is_refused(model: Path, content: bytes | None) -> None:
    checksum_path(model).unlink()
    if content is not None:
        checksum_path(model).write_bytes(content)
    with pytest.raises(ModelError, match=r"has no checksum beside it.*run `otto train` again"):
        verify(model)


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be read \(No such file.*run `otto train`"):
        verify(tmp_path / "otto-0123456789ab.tar.gz")


def test_rasa_never_sees_a_model_that_is_refused(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def load(*args: object, **kwargs: object) -> None:
        raise AssertionError("it was loaded")

    model.write_bytes(b"another")
    monkeypatch.setattr("rasa.core.agent.load_agent", load)
    with pytest.raises(ModelError):
        asyncio.run(agent.load(model))


@pytest.mark.parametrize("option", ["--model", "-m"])
def test_a_server_that_is_started_again_looks_again(option: str, model: Path) -> None:
    model.write_bytes(b"another")
    served = subprocess.run(
        [sys.executable, "-m", "bot.serve", "rasa", "run", option, str(model)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert served.returncode == 1
    assert served.stderr.startswith(f"otto: {model.name} is not the file that was trained")
