"""The checksum beside a trained model: what is loaded is what was trained, whole and unchanged.

Loading a model runs what is in it, so a file that was swapped, cut off or mixed up must not be
loaded. The checksum tells of that. It is no signature: who can write both files can replace both,
so the folder is to be writable by its owner alone (docs/security.md).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from bot.errors import OttoError


class ModelError(OttoError):
    """A model cannot be trusted; the message says why and what to do."""


def checksum_path(model: Path) -> Path:
    """Where a model's checksum stands: beside it, as `sha256sum --check` reads it."""
    return model.with_name(f"{model.name}.sha256")


def seal(model: Path) -> None:
    """Write the checksum of a model that was just trained."""
    checksum_path(model).write_text(f"{_digest(model)}  {model.name}\n", encoding="utf-8")


def verify(model: Path) -> None:
    """Make sure that a model is the one that its checksum was written for.

    Raises:
        ModelError: it is another one, or there is no checksum, or no model.
    """
    checksum = checksum_path(model)
    try:
        found = _digest(model)
    except OSError as error:
        raise ModelError(f"{model} cannot be read ({error.strerror}); run `otto train`") from error
    try:
        expected, *_ = checksum.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{model.name} has no checksum beside it, so nobody can tell whether it is what was "
            f"trained; run `otto train` again, or copy {checksum.name} along with it"
        ) from error
    if found != expected:
        raise ModelError(
            f"{model.name} is not the file that was trained: it was changed, or copied only in "
            f"part; run `otto train` again, or copy it anew along with {checksum.name}"
        )


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()
