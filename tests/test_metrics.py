"""Otto understands its cases as well as it did, and was not trained on them."""

import asyncio
import json
from collections import Counter

import pytest
import yaml
from rapidfuzz import fuzz, process
from rasa.core.agent import Agent

from bot.acceptance import NEARLY_THE_SAME
from bot.answers import topics
from bot.ask import ask
from bot.calibration import calibration_error, reliability, samples
from bot.evaluation import GOOD, Report, load_cases, report
from bot.gate import configured
from bot.paths import DATA, ROOT
from bot.words import words

CASES = load_cases(ROOT / "tests" / "cases")
BASELINE = json.loads((ROOT / "metrics" / "baseline.json").read_text(encoding="utf-8"))
GATE = ROOT / "metrics" / "gate.json"
MOST_CALIBRATION_ERROR = 0.05


@pytest.fixture(scope="module")
def measured(agent: Agent) -> Report:
    async def results():
        return [(case, await ask(agent, case.text, "web")) for case in CASES]

    return report(asyncio.run(results()))


@pytest.mark.parametrize("group", BASELINE["groups"])
def test_no_group_of_cases_is_understood_worse_than_before(group: str, measured: Report) -> None:
    counts = Counter(BASELINE["groups"][group])
    before = sum(counts[found] for found in GOOD[group]) / sum(counts.values())
    flipped = [
        f"{found}: {case.text}"
        for found, case, _ in measured.misses
        if case.group == group and case.text not in BASELINE["misses"]
    ]
    assert measured.share(group, *GOOD[group]) >= before - BASELINE["tolerance"], flipped


@pytest.mark.parametrize("group", BASELINE["groups"])
def test_no_group_of_cases_gets_more_wrong_answers_than_before(
    group: str, measured: Report
) -> None:
    counts = Counter(BASELINE["groups"][group])
    before = counts["wrong"] / sum(counts.values())
    wrong = [case.text for found, case, _ in measured.misses if found == "wrong"]
    assert measured.share(group, "wrong") <= before + BASELINE["tolerance"], wrong


def chosen() -> dict[str, float]:
    """What benchmarks/thresholds.py chose last."""
    found: dict[str, float] = json.loads(GATE.read_text(encoding="utf-8"))["chosen"]
    return found


def test_the_gate_stands_where_it_was_last_chosen_to_stand() -> None:
    assert {name: chosen()[name] for name in vars(configured())} == vars(configured())


def test_the_classifier_has_the_temperature_that_was_last_chosen() -> None:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    (temperature,) = [part["temperature"] for part in pipeline if "temperature" in part]
    assert chosen()["temperature"] == temperature


def test_confidence_tells_the_share_that_is_right(measured: Report) -> None:
    bins = reliability(samples(measured.results))
    assert calibration_error(bins) < MOST_CALIBRATION_ERROR, bins


def test_every_topic_has_at_least_four_cases() -> None:
    counts = Counter(case.expected["label"] for case in CASES if "label" in case.expected)
    assert {id_: counts[id_] for id_ in topics() if counts[id_] < 4} == {}


def test_no_case_is_a_training_example_or_nearly_one() -> None:
    examples = [
        line.removeprefix("- ").strip()
        for path in (DATA / "nlu").rglob("*.yml")
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]
        for line in entry["examples"].strip().splitlines()
    ]
    likeness = process.cdist(
        [words(case.text) for case in CASES],
        [words(example) for example in examples],
        scorer=fuzz.ratio,
        score_cutoff=NEARLY_THE_SAME,
    )
    assert [case.text for case, row in zip(CASES, likeness, strict=True) if row.any()] == []
