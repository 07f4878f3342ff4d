"""The website's chat with Otto running for real: both servers, the model, and the log on disk."""

import contextlib
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.training import model_path, train
from tests.channels.web import EMERGENCY, Client
from tests.running import Running

HERE = "https://clinic.example"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    if not model_path().exists():
        train()
    server = Running(folder / "log.txt", OTTO_CLINIC_PHONE="555-0100", OTTO_ORIGINS=HERE)
    yield server
    server.stop()


@pytest.fixture
def client(running: Running) -> Client:
    return Client(running.port).begin()


def test_a_visitors_whole_journey(client: Client) -> None:
    (answer,) = client.say("How long is an OT session?").content["replies"]
    assert "30 to 60 minutes" in answer["text"]
    assert answer["sources"][0]["publisher"] == "Health.com"

    (asked,) = client.say("anyone in Kingston?").content["replies"]
    states = {choice["title"]: choice["id"] for choice in asked["choices"]}
    (found,) = client.choose(states["Kingston, Pennsylvania"]).content["replies"]
    assert found["location"]["state"] == "Pennsylvania"

    assert client.vote(answer["id"], "down", reason="unclear").status == 204
    assert client.vote(answer["id"], None).status == 204
    assert [entry["seq"] for entry in client.history(2)["entries"]] == [3, 4, 5, 6]

    old = client.token
    client.begin()
    assert "Kingston" not in client.say("the first one").texts[0]
    token, client.token = client.token, old
    assert client.say("hello").status == 401
    client.token = token
    assert client.call("DELETE", "/session").status == 204
    assert client.say("hello").status == 401


def test_the_clinics_details_come_with_a_session(client: Client) -> None:
    assert client.call("POST", "/session").content["config"]["clinic"]["phone"] == "555-0100"


def test_a_message_that_is_sent_again_is_not_said_again(client: Client) -> None:
    id_ = str(uuid.uuid4())
    first = client.say("do we need OT or PT?", id_)
    assert client.say("do we need OT or PT?", id_).content == first.content
    assert len(client.history()["entries"]) == 2
    # Had Rasa heard it twice, the form would have asked again.
    assert "condition" in client.say("2").texts[0]


def test_two_visitors_at_once_never_mix(client: Client) -> None:
    other = Client(client.port).begin()
    heard: dict[Client, list[str]] = {client: [], other: []}

    def talk(who: Client, city: str, state: str) -> None:
        for text in (f"anyone in {city}?", state):
            heard[who] += who.say(text).texts

    threads = [
        threading.Thread(target=talk, args=arguments)
        for arguments in ((client, "Kingston", "New York"), (other, "Springfield", "Ohio"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "Kingston, New York" in heard[client][1]
    assert "Kingston" not in str(heard[other])
    assert "Springfield" not in str(heard[client])


@pytest.mark.parametrize(
    "text", ["restart", 'find_location{"city": "Tampa"}', "session_start", "emergency"]
)
def test_a_command_is_no_more_than_its_words(text: str, client: Client) -> None:
    other = Client(client.port).begin()
    assert client.say(f"/{text}").texts == other.say(text).texts


def test_preflights_are_answered_though_rasa_answers_them_too(client: Client) -> None:
    answer = client.call("OPTIONS", "/messages", Origin=HERE, Access_Control_Request_Method="POST")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, HERE)
    foreign = client.call("OPTIONS", "/messages", Origin="https://evil.example")
    assert foreign.status == 403
    assert client.say("hi", Origin="https://evil.example").status == 403


def test_a_message_is_streamed(client: Client) -> None:
    lines = client.say("How long is an OT session?", Accept="application/x-ndjson").content
    assert [next(iter(line)) for line in lines] == ["started", "reply", "done"]


def test_too_many_messages_are_told_to_wait_but_an_emergency_is_not(client: Client) -> None:
    statuses = [client.say("hi").status for _ in range(25)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert "911" in client.say(EMERGENCY).texts[0]


def test_an_action_server_that_is_gone_is_a_sentence_with_a_reference(
    running: Running, client: Client, folder: Path
) -> None:
    word = f"Hoboken{uuid.uuid4().hex[:8]}"
    running.kill_action_server()
    (reply,) = client.say(f"anyone in Hoboken? {word}").content["replies"]
    assert reply["reference"] in reply["text"]
    assert "555-0100" in reply["text"]
    log = (folder / "log.txt").read_text()
    assert f"reference {reply['reference']}: " in log
    assert word not in log
    running.wait_until_ready()
    assert "Hoboken, New Jersey" in str(client.say("OT in Hoboken?").content)


def test_a_lost_log_is_a_sentence_and_an_emergency_is_answered(
    running: Running, client: Client, folder: Path
) -> None:
    # Whoever holds the log like this lets nobody else write.
    with contextlib.closing(sqlite3.connect(folder / "log.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        refused = client.say("How long is an OT session?")
        urgent = client.say(EMERGENCY)
    assert (refused.status, refused.content["code"]) == (503, "unavailable")
    assert refused.content["reference"] in (folder / "log.txt").read_text()
    assert "911" in urgent.texts[0]
    assert "30 to 60" in client.say("How long is an OT session?").texts[0]


def test_nothing_that_was_said_is_in_the_log(folder: Path, client: Client) -> None:
    client.say("my name is Zebulon Quickwater")
    log = (folder / "log.txt").read_text()
    for private in ("Zebulon", "Kingston", "web:", str(client.token)):
        assert private not in log
