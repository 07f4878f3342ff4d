"""What axe finds wrong with a page (https://www.deque.com/axe)."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def problems(page: Page) -> list[tuple[str, list[str]]]:
    """The rules that it breaks, each with where."""
    found = Axe().run(page).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]
