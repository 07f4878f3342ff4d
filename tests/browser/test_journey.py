"""A visitor's whole way through the demo page, with both of Otto's servers running."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.answers import topics
from bot.training import model_path, train
from tests.browser.accessibility import problems
from tests.running import Running

TRENTON = {"latitude": 40.2206, "longitude": -74.7597}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not model_path().exists():
        train()
    server = Running(
        tmp_path_factory.mktemp("journey") / "log.txt",
        OTTO_CLINIC_NAME="Maple Street OT",
        OTTO_CLINIC_PHONE="(609) 555-0100",
    )
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    context = browser.new_context(bypass_csp=True, permissions=["geolocation"], geolocation=TRENTON)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(f"http://127.0.0.1:{running.port}/")
    yield page
    context.close()


def say(page: Page, text: str) -> None:
    before = page.locator(".otto").count()
    page.get_by_label("Your question").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".otto")).not_to_have_count(before)


def choose(page: Page, title: str) -> None:
    before = page.locator(".otto").count()
    page.get_by_role("button", name=title, exact=True).last.click()
    expect(page.locator(".otto")).not_to_have_count(before)


def last(page: Page) -> str:
    return page.locator(".otto").last.inner_text()


def test_a_visitors_way(page: Page) -> None:
    page.get_by_role("button", name="Ask Otto").click()
    expect(page.get_by_role("dialog", name="Otto at Maple Street OT")).to_be_visible()

    say(page, "How long is an OT session?")
    assert "30 to 60 minutes" in last(page)
    page.get_by_text("Where this comes from").click()
    expect(page.locator("details li").first).to_contain_text("Health.com")

    say(page, "do I need OT or PT?")
    choose(page, page.locator(".otto").last.locator(".choices button").first.inner_text())
    say(page, "wait, is an OT a doctor?")
    expect(page.locator(".otto").nth(-2)).to_contain_text("doctor")
    assert "Back to the recommendation" in last(page)

    say(page, "never mind")
    say(page, "find an OT near me")
    expect(page.get_by_role("button", name="Use my location")).to_be_visible()
    before = page.locator(".otto").count()
    page.get_by_role("button", name="Use my location").click()
    expect(page.locator(".otto")).not_to_have_count(before)
    expect(page.locator("svg")).to_have_attribute(
        "aria-label",
        re.compile(r"north at the top. 1. Trenton, New Jersey, about 2 miles east; 2. "),
    )
    expect(page.locator(".otto").last.locator("ol li")).to_have_count(3)

    say(page, "he can't breathe")
    expect(page.locator(".otto .card")).to_contain_text("911")
    assert problems(page) == []

    shown = page.locator(".item").all_inner_texts()
    page.reload()
    expect(page.locator(".item")).to_have_count(len(shown))


def test_all_answers_can_be_read_without_javascript(browser: Browser, running: Running) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{running.port}/")
    page.locator("noscript a[href=faq]").click()
    for topic in topics().values():
        expect(page.locator(f"h3[id={topic.id}]")).to_have_text(topic.question)
    assert "Maple Street OT" in page.title()
    context.close()


def test_the_page_of_answers_is_accessible(browser: Browser, running: Running) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(bypass_csp=True, color_scheme=scheme)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{running.port}/faq")
        assert problems(page) == []
        context.close()
