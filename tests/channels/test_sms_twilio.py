"""Twilio's form of a message, and its signature, with Twilio's own validator as the peer."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from bot.channels.sms_service import Incoming, NotKept
from bot.channels.sms_twilio import MOST_FIELDS, PATH, Twilio, message, twiml
from bot.sms_keywords import Keyword

URL = "https://chat.clinic.example/otto"
TOKEN = "0123456789abcdef" * 2
FIELDS = [("MessageSid", "SM1"), ("From", "+15555550123"), ("Body", "How long?")]


class Service:
    """Stands in for the text line: keeps what it is given and says what it was told to."""

    def __init__(self, *texts: str, error: Exception | None = None) -> None:
        self.texts = list(texts)
        self.error = error
        self.heard: list[Incoming] = []

    async def receive(self, incoming: Incoming) -> list[str]:
        self.heard.append(incoming)
        if self.error:
            raise self.error
        return self.texts


def signed(fields: Sequence[tuple[str, str]], url: str = URL + PATH, token: str = TOKEN) -> str:
    """The signature that Twilio would send."""
    signature: str = RequestValidator(token).compute_signature(url, MultiDict(fields))
    return signature


def answered(
    fields: Sequence[tuple[str, str]],
    signature: str | None = None,
    query: str = "",
    service: Service | None = None,
) -> Any:
    twilio = Twilio(service or Service("Yes."), URL, TOKEN)  # type: ignore[arg-type]
    body = urlencode(fields).encode()
    given = signed(fields) if signature is None else signature
    return asyncio.run(twilio.answer(body, query, given))


def texts(body: str) -> list[str]:
    return [found.text or "" for found in ElementTree.fromstring(body).iter("Message")]


@pytest.mark.parametrize(
    "fields",
    [
        FIELDS,
        [*FIELDS, ("FromCity", ""), ("FromState", ""), ("ToZip", "")],
        [*FIELDS, ("MediaUrl", "a"), ("MediaUrl", "b"), ("MediaUrl", "a")],
        [("MessageSid", "SM1"), ("From", "+1555"), ("Body", "¿Cuánto? ñ 👍 & = + % #")],
        [("MessageSid", "SM1"), ("From", "+1555"), ("Body", "")],
        [("MessageSid", "SM1"), ("From", "+1555"), ("Body", "two\nlines  and  spaces ")],
    ],
    ids=["plain", "blank fields", "repeated fields", "other letters", "blank text", "blanks"],
)
def test_what_twilio_signed_is_answered(fields: list[tuple[str, str]]) -> None:
    service = Service("Yes.")
    answer = answered(fields, service=service)
    assert (answer.status, texts(answer.body)) == (200, ["Yes."])
    assert service.heard[0].text == dict(fields)["Body"]


def test_what_stands_behind_the_address_is_signed_as_well() -> None:
    signature = signed(FIELDS, f"{URL}{PATH}?line=2&x=")
    assert answered(FIELDS, signature, query="line=2&x=").status == 200
    assert answered(FIELDS, signature, query="line=3&x=").status == 403
    assert answered(FIELDS, signature).status == 403


def test_a_port_that_twilio_adds_or_leaves_out_does_not_matter() -> None:
    with_port = (URL + PATH).replace("clinic.example", "clinic.example:443")
    assert answered(FIELDS, signed(FIELDS, with_port)).status == 200


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        "ünïcode",
        signed(FIELDS, token="f" * 32),
        signed(FIELDS, "http://127.0.0.1:5005/webhooks/sms/webhook"),
        signed(FIELDS, URL),
        signed([*FIELDS, ("FromCity", "")]),
        signed(FIELDS[:-1]),
        signed([*FIELDS[:-1], ("Body", "How long")]),
    ],
)
def test_a_forged_message_is_refused_without_a_word(signature: str) -> None:
    service = Service("Yes.")
    answer = answered(FIELDS, signature, service=service)
    assert (answer.status, answer.body, service.heard) == (403, "", [])


@pytest.mark.parametrize(
    "fields",
    [
        [],
        FIELDS[1:],
        [FIELDS[0], FIELDS[2]],
        [("MessageSid", ""), *FIELDS[1:]],
        [("MessageSid", "S" * 65), *FIELDS[1:]],
        [FIELDS[0], ("From", "+" * 65)],
    ],
)
def test_what_has_no_sender_or_no_id_is_no_message(fields: list[tuple[str, str]]) -> None:
    assert answered(fields).status == 400


def test_a_form_that_is_no_text_is_refused() -> None:
    twilio = Twilio(Service(), URL, TOKEN)  # type: ignore[arg-type]
    for body in (b"\xff\xfe=\x00&&&", b"a=1&" * (MOST_FIELDS + 1)):
        assert asyncio.run(twilio.answer(body, "", "x")).status == 403


@pytest.mark.parametrize("status", ["delivered", "sent", "failed", "undelivered"])
def test_a_report_on_an_answer_is_no_message(status: str) -> None:
    service = Service("Yes.")
    fields = [*FIELDS, ("MessageStatus", status), ("SmsStatus", status)]
    assert answered(fields, service=service).status == 204
    assert service.heard == []


def test_a_message_that_came_in_says_so() -> None:
    assert answered([*FIELDS, ("SmsStatus", "received")]).status == 200


def test_what_could_not_be_kept_is_told_to_twilio_as_not_arrived() -> None:
    assert answered(FIELDS, service=Service(error=NotKept())).status == 503


def test_silence_is_an_answer_too() -> None:
    answer = answered(FIELDS, service=Service())
    assert (answer.status, texts(answer.body)) == (200, [])


def test_an_answer_keeps_its_lines_and_signs() -> None:
    text = "1. <b> & 2. \"c\"\n¿Qué? 'd' 🙂"
    assert texts(twiml([text, "and more"])) == [text, "and more"]


@pytest.mark.parametrize(
    ("field", "value", "name", "found"),
    [
        ("NumMedia", "2", "files", 2),
        ("NumMedia", "", "files", 0),
        ("NumMedia", "-1", "files", 0),
        ("NumMedia", "²", "files", 0),
        ("Latitude", "27.9", "location", True),
        ("OptOutType", "STOP", "keyword", Keyword.STOP),
        ("OptOutType", "START", "keyword", Keyword.START),
        ("OptOutType", "HELP", "keyword", Keyword.HELP),
        ("OptOutType", "MORE", "keyword", None),
        ("OptOutType", "", "keyword", None),
    ],
)
def test_each_field_is_read(field: str, value: str, name: str, found: Any) -> None:
    form = MultiDict([*FIELDS, (field, value)])
    assert getattr(message(form), name) == found


def test_a_message_without_more_has_nothing_more() -> None:
    assert message(MultiDict(FIELDS)) == Incoming("SM1", "+15555550123", "How long?")
