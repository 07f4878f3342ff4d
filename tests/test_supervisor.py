"""Running both servers: what is checked before, what happens when one dies, and how all ends."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from email.message import Message
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import settings as otto_settings
from bot import supervisor
from bot.model_file import ModelError
from bot.settings import Settings
from bot.supervisor import (
    MOST_RESTARTS,
    NEEDED,
    RunError,
    Server,
    action_server,
    check_port,
    free_port,
    rasa_server,
    webhook,
)

MODEL = Path("models") / "otto-0123456789ab.tar.gz"
WAIT = "import signal; signal.pause()"


class FakeProcess:
    """A child process that ends when told to, at once or only by force."""

    pid = 4711

    def __init__(self, code: int | None = None, stubborn: bool = False) -> None:
        self.code = code
        self.stubborn = stubborn

    def poll(self) -> int | None:
        return self.code

    def wait(self, timeout: float) -> int:
        if self.stubborn:
            self.stubborn = False
            raise subprocess.TimeoutExpired("server", timeout)
        return 0


class FakeServer(Server):
    """A server that only remembers what was done with it."""

    def __init__(self, name: str = "Rasa server", dies: bool = False) -> None:
        super().__init__(name, [], {})
        self.dies = dies
        self.done: list[str] = []

    def start(self) -> None:
        self.done.append("start")
        self.process = FakeProcess(1 if self.dies else None)  # type: ignore[assignment]

    def stop(self) -> None:
        self.done.append("stop")


class Clock:
    """Stands in for the module `time`: sleeping moves the hands, and may end in Ctrl-C."""

    def __init__(self, interrupt_after: int | None = None) -> None:
        self.now = 0.0
        self.naps = 0
        self.interrupt_after = interrupt_after

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.naps += 1
        if self.naps == self.interrupt_after:
            raise KeyboardInterrupt


@pytest.fixture
def settings() -> Settings:
    return otto_settings.load({"OTTO_PORT": "18080", "OTTO_ACTION_PORT": "18081"})


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The signals that were sent to a process group, without sending them."""
    sent: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, kind: sent.append(kind))
    return sent


@pytest.fixture
def run_with(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Clock, list[FakeServer]], None]:
    """Run fake servers, whose answers come at once, until the clock interrupts."""

    def run_with(clock: Clock, servers: list[FakeServer]) -> None:
        monkeypatch.setattr(supervisor, "time", clock)
        monkeypatch.setattr(supervisor.signal, "signal", lambda *args: None)
        supervisor.supervise(servers, lambda: set(), lambda: None)

    return run_with


def test_a_free_port_is_accepted() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert check_port("127.0.0.1", port, "OTTO_PORT") is None


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RunError) as error:
            check_port("127.0.0.1", port, "OTTO_PORT")
    assert str(error.value).startswith(
        f"port {port} on 127.0.0.1 cannot be used (Address already in use); "
        "stop what uses it, or choose another with OTTO_PORT, such as OTTO_PORT="
    )


@pytest.mark.parametrize("variable", ["OTTO_PORT", "OTTO_ACTION_PORT"])
def test_nothing_is_started_when_a_port_is_taken(
    settings: Settings, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(host: str, port: int, checked: str) -> None:
        if checked == variable:
            raise RunError("taken")

    def start(*args: Any) -> None:
        raise AssertionError("a server was started")

    monkeypatch.setattr(supervisor, "check_port", check)
    monkeypatch.setattr(supervisor, "supervise", start)
    with pytest.raises(RunError, match=r"^taken$"):
        supervisor.run(settings, MODEL)


def test_nothing_is_started_with_a_model_that_is_not_what_was_trained(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*args: Any) -> Server:
        raise AssertionError("a server was made")

    model = tmp_path / MODEL.name
    model.write_bytes(b"somebody's")
    monkeypatch.setattr(supervisor, "rasa_server", start)
    with pytest.raises(ModelError, match="has no checksum"):
        supervisor.run(replace(settings, port=free_port(), action_port=free_port()), model)


def test_the_action_server_listens_on_loopback_only_unless_told_otherwise(
    settings: Settings,
) -> None:
    loopback = action_server(replace(settings, host="0.0.0.0"))
    assert loopback.environment["SANIC_HOST"] == "127.0.0.1"
    told = action_server(replace(settings, action_host="192.0.2.8"))
    assert told.environment["SANIC_HOST"] == "192.0.2.8"


def test_the_action_server_listens_on_its_port(settings: Settings) -> None:
    actions = action_server(settings)
    assert actions.command[actions.command.index("--port") + 1] == "18081"


@pytest.mark.parametrize(
    ("option", "value"),
    [("--interface", "192.0.2.7"), ("--port", "18080"), ("--model", str(MODEL))],
)
def test_rasa_gets_the_settings(
    settings: Settings, tmp_path: Path, option: str, value: str
) -> None:
    rasa = rasa_server(replace(settings, host="192.0.2.7"), MODEL, tmp_path)
    assert rasa.command[rasa.command.index(option) + 1] == value


def test_rasa_reads_an_endpoints_file_that_names_the_action_servers_address(
    settings: Settings, tmp_path: Path
) -> None:
    rasa = rasa_server(replace(settings, action_host="actions"), MODEL, tmp_path)
    path = Path(rasa.command[rasa.command.index("--endpoints") + 1])
    endpoints = yaml.safe_load(path.read_text("utf-8"))
    url = "http://actions:18081/webhook"
    assert endpoints["action_endpoint"] == {"url": url, "enable_selective_domain": True}


def test_the_endpoints_file_keeps_everything_else(settings: Settings, tmp_path: Path) -> None:
    rasa_server(settings, MODEL, tmp_path)
    ours = yaml.safe_load((supervisor.ROOT / "endpoints.yml").read_text("utf-8"))
    theirs = yaml.safe_load((tmp_path / "endpoints.yml").read_text("utf-8"))
    assert theirs | {"action_endpoint": None} == ours | {"action_endpoint": None}


def test_each_server_is_started_by_ottos_own_hand(settings: Settings, tmp_path: Path) -> None:
    for server in (action_server(settings), rasa_server(settings, MODEL, tmp_path)):
        assert server.command[:3] == [sys.executable, "-m", "bot.serve"]


@pytest.mark.parametrize(
    ("start", "started", "ports"),
    [
        (partial(supervisor.run, model=MODEL), ["action server", "Rasa server"], [18080, 18081]),
        (partial(supervisor.run, model=MODEL, alone=True), ["Rasa server"], [18080]),
        (supervisor.run_actions, ["action server"], [18081]),
    ],
)
def test_one_of_the_servers_can_be_run_alone(
    start: Callable[[Settings], None],
    started: list[str],
    ports: list[int],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[str] = []
    taken: list[int] = []
    monkeypatch.setattr(supervisor, "verify", lambda model: None)
    monkeypatch.setattr(supervisor, "check_port", lambda host, port, name: taken.append(port))
    monkeypatch.setattr(
        supervisor, "supervise", lambda servers, *_: ran.extend(s.name for s in servers)
    )
    start(settings)
    assert ran == started
    assert taken == ports


def test_a_server_that_was_not_started_has_not_died() -> None:
    assert not Server("Rasa server", [], {}).died()


def test_a_started_server_that_ended_has_died() -> None:
    server = Server("Rasa server", [sys.executable, "-c", ""], {})
    server.start()
    assert server.process is not None
    server.process.wait()
    assert server.died()


def test_a_server_runs_with_its_environment() -> None:
    program = "import os, sys; sys.exit(int(os.environ['OTTO_TEST']))"
    server = Server("Rasa server", [sys.executable, "-c", program], {"OTTO_TEST": "7"})
    server.start()
    assert server.process is not None
    assert server.process.wait() == 7


def test_ctrl_c_does_not_reach_a_server() -> None:
    server = Server("Rasa server", [sys.executable, "-c", WAIT], {})
    server.start()
    assert server.process is not None
    try:
        assert os.getpgid(server.process.pid) == server.process.pid
    finally:
        server.stop()


def test_a_stopped_server_is_gone() -> None:
    server = Server("Rasa server", [sys.executable, "-c", WAIT], {})
    server.start()
    server.stop()
    assert server.died()


def test_a_server_is_asked_kindly_to_stop(signals: list[int]) -> None:
    Server("Rasa server", [], {}, FakeProcess()).stop()  # type: ignore[arg-type]
    assert signals == [signal.SIGTERM]


def test_a_server_that_does_not_listen_is_stopped_by_force(signals: list[int]) -> None:
    Server("Rasa server", [], {}, FakeProcess(stubborn=True)).stop()  # type: ignore[arg-type]
    assert signals == [signal.SIGTERM, signal.SIGKILL]


def test_a_server_that_was_not_started_needs_no_stopping(signals: list[int]) -> None:
    Server("Rasa server", [], {}).stop()
    assert signals == []


def test_a_server_that_is_already_gone_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(group: int, kind: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "killpg", gone)
    server = Server("Rasa server", [], {}, FakeProcess())  # type: ignore[arg-type]
    assert server.stop() is None


def test_a_dead_server_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "time", Clock())
    server = FakeServer()
    server.revive()
    assert server.done == ["start"]


def test_the_user_is_told_that_a_server_was_started_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "time", Clock())
    FakeServer("action server").revive()
    assert capsys.readouterr().out == "The action server stopped. Starting it again.\n"


def test_a_server_that_keeps_dying_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "time", Clock())
    server = FakeServer("action server")
    for _ in range(MOST_RESTARTS):
        server.revive()
    with pytest.raises(
        RunError, match=r"^the action server keeps stopping; its messages above say why$"
    ):
        server.revive()


def test_a_server_that_dies_now_and_then_is_never_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(supervisor, "time", clock)
    server = FakeServer()
    for _ in range(50):
        clock.now += 60 / MOST_RESTARTS
        server.revive()
    assert server.done == ["start"] * 50


def test_both_servers_are_started_and_stopped(
    run_with: Callable[[Clock, list[FakeServer]], None],
) -> None:
    servers = [FakeServer("action server"), FakeServer()]
    run_with(Clock(interrupt_after=1), servers)
    assert [server.done for server in servers] == [["start", "stop"]] * 2


def test_ctrl_c_ends_with_a_word(
    run_with: Callable[[Clock, list[FakeServer]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    run_with(Clock(interrupt_after=1), [FakeServer()])
    assert capsys.readouterr().out.endswith("\nStopping Otto.\n")


def test_a_server_that_dies_at_the_start_ends_the_other_too(
    run_with: Callable[[Clock, list[FakeServer]], None],
) -> None:
    servers = [FakeServer("action server"), FakeServer(dies=True)]
    with pytest.raises(RunError, match=r"^the Rasa server did not start; its messages above say"):
        run_with(Clock(), servers)
    assert [server.done[-1] for server in servers] == ["stop", "stop"]


def test_a_server_that_dies_later_is_started_again(
    run_with: Callable[[Clock, list[FakeServer]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = FakeServer()
    clock = Clock(interrupt_after=3)
    deaths = iter([False, True, False])
    monkeypatch.setattr(server, "died", lambda: next(deaths))
    run_with(clock, [server])
    assert server.done == ["start", "start", "stop"]


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "time", Clock())
    with pytest.raises(
        RunError, match=r"^Otto did not answer within 120 s; see the messages above"
    ):
        supervisor.wait_until_ready(lambda: {"rasa"}, [])


@pytest.mark.parametrize(
    ("last", "told"), [(set(), ""), ({"chats"}, "Out of order: chats. See `otto doctor`.")]
)
def test_waiting_ends_with_the_first_answer_even_without_a_database(
    last: set[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = iter([NEEDED, {"actions", "chats"}, last])
    monkeypatch.setattr(supervisor, "time", Clock())
    supervisor.wait_until_ready(lambda: next(found), [])
    out = capsys.readouterr().out
    assert "Ready after" in out
    assert told in out


ACTIONS, RASA = "http://127.0.0.1:18081/health", "http://127.0.0.1:18080/health/ready"


@pytest.mark.parametrize(
    ("broken", "body", "parts"),
    [
        (None, "", set()),
        (RASA, '{"out_of_order": ["actions"]}', {"actions"}),
        (RASA, '{"out_of_order": ["chats", "texts"]}', {"chats", "texts"}),
        (RASA, "<html>", NEEDED),
        (RASA, "[]", NEEDED),
        (ACTIONS, "", NEEDED),
    ],
)
def test_the_servers_say_which_parts_are_out_of_order(
    broken: str | None,
    body: str,
    parts: set[str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def open_(url: str, timeout: float) -> BytesIO:
        assert url in (ACTIONS, RASA)
        if url == broken:
            raise urllib.error.HTTPError(url, 503, "ill", Message(), BytesIO(body.encode()))
        return BytesIO()

    monkeypatch.setattr(urllib.request, "urlopen", open_)
    assert supervisor.out_of_order(settings) == parts


@pytest.mark.parametrize("silent", [ACTIONS, RASA])
def test_a_server_that_does_not_listen_is_out_of_order(
    settings: Settings, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_(url: str, timeout: float) -> BytesIO:
        if url == silent:
            raise ConnectionRefusedError
        return BytesIO()

    monkeypatch.setattr(urllib.request, "urlopen", open_)
    assert supervisor.out_of_order(settings) == NEEDED


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:18080/webhooks/rest/webhook"),
        ("192.0.2.7", "http://192.0.2.7:18080/webhooks/rest/webhook"),
        ("0.0.0.0", "http://127.0.0.1:18080/webhooks/rest/webhook"),
    ],
)
def test_the_address_to_try_can_be_reached(settings: Settings, host: str, address: str) -> None:
    assert webhook(replace(settings, host=host)) == address


@pytest.mark.parametrize("words", ["http://127.0.0.1:18080/ ", "/faq", "Stop it with Ctrl-C."])
def test_the_user_is_told_where_otto_is_and_how_to_stop_it(
    settings: Settings, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    supervisor.announce(settings)
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("on", [True, False])
def test_programs_are_told_how_to_talk_with_otto_where_they_may(
    on: bool, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    supervisor.announce(replace(settings, rest=on))
    assert ("curl -s http://127.0.0.1:18080/webhooks/rest/" in capsys.readouterr().out) is on
