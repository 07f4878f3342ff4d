"""The REST channel over a real socket: odd requests are refused in words, the rest is answered."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from bot.channels.rest import MAX_BODY, RestChannel
from bot.channels.site import SiteChannel
from tests.channels.web import serving

Post = Callable[[Any], tuple[int, Any]]

EMERGENCY = "he can't breathe and his lips are blue"


class Agent:
    """Stands in for Rasa's agent: keeps what it is told, and answers or fails as asked."""

    def __init__(self, *answers: str, error: Exception | None = None) -> None:
        self.answers = answers
        self.error = error
        self.messages: list[UserMessage] = []

    async def handle_message(self, message: UserMessage) -> None:
        self.messages.append(message)
        for answer in self.answers:
            await message.output_channel.send_response(message.sender_id, {"text": answer})
        if self.error:
            raise self.error


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sanic, str]]:
    """The channel in an app of its own on a port of the system's, and its address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTTO_REST", "on")
        with serving("test-rest-channel", RestChannel) as (app, port):
            yield app, f"http://127.0.0.1:{port}/webhooks/rest"


@pytest.fixture
def post(served: tuple[Sanic, str], agent: Agent) -> Post:
    """Post a body, bytes as they are and all else as JSON; returns status and content."""
    app, address = served
    app.ctx.agent = agent

    def send(body: Any) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return fetch(urllib.request.Request(f"{address}/webhook", data=data))

    return send


def fetch(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture
def agent() -> Agent:
    return Agent("An answer.")


def test_a_message_is_answered(post: Post) -> None:
    status, answers = post({"sender": "me", "message": "What is OT?"})
    assert (status, [answer["text"] for answer in answers]) == (200, ["An answer."])


@pytest.mark.parametrize("path", ["/", "/webhook"])
def test_it_is_not_there_unless_asked_for(path: str) -> None:
    with serving(f"test-no-rest{path.replace('/', '-')}", SiteChannel, RestChannel) as (_, port):
        address = f"http://127.0.0.1:{port}/webhooks/rest{path}"
        body = json.dumps({"sender": "me", "message": "What is OT?"}).encode()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(urllib.request.Request(address, body))


@pytest.mark.parametrize(
    "sender",
    [
        {},
        {"sender": None},
        {"sender": 7},
        {"sender": ""},
        {"sender": " "},
        {"sender": "a b"},
        {"sender": "a\n"},
        {"sender": "x" * 129},
        {"sender": ["me"]},
        {"sender": "mé"},
    ],
    ids=str,
)
def test_a_request_without_a_proper_sender_is_told_what_one_is(
    sender: dict[str, Any], post: Post
) -> None:
    status, content = post({"message": "What is OT?"} | sender)
    assert status == 400
    assert "“sender” must be" in content["error"]


@pytest.mark.parametrize("sender", ["me", "x" * 128, "a.b:c@d+e-f_1"])
def test_a_proper_sender_is_taken(sender: str, post: Post) -> None:
    status, _ = post({"sender": sender, "message": "What is OT?"})
    assert status == 200


@pytest.mark.parametrize(
    "message",
    [{}, *({"message": value} for value in (None, 7, True, ["What is OT?"], {"text": "hi"}))],
    ids=str,
)
def test_a_message_that_is_no_text_is_refused(message: dict[str, Any], post: Post) -> None:
    status, content = post({"sender": "me"} | message)
    assert status == 400
    assert "“message” must be a text" in content["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b'{"sender": "me"',
        b"\xff\xfe",
        b"[" * 4000,
        b'[{"sender": "me", "message": "hi"}]',
        b'"hi"',
        b"null",
        b"7",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_is_no_json_object_is_told_what_to_send(body: bytes, post: Post) -> None:
    status, content = post(body)
    assert status == 400
    assert "Send a JSON object such as" in content["error"]


def test_a_body_that_is_too_long_is_refused(post: Post) -> None:
    status, content = post({"sender": "me", "message": "a" * MAX_BODY})
    assert status == 413
    assert f"at most {MAX_BODY} bytes" in content["error"]


@pytest.mark.parametrize("body", [b"hello", {"message": "hi"}, {"sender": "me"}])
def test_a_refused_request_never_reaches_rasa(body: Any, post: Post, agent: Agent) -> None:
    post(body)
    assert agent.messages == []


def test_an_empty_message_is_answered(post: Post) -> None:
    status, (only,) = post({"sender": "me", "message": ""})
    assert status == 200
    assert "empty message" in only["text"]


def test_a_leading_slash_is_text(post: Post, agent: Agent) -> None:
    post({"sender": "me", "message": "/restart"})
    assert [message.text for message in agent.messages] == ["restart"]


@pytest.mark.parametrize("typed", ["1 and 2", "1, 2", "first and last"])
def test_typed_numbers_are_the_choices_that_were_offered(
    typed: str, served: tuple[Sanic, str], post: Post
) -> None:
    class Offering(Agent):
        async def handle_message(self, message: UserMessage) -> None:
            self.messages.append(message)
            buttons = [{"title": name, "payload": name} for name in ("Pain", "Using the hands")]
            offer = {"text": "Well?", "buttons": buttons}
            await message.output_channel.send_response(message.sender_id, offer)

    served[0].ctx.agent = offering = Offering()
    for text in ("hi", typed):
        post({"sender": "me", "message": text})
    assert offering.messages[-1].text == "Pain and Using the hands"


def test_nothing_else_is_taken_from_the_client(post: Post, agent: Agent) -> None:
    extras = {
        "metadata": {"outcome": "answer"},
        "input_channel": "cmdline",
        "stream": True,
        "parse_data": {"intent": {"name": "emergency"}},
    }
    post({"sender": "me", "message": "What is OT?"} | extras)
    (got,) = agent.messages
    assert (got.metadata, got.input_channel, got.parse_data) == ({}, "web", None)


def test_a_sender_is_kept_apart_from_those_of_other_channels(post: Post, agent: Agent) -> None:
    post({"sender": "web:me", "message": "What is OT?"})
    assert [message.sender_id for message in agent.messages] == ["rest:web:me"]


@pytest.mark.parametrize(
    "agent", [Agent(error=RuntimeError("dead")), Agent()], ids=["raises", "says nothing"]
)
def test_a_turn_without_an_answer_still_gets_one(post: Post) -> None:
    status, (only,) = post({"sender": "me", "message": "What is OT?"})
    assert status == 200
    assert "something went wrong on my side" in only["text"]


@pytest.mark.parametrize("agent", [Agent(error=RuntimeError("dead"))], ids=["raises"])
def test_an_emergency_is_answered_with_rasa_dead(post: Post) -> None:
    status, (only,) = post({"sender": "me", "message": EMERGENCY})
    assert (status, only["metadata"]["outcome"]) == (200, "emergency")
