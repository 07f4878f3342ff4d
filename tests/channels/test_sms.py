"""The text line over HTTP, as Twilio calls it."""

import http.client
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sanic import Sanic

from bot import sms_texts
from bot.channels import sms, sms_store
from bot.channels.site import SiteChannel
from bot.channels.sms import MAX_BODY, SmsChannel
from bot.settings import Clinic
from tests.channels.sms import NUMBER, PATH, SETTINGS, Twilio
from tests.channels.web import EMERGENCY, Agent, serving

INTRODUCTION = sms_texts.introduction(Clinic())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sanic, int]]:
    database = tmp_path_factory.mktemp("sms") / "sms.db"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        patch.setenv("OTTO_SECRET", "s" * 32)
        patch.setenv("OTTO_DATABASE", f"sqlite:///{database}")
        with serving("test-sms-channel", SmsChannel) as running:
            yield running


@pytest.fixture
def agent(served: tuple[Sanic, int]) -> Agent:
    found = Agent("An answer.")
    served[0].ctx.agent = found
    return found


@pytest.fixture
def twilio(served: tuple[Sanic, int], agent: Agent, request: pytest.FixtureRequest) -> Twilio:
    # A number for each test, so that none is a stranger's second message.
    return Twilio(served[1], f"+1555{abs(hash(request.node.nodeid)) % 10**7:07d}")


def test_a_message_gets_its_answer_in_the_response(twilio: Twilio) -> None:
    assert twilio.say("How long is it?") == [INTRODUCTION, "An answer."]


def test_the_answer_is_twiml_and_kept_by_nobody(twilio: Twilio) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", twilio.port)
    connection.request("GET", PATH)
    assert connection.getresponse().status == 405
    connection.close()
    status, body = twilio.deliver("Hi")
    assert status == 200
    assert body.startswith('<?xml version="1.0" encoding="UTF-8"?><Response><Message>')


def test_other_letters_arrive_and_go_out_as_they_are(twilio: Twilio, agent: Agent) -> None:
    agent.answers = ("¿Cuánto? 👍 <b>",)
    assert twilio.say("¿Qué & cómo = 100%? ñ +")[1:] == ["¿Cuánto? 👍 <b>"]
    assert agent.texts == ["¿Qué & cómo = 100%? ñ +"]


def test_a_forged_message_is_refused_without_a_word(twilio: Twilio, agent: Agent) -> None:
    assert twilio.post(b"MessageSid=SM1&From=%2B1555&Body=Hi", "forged") == (403, "")
    assert twilio.post(b"MessageSid=SM1&From=%2B1555&Body=Hi", "") == (403, "")
    assert agent.messages == []


def test_a_body_without_end_is_refused(twilio: Twilio) -> None:
    assert twilio.post(b"Body=" + b"a" * MAX_BODY, "forged") == (413, "")


def test_fifty_deliveries_at_once_are_one_turn_and_one_reply(twilio: Twilio, agent: Agent) -> None:
    agent.go.clear()
    replies: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: replies.append(twilio.say("How long?", sid="SMfifty")))
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    while not agent.messages:
        time.sleep(0.01)
    agent.go.set()
    for thread in threads:
        thread.join()
    assert replies == [[INTRODUCTION, "An answer."]] * 50
    assert agent.texts == ["How long?"]


def test_an_emergency_is_answered_with_rasa_broken(twilio: Twilio, agent: Agent) -> None:
    agent.error = RuntimeError("out of order")
    (advice,) = twilio.say(EMERGENCY)
    assert "Call 911 now" in advice


def test_a_photo_and_a_stop_are_told_by_their_fields(twilio: Twilio, agent: Agent) -> None:
    twilio.say("Hi")
    assert twilio.say("", NumMedia="1", MediaUrl0="https://api.example/1") == [sms_texts.PHOTO]
    assert twilio.say("PARAR", OptOutType="STOP") == []
    assert twilio.say("Hi") == []


def test_who_wants_to_be_forgotten_is_forgotten_by_rasa_too(twilio: Twilio, agent: Agent) -> None:
    twilio.say("How long is it?")
    sender = agent.messages[0].sender_id
    agent.tracker_store.store[sender] = agent.tracker_store.store["sms:another"] = "said"
    assert twilio.say("forget me") == [sms_texts.FORGOTTEN]
    assert list(agent.tracker_store.store) == ["sms:another"]


def test_a_stop_that_cannot_be_kept_is_told_to_twilio(
    twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise OSError

    monkeypatch.setattr(sms_store.Store, "claim", broken)
    assert twilio.deliver("STOP") == (503, "")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_token_there_is_no_text_line(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    monkeypatch.setattr(sms, "STATE", state)
    with serving(f"test-no-sms-{method.lower()}", SiteChannel, SmsChannel) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request(method, PATH)
        assert connection.getresponse().status == 404
        connection.close()
    assert not state.exists()


def test_without_more_settings_it_keeps_its_memory_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    monkeypatch.setattr(sms, "STATE", state)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    with serving("test-sms-state", SmsChannel) as (app, port):
        app.ctx.agent = Agent("An answer.")
        assert Twilio(port).say("Hi")[1:] == ["An answer."]
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    kept = b"".join(path.read_bytes() for path in state.iterdir())
    assert NUMBER.encode() not in kept
