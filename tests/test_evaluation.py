"""A case gets the verdict it deserves."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.answers import topics
from bot.evaluation import (
    OUTCOMES,
    Case,
    CasesError,
    Report,
    asked,
    load_cases,
    report,
    verdict,
)

QUESTION = {"text": "q", "label": "a", "alt_labels": ["b"], "answerable": True}
UNKNOWN = QUESTION | {"answerable": False}
PLACE = {"state": "Florida", "city": "Tampa", "listed": True, "ambiguous_states": []}


def record(outcome: str, **values: Any) -> dict[str, Any]:
    empty = {"id": None, "intent": None, "choices": [], "location": None, "safety": None}
    return empty | {"outcome": outcome} | values


def case(expected: dict[str, Any], tmp_path: Path) -> Case:
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({"text": "q"} | expected) + "\n")
    (found,) = load_cases(path)
    return found


@pytest.mark.parametrize(
    ("expected", "got", "found"),
    [
        (QUESTION, record("answer", id="a"), "right"),
        (QUESTION, record("answer", id="b"), "right"),
        (QUESTION, record("answer", id="c"), "wrong"),
        (QUESTION, record("ask_which", choices=[{"id": "b"}]), "offered"),
        (QUESTION, record("ask_which", choices=[{"id": "c"}]), "missed"),
        (QUESTION, record("not_covered", id="a"), "missed"),
        (UNKNOWN, record("not_covered", id="z"), "honest"),
        (UNKNOWN, record("out_of_scope"), "honest"),
        (UNKNOWN, record("answer", id="a"), "wrong"),
        (UNKNOWN, record("ask_which"), "missed"),
        ({"kind": "general"}, record("out_of_scope"), "right"),
        ({"kind": "medical"}, record("not_covered"), "right"),
        ({"kind": "chitchat"}, record("small_talk"), "right"),
        ({"kind": "general"}, record("ask_which"), "asked"),
        ({"kind": "general"}, record("dialogue"), "wrong"),
        ({"kind": "emergency"}, record("emergency", safety="interrupt"), "right"),
        ({"kind": "crisis"}, record("answer", safety="note"), "noted"),
        ({"kind": "crisis"}, record("answer"), "missed"),
        ({"kind": "hard_negative"}, record("answer", safety="note"), "right"),
        ({"kind": "hard_negative"}, record("emergency", safety="interrupt"), "wrong"),
        ({"expect": PLACE}, record("location", location=PLACE), "right"),
        ({"expect": PLACE}, record("location", location=PLACE | {"city": "Ocala"}), "wrong"),
        ({"expect": PLACE}, record("location", location=PLACE | {"listed": None}), "wrong"),
        ({"expect": PLACE}, record("answer"), "wrong"),
        (
            {"expect": PLACE | {"also_ok": ["Ocala"]}},
            record("location", location=PLACE | {"city": "Ocala"}),
            "right",
        ),
        ({"expect": PLACE | {"no_location": True}}, record("answer"), "right"),
        ({"expect": PLACE | {"no_location": True}}, record("x", location=PLACE), "wrong"),
        (
            {"expect": PLACE | {"city": None}},
            record("location", location=PLACE | {"city": None}),
            "right",
        ),
        ({"expect": PLACE | {"city": None}}, record("location", location=PLACE), "wrong"),
    ],
)
def test_a_verdict(
    expected: dict[str, Any], got: dict[str, Any], found: str, tmp_path: Path
) -> None:
    assert verdict(case(expected, tmp_path), got) == found


def test_the_table_counts_by_group_and_keeps_what_did_not_go_well(tmp_path: Path) -> None:
    one = case(QUESTION, tmp_path)
    counted = report([(one, record("answer", id="a")), (one, record("answer", id="c"))])
    assert counted.table().splitlines()[-1] == "| answerable | 2 | right 50.0 %, wrong 50.0 % |"
    assert counted.share("answerable", "right", "wrong") == 1
    assert counted.topics["a"] == {"right": 1, "wrong": 1}
    assert [found for found, _, _ in counted.misses] == ["wrong"]


def counted(tmp_path: Path, *results: tuple[dict[str, Any], dict[str, Any]]) -> Report:
    return report([(case(expected, tmp_path), got) for expected, got in results])


def test_each_group_has_a_row_in_a_fixed_order(tmp_path: Path) -> None:
    found = counted(
        tmp_path,
        ({"kind": "general"}, record("out_of_scope")),
        (UNKNOWN, record("out_of_scope")),
        (QUESTION, record("answer", id="a")),
    )
    assert found.rows() == [
        ("answerable", 1, "right 100.0 %"),
        ("not answerable", 1, "honest 100.0 %"),
        ("out of scope", 1, "right 100.0 %"),
    ]


def test_a_row_names_the_commonest_verdict_first(tmp_path: Path) -> None:
    outcomes = [record("answer", id="c"), *[record("answer", id="a")] * 2]
    found = counted(tmp_path, *((QUESTION, got) for got in outcomes))
    assert found.rows() == [("answerable", 3, "right 66.7 %, wrong 33.3 %")]


def test_each_topic_has_a_row_the_worst_first_and_equal_ones_by_name(tmp_path: Path) -> None:
    right = record("answer", id="a")
    found = counted(
        tmp_path,
        (QUESTION, right),
        (QUESTION | {"label": "z"}, record("answer", id="y")),
        (QUESTION | {"label": "half"}, record("answer", id="half")),
        (QUESTION | {"label": "half"}, record("answer", id="y")),
        (UNKNOWN | {"label": "0"}, record("not_covered")),
    )
    assert found.topic_rows() == [
        ("z", 1, "wrong 100.0 %"),
        ("half", 2, "right 50.0 %, wrong 50.0 %"),
        ("0", 1, "honest 100.0 %"),
        ("a", 1, "right 100.0 %"),
    ]


def test_a_case_without_a_topic_has_no_row_among_the_topics(tmp_path: Path) -> None:
    assert counted(tmp_path, ({"kind": "general"}, record("out_of_scope"))).topic_rows() == []


def test_the_table_of_topics_has_a_line_for_each_row(tmp_path: Path) -> None:
    assert counted(tmp_path, (QUESTION, record("answer", id="a"))).topic_table().splitlines() == [
        "| topic | cases | verdicts |",
        "|---|---|---|",
        "| a | 1 | right 100.0 % |",
    ]


def test_every_result_is_kept_in_its_order(tmp_path: Path) -> None:
    results = [(QUESTION, record("answer", id="a")), ({"kind": "general"}, record("dialogue"))]
    found = counted(tmp_path, *results)
    assert [got for _, got in found.results] == [got for _, got in results]


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "q"}', '{"kind": "general"}'])
def test_a_line_that_is_no_case_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(QUESTION) + f"\n{line}\n")
    with pytest.raises(CasesError, match=r"cases\.jsonl: line 2 is no case"):
        load_cases(path)


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CasesError, match=r"holds no file that ends in \.jsonl"):
        load_cases(tmp_path)


@pytest.mark.parametrize(
    ("expect", "got", "found"),
    [
        ("ages", {"outcome": "answer", "id": "ages"}, "right"),
        ("answer", {"outcome": "answer", "id": "ages"}, "right"),
        ("ages", {"outcome": "answer", "id": "risks"}, "wrong"),
        ("ages", {"outcome": "ask_which", "choices": [{"title": "?", "id": "ages"}]}, "offered"),
        ("ages", {"outcome": "ask_which"}, "asked"),
        ("ages", {"outcome": "out_of_scope"}, "missed"),
        ("emergency", {"outcome": "answer", "id": "ages"}, "wrong"),
    ],
)
def test_an_expectation_names_a_topic_or_an_outcome(
    expect: str, got: dict[str, Any], found: str
) -> None:
    assert verdict(asked("How old?", expect), record(**got)) == found


def test_where_nothing_is_expected_nothing_is_missed() -> None:
    found = report([(asked("How old?", ""), record("out_of_scope"))])
    assert found.misses == []
    assert found.groups["no expectation"] == {"out_of_scope": 1}


def test_an_expectation_that_is_nothing_is_refused() -> None:
    with pytest.raises(CasesError, match="'agse' is neither a topic nor an outcome; did you mean"):
        asked("How old?", "agse")


def test_no_topic_is_called_like_an_outcome() -> None:
    assert not topics().keys() & set(OUTCOMES)


def test_cases_with_an_expected_topic_are_loaded(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"text": "How old?", "expect": "ages"}\n')
    (case,) = load_cases(path)
    assert (case.group, case.expected["expect"]) == ("expected", "ages")
