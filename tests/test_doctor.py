"""`otto doctor`: each check says that all is well, or what to do."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot import doctor, settings
from bot.channels import web_store
from bot.doctor import CHECKS, NOTE, OK, WRONG, Check, Finding, Note, Trouble, examine
from bot.errors import OttoError
from bot.supervisor import free_port
from tests.redis_server import RedisServer

Find = Callable[..., Finding]
HTML = b"<html>"


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch) -> Find:
    """Run the check of a name with settings, and return what it finds."""

    def find(name: str, **values: str) -> Finding:
        for variable, value in values.items():
            monkeypatch.setenv(f"OTTO_{variable.upper()}", value)
        (check,) = [check for check in CHECKS if check.name == name]
        *_, found = examine([check])
        return found

    return find


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own."""
    folder = tmp_path / "state"
    monkeypatch.setattr(doctor, "STATE", folder)
    return folder


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serve one answer on a port of its own, and return the port."""
    servers: list[HTTPServer] = []

    def start(content: object, status: int = 200) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(
                    content if isinstance(content, bytes) else json.dumps(content).encode()
                )

            def log_message(self, *args: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Answer)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return str(server.server_port)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def raising(error: Exception) -> Callable[[settings.Settings], str]:
    def check(known: settings.Settings) -> str:
        raise error

    return check


@pytest.mark.parametrize(
    ("check", "level"),
    [
        (lambda known: "x", OK),
        (raising(Note("x")), NOTE),
        (raising(Trouble("x")), WRONG),
        (raising(OttoError("x")), WRONG),
    ],
)
def test_a_check_finds_one_of_three_things(
    check: Callable[[settings.Settings], str], level: str
) -> None:
    *_, found = examine([Check("name", check)])
    assert found == Finding(level, "name", "x")


def test_with_unusable_settings_nothing_else_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTTO_PORT", "eighty")
    (found,) = examine()
    assert (found.level, found.name) == (WRONG, "settings")
    assert found.words.startswith("OTTO_PORT is 'eighty'; it must be a port")


def test_what_otto_stands_on_is_as_it_must_be(find: Find) -> None:
    assert {find(name).level for name in ("Python", "encoder", "data", "clock")} == {OK}


def test_another_python_is_named(find: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 12, 1, "final", 0))
    assert find("Python") == Finding(
        WRONG, "Python", "this is 3.12.1, Otto needs 3.10; `make run` finds or fetches it"
    )


def test_a_changed_encoder_is_named(
    find: Find, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "checksums.json").write_text('{"model.onnx": "0"}')
    (tmp_path / "encoder" / "model.onnx").write_text("changed")
    monkeypatch.setattr(doctor, "MODELS", tmp_path)
    found = find("encoder")
    assert (found.level, "restore it with git checkout" in found.words) == (WRONG, True)


@pytest.mark.parametrize(
    ("files", "level", "words"),
    [
        (["otto-new.tar.gz"], OK, "otto-new.tar.gz, made from the files as they are"),
        (
            ["otto-old.tar.gz"],
            WRONG,
            "the files have changed since the last training; run",
        ),
        ([], WRONG, "there is none; run `otto train`"),
    ],
)
def test_the_model_must_be_made_from_the_files(
    find: Find,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: list[str],
    level: str,
    words: str,
) -> None:
    for name in files:
        (tmp_path / name).touch()
    monkeypatch.setattr(doctor, "model_path", lambda: tmp_path / "otto-new.tar.gz")
    found = find("model")
    assert (found.level, found.words.startswith(words)) == (level, True)


def test_a_clock_that_is_behind_the_files_is_named(
    find: Find, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "domain.yml"
    path.touch()
    os.utime(path, times=(time.time() + 3600,) * 2)
    monkeypatch.setattr(doctor, "inputs", lambda: [path])
    found = find("clock")
    assert (found.level, "domain.yml was written later" in found.words) == (WRONG, True)


def test_a_clinic_that_nobody_can_reach_is_worth_a_note(find: Find) -> None:
    assert find("clinic").level == NOTE
    assert find("clinic", clinic_phone="555-0100").level == OK


@pytest.mark.parametrize(
    ("listed", "level"),
    [
        ("", NOTE),
        ("https://clinic.example", OK),
        ("http://localhost:8000,http://127.0.0.1:8000", OK),
        ("https://clinic.example,http://clinic.example", WRONG),
    ],
)
def test_websites_must_be_encrypted(find: Find, listed: str, level: str) -> None:
    assert find("allowed origins", origins=listed).level == level


def test_the_secret_is_made_and_kept_from_others(find: Find, state: Path) -> None:
    assert find("secret").level == OK
    state.chmod(0o755)
    found = find("secret")
    assert (found.level, "chmod 700" in found.words) == (WRONG, True)
    assert find("secret", secret="0" * 32) == Finding(OK, "secret", "from OTTO_SECRET")


def test_the_database_is_written_and_nothing_is_left(find: Find, state: Path) -> None:
    assert find("database").level == OK
    url = f"sqlite:///{state / 'web.db'}"
    engine = web_store.sa.create_engine(url)
    with engine.connect() as db:
        assert db.execute(web_store.sa.select(web_store.SESSIONS)).all() == []
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["sqlite:////dev/null/folder/web.db", "postgresql://otto:hush@127.0.0.1:1/otto"]
)
def test_a_database_that_cannot_be_written_is_told_without_its_password(
    find: Find, url: str
) -> None:
    found = find("database", database=url)
    assert (found.level, "correct OTTO_DATABASE" in found.words) == (WRONG, True)
    assert "hush" not in found.words


def test_a_state_folder_that_cannot_be_made_is_told(find: Find, state: Path) -> None:
    state.write_text("a file")
    assert {find("database").level, find("secret").level} == {WRONG}


def test_one_server_needs_no_redis(find: Find) -> None:
    assert find("Redis") == Finding(OK, "Redis", "none, so Otto is one server")


@pytest.mark.parametrize(
    ("database", "level"), [("postgresql://otto:hush@db/otto", OK), ("sqlite:////tmp/o.db", NOTE)]
)
def test_a_redis_is_asked_and_what_is_kept_on_one_machine_worth_a_note(
    find: Find, redis: RedisServer, database: str, level: str
) -> None:
    assert find("Redis", redis=redis.url, secret="0" * 32, database=database).level == level


@pytest.mark.parametrize("url", ["redis://:hush@127.0.0.1:1", "unix:///nowhere.sock?hush=1"])
def test_a_redis_that_cannot_be_used_is_told_without_its_password(find: Find, url: str) -> None:
    found = find("Redis", redis=url, secret="0" * 32)
    assert (found.level, "correct OTTO_REDIS" in found.words) == (WRONG, True)
    assert "hush" not in found.words


def test_servers_that_do_not_run_are_worth_a_note(find: Find) -> None:
    ports = {"port": str(free_port()), "action_port": str(free_port())}
    assert [find(name, **ports).level for name in ("Rasa server", "action server")] == [NOTE, NOTE]


def test_servers_that_answer_are_well(find: Find, serve: Callable[..., str]) -> None:
    ports = {"port": serve({"status": "ok"}), "action_port": serve({"status": "ok"})}
    assert [find(name, **ports).level for name in ("Rasa server", "action server")] == [OK, OK]


def test_a_missing_action_server_is_trouble_when_the_other_runs(
    find: Find, serve: Callable[..., str]
) -> None:
    found = find("action server", port=serve({"status": "ok"}), action_port=str(free_port()))
    assert (found.level, "start it with `otto run`" in found.words) == (WRONG, True)


@pytest.mark.parametrize(
    ("content", "status"), [({"status": "ok"}, 404), (b"<html>", 200), ({}, 200)]
)
def test_something_else_on_the_port_is_named(
    find: Find, serve: Callable[..., str], content: object, status: int
) -> None:
    found = find("Rasa server", port=serve(content, status))
    assert (found.level, "choose another port with OTTO_PORT" in found.words) == (WRONG, True)
