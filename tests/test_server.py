"""`otto run` for real: two servers, a question over HTTP, and an end that leaves nothing behind."""

import json
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from bot.doctor import CHECKS, OK, examine
from bot.training import model_path, train
from tests.databases import rows
from tests.running import Running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not model_path().exists():
        train()
    server = Running(tmp_path_factory.mktemp("run") / "log.txt", OTTO_CLINIC_PHONE="555-0100")
    yield server
    server.stop()


def test_it_says_where_it_is_and_how_to_try_and_stop_it(running: Running) -> None:
    assert f"http://127.0.0.1:{running.port}/faq" in running.output
    assert f"http://127.0.0.1:{running.port}/webhooks/rest/webhook" in running.output
    assert "curl" in running.output
    assert "Warning" not in running.output


def test_it_is_ready_and_counts_no_visitor_yet(running: Running) -> None:
    assert json.loads(running.get("/health/live")) == {"status": "ok"}
    assert json.loads(running.get("/health/ready"))["out_of_order"] == []
    numbers = running.get("/metrics")
    assert 'otto_part_in_order{part="actions"} 1.0' in numbers
    assert "otto_turns_total{" not in numbers


def test_nothing_is_left_of_what_it_was_asked_at_its_start(running: Running) -> None:
    assert rows(running.database, "SELECT sender FROM conversation_turns") == []


def test_the_doctor_finds_both_servers_well(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTTO_PORT", str(running.port))
    monkeypatch.setenv("OTTO_ACTION_PORT", str(running.action_port))
    servers = [check for check in CHECKS if "server" in check.name]
    assert [found.level for found in examine(servers)] == [OK] * 3


def test_it_answers_a_question(running: Running) -> None:
    assert "30 to 60 minutes" in running.say("ann", "How long is an OT session?")


def test_it_knows_the_clinic_from_its_settings(running: Running) -> None:
    assert "555-0100" in running.say("ben", "how do i book an appointment")


def test_visitors_do_not_share_a_conversation(running: Running) -> None:
    assert "New York and Pennsylvania" in running.say("cleo", "anyone in Kingston?")
    assert "Kingston" not in running.say("dora", "Pennsylvania")
    assert "Kingston, Pennsylvania" in running.say("cleo", "Pennsylvania")


def test_a_request_without_a_sender_is_told_what_to_send(running: Running) -> None:
    status, answer = running.post({"message": "hi"})
    assert status == 400
    assert "sender" in answer["error"]


def test_an_action_server_that_dies_is_started_again_and_nobody_meets_silence(
    running: Running,
) -> None:
    running.kill_action_server()
    assert running.say("emil", "anyone in Hoboken?")
    running.wait_until_ready()
    assert "Hoboken, New Jersey" in running.say("emil", "anyone in Hoboken?")


@pytest.mark.parametrize(
    "path", ["/version", "/status", "/domain", "/model", "/conversations/me/tracker"]
)
def test_rasas_api_is_not_open(running: Running, path: str) -> None:
    for body in (None, b"{}"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{running.port}{path}", body, timeout=30)
        assert refused.value.code == 404
        assert refused.value.read() == b'{"error":"There is nothing at this address."}'


@pytest.mark.parametrize("path", ["/", "//"])
def test_nobody_learns_the_version(running: Running, path: str) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}{path}", timeout=30) as answer:
        assert "Rasa" not in f"{answer.headers}{answer.read()!r}"


@pytest.mark.parametrize(
    "body",
    [b'{"sender": "\\ud800", "message": "hi"}', b'{"sender": "a\\u0000b", "message": "hi"}', b"[]"],
)
def test_what_ends_rasas_own_server_is_refused(running: Running, body: bytes) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(
            f"http://127.0.0.1:{running.port}/webhooks/rest/webhook", body, timeout=30
        )
    assert refused.value.code == 400
    assert "30 to 60 minutes" in running.say("fay", "How long is an OT session?")


def test_the_action_server_cannot_be_reached_from_elsewhere(running: Running) -> None:
    # What listens on all addresses answers at every one of this machine's.
    for address, is_open in (("127.0.0.1", True), ("127.0.0.2", False)):
        with socket.socket() as probe:
            assert (probe.connect_ex((address, running.action_port)) == 0) is is_open


def test_ctrl_c_stops_both_servers(running: Running) -> None:
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    for port in (running.port, running.action_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
