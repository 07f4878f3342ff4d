"""The report: every chart has a table, no visitor's words are in it, and the numbers agree."""

import base64
import csv
import io
import xml.etree.ElementTree as ET

import pytest

from bot import usage_page
from bot.channels.web_store import Vote
from bot.usage import Usage, count
from tests.kept import asks, loop, turn
from tests.test_report import Reader

SECRET = "zebra crossing"
USAGE = count(
    [
        turn(SECRET, "dialogue", loop("recommendation_form"), asks("person")),
        turn(SECRET, topic="ages"),
        turn(SECRET, "not_covered", topic="ns_salary", sender="sms:two"),
    ],
    [Vote(SECRET, 0.0, "down", "not_what_i_asked", "ages")],
    0.0,
    1000.0,
)
EMPTY = count([], [], 0.0, 1000.0)


@pytest.mark.parametrize(
    "row",
    [
        ["conversations", "2"],
        ["web", "1"],
        ["ages", "1"],
        ["ns_salary *", "1"],
        ["left at person", "1"],
        ["not what i asked", "1"],
    ],
)
def test_every_count_has_its_row(row: list[str]) -> None:
    assert row in Reader(usage_page.page(USAGE)).rows


def test_every_chart_is_drawn_says_what_it_shows_and_has_its_table() -> None:
    page = usage_page.page(USAGE)
    read = Reader(page)
    assert len(read.pictures) == page.count("<table>") - 1 > 5
    for picture in read.pictures:
        data = str(picture["src"]).removeprefix("data:image/svg+xml;base64,")
        assert ET.fromstring(base64.b64decode(data)).tag.endswith("svg")
        assert str(picture["alt"]).startswith("Bar chart. ")


def test_a_chart_in_words_names_the_most() -> None:
    words = [picture["alt"] for picture in Reader(usage_page.page(USAGE)).pictures]
    assert any("Messages by hour: most are" in str(each) for each in words)


def test_without_any_conversation_the_page_says_so() -> None:
    assert "<p>None.</p>" in usage_page.page(EMPTY)
    assert Reader(usage_page.page(EMPTY)).pictures == []


@pytest.mark.parametrize("usage", [USAGE, EMPTY])
def test_no_words_of_a_visitor_are_in_any_form_of_the_report(usage: Usage) -> None:
    forms = usage_page.page, usage_page.text, usage_page.as_csv, usage_page.as_json
    assert [form for form in forms if "zebra" in str(form(usage))] == []


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    page = usage_page.page(USAGE)
    assert [
        mark for mark in ("http:", "https:", "<script", "<link", "@import") if mark in page
    ] == []


def test_csv_and_json_have_the_same_numbers() -> None:
    numbers = usage_page.as_json(USAGE)
    rows = list(csv.DictReader(io.StringIO(usage_page.as_csv(USAGE))))
    assert {row["section"] for row in rows} <= numbers.keys()
    assert all(numbers[row["section"]][row["name"]] == int(row["count"]) for row in rows)


def test_the_terminal_has_a_line_for_each_count() -> None:
    text = usage_page.text(USAGE)
    assert "\nQuestions by topic\n  ages         1\n  ns_salary *  1\n" in text
