"""The page of an evaluation: its tables, its pictures, and nothing that a visitor wrote runs."""

import base64
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bot import report as pages
from bot.evaluation import Case, Record, Report, report
from bot.gate import Thresholds
from bot.page import PageError
from bot.regression import Change
from bot.report import confusions, write

THRESHOLDS = Thresholds(sure=0.5, same=0.97, close=0.52, doubt=0.25, far=0.25, far_likeness=0.5)
QUESTION = {"label": "ages", "alt_labels": ["children_ot"], "answerable": True}


class Reader(HTMLParser):
    """Takes a page apart: its elements, its pictures, its headings and the rows of its tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.pictures: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.rows: list[list[str]] = []
        self._within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self._within = tag
        if tag == "img":
            self.pictures.append(dict(attrs))
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self._within in ("td", "th"):
            self.rows[-1][-1] += data
        elif self._within in ("h1", "h2"):
            self.headings.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


def record(outcome: str, *labels: str, **values: Any) -> Record:
    empty = {"id": None, "intent": None, "choices": [], "location": None, "safety": None}
    ranked = [{"name": name, "confidence": 0.9, "likeness": 0.9} for name in labels]
    return empty | {"outcome": outcome, "labels": ranked} | values


def evaluated(*results: tuple[dict[str, Any], str, Record]) -> Report:
    return report((Case(text, _group(expected), expected), got) for expected, text, got in results)


def _group(expected: dict[str, Any]) -> str:
    return "answerable" if "label" in expected else "emergency"


RIGHT = (QUESTION, "How old must I be?", record("answer", "faq/ages", id="ages"))
WRONG = (QUESTION, "Am I too old?", record("answer", "faq/risks", id="risks"))
EMERGENCY = ({"kind": "emergency"}, "help, quick", record("answer", "small_talk/help"))


def read(*results: tuple[dict[str, Any], str, Record]) -> Reader:
    return Reader(pages.page(evaluated(*results), THRESHOLDS))


@pytest.mark.parametrize(
    "row",
    [
        ["answerable", "2", "right 50.0 %, wrong 50.0 %"],
        ["ages", "2", "right 50.0 %, wrong 50.0 %"],
        ["wrong", "Am I too old?", "ages", "answer risks"],
        ["90 %", "2", "50 %"],
    ],
    ids=["group", "topic", "miss", "confidence"],
)
def test_the_page_has_a_row_for_everything_that_was_counted(row: list[str]) -> None:
    assert row in read(RIGHT, WRONG).rows


def test_the_page_tells_how_far_the_probabilities_can_be_trusted() -> None:
    page = pages.page(evaluated(RIGHT, WRONG), THRESHOLDS)
    assert "Expected calibration error: 40.0 %." in page


def test_what_went_well_is_not_among_what_did_not() -> None:
    assert "How old must I be?" not in [cell for row in read(RIGHT, WRONG).rows for cell in row]


def test_a_miss_without_a_topic_is_named_by_its_group_and_its_intent() -> None:
    rows = read((EMERGENCY[0], "help", record("answer", intent="small_talk/help"))).rows
    assert ["missed", "help", "emergency", "answer small_talk/help"] in rows


@pytest.mark.parametrize("number", range(3))
def test_each_of_the_three_pictures_is_drawn_into_the_page(number: int) -> None:
    pictures = read(RIGHT, WRONG).pictures
    head, data = str(pictures[number]["src"]).split(",")
    assert len(pictures) == 3
    assert head == "data:image/svg+xml;base64"
    assert ET.fromstring(base64.b64decode(data)).tag.endswith("svg")


def test_each_picture_says_in_words_what_it_shows() -> None:
    words = [str(picture["alt"]) for picture in read(RIGHT, WRONG).pictures]
    assert len(set(words)) == 3
    assert words[0].endswith(
        "At 0.50, where the gate stands, 100 % of the answerable questions are answered, "
        "and 50.0 % of the answers are right."
    )


def test_without_a_confusion_there_is_no_picture_of_any() -> None:
    page = read(RIGHT)
    assert (len(page.pictures), "Confusions" in page.headings) == (2, False)


def test_without_a_question_the_page_has_the_tables_alone() -> None:
    page = read(EMERGENCY)
    assert page.pictures == []
    assert page.headings == ["How well Otto understands", "What did not go well", "By topic"]


def test_without_any_case_there_is_still_a_page() -> None:
    assert read().headings[0] == "How well Otto understands"


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a < b & c", '"><img src=x onerror=alert(1)>', "</table>"]
)
def test_what_a_visitor_wrote_is_shown_and_not_run(text: str) -> None:
    harmless, page = read(WRONG), read((QUESTION, text, WRONG[2]))
    assert ["wrong", text, "ages", "answer risks"] in page.rows
    assert (page.elements, len(page.pictures)) == (harmless.elements, 3)


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    page = pages.page(evaluated(RIGHT, WRONG), THRESHOLDS)
    assert [
        mark for mark in ("http:", "https:", "<script", "<link", "@import") if mark in page
    ] == []


@pytest.mark.parametrize(
    ("got", "counted"),
    [
        (record("answer", "faq/risks", id="risks"), {("ages", "risks"): 1}),
        (record("ask_which", "out_of_scope"), {("ages", "out_of_scope"): 1}),
        (record("ask_which", "faq/ages"), {}),
        (record("answer", "faq/children_ot", id="children_ot"), {}),
        (record("answer", "follow_up/kids", id="children_ot"), {}),
        (record("emergency"), {}),
    ],
)
def test_a_confusion_is_a_topic_taken_for_another_label(
    got: Record, counted: dict[tuple[str, str], int]
) -> None:
    assert confusions(evaluated((QUESTION, "q", got))) == counted


def test_only_topics_are_confused() -> None:
    assert confusions(evaluated(EMERGENCY)) == {}


def test_the_page_is_written_with_the_gate_as_it_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "configured", lambda: THRESHOLDS)
    path = tmp_path / "page.html"
    write(path, evaluated(RIGHT))
    assert "At 0.50, where the gate stands" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["¿Cuántos años? 字", "half a character: \ud83d"])
def test_any_text_can_be_written(text: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write(path, evaluated((QUESTION, text, WRONG[2])))
    assert text.split()[0] in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "why"), [("missing/page.html", "No such file or directory"), (".", "Is a directory")]
)
def test_a_file_that_cannot_be_written_is_named_with_the_reason(
    name: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(PageError) as error:
        write(tmp_path / name, evaluated(RIGHT))
    assert str(error.value) == f"{tmp_path / name}: cannot be written ({why})"


def test_what_changed_since_the_last_run_has_a_table_of_its_own() -> None:
    change = Change("Am I too old?", "answer ages", "answer risks")
    page = Reader(pages.page(Report(), THRESHOLDS, [change]))
    assert ["Am I too old?", "answer ages", "answer risks"] in page.rows


def test_an_expected_topic_can_be_confused() -> None:
    case = Case("Am I too old?", "expected", {"expect": "ages"})
    assert confusions(report([(case, record("answer", "faq/risks", id="risks"))])) == {
        ("ages", "risks"): 1
    }
