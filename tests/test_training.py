"""A model's name tells what it was trained from, and training that fails says what to do."""

import errno
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from rasa.shared.exceptions import RasaException

from bot import training
from bot.model_file import seal
from bot.paths import ROOT
from bot.training import INPUTS, KEPT, TrainingError, check_disk, inputs, model_path, train

TRAINED_FROM = (
    "config.yml",
    "domain.yml",
    "requirements.txt",
    "data/nlu/small_talk.yml",
    "data/nlu/faq/parking.yml",
    "data/stories/faq.yml",
    "models/encoder/checksums.json",
    "bot/encoder.py",
    "bot/intents.py",
    "bot/spelling.py",
    "bot/nlu/gate.py",
)
NOT_TRAINED_FROM = (
    "README.md",
    "credentials.yml",
    "endpoints.yml",
    "data/directory.csv",
    "data/therapy_guide.yml",
    "data/safety.yml",
    "data/nlu/notes.txt",
    "actions/locations.py",
    "bot/cli.py",
    "tests/test_training.py",
    "models/otto-0123456789ab.tar.gz",
)
PLENTY = shutil._ntuple_diskusage(10**12, 0, 10**12)
FULL = shutil._ntuple_diskusage(10**12, 10**12, 0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder laid out like the project, each file holding its own name."""
    for name in (*TRAINED_FROM, *NOT_TRAINED_FROM):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `train` shall put its model: in an empty folder, on a disk with room."""
    path = tmp_path / "otto-0123456789ab.tar.gz"
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    monkeypatch.setattr(training, "model_path", lambda: path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: PLENTY)
    return path


def pretend(monkeypatch: pytest.MonkeyPatch, result: Any) -> None:
    """Let Rasa's training return `result`, raise it, or do what it does."""

    def rasa_train(**kwargs: Any) -> Any:
        if isinstance(result, Exception):
            raise result
        return result(**kwargs) if callable(result) else result

    monkeypatch.setattr("rasa.api.train", rasa_train)


def trained(**kwargs: Any) -> SimpleNamespace:
    Path(kwargs["output"], f"{kwargs['fixed_model_name']}.tar.gz").write_bytes(b"model")
    print("Your model is trained")
    return SimpleNamespace(code=0)


@pytest.mark.parametrize("name", TRAINED_FROM)
def test_a_change_of_what_it_is_trained_from_renames_the_model(project: Path, name: str) -> None:
    before = model_path(project)
    (project / name).write_text("changed")
    assert model_path(project) != before


@pytest.mark.parametrize("name", NOT_TRAINED_FROM)
def test_a_change_of_anything_else_keeps_the_model(project: Path, name: str) -> None:
    before = model_path(project)
    (project / name).write_text("changed")
    assert model_path(project) == before


def test_a_new_file_renames_the_model(project: Path) -> None:
    before = model_path(project)
    (project / "data/nlu/faq/buses.yml").write_text("")
    assert model_path(project) != before


def test_a_deleted_file_renames_the_model(project: Path) -> None:
    before = model_path(project)
    (project / "data/nlu/faq/parking.yml").unlink()
    assert model_path(project) != before


def test_a_renamed_file_renames_the_model(project: Path) -> None:
    before = model_path(project)
    (project / "data/nlu/faq/parking.yml").rename(project / "data/nlu/faq/cars.yml")
    assert model_path(project) != before


def test_a_file_saved_again_unchanged_keeps_the_model(project: Path) -> None:
    before = model_path(project)
    os.utime(project / "config.yml", (0, 0))
    assert model_path(project) == before


def test_the_model_of_a_copied_project_has_the_same_name(project: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(project, tmp_path / "elsewhere")
    assert model_path(copy) == copy / "models" / model_path(project).name


@pytest.mark.parametrize("pattern", INPUTS)
def test_every_pattern_finds_files(pattern: str) -> None:
    assert list(ROOT.glob(pattern))


def test_every_component_of_the_pipeline_is_an_input() -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))
    modules = [entry["name"].rsplit(".", 1)[0] for entry in config["pipeline"]]
    files = {ROOT / f"{module.replace('.', '/')}.py" for module in modules if "." in module}
    assert files <= set(inputs())


def test_a_disk_with_room_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: PLENTY)
    assert check_disk(tmp_path) is None


def test_a_full_disk_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: FULL)
    with pytest.raises(TrainingError) as error:
        check_disk(tmp_path)
    assert str(error.value) == (
        f"the disk that holds {tmp_path} is full; please free 300 MB and try again"
    )


def test_nothing_is_trained_on_a_full_disk(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: FULL)
    pretend(monkeypatch, AssertionError("the training was started"))
    with pytest.raises(TrainingError, match=r"is full; please free 300 MB and try again$"):
        train(target.parent)


def test_a_disk_that_fills_up_while_training_is_named_too(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(TrainingError, match=r"is full; please free 300 MB and try again$"):
        train(target.parent)


def test_another_error_of_the_system_is_not_taken_for_a_full_disk(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, PermissionError(errno.EACCES, "Permission denied"))
    with pytest.raises(PermissionError):
        train(target.parent)


def test_what_rasa_refuses_is_passed_on(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, RasaException("domain.yml: bad indent"))
    with pytest.raises(
        TrainingError, match=r"^Rasa could not train from these files: domain\.yml: bad indent$"
    ):
        train(target.parent)


@pytest.mark.parametrize("code", [0, 1])
def test_training_that_leaves_no_model_is_an_error(
    target: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, SimpleNamespace(code=code))
    with pytest.raises(TrainingError, match=r"^Rasa did not finish the training"):
        train(target.parent)


def test_the_trained_model_stands_where_its_name_says(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, trained)
    assert (train(target.parent), target.read_bytes()) == (target, b"model")


@pytest.mark.parametrize("force", [True, False])
def test_steps_are_skipped_unless_all_are_asked_for(
    target: Path, force: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def rasa_train(**kwargs: Any) -> SimpleNamespace:
        asked.append(kwargs["force_training"])
        return trained(**kwargs)

    pretend(monkeypatch, rasa_train)
    train(target.parent, force)
    assert asked == [force]


def test_training_leaves_standard_output_to_the_records(
    target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, trained)
    train(target.parent)
    assert capsys.readouterr() == ("", "")


def test_old_models_make_room_for_new_ones(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for age in range(5):
        old = target.with_name(f"otto-{age}.tar.gz")
        old.write_bytes(b"old")
        seal(old)
        os.utime(old, (1000 - age, 1000 - age))
    pretend(monkeypatch, trained)
    train(target.parent)
    left = {path.name for path in target.parent.iterdir()}
    models = {target.name, *(f"otto-{age}.tar.gz" for age in range(KEPT - 1))}
    assert left == models | {f"{name}.sha256" for name in models}


def test_files_that_are_no_models_of_ottos_are_kept(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [target.with_name(f"mine-{i}.tar.gz") for i in range(5)]
    for path in others:
        path.write_bytes(b"mine")
    pretend(monkeypatch, trained)
    train(target.parent)
    assert all(path.exists() for path in others)
