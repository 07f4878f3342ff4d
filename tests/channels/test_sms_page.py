"""The page that is a phone: there only when asked for, and only for this machine."""

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sanic import Sanic

from bot.channels.site import SiteChannel
from bot.channels.sms_page import FILES, FOLDER, FORWARDED, SmsPage
from tests.channels.web import EMERGENCY, Agent, serving

MESSAGE = {"number": "+15555550123", "text": "How long?", "photo": False}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sanic, int]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTTO_SMS_PAGE", "on")
        with serving("test-sms-page", SmsPage) as running:
            yield running


@pytest.fixture
def port(served: tuple[Sanic, int]) -> int:
    served[0].ctx.agent = Agent("An answer – “so”.")
    return served[1]


def call(
    port: int, method: str, path: str, body: Any = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, f"/sms{path}", data, sent)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


@pytest.mark.parametrize("path", FILES)
def test_the_page_and_its_parts_are_there_with_a_strict_policy(path: str, port: int) -> None:
    response, content = call(port, "GET", path)
    name, kind = FILES[path]
    assert (response.status, response.headers["Content-Type"]) == (200, kind)
    assert content == (FOLDER / name).read_bytes()
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_page_needs_nothing_that_the_policy_forbids() -> None:
    page = (FOLDER / "phone.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|style=|\son\w+=|javascript:|https?:", page)
    assert set(re.findall(r'(?:src|href)="([^"]+)"', page)) == {"/sms/phone.css", "/sms/phone.js"}
    script = (FOLDER / "phone.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|insertAdjacentHTML|eval|https?:", script)


def test_what_is_sent_is_answered_with_what_it_takes(port: int) -> None:
    response, content = call(port, "POST", "/messages", MESSAGE)
    assert response.status == 200
    said = json.loads(content)
    assert said["texts"][-1] == {
        "text": 'An answer - "so".',
        "encoding": "GSM-7",
        "places": 17,
        "segments": 1,
    }
    assert (said["opted_out"], said["carrier"]) == (False, False)


@pytest.mark.parametrize("text", ["\ud800", "How \udfff long?", "\x00", "😀"], ids=ascii)
def test_odd_characters_are_answered(text: str, port: int) -> None:
    response, content = call(port, "POST", "/messages", MESSAGE | {"text": text})
    assert response.status == 200
    assert json.loads(content)["texts"]


def test_a_stop_is_told_as_the_phone_companys(port: int) -> None:
    other = MESSAGE | {"number": "+15555550199", "text": "stop"}
    said = json.loads(call(port, "POST", "/messages", other)[1])
    assert said == {"texts": [], "opted_out": True, "carrier": True}


def test_an_emergency_is_answered_there_too(port: int) -> None:
    said = json.loads(call(port, "POST", "/messages", MESSAGE | {"text": EMERGENCY})[1])
    assert "Call 911 now" in said["texts"][0]["text"]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b'"text"'),
        *({}, MESSAGE | {"number": "+12025550123"}, MESSAGE | {"text": 1}),
        {"number": MESSAGE["number"], "photo": False},
    ],
)
def test_what_is_no_message_is_refused(body: Any, port: int) -> None:
    assert call(port, "POST", "/messages", body)[0].status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "clinic.example"},
        {"Host": "evil.example:5005"},
        {"Host": "[::"},
        {"Origin": "https://evil.example"},
        *({name.replace("-", "_"): "192.0.2.1"} for name in FORWARDED),
    ],
    ids=str,
)
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/messages")])
def test_nobody_elsewhere_finds_it(
    method: str, path: str, headers: dict[str, str], port: int
) -> None:
    response, content = call(port, method, path, MESSAGE if method == "POST" else None, **headers)
    assert (response.status, content) == (404, b"")


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/messages")])
def test_it_is_not_there_unless_asked_for(method: str, path: str) -> None:
    with serving(f"test-no-sms-page-{method.lower()}", SiteChannel, SmsPage) as (_, port):
        assert call(port, method, path)[0].status == 404
