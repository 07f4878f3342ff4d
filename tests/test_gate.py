"""The gate: what Otto answers, what it asks about, and what it leaves alone."""

from pathlib import Path
from typing import Any

import pytest

from bot.gate import Thresholds, commits, configured, describes_somebody, two_questions

THRESHOLDS = Thresholds(sure=0.5, same=0.97, close=0.52, doubt=0.25, far=0.25, far_likeness=0.5)

Label = dict[str, Any]


def label(name: str, confidence: float = 0.9, likeness: float = 0.9) -> Label:
    return {"name": name, "confidence": confidence, "likeness": likeness}


def part(name: str, confidence: float = 0.9) -> dict[str, Any]:
    return {"text": f"about {name}", "labels": [label(name, confidence)]}


def both(labels: list[Label], *parts: dict[str, Any]) -> list[str]:
    """The labels of the two questions that are found."""
    return [found["label"] for found in two_questions(labels, list(parts), THRESHOLDS)]


@pytest.mark.parametrize(
    ("confidence", "likeness", "intent"),
    [
        (0.5, 0.52, None),
        (0.99, 0.99, None),
        (0.99, 0.51, "nlu_fallback"),
        (0.1, 0.97, None),
        (0.49, 0.96, "nlu_fallback"),
        (0.25, 0.1, "nlu_fallback"),
        (0.1, 0.5, "nlu_fallback"),
        (0.24, 0.49, "out_of_scope"),
        (0.0, 0.0, "out_of_scope"),
    ],
)
def test_sure_is_answered_near_is_asked_about_and_far_is_out_of_scope(
    confidence: float, likeness: float, intent: str | None
) -> None:
    assert THRESHOLDS.decide([label("faq/ages", confidence, likeness)]) == intent


@pytest.mark.parametrize(
    ("name", "intent"),
    [
        ("faq/ages", "nlu_fallback"),
        ("follow_up/kids", "nlu_fallback"),
        ("recommend_therapy", "nlu_fallback"),
        ("find_location", "nlu_fallback"),
        ("faq/ns_salary", None),
        ("faq/booking", None),
        ("small_talk/thank", None),
        ("out_of_scope", None),
    ],
)
def test_only_what_commits_otto_needs_a_like_example(name: str, intent: str | None) -> None:
    assert THRESHOLDS.decide([label(name, 0.9, 0.3)]) == intent


def test_a_message_is_not_far_off_if_any_label_has_a_like_example() -> None:
    labels = [label("faq/ages", 0.2, 0.1), label("faq/autism", 0.1, 0.6)]
    assert THRESHOLDS.decide(labels) == "nlu_fallback"


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("faq/ages", True),
        ("follow_up/how_long", True),
        ("recommend_therapy", True),
        ("inform", True),
        ("find_location", True),
        ("correct_location", True),
        ("location_detail", True),
        ("faq/cost_insurance", False),
        ("faq/a_topic_of_former_days", False),
        ("small_talk/greet", False),
        ("cancel", False),
        ("false_alarm", False),
    ],
)
def test_an_answer_from_the_documents_and_a_dialogue_commit_otto(name: str, does: bool) -> None:
    assert commits(name) is does


@pytest.mark.parametrize(
    ("text", "name", "kinds", "describes"),
    [
        ("my son can't hold a pencil", "inform", {"person", "difficulty"}, True),
        ("I am 45 with low back pain", "faq/cond_backpain", {"age", "condition"}, True),
        ("my dad had a stroke, OT or PT?", "faq/cond_stroke", {"person", "condition"}, True),
        ("my mom has falls, who should she see", "faq/cond_falls", {"person", "condition"}, True),
        ("does OT help my son with autism?", "faq/cond_devdelay", {"person", "condition"}, False),
        ("how can my mom walk again", "faq/cond_stroke", {"person", "difficulty"}, False),
        ("my son has trouble dressing", "faq/session_length", {"person", "difficulty"}, False),
        ("my son", "inform", {"person"}, False),
        ("low back pain", "faq/cond_backpain", {"condition"}, False),
        ("nothing of this", "inform", set(), False),
    ],
)
def test_who_has_which_difficulty_is_told_from_a_question(
    text: str, name: str, kinds: set[str], describes: bool
) -> None:
    assert describes_somebody(text, name, kinds) is describes


UNSURE = [label("faq/ages", 0.3)]


def test_two_sure_questions_are_both_found_with_their_words() -> None:
    assert two_questions(UNSURE, [part("faq/ages"), part("faq/risks")], THRESHOLDS) == [
        {"label": "faq/ages", "text": "about faq/ages"},
        {"label": "faq/risks", "text": "about faq/risks"},
    ]


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([], []),
        ([part("faq/ages")], []),
        ([part("faq/ages"), part("faq/ages")], []),
        ([part("faq/ages"), part("faq/risks", 0.49)], []),
        ([part("faq/ages"), part("small_talk/thank")], []),
        ([part("small_talk/thank"), part("follow_up/how_long")], []),
        ([part("faq/ages"), part("follow_up/how_long")], ["ages", "therapy_duration"]),
        ([part("faq/otd_degree"), part("follow_up/how_long")], ["otd_degree", "time_to_become"]),
        ([part("find_location"), part("recommend_therapy")], []),
        ([part("faq/ages"), part("faq/risks", 0.49), part("faq/autism")], ["ages", "autism"]),
        ([part("faq/ages"), part("faq/ages"), part("faq/risks")], ["ages", "risks"]),
        ([part("faq/ages"), part("faq/risks"), part("faq/autism")], ["ages", "risks"]),
        ([part("faq/ages"), part("faq/ns_salary")], ["ages", "ns_salary"]),
    ],
)
def test_only_two_different_questions_that_are_sure_make_two(
    parts: list[dict[str, Any]], found: list[str]
) -> None:
    assert both(UNSURE, *parts) == [f"faq/{id_}" for id_ in found]


@pytest.mark.parametrize("dialogue", ["find_location", "recommend_therapy"])
def test_a_dialogue_comes_second_wherever_it_was_asked_for(dialogue: str) -> None:
    assert both(UNSURE, part(dialogue), part("faq/ages")) == ["faq/ages", dialogue]


@pytest.mark.parametrize("whole", ["faq/ages", "faq/risks"])
def test_two_questions_come_in_the_order_in_which_they_were_asked(whole: str) -> None:
    assert both([label(whole)], part("faq/ages"), part("faq/risks")) == ["faq/ages", "faq/risks"]


@pytest.mark.parametrize("whole", ["faq/risks", "find_location"])
def test_what_the_whole_message_surely_means_is_one_of_the_two(whole: str) -> None:
    assert whole in both([label(whole)], part("faq/ages"), part("faq/autism"), part(whole))


def test_parts_count_where_they_are_surer_than_the_whole() -> None:
    whole = label("faq/benefits", 0.6)
    assert both([whole], part("faq/ages"), part("faq/risks")) == ["faq/ages", "faq/risks"]


@pytest.mark.parametrize("whole", ["faq/benefits", "small_talk/thank", "recommend_therapy"])
def test_parts_do_not_count_where_the_whole_surely_means_something_else(whole: str) -> None:
    assert both([label(whole)], part("faq/ages"), part("faq/risks")) == []


@pytest.mark.parametrize(
    ("unanswered", "likeness", "intent"),
    [
        ({"faq/ns_salary": 0.25}, 0.9, None),
        ({"faq/ns_salary": 0.26}, 0.9, "nlu_fallback"),
        ({"faq/ns_salary": 0.2, "out_of_scope": 0.1}, 0.9, "nlu_fallback"),
        ({"faq/autism": 0.4}, 0.9, None),
        ({"faq/ns_salary": 0.4}, 0.97, None),
    ],
)
def test_an_answer_needs_that_nothing_unanswered_is_probable_too(
    unanswered: dict[str, float], likeness: float, intent: str | None
) -> None:
    others = [label(name, confidence) for name, confidence in unanswered.items()]
    assert THRESHOLDS.decide([label("faq/ages", 0.55, likeness), *others]) == intent


def test_the_thresholds_are_read_from_the_gates_place_in_the_pipeline(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(
        "pipeline:\n"
        "- name: bot.nlu.classifier.Classifier\n"
        "  sure: 0.1\n"
        "- name: bot.nlu.gate.Gate\n"
        "  sure: 0.5\n  same: 0.97\n  close: 0.52\n  doubt: 0.25\n  far: 0.25\n"
        "  far_likeness: 0.5\n",
        encoding="utf-8",
    )
    assert configured(config) == THRESHOLDS


def test_the_configured_thresholds_are_shares() -> None:
    assert all(0 <= value <= 1 for value in vars(configured()).values())
