"""The text line with Otto running for real: both servers, the model, and its memory on disk."""

import http.client
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import sms_texts
from bot.settings import Clinic
from bot.sms import segments
from bot.training import model_path, train
from tests.channels.sms import SETTINGS, Twilio
from tests.channels.web import EMERGENCY
from tests.databases import rows
from tests.running import Running

CLINIC = Clinic("Riverside OT", "555-0100")
INTRODUCTION = sms_texts.introduction(CLINIC)
NAME = "Zebulon Quickwater"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sms")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    if not model_path().exists():
        train()
    server = Running(
        folder / "log.txt",
        OTTO_CLINIC_NAME="Riverside OT",
        OTTO_CLINIC_PHONE="555-0100",
        **SETTINGS,
    )
    yield server
    server.stop()


@pytest.fixture
def phone(running: Running, request: pytest.FixtureRequest) -> Twilio:
    number = sum(map(ord, request.node.name)) % 10_000
    return Twilio(running.port, f"+1555555{number:04d}")


def test_a_recommendation_wholly_by_text_message(phone: Twilio) -> None:
    introduction, asked = phone.say("do we need OT or PT?")
    assert introduction == INTRODUCTION
    assert "1. A child\n2. An adult\n3. An older adult" in asked
    (conditions,) = phone.say("3")
    assert "1. A stroke" in conditions
    (page,) = phone.say("the first one")
    pages = [page]
    while pages[-1].endswith(sms_texts.MORE_TAIL):
        pages += phone.say("MORE")
    assert all(segments(each) <= 2 for each in pages)
    assert "call 911" in pages[0]
    whole = " ".join(pages)
    for said in ("OT and PT may both fit", "an older adult, a stroke", "Ask your physician"):
        assert said in whole
    (asked,) = phone.say("1")
    assert "city" in asked.lower()


def test_a_lookup_wholly_by_text_message(phone: Twilio) -> None:
    _, asked = phone.say("anyone in Kingston?")
    assert "1. Kingston, New York\n2. Kingston, Pennsylvania" in asked
    (found,) = phone.say("second")
    assert found.startswith("Yes, Kingston, Pennsylvania is in our directory.")
    assert segments(found) <= 2


def test_who_wants_no_more_texts_gets_none_until_a_start(phone: Twilio) -> None:
    (*_, answer) = phone.say("How long is an OT session?")
    assert "30 to 60 minutes" in answer
    (confirmed,) = phone.say("hey stop texting me ok")
    assert "no more texts" in confirmed
    assert phone.say("How long is an OT session?") == []
    assert phone.say("START") == []
    assert "30 to 60 minutes" in phone.say("How long is an OT session?")[-1]


def test_who_wants_to_be_forgotten_leaves_one_confirmation_behind(
    phone: Twilio, running: Running
) -> None:
    def kept() -> list[int]:
        tables = ("conversation_turns", "sms_messages", "sms_numbers")
        return [len(rows(running.database, f"SELECT * FROM {table}")) for table in tables]

    before = kept()
    phone.say("do we need OT or PT?")
    phone.say("an older adult")
    assert kept() == [before[0] + 2, before[1] + 2, before[2] + 1]
    (told,) = phone.say("please erase what I told you")
    assert "just these words: delete my messages" in told
    assert kept()[0] == before[0] + 3
    assert phone.say("delete my messages") == [sms_texts.FORGOTTEN]
    assert kept() == [before[0], before[1] + 1, before[2]]


def test_fifty_deliveries_of_one_message_are_one_turn(phone: Twilio) -> None:
    phone.say("do we need OT or PT?")
    replies: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: replies.append(phone.say("2", sid="SMfifty")))
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({tuple(reply) for reply in replies}) == 1
    assert "condition" in replies[0][0]
    # Had Rasa heard it twice, the form would be further on.
    assert "hardest" in phone.say("none of these")[0]


def test_a_command_is_no_more_than_its_words(phone: Twilio) -> None:
    assert phone.say("/restart")[-1] == phone.say("restart")[-1]


def test_an_emergency_is_answered_after_a_stop(phone: Twilio) -> None:
    phone.say("STOP")
    (advice,) = phone.say(EMERGENCY)
    assert advice.startswith("Call 911 now.")


def test_a_message_that_nobody_signed_is_refused(phone: Twilio) -> None:
    assert phone.post(b"MessageSid=SM1&From=%2B15555550123&Body=Hi", "forged") == (403, "")


@pytest.mark.parametrize("path", ["/sms", "/sms/phone.js"])
def test_the_page_that_is_a_phone_is_not_there_unless_asked_for(path: str, phone: Twilio) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", phone.port)
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()


def test_a_number_is_kept_nowhere_and_what_was_written_only_with_the_conversation(
    phone: Twilio, folder: Path
) -> None:
    phone.say(f"my name is {NAME} and I live in Hoboken")
    phone.say(f"{NAME}: {EMERGENCY}")
    numbers = f"+1555555 {phone.number} {phone.number[2:]} 555555".split()
    for path in folder.iterdir():
        kept = path.read_bytes()
        assert [n for n in numbers if n.encode() in kept] == [], path.name
    with sqlite3.connect(folder / "log.db") as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master")]
        own = [name for name in tables if name in ("sms_messages", "sms_numbers")]
        written = [row for name in own for row in db.execute(f"SELECT * FROM {name}")]
    log = (folder / "log.txt").read_text()
    assert len(own) == 2
    assert "Quickwater" not in f"{written}{log}"
    assert [word for word in ("30 to 60", "Kingston", "sms:", "lips are blue") if word in log] == []
