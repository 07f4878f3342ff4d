"""What the text line does with a message, whoever carries it."""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from bot import sms_texts
from bot.age import DAY
from bot.channels import sms_service
from bot.channels.database import Database
from bot.channels.sms_service import Incoming, NotKept, Service
from bot.channels.sms_store import SESSION_SECONDS, STRANGER_SECONDS, Store
from bot.channels.turn import EMPTY
from bot.channels.web_session import Sessions
from bot.conversations import OutOfOrderError
from bot.settings import Clinic
from bot.shared import Shared
from bot.sms import segments
from bot.sms_keywords import CARRIER, Keyword
from tests.channels.web import EMERGENCY, Agent
from tests.conftest import Counted
from tests.databases import rows
from tests.redis_server import RedisServer

NUMBER = "+15555550123"
INTRODUCTION = sms_texts.introduction(Clinic())
CHOICES = {
    "text": "Who is it for?",
    "buttons": [{"title": "A child", "payload": "My child"}, {"title": "Me", "payload": "Myself"}],
}
LONG = " ".join(f"word{number}" for number in range(120))
OPT_OUT = {"text": "No more texts.", "metadata": {"outcome": "small_talk", "opt_out": True}}


class Line:
    """The text line with a stand-in for Rasa, and time that passes as it is told to."""

    def __init__(self, folder: Path, agent: Agent, answers_keywords: bool = False) -> None:
        self.agent = agent
        self.now = 1_000_000_000.0
        self.count = 0
        self.keeps = False
        self.forgotten: list[str] = []
        self.file = folder / "sms.db"
        self.store = Store(f"sqlite:///{self.file}")
        self.start(answers_keywords)

    def start(self, answers_keywords: bool = False) -> None:
        """Start the server anew, with the database as it is."""
        self.service = Service(
            self.agent.handle_message,
            self.forget,
            self.store,
            Sessions("s" * 32),
            answers_keywords,
            lambda: self.now,
        )

    async def forget(self, sender_id: str) -> None:
        """Delete a conversation in Rasa, or fail to."""
        if self.keeps:
            raise OutOfOrderError
        self.forgotten.append(sender_id)

    def incoming(self, text: str, **more: Any) -> Incoming:
        self.count += 1
        return Incoming(**({"id": f"SM{self.count}", "number": NUMBER, "text": text} | more))

    def hear(self, text: str, **more: Any) -> list[str]:
        """Send a message, half a minute after the last one, and return what comes back."""
        self.now += 30
        return self.receive(self.incoming(text, **more))

    def receive(self, *messages: Incoming) -> Any:
        async def all_of_them() -> list[list[str]]:
            answers = await asyncio.gather(*map(self.service.receive, messages))
            await asyncio.gather(*self.service._running)
            return answers

        answers = asyncio.run(all_of_them())
        return answers if len(messages) > 1 else answers[0]


Start = Callable[..., Line]


@pytest.fixture
def line(tmp_path: Path) -> Start:
    """Start a line whose Rasa says something."""

    def start(*answers: Any, answers_keywords: bool = False, greeted: bool = True) -> Line:
        found = Line(tmp_path, Agent(*answers or ("An answer.",)), answers_keywords)
        if greeted:
            found.hear("hello")
            found.agent.messages.clear()
        return found

    return start


def break_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Database) -> None:
        raise OSError("the disk holding +15555550123 is gone")

    monkeypatch.setattr(Database, "begin", broken)


# Who is there.


def test_a_new_number_hears_who_otto_is_and_gets_its_answer(line: Start) -> None:
    texting = line(greeted=False)
    assert texting.hear("How long is it?") == [INTRODUCTION, "An answer."]
    assert texting.hear("And then?") == ["An answer."]


def test_after_a_week_of_silence_it_is_said_again(line: Start) -> None:
    texting = line()
    texting.now += STRANGER_SECONDS - 60
    assert texting.hear("Hi") == ["An answer."]
    texting.now += STRANGER_SECONDS
    assert texting.hear("Hi") == [INTRODUCTION, "An answer."]


def test_rasa_never_learns_the_number(line: Start) -> None:
    texting = line()
    texting.hear("How long is it?")
    (message,) = texting.agent.messages
    assert message.sender_id.startswith("sms:")
    assert "5555550123" not in message.sender_id


def test_two_numbers_are_two_conversations(line: Start) -> None:
    texting = line()
    texting.hear("Hi")
    texting.hear("Hi", number="+15555550124")
    one, other = texting.agent.messages
    assert one.sender_id != other.sender_id


# Choices and pages.


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("1", "My child"), ("2.", "Myself"), ("one", "My child"), ("the second one", "Myself")),
        *(("#1", "My child"), ("1 and 2", "My child and Myself"), ("3", "3"), ("me", "me")),
    ],
)
def test_a_number_stands_for_its_choice(typed: str, meant: str, line: Start) -> None:
    texting = line(CHOICES)
    texting.hear(typed)
    assert texting.agent.texts == [meant]


def test_choices_outlive_the_server_but_not_the_session(line: Start) -> None:
    texting = line(CHOICES)
    texting.start()
    texting.now += SESSION_SECONDS - 60
    texting.hear("1")
    texting.now += SESSION_SECONDS
    texting.hear("1")
    assert texting.agent.texts == ["My child", "1"]


def test_a_long_answer_is_read_page_by_page(line: Start) -> None:
    texting = line(LONG)
    pages = texting.hear("Tell me all")
    while pages[-1].endswith(sms_texts.MORE_TAIL):
        pages += texting.hear("MORE")
    assert len(pages) > 2
    assert all(segments(page) <= 2 for page in pages)
    assert " ".join(page.removesuffix(sms_texts.MORE_TAIL) for page in pages) == LONG
    assert texting.agent.texts == ["Tell me all"]


def test_another_answer_takes_the_place_of_the_rest(line: Start) -> None:
    texting = line(LONG)
    texting.hear("Tell me all")
    texting.agent.answers = ("Short.",)
    texting.hear("Hi")
    assert texting.hear("more") == ["Short."]
    assert texting.agent.texts[-1] == "more"


def test_the_rest_is_gone_after_half_an_hour(line: Start) -> None:
    texting = line(LONG)
    texting.hear("Tell me all")
    texting.now += SESSION_SECONDS
    assert texting.hear("MORE") == [sms_texts.GONE]


def test_more_keeps_the_choices(line: Start) -> None:
    texting = line({**CHOICES, "text": LONG})
    texting.hear("Tell me all")
    texting.hear("MORE")
    texting.hear("1")
    assert texting.agent.texts[-1] == "My child"


# What cannot be read.


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"text": "", "files": 1}, sms_texts.PHOTO),
        ({"text": "  ", "files": 3}, sms_texts.PHOTO),
        ({"text": "", "location": True}, sms_texts.LOCATION),
        ({"text": ""}, EMPTY),
        ({"text": " \n"}, EMPTY),
        ({"text": "👍"}, sms_texts.NO_WORDS),
        ({"text": "❤️❤️"}, sms_texts.NO_WORDS),
        ({"text": "?!"}, sms_texts.NO_WORDS),
        ({"text": "_"}, sms_texts.NO_WORDS),
    ],
)
def test_what_holds_no_words_gets_a_sentence(
    message: dict[str, Any], sentence: str, line: Start
) -> None:
    texting = line()
    assert texting.hear(**message) == [sentence]
    assert texting.agent.messages == []


def test_words_under_a_photo_are_answered(line: Start) -> None:
    assert line().hear("Is this normal?", files=1) == ["An answer."]


def test_a_text_of_1600_characters_gets_a_sentence(line: Start) -> None:
    (said,) = line().hear("a word " * 228)
    assert said.startswith("That is a long message")
    assert segments(said) <= 2


@pytest.mark.parametrize(
    "text",
    [
        *("Liked “An answer.”", "Loved “Who is it for?\n1. A child”", 'Emphasized "An answer."'),
        *("Removed a heart from “An answer.”", "👍 to “An answer.”", "Reacted 👍 to “An answer.”"),
    ],
)
def test_a_thumb_up_needs_no_answer(text: str, line: Start) -> None:
    texting = line()
    assert texting.hear(text) == []
    assert texting.agent.messages == []


# The phone company's words.


@pytest.mark.parametrize("word", CARRIER)
def test_where_the_carrier_replies_otto_is_silent(word: str, line: Start) -> None:
    texting = line()
    texting.hear("stop")
    assert texting.hear(word) == []
    assert texting.agent.messages == []


@pytest.mark.parametrize("word", [w for w, k in CARRIER.items() if k is Keyword.STOP])
def test_after_a_stop_there_is_silence_until_a_start(word: str, line: Start) -> None:
    texting = line()
    assert texting.hear(word.title()) == []
    assert texting.hear("Are you there?") == []
    texting.hear("start")
    assert texting.hear("Are you there?") == ["An answer."]


@pytest.mark.parametrize("kind", [Keyword.STOP, Keyword.START, Keyword.HELP])
def test_what_the_carrier_says_it_has_done_counts_whatever_the_word(
    kind: Keyword, line: Start
) -> None:
    texting = line(answers_keywords=True)
    assert texting.hear("PARE", keyword=kind) == []
    assert texting.agent.messages == []
    assert texting.hear("Hi") == ([] if kind is Keyword.STOP else ["An answer."])


def test_who_wants_no_texts_is_known_after_a_restart_and_a_year(line: Start) -> None:
    texting = line()
    texting.hear("STOP")
    texting.now += 365 * DAY
    texting.store.purge(texting.now)
    texting.start()
    assert texting.hear("Hi") == []


def test_where_no_carrier_replies_otto_confirms_once(line: Start) -> None:
    texting = line(answers_keywords=True)
    assert texting.hear("STOP") == [sms_texts.stopped(Clinic())]
    assert texting.hear("STOP") == []
    assert texting.hear("HELP") == [sms_texts.help_(Clinic())]
    assert texting.hear("START") == [sms_texts.started(Clinic())]


@pytest.mark.parametrize("text", ["Stop!", "opt out", "please stop"])
def test_a_stop_that_no_carrier_acts_on_is_confirmed(text: str, line: Start) -> None:
    texting = line()
    assert texting.hear(text) == [sms_texts.stopped(Clinic())]
    assert texting.hear("Hi") == []


def test_who_starts_without_having_stopped_is_not_left_without_an_answer(line: Start) -> None:
    assert line(greeted=False).hear("START") == [sms_texts.started(Clinic())]


def test_a_yes_is_an_answer_unless_there_were_to_be_no_texts(line: Start) -> None:
    texting = line()
    assert texting.hear("yes") == ["An answer."]
    texting.hear("STOP")
    assert texting.hear("yes") == []
    assert texting.hear("yes") == ["An answer."]


def test_a_cry_for_help_gets_a_real_answer(line: Start) -> None:
    texting = line()
    texting.hear("help!")
    assert texting.agent.texts == ["help!"]


def test_who_wants_no_more_texts_in_other_words_gets_one_confirmation(line: Start) -> None:
    texting = line("Something else.", OPT_OUT, "And the form asks again.")
    texting.agent.answers = ("Something else.", OPT_OUT, "And the form asks again.")
    texting.start()
    texting.hear("START")
    assert texting.hear("leave my phone alone") == ["No more texts."]
    texting.agent.messages.clear()
    assert texting.hear("Hi") == []
    assert texting.agent.messages == []


# Being forgotten.


def kept(texting: Line) -> tuple[list[Any], list[Any]]:
    """The rows of numbers and of answered messages."""
    url = f"sqlite:///{texting.file}"
    numbers = rows(url, "SELECT opted_out, seen, greeted, offered, rest, advice FROM sms_numbers")
    return numbers, rows(url, "SELECT replies FROM sms_messages")


def test_who_wants_to_be_forgotten_is_and_gets_one_confirmation(line: Start) -> None:
    texting = line(CHOICES)
    texting.hear("do I need OT?")
    heard = len(texting.agent.messages)
    assert texting.hear("delete my messages") == [sms_texts.FORGOTTEN]
    assert texting.forgotten == [texting.agent.messages[0].sender_id]
    assert len(texting.agent.messages) == heard
    # What is left is the confirmation, should the message come again.
    assert kept(texting) == ([], [(json.dumps([sms_texts.FORGOTTEN]),)])


def test_a_request_to_be_forgotten_that_comes_again_is_confirmed_again_and_heeded_once(
    line: Start,
) -> None:
    texting = line()
    message = texting.incoming("forget me")
    assert texting.receive(message) == texting.receive(message) == [sms_texts.FORGOTTEN]
    assert len(texting.forgotten) == 1


def test_a_number_that_was_forgotten_is_a_stranger(line: Start) -> None:
    texting = line("An answer.")
    texting.hear("forget me")
    assert texting.hear("How long is it?") == [INTRODUCTION, "An answer."]


def test_a_stranger_who_wants_to_be_forgotten_is_not_greeted_first(line: Start) -> None:
    texting = line(greeted=False)
    assert texting.hear("delete my messages") == [sms_texts.FORGOTTEN]
    assert kept(texting)[0] == []


def test_other_numbers_are_not_forgotten(line: Start) -> None:
    texting = line()
    texting.hear("Hi", number="+15555550124")
    texting.hear("forget me")
    numbers, messages = kept(texting)
    assert (len(numbers), len(messages)) == (1, 2)


def test_what_could_not_be_deleted_is_not_said_to_be(line: Start) -> None:
    texting = line()
    texting.keeps = True
    assert texting.hear("forget me") == [sms_texts.NOT_FORGOTTEN]
    assert len(kept(texting)[0]) == 1
    texting.keeps = False
    assert texting.hear("forget me") == [sms_texts.FORGOTTEN]


@pytest.mark.parametrize("text", ["my phone deletes my messages", "he will forget me"])
def test_a_sentence_deletes_nothing(text: str, line: Start) -> None:
    texting = line("An answer.")
    assert texting.hear(text) == ["An answer."]
    assert texting.forgotten == []


@pytest.mark.parametrize("text", ["delete my data", "Forget me!", "DELETE MY MESSAGES"])
def test_who_wants_no_texts_is_forgotten_in_silence_but_for_that(text: str, line: Start) -> None:
    texting = line()
    texting.hear("STOP")
    assert texting.hear(text) == []
    assert len(texting.forgotten) == 1
    assert kept(texting) == ([(1, 0.0, 0.0, "[]", "[]", "")], [("[]",)])
    assert texting.agent.messages == []
    assert texting.hear("Hi") == []


def test_who_wants_no_texts_hears_nothing_of_a_failure_either(line: Start) -> None:
    texting = line()
    texting.hear("STOP")
    texting.keeps = True
    assert texting.hear("forget me") == []


# Emergencies.


def advice(texts: list[str]) -> str:
    (only,) = texts
    assert "911" in only
    assert segments(only) == 1
    return only


def test_an_emergency_gets_its_answer_and_nothing_else(line: Start) -> None:
    texting = line(greeted=False)
    advice(texting.hear(EMERGENCY))
    assert texting.agent.texts == [EMERGENCY]
    assert texting.hear("Hi") == [INTRODUCTION, "An answer."]


def test_an_emergency_is_answered_after_a_stop(line: Start) -> None:
    texting = line()
    texting.hear("STOP")
    advice(texting.hear(EMERGENCY))
    assert texting.hear("Hi") == []


def test_an_emergency_is_answered_however_much_was_written(line: Start) -> None:
    texting = line()
    for number in range(20):
        texting.receive(texting.incoming(f"question {number}"))
    assert texting.receive(texting.incoming("one more")) == []
    advice(texting.receive(texting.incoming(EMERGENCY)))


def test_an_emergency_is_answered_with_the_database_and_rasa_broken(
    line: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    texting = line()
    texting.agent.error = RuntimeError("out of order")
    break_database(monkeypatch)
    advice(texting.hear(EMERGENCY))


def test_an_emergency_does_not_wait_for_rasa(line: Start) -> None:
    texting = line()
    texting.agent.go.clear()

    async def first_of_all() -> list[str]:
        answer = await texting.service.receive(texting.incoming(EMERGENCY))
        texting.agent.go.set()
        return answer

    advice(asyncio.run(first_of_all()))


def test_an_emergency_that_comes_again_is_recorded_once(line: Start) -> None:
    texting = line()
    message = texting.incoming(EMERGENCY)
    assert texting.receive(message) == texting.receive(message)
    assert texting.agent.texts == [EMERGENCY]


def test_help_in_an_emergency_is_the_advice_again(line: Start) -> None:
    texting = line()
    said = texting.hear(EMERGENCY)
    assert texting.hear("HELP") == said
    texting.hear("Thank you")
    assert texting.hear("HELP") == []


# Once.


def test_a_message_that_comes_again_gets_the_same_answer_without_a_turn(line: Start) -> None:
    texting = line(greeted=False)
    message = texting.incoming("How long is it?")
    first = texting.receive(message)
    texting.start()
    assert texting.receive(message) == first == [INTRODUCTION, "An answer."]
    assert texting.agent.texts == ["How long is it?"]


def test_fifty_at_once_are_one_turn_and_one_reply(line: Start) -> None:
    texting = line()
    message = texting.incoming("How long is it?")
    assert texting.receive(*[message] * 50) == [["An answer."]] * 50
    assert texting.agent.texts == ["How long is it?"]


def test_fifty_at_once_over_two_servers_are_one_turn_and_one_reply(line: Start) -> None:
    texting = line()
    first = texting.service
    texting.start()
    message = texting.incoming("How long is it?")

    async def both() -> list[list[str]]:
        deliveries = [first.receive(message) for _ in range(25)]
        deliveries += [texting.service.receive(message) for _ in range(25)]
        return await asyncio.gather(*deliveries)

    assert asyncio.run(both()) == [["An answer."]] * 50
    assert texting.agent.texts == ["How long is it?"]


def test_a_message_lost_with_its_server_is_answered_when_it_comes_again(line: Start) -> None:
    texting = line()
    message = texting.incoming("How long is it?")
    names = texting.service._names(message)
    texting.store.claim(*names, texting.now)
    texting.now += 61
    assert texting.receive(message) == ["An answer."]


# Late, broken, too much.


def test_an_answer_that_takes_too_long_is_fetched_with_more(
    line: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms_service, "ANSWER_SECONDS", 0.1)
    texting = line(LONG)
    texting.agent.go.clear()

    async def slowly() -> list[str]:
        answer = await texting.service.receive(texting.incoming("Tell me all"))
        texting.agent.go.set()
        await asyncio.gather(*texting.service._running)
        return answer

    assert asyncio.run(slowly()) == [sms_texts.SLOW]
    monkeypatch.setattr(sms_service, "ANSWER_SECONDS", 9.0)
    (first,) = texting.hear("MORE")
    assert first.startswith("word0 ")
    (second,) = texting.hear("MORE")
    assert second.startswith("word")


def test_a_turn_that_never_ends_is_an_apology(line: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms_service, "TURN_SECONDS", 0.1)
    texting = line()
    texting.agent.go.clear()
    (said,) = texting.hear("Hi")
    assert "something went wrong" in said


def test_a_broken_database_is_an_apology_with_a_reference(
    line: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    texting = line()
    break_database(monkeypatch)
    (said,) = texting.hear("How long is it?")
    assert "something went wrong" in said
    reference = said.rstrip(".").rpartition(" ")[2]
    assert f"reference {reference}: OSError" in caplog.text
    assert NUMBER not in caplog.text


def test_an_apology_is_short_whatever_the_clinic_says_of_itself(
    line: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTTO_CLINIC_BOOKING", "https://clinic.example/" + "a" * 200)
    break_database(monkeypatch)
    (said,) = line(greeted=False).hear("Hi")
    assert segments(said) <= 2


@pytest.mark.parametrize("word", ["STOP", "START", "Stop!"])
def test_a_stop_or_start_that_cannot_be_kept_did_not_arrive(
    word: str, line: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    texting = line()
    break_database(monkeypatch)
    with pytest.raises(NotKept):
        texting.hear(word)


def test_a_stop_is_heeded_while_it_cannot_be_kept_and_after(
    line: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    texting = line()
    with monkeypatch.context() as broken:
        break_database(broken)
        with pytest.raises(NotKept):
            texting.hear("STOP")
        assert texting.hear("Hi") == []
    assert texting.hear("Hi") == []
    texting.start()
    assert texting.hear("Hi") == []


def test_help_needs_no_database(line: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    texting = line(answers_keywords=True)
    break_database(monkeypatch)
    assert texting.hear("HELP") == [sms_texts.help_(Clinic())]


def test_an_answer_that_cannot_be_kept_is_sent_all_the_same(
    line: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    texting = line()

    def broken(*arguments: Any) -> None:
        raise OSError

    monkeypatch.setattr(texting.store, "finish", broken)
    assert texting.hear("Hi") == ["An answer."]


def test_who_writes_too_much_is_told_once_and_counted(line: Start, counted: Counted) -> None:
    texting = line()
    answers = [texting.receive(texting.incoming(f"question {n}")) for n in range(20)]
    assert answers.count([sms_texts.TOO_MANY]) == 1
    assert answers[-1] == []
    assert counted("otto_refused_total", channel="sms") == answers.count([]) + 1


def test_a_machine_that_says_the_same_is_left_alone(line: Start) -> None:
    texting = line()
    answers = [texting.hear("I'm driving, I'll reply later.") for _ in range(8)]
    assert answers[2:] == [["An answer."], [sms_texts.TOO_MANY], [], [], [], []]


# Private.


def test_neither_the_number_nor_what_was_written_is_in_the_database_or_the_log(
    line: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texting = line(CHOICES, LONG)
    for text in ("zebulon quickwater here", "1", "MORE", EMERGENCY, "STOP", "zebulon again"):
        texting.hear(text)
    texting.agent.error = RuntimeError("zebulon")
    texting.hear("START")
    texting.hear("zebulon once more")
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir()) + caplog.text.encode()
    for private in ("5555550123", "zebulon", "lips are blue"):
        assert private.encode() not in kept.lower()
    assert NUMBER not in repr(texting.incoming("zebulon"))
    assert "zebulon" not in repr(texting.incoming("zebulon"))


def test_servers_that_share_a_redis_answer_one_message_of_a_number_at_a_time(
    tmp_path: Path, redis: RedisServer
) -> None:
    store, inside, most = Store(f"sqlite:///{tmp_path / 'sms.db'}"), 0, 0

    async def handle(message: UserMessage) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.01)
        inside -= 1
        await message.output_channel.send_response(NUMBER, {"text": "An answer."})

    async def forget(sender_id: str) -> None:
        raise AssertionError(sender_id)

    async def run() -> list[list[str]]:
        links = [Shared(redis.url, "s" * 32) for _ in range(2)]
        services = [
            Service(handle, forget, store, Sessions("s" * 32), shared=link) for link in links
        ]
        messages = (
            services[number % 2].receive(Incoming(f"SM{number}", NUMBER, f"question {number}"))
            for number in range(4)
        )
        answers = await asyncio.gather(*messages)
        for service in services:
            await asyncio.gather(*service._running)
        for link in links:
            await link.close()
        return answers

    answers = asyncio.run(run())
    assert most == 1
    assert sorted(map(len, answers)) == [1, 1, 1, 2]
    assert not [name for name in redis.names() if NUMBER.strip("+") in name]
