"""Take the pictures in docs/images anew: Otto's demo page, as visitors see it.

.venv/bin/python scripts/screenshots.py
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.browser.conftest import chromium  # noqa: E402
from tests.running import Running  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WINDOW = {"viewport": {"width": 960, "height": 700}}
PHONE = {"viewport": {"width": 390, "height": 760}, "has_touch": True, "is_mobile": True}
TRENTON = {
    "permissions": ["geolocation"],
    "geolocation": {"latitude": 40.2206, "longitude": -74.7597},
}
CLINIC = {"OTTO_CLINIC_NAME": "Maple Street OT", "OTTO_CLINIC_PHONE": "(609) 555-0100"}


def main() -> None:
    """Take all of them."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Running(Path(folder) / "log.txt", **CLINIC)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium())
                take(browser, f"http://127.0.0.1:{server.port}/")
                browser.close()
        finally:
            server.stop()


def take(browser: Browser, address: str) -> None:
    """One picture after the other, each in a chat of its own."""
    answered = ["How long is an OT session?", "do I need OT or PT?"]
    for name, said, options in [
        ("light", answered, WINDOW | {"color_scheme": "light"}),
        ("dark", answered, WINDOW | {"color_scheme": "dark"}),
        ("mobile", ["is OT right for my 4 year old?"], PHONE),
        ("emergency", ["my husband can't breathe"], PHONE),
        ("map", ["where can I find an OT?", "Use my location"], WINDOW | TRENTON),
    ]:
        context = browser.new_context(**options)
        page = context.new_page()
        page.goto(address)
        page.get_by_role("button", name="Ask Otto").click()
        for text in said:
            say(page, text)
        page.wait_for_timeout(500)
        page.screenshot(path=IMAGES / f"{name}.png")
        context.close()


def say(page: Page, text: str) -> None:
    """Press the button of that name if there is one, else write; and wait for the answer."""
    before = page.locator(".otto").count()
    button = page.get_by_role("button", name=text, exact=True)
    if button.count():
        button.click()
    else:
        page.get_by_label("Your question").fill(text)
        page.get_by_role("button", name="Send", exact=True).click()
    page.locator(".otto").nth(before).wait_for()


if __name__ == "__main__":
    main()
