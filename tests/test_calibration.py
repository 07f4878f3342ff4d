"""Calibration: what counts as right, where the gate may stand, and how far a probability holds."""

from typing import Any

import pytest

from bot.calibration import (
    Bin,
    Point,
    Sample,
    best_factor,
    calibration_error,
    choose,
    curve,
    reliability,
    samples,
    tempered,
)
from bot.evaluation import Case, Record
from bot.gate import Thresholds

THRESHOLDS = Thresholds(sure=0.5, same=0.97, close=0.52, doubt=0.25, far=0.25, far_likeness=0.5)
ANSWERABLE = {"label": "ages", "alt_labels": ["children_ot"]}


def label(name: str, confidence: float = 0.9, likeness: float = 0.9) -> dict[str, Any]:
    return {"name": name, "confidence": confidence, "likeness": likeness}


def result(group: str, *names: str, expected: dict[str, Any] | None = None) -> tuple[Case, Record]:
    return Case("q", group, expected or ANSWERABLE), {"labels": [label(name) for name in names]}


def sample(confidence: float, correct: bool, likeness: float = 0.9) -> Sample:
    """A question about ages of which the likeliest of two labels is right or wrong."""
    labels = [label("faq/ages", confidence, likeness), label("faq/risks", 1 - confidence, 0.0)]
    return Sample(labels, frozenset({"faq/ages" if correct else "faq/risks"}), True)


def group(confidence: float, right: int, wrong: int) -> list[Sample]:
    return [sample(confidence, i < right) for i in range(right + wrong)]


@pytest.mark.parametrize(
    ("name", "correct"),
    [
        ("faq/ages", True),
        ("faq/children_ot", True),
        ("faq/risks", False),
        ("out_of_scope", False),
        ("follow_up/kids", True),
        ("follow_up/adults", False),
    ],
)
def test_a_question_is_right_by_its_topic_or_another_that_will_do(name: str, correct: bool) -> None:
    (found,) = samples([result("answerable", name)])
    assert (found.answerable, found.correct) == (True, correct)


@pytest.mark.parametrize("group_", ["not answerable", "out of scope"])
@pytest.mark.parametrize(
    ("name", "correct"),
    [
        ("out_of_scope", True),
        ("small_talk/greet", True),
        ("faq/ns_salary", True),
        ("follow_up/cost", True),
        ("faq/ages", False),
        ("follow_up/kids", False),
        ("find_location", False),
    ],
)
def test_where_nothing_can_be_answered_only_an_answer_is_wrong(
    name: str, correct: bool, group_: str
) -> None:
    (found,) = samples([result(group_, name, expected={"label": "ns_salary"})])
    assert (found.answerable, found.correct) == (False, correct)


def test_a_follow_up_stands_for_the_topic_that_it_gets_with_nothing_said_before() -> None:
    (found,) = samples([result("answerable", "follow_up/how_long", "follow_up/who", "inform")])
    assert [entry["name"] for entry in found.labels] == [
        "faq/therapy_duration",
        "faq/who_practices",
        "inform",
    ]


def test_the_record_of_a_case_is_not_changed() -> None:
    case, record = result("answerable", "follow_up/kids")
    samples([(case, record)])
    assert record["labels"] == [label("follow_up/kids")]


@pytest.mark.parametrize("group_", ["emergency", "hard negative", "location"])
def test_what_is_no_question_is_left_out(group_: str) -> None:
    assert samples([result(group_, "faq/ages")]) == []


def test_a_message_that_was_not_ranked_is_left_out() -> None:
    assert samples([result("answerable")]) == []


def test_the_curve_tells_at_each_threshold_how_many_are_answered_and_how_many_rightly() -> None:
    cases = [sample(0.9, True), sample(0.7, True), sample(0.5, False), sample(0.3, True)]
    points = {point.sure: point for point in curve(cases, THRESHOLDS)}
    assert [points[sure] for sure in (0.3, 0.5, 0.7, 0.9)] == [
        Point(0.3, 1.0, 0.75),
        Point(0.5, 0.75, pytest.approx(2 / 3)),
        Point(0.7, 0.5, 1.0),
        Point(0.9, 0.25, 1.0),
    ]


def test_the_curve_goes_from_next_to_nothing_to_next_to_one() -> None:
    points = curve([sample(0.9, True)], THRESHOLDS)
    assert [point.sure for point in points] == sorted({point.sure for point in points})
    assert (points[0].sure, points[-1].sure) == (0.02, 0.98)


@pytest.mark.parametrize(("likeness", "coverage"), [(0.97, 1.0), (0.96, 0.0), (0.51, 0.0)])
def test_the_curve_goes_by_the_other_thresholds_as_well(likeness: float, coverage: float) -> None:
    points = curve([sample(0.6, True, likeness)], THRESHOLDS)
    assert {point.coverage for point in points if point.sure > 0.6} == {coverage}


@pytest.mark.parametrize("name", ["out_of_scope", "faq/ns_salary"])
def test_what_says_nothing_from_the_documents_is_no_answer(name: str) -> None:
    honest = Sample([label(name)], frozenset({name}), answerable=False)
    points = curve([sample(0.9, True), honest], THRESHOLDS)
    assert (points[0].coverage, points[0].precision) == (1.0, 1.0)


def test_an_answer_where_none_is_right_costs_precision_and_adds_no_coverage() -> None:
    wrong = Sample([label("faq/ages")], frozenset({"out_of_scope"}), answerable=False)
    point = curve([sample(0.9, True), wrong], THRESHOLDS)[0]
    assert (point.coverage, point.precision) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("precisions", "sure"),
    [
        ((0.9, 0.97, 0.98, 0.99), 0.4),
        ((0.97, 0.97, 0.97, 0.97), 0.2),
        ((0.98, 0.9, 0.96, 0.97), 0.8),
        ((0.98, 0.96, 0.97, 0.98), 0.6),
    ],
)
def test_the_threshold_is_the_lowest_above_which_precision_never_falls(
    precisions: tuple[float, ...], sure: float
) -> None:
    points = [
        Point(at, 0.5, precision)
        for at, precision in zip((0.2, 0.4, 0.6, 0.8), precisions, strict=True)
    ]
    assert choose(points, 0.97) == sure


@pytest.mark.parametrize("points", [[], [Point(0.2, 1.0, 0.9), Point(0.4, 0.5, 0.96)]])
def test_a_precision_that_no_threshold_gives_is_refused(points: list[Point]) -> None:
    with pytest.raises(ValueError, match=r"no threshold gives a precision of 0\.97"):
        choose(points, 0.97)


LABELS = [label("faq/ages", 0.6), label("faq/risks", 0.3), label("faq/autism", 0.08)]
THREE = Sample(LABELS, frozenset({"faq/ages"}), True)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.35, 3.0])
def test_another_temperature_keeps_the_order_of_the_labels(factor: float) -> None:
    labels = tempered(THREE, factor).labels
    confidences = [entry["confidence"] for entry in labels]
    assert confidences == sorted(confidences, reverse=True)
    assert [entry["name"] for entry in labels] == [entry["name"] for entry in LABELS]


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.35, 3.0])
def test_at_another_temperature_the_probabilities_sum_to_one(factor: float) -> None:
    labels = tempered(THREE, factor).labels
    assert sum(entry["confidence"] for entry in labels) == pytest.approx(1)


@pytest.mark.parametrize(("factor", "more"), [(0.5, True), (3.0, False)])
def test_a_higher_temperature_makes_a_case_less_confident(factor: float, more: bool) -> None:
    assert (tempered(THREE, factor).confidence > 0.6) is more


def test_at_twice_the_temperature_the_odds_are_their_roots() -> None:
    assert tempered(sample(0.9, True), 2.0).confidence == pytest.approx(0.75)


def test_another_temperature_changes_nothing_but_the_probabilities() -> None:
    after = tempered(THREE, 2.0)
    assert (after.right, after.answerable) == (THREE.right, THREE.answerable)
    assert [entry["likeness"] for entry in after.labels] == [e["likeness"] for e in LABELS]


# Right three times of four, that is odds of 3: the root of 9, and the square of 3 ** 0.5.
@pytest.mark.parametrize(
    ("confidence", "factor"), [(9 / 10, 2.0), (3 / 4, 1.0), (1 - 1 / (1 + 3**0.5), 0.5)]
)
def test_the_best_temperature_brings_confidence_to_the_share_correct(
    confidence: float, factor: float
) -> None:
    cases = group(confidence, right=30, wrong=10)
    assert best_factor(cases) == factor
    assert tempered(cases[0], factor).confidence == pytest.approx(0.75)


@pytest.mark.parametrize("correct", [True, False])
def test_a_case_of_full_confidence_does_not_break_the_search(correct: bool) -> None:
    assert best_factor([sample(1.0, correct)]) > 0


def test_cases_of_about_the_same_confidence_share_a_bin() -> None:
    cases = [sample(0.62, True), sample(0.68, False), sample(0.91, True)]
    assert reliability(cases) == [
        Bin(2, pytest.approx(0.65), 0.5),
        Bin(1, pytest.approx(0.91), 1.0),
    ]


@pytest.mark.parametrize(("one", "other"), [(0.0, 0.09), (0.3, 0.39), (0.9, 1.0)])
def test_a_bin_holds_its_lower_edge_and_the_last_one_both(one: float, other: float) -> None:
    assert [found.count for found in reliability([sample(one, True), sample(other, True)])] == [2]


def test_a_bin_ends_before_its_upper_edge() -> None:
    assert len(reliability([sample(0.6, True), sample(0.7, True)])) == 2


def test_without_cases_there_are_no_bins_and_no_error() -> None:
    assert calibration_error(reliability([])) == 0


def test_a_perfect_confidence_has_no_error() -> None:
    cases = group(0.75, right=3, wrong=1) + group(0.25, right=1, wrong=3)
    assert calibration_error(reliability(cases)) == pytest.approx(0)


def test_the_error_is_the_mean_distance_of_confidence_and_share_correct() -> None:
    # Eight cases 0.15 too sure, two 0.4 too modest: (8 * 0.15 + 2 * 0.4) / 10.
    cases = group(0.9, right=6, wrong=2) + group(0.6, right=2, wrong=0)
    assert calibration_error(reliability(cases)) == pytest.approx(0.2)
