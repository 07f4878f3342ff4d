"""The pages that `otto review` and `otto report` write, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bot import review_page, usage_page
from bot.review import Asked, Group
from bot.usage import count
from tests.browser.accessibility import problems
from tests.kept import asks, loop, turn

ASKED = Asked("is there a pool", 1000.0, "web", "thumbs down: wrong", "ages", "risks")
PAGES = {
    "review": review_page.page([Group((ASKED,), ("session_length", "ages"))]),
    "report": usage_page.page(
        count([turn("hello", "dialogue", loop("location_form"), asks("city"))], [], 0.0, 1000.0)
    ),
}


@pytest.fixture(params=["screen", "print"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Page:
    # What is left of a usual screen at twice the size.
    page = browser.new_page(viewport={"width": 640, "height": 400})
    page.emulate_media(media=request.param)
    yield page
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_and_loads_nothing(page: Page, tmp_path: Path, name: str) -> None:
    (tmp_path / "page.html").write_text(PAGES[name], encoding="utf-8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition(":")[0]))
    page.goto(f"file://{tmp_path}/page.html")
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert set(asked) <= {"file", "data"}
