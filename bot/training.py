"""Training, and knowing whether it is needed: a model's name tells what it was trained from."""

import contextlib
import errno
import hashlib
import io
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.errors import OttoError
from bot.model_file import checksum_path, seal
from bot.paths import MODELS, ROOT

KEPT = 3
NEEDED_BYTES = 300 * 1024 * 1024

# What learns from the data.
CODE = (
    "models/encoder/checksums.json",
    "bot/encoder.py",
    "bot/intents.py",
    "bot/spelling.py",
    "bot/nlu/*.py",
)
# Everything a trained model depends on; the directory and the guide are read at start instead.
INPUTS = (
    "config.yml",
    "domain.yml",
    "requirements.txt",
    "data/nlu/**/*.yml",
    "data/stories/**/*.yml",
    *CODE,
)


class TrainingError(OttoError):
    """No model could be trained; the message says why and what to do."""


def inputs(root: Path = ROOT, patterns: Iterable[str] = INPUTS) -> Iterator[Path]:
    """The files that a model is made from, or those of other patterns, in a fixed order."""
    for pattern in patterns:
        yield from sorted(root.glob(pattern))


def digest(patterns: Iterable[str], root: Path = ROOT) -> str:
    """Twelve hexadecimal digits that change with the names and the content of files."""
    found = hashlib.sha256()
    for path in inputs(root, patterns):
        found.update(f"{path.relative_to(root).as_posix()}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def model_path(root: Path = ROOT) -> Path:
    """Where the model for the files as they are now stands, or will stand once trained."""
    return root / MODELS.name / f"otto-{digest(INPUTS, root)}.tar.gz"


def train(
    output: Path = MODELS,
    force: bool = False,
    config: Path = ROOT / "config.yml",
    examples: Path = ROOT / "data" / "nlu",
) -> Path:
    """Train a model from the files as they are and return its path in `output`.

    Its checksum is written beside it (bot/model_file.py).

    Steps whose inputs did not change since the last training are skipped, unless `force` is set.
    `config` and `examples` are another pipeline and another folder of examples to try.

    Raises:
        TrainingError: Rasa refused the files, or the disk is full.
    """
    check_disk(output)
    # Rasa draws a progress bar for every step unless its log level says otherwise.
    os.environ["LOG_LEVEL"] = "WARNING"
    import rasa.api
    from rasa.shared.exceptions import RasaException
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)

    target = output / model_path().name
    try:
        # Rasa reports success on standard output, in colour; that may be a file of records.
        with contextlib.redirect_stdout(io.StringIO()):
            result = rasa.api.train(
                domain=str(ROOT / "domain.yml"),
                config=str(config),
                training_files=[str(examples), str(ROOT / "data" / "stories")],
                output=str(output),
                fixed_model_name=target.name.removesuffix(".tar.gz"),
                force_training=force,
            )
    except RasaException as error:
        raise TrainingError(f"Rasa could not train from these files: {error}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise TrainingError(_full(output)) from error
        raise
    if result.code != 0 or not target.exists():
        raise TrainingError("Rasa did not finish the training; its messages above say why")
    seal(target)
    for old in sorted(output.glob("otto-*.tar.gz"), key=lambda p: p.stat().st_mtime)[:-KEPT]:
        old.unlink()
        checksum_path(old).unlink(missing_ok=True)
    return target


def check_disk(folder: Path) -> None:
    """Make sure there is room for a model.

    Raises:
        TrainingError: there is not.
    """
    if shutil.disk_usage(folder).free < NEEDED_BYTES:
        raise TrainingError(_full(folder))


def _full(folder: Path) -> str:
    return f"the disk that holds {folder} is full; please free 300 MB and try again"
