"""Who speaks on the web channel: a random token, and what is derived from it.

The token itself is kept nowhere. The log knows a conversation by a keyed hash of it, Rasa by
another one, so that neither can be used to speak for the visitor, nor be traced to the other.
"""

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from bot.errors import OttoError
from bot.settings import SECRET_CHARACTERS

TOKEN_BYTES = 32
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
SECRET_FILE = "web_secret"  # noqa: S105 - the name of its file


class SecretError(OttoError):
    """The server has no secret; the message says what to do."""


class Sessions:
    """Mints tokens, and derives from them with a secret of the server's."""

    def __init__(self, secret: str) -> None:
        """Use `secret`; with another one, all tokens stand for other conversations."""
        self._secret = secret.encode()

    @staticmethod
    def mint() -> str:
        """A new token."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def key(self, token: str) -> str:
        """What the log knows the conversation by."""
        return self.derive("key", token)

    def sender(self, token: str) -> str:
        """What Rasa knows the conversation by."""
        return f"web:{self.derive('sender', token)[:32]}"

    def derive(self, purpose: str, text: str) -> str:
        """What `text` is known by for a purpose; nothing leads from one purpose to another."""
        return hmac.new(self._secret, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def bearer(header: str | None) -> str | None:
    """The token in an Authorization header, if it holds what could be one."""
    scheme, _, token = (header or "").partition(" ")
    return token if scheme.lower() == "bearer" and TOKEN.fullmatch(token) else None


def load_secret(folder: Path) -> str:
    """The secret kept in `folder`, made the first time.

    Raises:
        SecretError: it can be neither read nor made.
    """
    path = folder / SECRET_FILE
    try:
        if not path.exists():
            _make(path)
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise SecretError(
            f"{path} cannot be read or made ({type(error).__name__}); please let Otto write to "
            "that folder, or set OTTO_SECRET"
        ) from error
    if len(secret) < SECRET_CHARACTERS:
        raise SecretError(f"{path} holds no secret; please delete it, and Otto makes a new one")
    return secret


def _make(path: Path) -> None:
    """Put a new secret at `path`, whole at once, unless another server was faster."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
