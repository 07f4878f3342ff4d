"""Tokens, what is derived from them, and the secret that it takes."""

import os
import stat
from pathlib import Path

import pytest

from bot.channels.web_session import SECRET_FILE, SecretError, Sessions, bearer, load_secret


def test_tokens_are_random_and_long() -> None:
    tokens = {Sessions.mint() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(bearer(f"Bearer {token}") == token for token in tokens)


def test_what_is_derived_tells_nothing_of_the_token_or_of_each_other() -> None:
    sessions, token = Sessions("s" * 32), Sessions.mint()
    key, sender = sessions.key(token), sessions.sender(token)
    assert sender.startswith("web:")
    assert token not in key + sender
    assert sender.removeprefix("web:") not in key
    assert (key, sender) == (sessions.key(token), sessions.sender(token))


def test_another_secret_derives_something_else() -> None:
    token = Sessions.mint()
    assert Sessions("a" * 32).key(token) != Sessions("b" * 32).key(token)


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "Bearer", "Bearer ", "x" * 43, f"Basic {'x' * 43}", f"Bearer {'x' * 42}"),
        *(f"Bearer {'x' * 43}\n", f"Bearer {'x' * 42}=", f"Bearer  {'x' * 43}"),
    ],
)
def test_what_could_be_no_token_is_none(header: str | None) -> None:
    assert bearer(header) is None


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    secret = load_secret(folder)
    assert load_secret(folder) == secret
    assert len(secret) == 64
    assert stat.S_IMODE((folder / SECRET_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert os.listdir(folder) == [SECRET_FILE]
    assert load_secret(tmp_path / "other") != secret


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 64])
def test_a_file_that_holds_no_secret_is_not_used(content: bytes, tmp_path: Path) -> None:
    (tmp_path / SECRET_FILE).write_bytes(content)
    with pytest.raises(SecretError, match=SECRET_FILE):
        load_secret(tmp_path)


def test_where_no_secret_can_be_kept_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SecretError, match="set OTTO_SECRET"):
        load_secret(tmp_path / "file" / "state")
