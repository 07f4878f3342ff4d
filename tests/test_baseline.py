"""New figures beside those that were kept."""

import json
from pathlib import Path

import pytest

from bot.baseline import BASELINE, BaselineError, compare
from bot.evaluation import Case, Report, report

EXPECTED = {"label": "ages", "alt_labels": [], "answerable": True}


def evaluated(*right: bool) -> Report:
    def record(is_right: bool) -> dict[str, object]:
        return {"outcome": "answer", "id": "ages" if is_right else "risks", "choices": []}

    return report((Case(f"q{i}", "answerable", EXPECTED), record(r)) for i, r in enumerate(right))


def kept(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_each_group_has_its_share_before_and_now(tmp_path: Path) -> None:
    path = kept(tmp_path, {"groups": {"answerable": {"right": 3, "wrong": 1}}, "misses": []})
    assert "| answerable | 75.0 % | 100.0 % |" in compare(evaluated(True, True), path)


def test_only_what_went_well_before_is_named(tmp_path: Path) -> None:
    path = kept(tmp_path, {"groups": {}, "misses": ["q1"]})
    lines = compare(evaluated(True, False, False), path).splitlines()
    assert lines[2:] == ["| answerable | none | 33.3 % |", "no longer: q2"]


def test_the_figures_that_are_kept_can_be_compared_with() -> None:
    assert "| answerable | none |" not in compare(evaluated(True), BASELINE)


@pytest.mark.parametrize("content", [[], {}, {"groups": [], "misses": []}])
def test_a_broken_file_is_named_with_what_mends_it(tmp_path: Path, content: object) -> None:
    with pytest.raises(BaselineError, match="`make baseline` makes it anew"):
        compare(evaluated(True), kept(tmp_path, content))
