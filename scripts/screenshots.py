"""Take the pictures in docs/images anew: Otto's demo page, and the pages that staff see.

.venv/bin/python scripts/screenshots.py
"""

import random
import sys
import tempfile
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from bot import no_tensorflow  # noqa: E402

no_tensorflow.install()

from bot import review_page, usage_page  # noqa: E402
from bot.channels.web_store import Vote  # noqa: E402
from bot.kept import Turn  # noqa: E402
from bot.review import from_turns, from_votes, grouped  # noqa: E402
from bot.usage import count  # noqa: E402
from tests.browser.conftest import chromium  # noqa: E402
from tests.kept import action, asks, loop, turn  # noqa: E402
from tests.running import Running  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WINDOW = {"viewport": {"width": 960, "height": 700}}
PHONE = {"viewport": {"width": 390, "height": 760}, "has_touch": True, "is_mobile": True}
TRENTON = {
    "permissions": ["geolocation"],
    "geolocation": {"latitude": 40.2206, "longitude": -74.7597},
}
MADE_UP_FROM = datetime(2026, 5, 2)
ANSWERED = ("session_length", "ot_definition", "ages", "referral", "ns_insurance_named", "risks")
UNKNOWN = (
    "is there a swimming pool",
    "can we use a pool there",
    "do you have a hydro pool",
    "could my dog come along",
    "are dogs allowed",
    "which bus goes to you",
)
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
                take_pages(browser, Path(folder))
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


def take_pages(browser: Browser, folder: Path) -> None:
    """The pages of `otto report` and `otto review`, of conversations that are made up."""
    since, until = MADE_UP_FROM.timestamp(), MADE_UP_FROM.timestamp() + 14 * 24 * 3600
    turns, votes = made_up(since, until)
    pages = {
        "report": usage_page.page(count(turns, votes, since, until)),
        "review": review_page.page(
            grouped([*from_turns(turns), *from_votes(votes)], turns[-1].at)[:3]
        ),
    }
    for name, content in pages.items():
        (folder / f"{name}.html").write_text(content, encoding="utf-8")
        page = browser.new_page(viewport={"width": 900, "height": 1100})
        page.goto((folder / f"{name}.html").as_uri())
        page.screenshot(path=IMAGES / f"{name}.png")
        page.close()


def made_up(since: float, until: float) -> tuple[list[Turn], list[Vote]]:
    """Turns and votes of visitors that there never were, the same each time."""
    chance = random.Random(1)
    turns = []
    for visitor in range(400):
        at = since + (until - since) * chance.random()
        sender = f"{chance.choice(('web', 'web', 'sms'))}:{visitor}"
        begun = turn("OT or PT?", "dialogue", loop("recommendation_form"), asks("person"))
        asked = turn("my son", "dialogue", asks("condition"))
        done = turn("writing", "answer", loop(None), action("action_recommend"))
        answered = [turn("…", topic=topic) for topic in chance.choices(ANSWERED, k=2)]
        unknown = turn(chance.choice(UNKNOWN), chance.choice(("ask_which", "out_of_scope")))
        talk = chance.choice(
            [answered, answered, [begun, asked, done], [begun, asked], [begun], [unknown]]
        )
        turns += [Turn(sender, at + i, each.events) for i, each in enumerate(talk)]
    turns.sort(key=lambda each: each.at)
    up = [Vote("…", until, "up", None, topic) for topic in chance.choices(ANSWERED, k=40)]
    return turns, [*up, *(Vote(UNKNOWN[0], until, "down", "wrong", ANSWERED[0]),) * 3]


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
