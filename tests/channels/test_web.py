"""The web channel over a real socket, with Rasa stood in for."""

import http.client
import json
import logging
import socket
import sqlite3
import stat
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rasa.core.lock_store import LockError
from sanic import Sanic

from bot.age import DAY
from bot.channels import database, web, web_service, web_store
from bot.channels.limits import SharedLimit
from bot.channels.problem import TITLES
from bot.channels.turn import MAX_CHARACTERS
from bot.channels.web import WebChannel
from bot.conversations import OutOfOrderError
from tests.channels.web import EMERGENCY, Agent, Client, serving, validate
from tests.conftest import Counted

HERE, ELSEWHERE = "https://clinic.example", "https://evil.example"
OFFER = {
    "text": "Well?",
    "buttons": [
        {"title": "Pain", "payload": "I have pain"},
        {"title": "Hands", "payload": "Using the hands"},
    ],
}
CITED = {
    "text": "Look.",
    "metadata": {
        "outcome": "answer",
        "sources": [{"id": "cleveland_therapy", "section": "Overview"}],
        "copy_text": "All of it",
        "secret": "not for clients",
    },
}
SECRET_WORDS = "my very private words"


class Served:
    """The channel, the agent behind it, and its database."""

    def __init__(self, app: Sanic, port: int, database: Path) -> None:
        self.app, self.port, self.database = app, port, database

    def use(self, agent: Agent) -> Agent:
        self.app.ctx.agent = agent
        return agent


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    database = tmp_path_factory.mktemp("web") / "web.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTTO_ORIGINS", f"{HERE}, http://localhost:3000")
        patch.setenv("OTTO_PROXIES", "127.0.0.1")
        patch.setenv("OTTO_SECRET", "s" * 32)
        patch.setenv("OTTO_DATABASE", f"sqlite:///{database}")
        patch.setattr(web_service, "SharedLimit", lambda *_: SharedLimit(None, "", 10_000, 1))
        with serving("test-web-channel", WebChannel) as (app, port):
            yield Served(app, port, database)


@pytest.fixture
def agent(running: Served) -> Agent:
    return running.use(Agent("An answer."))


@pytest.fixture
def client(running: Served, agent: Agent) -> Client:
    return Client(running.port).begin()


def rows(served: Served, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with sqlite3.connect(served.database) as db:
        return db.execute(query, arguments).fetchall()


# Sessions.


def test_a_session_tells_its_token_and_what_a_widget_needs(client: Client) -> None:
    answer = client.call("POST", "/session")
    assert answer.content["expires_in"] == 24 * 3600
    assert answer.content["config"]["max_characters"] == MAX_CHARACTERS
    assert answer.content["token"] != client.token


def test_a_token_is_kept_nowhere(client: Client, running: Served) -> None:
    client.say("hello")
    kept = b"".join(path.read_bytes() for path in running.database.parent.iterdir())
    assert client.token
    assert client.token.encode() not in kept
    assert b"web:" not in kept


@pytest.mark.parametrize(
    "token",
    [None, "", "x" * 43, "é" * 43, "x" * 4000, "' OR 1=1 --"],
    ids=["none", "empty", "made up", "not ASCII", "long", "SQL"],
)
def test_a_forged_token_opens_nothing(client: Client, agent: Agent, token: str | None) -> None:
    client.token = token.encode().decode("latin-1") if token is not None else None
    for answer in (
        client.say("hello"),
        client.call("GET", "/history"),
        client.vote("x", "up"),
        client.call("DELETE", "/session"),
    ):
        assert (answer.status, answer.content["code"]) == (401, "no_session")
    assert agent.messages == []


def test_starting_over_ends_the_old_token_and_begins_a_new_conversation(
    client: Client, agent: Agent
) -> None:
    client.say("one")
    old = client.token
    client.begin()
    client.say("two")
    assert client.token != old
    first, second = agent.messages
    assert first.sender_id != second.sender_id
    assert [entry["text"] for entry in client.history()["entries"]] == ["two", "An answer."]
    client.token = old
    assert client.say("three").content["code"] == "no_session"


def test_a_session_that_was_not_used_for_a_day_has_ended(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + web_store.IDLE_SECONDS + 1
    monkeypatch.setattr(web_service.time, "time", lambda: later)
    assert client.say("hello").content["code"] == "no_session"


def test_a_session_in_use_goes_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for day in range(1, 4):
        monkeypatch.setattr(web_service.time, "time", lambda day=day: now + day * 80_000)
        assert client.say("hello").status == 200


def test_clearing_the_chat_leaves_no_word_of_it(client: Client, running: Served) -> None:
    client.say(SECRET_WORDS)
    assert SECRET_WORDS.encode() in b"".join(
        path.read_bytes() for path in running.database.parent.iterdir()
    )
    assert client.call("DELETE", "/session").status == 204
    assert client.call("GET", "/history").content["code"] == "no_session"
    for path in running.database.parent.iterdir():
        assert SECRET_WORDS.encode() not in path.read_bytes()


def test_clearing_one_chat_leaves_the_others(client: Client) -> None:
    other = Client(client.port).begin()
    other.say("mine")
    client.call("DELETE", "/session")
    assert len(other.history()["entries"]) == 2


# Messages.


def test_a_message_is_answered_and_numbered(client: Client) -> None:
    answer = client.say("What is OT?")
    (reply,) = answer.content["replies"]
    assert (answer.status, answer.content["seq"]) == (200, 2)
    assert (reply["text"], reply["outcome"], reply["seq"]) == ("An answer.", "answer", 2)


def test_a_reply_shows_its_sources_and_nothing_that_is_not_for_clients(
    client: Client, running: Served
) -> None:
    running.use(Agent(CITED))
    (reply,) = client.say("hi").content["replies"]
    assert reply["sources"] == [
        {
            "title": "Occupational Therapy",
            "publisher": "Cleveland Clinic",
            "section": "Overview",
            "review": "2024-02-27",
        }
    ]
    assert reply["copy_text"] == "All of it"
    assert "secret" not in reply


def test_a_tapped_choice_is_what_it_stands_for(client: Client, running: Served) -> None:
    agent = running.use(Agent(OFFER))
    (reply,) = client.say("hi").content["replies"]
    assert [choice["title"] for choice in reply["choices"]] == ["Pain", "Hands"]
    assert "I have pain" not in str(reply)
    client.choose(reply["choices"][0]["id"])
    assert agent.texts[-1] == "I have pain"
    assert client.history()["entries"][2]["text"] == "Pain"


@pytest.mark.parametrize("typed", ["2", "the second one", "last"])
def test_a_typed_number_is_what_it_stands_for(typed: str, client: Client, running: Served) -> None:
    agent = running.use(Agent(OFFER))
    client.say("hi")
    client.say(typed)
    assert agent.texts[-1] == "Using the hands"


def test_nobody_chooses_from_what_others_were_offered(client: Client, running: Served) -> None:
    agent = running.use(Agent(OFFER))
    (reply,) = client.say("hi").content["replies"]
    other = Client(client.port).begin()
    answer = other.choose(reply["choices"][0]["id"])
    assert (answer.status, answer.content["code"]) == (400, "unknown_choice")
    assert len(agent.messages) == 1


@pytest.mark.parametrize("choice", ["", ".", "x.0", "nothing", "x.²", "x.-1", "x.99"])
def test_a_choice_that_was_never_offered_is_refused(choice: str, client: Client) -> None:
    assert client.choose(choice).content["code"] == "unknown_choice"


def test_a_place_beyond_what_was_offered_is_refused(client: Client, running: Served) -> None:
    running.use(Agent(OFFER))
    (reply,) = client.say("hi").content["replies"]
    assert client.choose(f"{reply['id']}.2").content["code"] == "unknown_choice"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("/restart", "restart"),
        (' /faq{"a":1}', 'faq{"a":1}'),
        ("//x", "x"),
        ("\u200b/restart", "restart"),
        ("\ud800hello\x00", "hello"),
    ],
)
def test_a_command_is_text(text: str, heard: str, client: Client, agent: Agent) -> None:
    assert client.say(text).status == 200
    assert agent.texts == [heard]


def test_nothing_else_is_taken_from_the_client(client: Client, agent: Agent) -> None:
    extras = {
        "sender": "someone",
        "sender_id": "someone",
        "input_channel": "cmdline",
        "metadata": {"a": 1},
        "parse_data": {"intent": {"name": "emergency"}},
        "slots": {"city": "Tampa"},
    }
    body = {"client_id": str(uuid.uuid4()), "text": "hi"} | extras
    assert client.call("POST", "/messages", body).status == 200
    (got,) = agent.messages
    assert (got.metadata, got.input_channel, got.parse_data) == ({}, "web", None)
    assert got.sender_id.startswith("web:")
    assert "someone" not in got.sender_id


def test_visitors_have_conversations_of_their_own(client: Client, agent: Agent) -> None:
    other = Client(client.port).begin()
    for who in (client, other, client):
        who.say("hi")
    senders = [message.sender_id for message in agent.messages]
    assert senders[0] == senders[2] != senders[1]
    assert len(other.history()["entries"]) == 2


@pytest.mark.parametrize("text", ["", " ", "\u200b", "a " * MAX_CHARACTERS])
def test_what_cannot_be_read_is_answered_all_the_same(text: str, client: Client) -> None:
    assert all(client.say(text).texts)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"hello", b"{", b"\xff\xfe", b"[" * 4000, b"[]", b"null", b'"hi"'),
        {},
        {"text": "hi"},
        {"client_id": "1", "text": "hi"},
        {"client_id": 7, "text": "hi"},
        {"client_id": f"{uuid.UUID(int=1)}\n", "text": "hi"},
        {"client_id": str(uuid.UUID(int=1))},
        {"client_id": str(uuid.UUID(int=1)), "text": None},
        {"client_id": str(uuid.UUID(int=1)), "text": ["hi"]},
        {"client_id": str(uuid.UUID(int=1)), "choice_id": 1},
        {"client_id": str(uuid.UUID(int=1)), "choice_id": "x" * 65},
        {"client_id": str(uuid.UUID(int=1)), "text": "hi", "choice_id": "x"},
    ],
    ids=lambda body: repr(body)[:40],
)
def test_what_is_no_message_is_refused_in_words(body: Any, client: Client, agent: Agent) -> None:
    answer = client.call("POST", "/messages", body)
    assert (answer.status, answer.content["code"]) == (400, "bad_request")
    assert agent.messages == []


@pytest.mark.parametrize("size", [web.MAX_BODY, 200_000])
def test_a_body_that_is_too_long_is_refused(size: int, client: Client, agent: Agent) -> None:
    answer = client.say("a" * size)
    assert (answer.status, answer.content["code"]) == (413, "too_large")
    assert agent.messages == []


# Once, however often it is sent.


def test_a_message_that_comes_again_gets_the_same_answer(client: Client, agent: Agent) -> None:
    id_ = str(uuid.uuid4())
    first = client.say("hi", id_)
    again = client.say("hi", id_.upper())
    assert again.content == first.content
    assert len(agent.messages) == 1


def test_an_answer_that_was_lost_on_the_way_is_there_when_asked_again(
    client: Client, agent: Agent
) -> None:
    id_ = str(uuid.uuid4())
    agent.go.clear()
    body = f'{{"client_id": "{id_}", "text": "hi"}}'
    with socket.create_connection(("127.0.0.1", client.port)) as wire:
        wire.sendall(
            f"POST /webhooks/web/messages HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            f"Authorization: Bearer {client.token}\r\n\r\n{body}".encode()
        )
        until(lambda: agent.messages)
    time.sleep(0.1)
    agent.go.set()
    until(lambda: not client.history()["pending"])
    assert client.say("hi", id_).texts == ["An answer."]
    assert len(agent.messages) == 1


def test_a_message_that_is_being_answered_is_not_answered_twice(
    client: Client, agent: Agent
) -> None:
    id_ = str(uuid.uuid4())
    agent.go.clear()
    first = threading.Thread(target=client.say, args=("hi", id_))
    first.start()
    until(lambda: agent.messages)
    same, other = client.say("hi", id_), client.say("another")
    assert [(a.status, a.content["code"]) for a in (same, other)] == [
        (409, "in_flight"),
        (409, "busy"),
    ]
    assert same.headers["retry-after"] == "1"
    assert client.history()["pending"] is True
    agent.go.set()
    first.join()
    assert client.say("another").status == 200
    assert agent.texts == ["hi", "another"]


def test_of_many_at_once_one_is_answered(client: Client, agent: Agent) -> None:
    id_ = str(uuid.uuid4())
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.say("hi", id_).status))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 409}
    assert 200 in answers
    assert len(agent.messages) == 1
    assert len(client.history()["entries"]) == 2


def test_a_message_whose_server_died_is_answered_when_it_comes_again(
    client: Client, running: Served, agent: Agent
) -> None:
    id_ = str(uuid.uuid4())
    client.say("hi", id_)
    with sqlite3.connect(running.database) as db:
        db.execute("DELETE FROM web_replies WHERE turn IN (SELECT id FROM web_turns)")
        died = time.time() - web_store.STALE_SECONDS - 1
        db.execute("UPDATE web_turns SET pending = 1, at = ? WHERE client_id = ?", (died, id_))
    assert client.say("hi", id_).texts == ["An answer."]
    assert len(agent.messages) == 2


def until(what: Any) -> None:
    for _ in range(500):
        if what():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


# Streams.

STREAMED = {"Accept": "application/x-ndjson"}


def test_a_stream_begins_and_ends(client: Client, running: Served) -> None:
    running.use(Agent("One.", "Two."))
    answer = client.say("hi", **STREAMED)
    started, one, two, done = answer.content
    assert (started, done) == ({"started": True}, {"done": True})
    assert [line["reply"]["text"] for line in (one, two)] == ["One.", "Two."]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_stream_begins_before_there_is_an_answer(client: Client, agent: Agent) -> None:
    agent.go.clear()
    body = f'{{"client_id": "{uuid.uuid4()}", "text": "hi"}}'
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as wire:
        wire.sendall(
            f"POST /webhooks/web/messages HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            f"Accept: application/x-ndjson\r\nAuthorization: Bearer {client.token}\r\n\r\n"
            f"{body}".encode()
        )
        got = b""
        while b"started" not in got:
            got += wire.recv(4096)
        assert b"done" not in got
        agent.go.set()
        while b"done" not in got:
            got += wire.recv(4096)


def test_a_stream_in_which_rasa_breaks_ends_with_a_sentence(
    client: Client, running: Served
) -> None:
    running.use(Agent(error=RuntimeError("boom")))
    answer = client.say("hi", **STREAMED)
    assert "something went wrong" in answer.content[1]["reply"]["text"]
    assert answer.content[-1] == {"done": True}


def test_a_stream_in_which_all_breaks_ends_with_an_error(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError(SECRET_WORDS)

    monkeypatch.setattr(web_service.Service, "_contents", broken)
    answer = client.say("hi", **STREAMED)
    assert answer.content[0] == {"started": True}
    assert answer.content[-1]["error"]["code"] == "broken"
    assert answer.content[-1]["error"]["reference"]


def test_a_refused_stream_has_a_status(client: Client) -> None:
    client.token = None
    assert client.say("hi", **STREAMED).status == 401


# History and feedback.


def test_history_goes_on_after_what_is_known(client: Client, running: Served) -> None:
    running.use(Agent("One.", "Two."))
    client.say("hi")
    known = client.say("there").content["seq"]
    client.say("again")
    assert [e["text"] for e in client.history(known)["entries"]] == ["again", "One.", "Two."]
    assert [e["seq"] for e in client.history()["entries"]] == list(range(1, 10))
    assert client.history(9) == {"entries": [], "seq": 9, "more": False, "pending": False}


def test_a_long_history_comes_in_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_store, "PAGE", 3)
    for text in ("one", "two", "three"):
        client.say(text)
    texts, after, pages = [], 0, 0
    while True:
        page = client.history(after)
        texts += [entry["text"] for entry in page["entries"]]
        after, pages = page["seq"], pages + 1
        if not page["more"]:
            break
    assert texts == ["one", "An answer.", "two", "An answer.", "three", "An answer."]
    assert pages == 2


def test_history_has_the_names_that_the_client_gave(client: Client) -> None:
    id_ = str(uuid.uuid4())
    client.say("hi", id_)
    assert client.history()["entries"][0] == {
        "from": "visitor",
        "seq": 1,
        "client_id": id_,
        "text": "hi",
    }


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9999999999", "%C2%B2"])
def test_history_after_no_number_is_refused(after: str, client: Client) -> None:
    assert client.call("GET", f"/history?after={after}").content["code"] == "bad_request"


def feedback(client: Client) -> list[Any]:
    return [entry["feedback"] for entry in client.history()["entries"] if entry["from"] == "otto"]


def test_feedback_is_kept_changed_and_taken_back(client: Client) -> None:
    id_ = client.say("hi").content["replies"][0]["id"]
    for value, more in (("down", {"reason": "unclear"}), ("up", {}), (None, {})):
        assert client.vote(id_, value, **more).status == 204
        assert feedback(client) == [value]


def test_feedback_keeps_a_reason_as_long_as_it_stands(client: Client, running: Served) -> None:
    id_ = client.say("hi").content["replies"][0]["id"]
    client.vote(id_, "down", reason="wrong")
    query = "SELECT value, reason FROM web_replies WHERE id = ?"
    assert rows(running, query, id_) == [("down", "wrong")]
    client.vote(id_, None)
    assert rows(running, query, id_) == [(None, None)]


def test_nobody_votes_on_what_others_were_told(client: Client) -> None:
    id_ = client.say("hi").content["replies"][0]["id"]
    other = Client(client.port).begin()
    answer = other.vote(id_, "down")
    assert (answer.status, answer.content["code"]) == (404, "unknown_reply")
    assert feedback(client) == [None]


@pytest.mark.parametrize(
    "body",
    [
        {"reply_id": 7, "value": "up"},
        {"reply_id": "x" * 65, "value": "up"},
        {"reply_id": "x"},
        {"reply_id": "x", "value": "maybe"},
        {"reply_id": "x", "value": []},
        {"reply_id": "x", "value": "down", "reason": "my own words"},
        {"reply_id": "x", "value": "up", "reason": "wrong"},
        {"reply_id": "x", "value": None, "reason": "wrong"},
    ],
    ids=str,
)
def test_what_is_no_feedback_is_refused(body: Any, client: Client) -> None:
    assert client.call("POST", "/feedback", body).content["code"] == "bad_request"


# Who may ask, and how.


@pytest.mark.parametrize("origin", [HERE, "http://localhost:3000"])
def test_a_listed_website_may_use_the_chat(origin: str, client: Client) -> None:
    answer = client.say("hi", Origin=origin)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


def test_the_servers_own_pages_may_use_the_chat(client: Client) -> None:
    assert client.say("hi", Origin=f"http://127.0.0.1:{client.port}").status == 200


@pytest.mark.parametrize(
    "origin", [ELSEWHERE, "null", "http://clinic.example", f"{HERE}.evil.example", HERE + "/", "*"]
)
def test_a_foreign_website_may_do_nothing(origin: str, client: Client, agent: Agent) -> None:
    for method, path in (
        ("POST", "/session"),
        ("DELETE", "/session"),
        ("POST", "/messages"),
        ("GET", "/history"),
        ("POST", "/feedback"),
        ("GET", "/openapi.json"),
    ):
        answer = client.call(method, path, {}, Origin=origin)
        assert (answer.status, answer.content["code"]) == (403, "foreign_origin")
        assert "access-control-allow-origin" not in answer.headers
    assert agent.messages == []


def test_a_preflight_is_answered_exactly(client: Client) -> None:
    answer = client.call("OPTIONS", "/messages", Origin=HERE, Access_Control_Request_Method="POST")
    assert answer.status == 204
    found = {k: v for k, v in answer.headers.items() if k.startswith("access-control-")}
    assert found == {
        "access-control-allow-origin": HERE,
        "access-control-allow-methods": "POST, OPTIONS",
        "access-control-allow-headers": "Authorization, Content-Type",
        "access-control-expose-headers": "Retry-After",
        "access-control-max-age": "600",
    }


def test_a_foreign_preflight_is_refused(client: Client) -> None:
    answer = client.call(
        "OPTIONS", "/messages", Origin=ELSEWHERE, Access_Control_Request_Method="POST"
    )
    assert answer.status == 403
    assert not any(name.startswith("access-control-") for name in answer.headers)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_address_says_what_it_takes(method: str, client: Client) -> None:
    answer = client.call(method, "/messages")
    assert (answer.status, answer.content["code"]) == (405, "wrong_method")
    assert answer.headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/nothing", "/messages/more", "/history/messages"])
def test_what_is_not_there_is_a_problem_too(method: str, path: str, client: Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=10)
    connection.request(method, f"/webhooks/web{path}")
    answer = connection.getresponse()
    type_, body = answer.getheader("content-type"), answer.read()
    connection.close()
    assert (answer.status, type_) == (404, "application/problem+json")
    assert json.loads(body)["code"] == "unknown_address"


def test_a_slash_at_the_end_makes_no_difference(client: Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=10)
    connection.request("POST", "/webhooks/web/session/")
    assert connection.getresponse().status == 201
    connection.close()


def test_an_error_of_ours_is_a_sentence_with_a_reference(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise LookupError(SECRET_WORDS)

    monkeypatch.setattr(web_service.Sessions, "key", broken)
    for answer in (client.say("hi"), client.call("GET", "/history")):
        assert (answer.status, answer.content["code"]) == (500, "broken")
        assert f"reference {answer.content['reference']}: LookupError" in caplog.text
    assert SECRET_WORDS not in caplog.text


# Limits. Each has an app of its own, because limits are the server's.


@pytest.fixture
def limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("OTTO_SECRET", "s" * 32)
    monkeypatch.setenv("OTTO_PROXIES", "127.0.0.1")
    monkeypatch.setenv("OTTO_DATABASE", f"sqlite:///{tmp_path / 'web.db'}")
    monkeypatch.setattr(web_service, "SharedLimit", lambda *_: SharedLimit(None, "", 2, 60))
    with serving(f"test-limits-{uuid.uuid4().hex}", WebChannel) as (app, port):
        served = Served(app, port, tmp_path / "web.db")
        served.use(Agent("An answer."))
        yield served


def test_a_session_may_not_say_too_much_at_once(limited: Served) -> None:
    client = Client(limited.port).begin()
    answers = [client.say("hi", X_Forwarded_For=f"192.0.2.{i}") for i in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 31


def test_what_is_refused_is_counted_as_that_and_not_as_a_turn(
    limited: Served, counted: Counted
) -> None:
    client = Client(limited.port).begin()
    for i in range(3):
        client.say("hi", X_Forwarded_For=f"192.0.2.{i}")
    assert counted("otto_refused_total", channel="web") == 1
    assert counted("otto_turn_seconds_count", channel="web") == 2


def test_an_emergency_that_was_refused_is_counted_as_one(limited: Served, counted: Counted) -> None:
    client = Client(limited.port).begin()
    for _ in range(4):
        client.say(EMERGENCY)
    assert counted("otto_emergencies_total", channel="web", level="interrupt") == 4
    assert counted("otto_turns_failed_total", channel="web", kind="silence") == 0


def test_an_address_may_not_ask_too_much_at_once(limited: Served) -> None:
    client = Client(limited.port).begin()
    statuses = [client.call("GET", "/history").status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert client.call("GET", "/history", X_Forwarded_For="192.0.2.7").status == 200


def test_an_address_may_not_begin_too_many_sessions(limited: Served) -> None:
    statuses = [Client(limited.port).call("POST", "/session").status for _ in range(3)]
    assert statuses == [201, 201, 429]


@pytest.mark.parametrize("stream", [{}, STREAMED], ids=["at once", "stream"])
def test_an_emergency_is_answered_beyond_all_limits(
    limited: Served, stream: dict[str, str]
) -> None:
    client = Client(limited.port).begin()
    for _ in range(4):
        answer = client.say(EMERGENCY, **stream)
        assert answer.status == 200
        assert "911" in str(answer.content)


# What is broken.


@pytest.mark.parametrize(
    "agent", [Agent(error=RuntimeError(SECRET_WORDS)), Agent()], ids=["error", "silence"]
)
def test_an_error_behind_is_a_sentence_with_a_reference_that_the_log_has(
    agent: Agent, running: Served, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    running.use(agent)
    with caplog.at_level(logging.DEBUG):
        (reply,) = client.say(SECRET_WORDS).content["replies"]
    assert "something went wrong on my side" in reply["text"]
    assert reply["reference"] in reply["text"]
    assert f"reference {reply['reference']}" in caplog.text
    assert ("RuntimeError" in caplog.text) is bool(agent.error)
    for private in (SECRET_WORDS, str(client.token), "web:"):
        assert private not in caplog.text


def test_rasa_that_never_answers_is_not_waited_for(
    running: Served, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_service, "TURN_SECONDS", 0.05)
    agent = running.use(Agent("An answer."))
    agent.go.clear()
    (reply,) = client.say("hi").content["replies"]
    assert reply["reference"] in reply["text"]


def test_a_broken_log_is_a_sentence_with_a_reference(
    client: Client, running: Served, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def broken(*_: Any) -> Any:
        raise sqlite3.OperationalError(SECRET_WORDS)

    monkeypatch.setattr(database.Database, "begin", broken)
    for answer in (
        client.say(SECRET_WORDS),
        client.call("POST", "/session"),
        client.call("GET", "/history"),
        client.vote("x", "up"),
        client.call("DELETE", "/session"),
    ):
        assert (answer.status, answer.content["code"]) == (503, "unavailable")
        assert answer.content["reference"] in answer.content["detail"]
        assert f"reference {answer.content['reference']}: OperationalError" in caplog.text
    assert SECRET_WORDS not in caplog.text


def test_an_answer_that_could_not_be_kept_is_given_all_the_same(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise sqlite3.OperationalError

    monkeypatch.setattr(web_store.Store, "finish", broken)
    (reply,) = client.say("hi").content["replies"]
    assert (reply["text"], reply["id"], reply["seq"]) == ("An answer.", None, None)


@pytest.mark.parametrize("stream", [{}, STREAMED], ids=["at once", "stream"])
@pytest.mark.parametrize("broken", ["log", "rasa", "token", "busy"])
def test_an_emergency_is_answered_whatever_is_broken(
    broken: str,
    stream: dict[str, str],
    client: Client,
    running: Served,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> Any:
        raise sqlite3.OperationalError

    agent = running.use(Agent(error=RuntimeError() if broken == "rasa" else None))
    if broken == "log":
        monkeypatch.setattr(database.Database, "begin", fail)
    elif broken == "token":
        client.token = None
    elif broken == "busy":
        agent.go.clear()
        other = threading.Thread(target=client.say, args=("hi",))
        other.start()
        until(lambda: agent.messages)
    answer = client.say(EMERGENCY, **stream)
    agent.go.set()
    assert answer.status == 200
    assert "911" in str(answer.content)
    assert "reference" not in str(answer.content)


# The description.


def test_the_description_is_served(client: Client) -> None:
    client.token = None
    assert client.call("GET", "/openapi.json").content == web.openapi()


def test_the_description_has_exactly_what_is_served() -> None:
    served = web.Endpoints(None, None)._resources  # type: ignore[arg-type]
    described = {
        path: {method.upper() for method in methods}
        for path, methods in web.openapi()["paths"].items()
    }
    assert described == {f"/{path}": set(handlers) for path, handlers in served.items()}


def test_the_description_has_every_code_of_a_problem() -> None:
    assert web.openapi()["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == list(
        TITLES
    )


def test_the_description_takes_the_feedback_that_is_taken() -> None:
    described = web.openapi()["components"]["schemas"]["Feedback"]["properties"]
    assert tuple(described["value"]["enum"]) == web.VALUES
    assert tuple(described["reason"]["enum"]) == web.REASONS


@pytest.mark.parametrize("body", [{"client_id": str(uuid.UUID(int=1)), "text": "hi"}])
def test_the_description_takes_a_message(body: Any) -> None:
    validate(body, {"$ref": "#/components/schemas/Message"})


# What the channel keeps by itself.


def test_without_settings_it_keeps_its_secret_and_log_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    monkeypatch.setattr(web, "STATE", state)
    with serving("test-state", WebChannel) as (app, port):
        app.ctx.agent = Agent("An answer.")
        assert Client(port).begin().say("hi").texts == ["An answer."]
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert {"web.db", "web_secret"} <= {path.name for path in state.iterdir()}


def test_what_is_cleared_is_cleared_in_rasas_tracker_too(client: Client, agent: Agent) -> None:
    client.say("hello")
    (sender,) = {message.sender_id for message in agent.messages}
    agent.tracker_store.store = {sender: "what was said", "web:another": "kept"}
    assert client.call("DELETE", "/session").status == 204
    assert agent.tracker_store.store == {"web:another": "kept"}


@pytest.mark.parametrize("ends", [True, False])
def test_a_turn_under_way_is_waited_for_before_its_chat_is_cleared_but_not_for_long(
    client: Client, agent: Agent, ends: bool
) -> None:
    events: list[str] = []

    class Locks:
        @asynccontextmanager
        async def lock(self, sender: str, lock_lifetime: float) -> AsyncIterator[None]:
            events.append(f"waited for {sender}")
            if not ends:
                raise LockError
            yield

    class Trackers:
        async def forget(self, sender: str) -> None:
            events.append(f"forgot {sender}")

    client.say("hello")
    (sender,) = {message.sender_id for message in agent.messages}
    agent.lock_store, agent.tracker_store = Locks(), Trackers()
    assert client.call("DELETE", "/session").status == 204
    assert events == [f"waited for {sender}", f"forgot {sender}"]


def test_a_chat_is_not_cleared_by_half(client: Client, agent: Agent) -> None:
    class Broken:
        async def forget(self, sender_id: str) -> None:
            raise OutOfOrderError("out of order")

    client.say("hello")
    agent.tracker_store = Broken()
    assert client.call("DELETE", "/session").status == 503
    assert len(client.history()["entries"]) == 2


def test_what_was_kept_for_long_enough_is_forgotten_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'web.db'}"
    monkeypatch.setenv("OTTO_SECRET", "s" * 32)
    monkeypatch.setenv("OTTO_DATABASE", url)
    store = web_store.Store(url)
    now = time.time()
    for key, age in (("old", 31), ("new", 29)):
        at = now - age * DAY
        store.open(key, at)
        store.finish(store.claim(key, "1", "hi", "", at), [{"text": "Yes.", "choices": []}])
    with serving("test-purge", WebChannel) as (app, port):
        served = Served(app, port, tmp_path / "web.db")
        until(lambda: rows(served, "SELECT session FROM web_turns") == [("new",)])
        assert rows(served, "SELECT session FROM web_replies") == [("new",)]
