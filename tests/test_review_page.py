"""The groups as staff see them: nothing that a visitor wrote runs, and nothing is left out."""

import pytest

from bot import review_page
from bot.review import Asked, Group
from bot.review_page import MOST_TEXTS, NONE
from tests.test_report import Reader


def group(*texts: str) -> Group:
    asked = tuple(Asked(text, 1000.0, "web", "asked back", "ages", "risks") for text in texts)
    return Group(asked, ("session_length", "ages"))


def test_the_page_has_a_heading_a_group_and_a_row_a_wording() -> None:
    page = Reader(review_page.page([group("a pool?", "pools"), group("a bus?")]))
    assert page.headings[1:] == ["1. a pool?", "2. a bus?"]
    (row,) = [row for row in page.rows if row[0] == "pools"]
    assert row[1:] == ["1", "1970-01-01", "web", "asked back", "ages", "risks"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a < b & c", '"><img src=x onerror=alert(1)>', "</table>"]
)
def test_what_a_visitor_wrote_is_shown_and_not_run(text: str) -> None:
    harmless, page = (Reader(review_page.page([group(each)])) for each in ("a", text))
    assert page.rows[1][0] == text
    assert (page.elements, page.pictures) == (harmless.elements, [])


def test_the_terminal_shows_wordings_by_number_and_what_is_near() -> None:
    assert review_page.lines(2, group("a pool?", "pools")) == (
        "2. 2 times, last on 1970-01-01 (2 asked back)\n"
        "   1  a pool?\n   2  pools\n   near: session_length, ages"
    )


def test_of_many_wordings_the_terminal_shows_some_and_says_so() -> None:
    shown = review_page.text([group(*(f"pool {i}" for i in range(MOST_TEXTS + 3)))])
    assert "and 3 more wordings" in shown
    assert f"pool {MOST_TEXTS}" not in shown


@pytest.mark.parametrize("form", [review_page.page, review_page.text])
def test_where_all_went_well_it_says_so(form) -> None:
    assert NONE in form([])
