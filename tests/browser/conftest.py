"""A browser, and a clinic's website with the chat on it.

Where there is no browser these tests say loudly that they were skipped; continuous integration must
not skip them.
"""

import os
import shutil
import warnings
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.site import Otto, Site, otto

Visit = Callable[..., Page]


@pytest.fixture(scope="package")
def clinic() -> Iterator[Site]:
    """Another website, which the chat lets use it."""
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="package")
def channel(clinic: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Otto]:
    """Otto's channel, shared by all."""
    with otto(tmp_path_factory.mktemp("browser"), clinic.address) as running:
        yield running


@pytest.fixture(scope="package")
def browser(channel: Otto) -> Iterator[Browser]:
    """Chromium. Its loop keeps others from running here, so the channel has to be there before."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found)
        except Exception as error:
            if os.environ.get("CI"):
                raise
            warnings.warn("BROWSER TESTS NOT RUN: there is no Chromium", stacklevel=1)
            pytest.skip(
                f"BROWSER TESTS NOT RUN: no Chromium starts here; see docs/widget.md: {error}"
            )
        yield browser
        browser.close()


@pytest.fixture
def log(channel: Otto) -> Otto:
    """The channel with an empty log."""
    channel.empty()
    return channel


@pytest.fixture
def site(log: Otto) -> Iterator[Site]:
    """The website in front of Otto."""
    site = Site(log.port)
    yield site
    site.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Opens a page in a context of its own, and proves in the end that the policy held."""
    contexts: list[BrowserContext] = []

    def visit(address: str = "", opened: bool = True, **options) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(8000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(address or site.page())
        if opened:
            page.get_by_role("button", name="Ask Otto").click()
        return page

    yield visit
    for context in contexts:
        for page in context.pages:
            if not page.is_closed():
                assert page.evaluate("[window.violations || [], window.pwned || 0]") == [[], 0]
        context.close()
