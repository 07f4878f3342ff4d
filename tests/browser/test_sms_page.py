"""The page that is a phone, in a real browser, with the policy that it is sent with."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

import pytest
from playwright.sync_api import Browser, Page, expect

from bot import settings
from bot.channels.sms_page import SmsPage
from tests.channels.web import EMERGENCY, Agent, serving

# The other tests of the browser have settings of their own in force.
CHOSEN = settings.load({"OTTO_SMS_PAGE": "on"})


@contextmanager
def phone(browser: Browser, port: int) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(8000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(f"{said.text} {said.location['url']}"))
    page.goto(f"http://127.0.0.1:{port}/sms")
    try:
        yield page
    finally:
        page.close()
    assert [each for each in problems if "favicon" not in each] == []


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "load", lambda: CHOSEN)
        ports: Queue[int] = Queue()
        done = threading.Event()

        def serve() -> None:
            with serving("test-browser-sms", SmsPage) as (app, port):
                app.ctx.agent = Agent("<b>30 to 60</b> minutes.\n1. More")
                ports.put(port)
                done.wait()

        # The browser's loop keeps others from running in this thread.
        thread = threading.Thread(target=serve)
        thread.start()
        yield ports.get(timeout=30)
        done.set()
        thread.join()


def say(page: Page, text: str) -> None:
    page.get_by_label("Text message").fill(text)
    page.get_by_role("button", name="Send").click()


def test_a_text_is_sent_and_its_answer_shown_as_text(port: int, browser: Browser) -> None:
    with phone(browser, port) as page:
        say(page, "How long?")
        messages = page.get_by_role("listitem")
        expect(messages).to_have_count(3)
        expect(messages.nth(1)).to_contain_text("I'm Otto")
        expect(messages.nth(2)).to_contain_text("<b>30 to 60</b> minutes.")
        expect(messages.nth(2)).to_contain_text("1 segment, GSM-7")
        expect(page.get_by_label("Text message")).to_be_focused()


def test_a_stop_and_an_emergency_after_it(port: int, browser: Browser) -> None:
    with phone(browser, port) as page:
        say(page, "STOP")
        expect(page.get_by_role("status")).to_contain_text("the phone company answers this word")
        say(page, EMERGENCY)
        expect(page.get_by_role("listitem").last).to_contain_text("Call 911 now.")
        expect(page.get_by_role("status")).to_contain_text("wants no texts")


def test_a_photo_is_sent(port: int, browser: Browser) -> None:
    with phone(browser, port) as page:
        page.get_by_label("with a photo").check()
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("listitem").last).to_contain_text("I can't see photos")
