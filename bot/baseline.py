"""The last figures that were kept, metrics/baseline.json, and how new ones compare."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from bot.errors import OttoError
from bot.evaluation import GOOD, Report
from bot.paths import ROOT

BASELINE = ROOT / "metrics" / "baseline.json"


class BaselineError(OttoError):
    """The figures cannot be read; the message says what to do."""


def compare(report: Report, path: Path = BASELINE) -> str:
    """The share of each group that goes well, before and now, and the cases that no longer do.

    Raises:
        BaselineError: the file is missing or broken.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        before = {group: Counter(counts) for group, counts in kept["groups"].items()}
        known = set(kept["misses"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaselineError(f"{path}: cannot be read; `make baseline` makes it anew") from error
    lines = ["| group | before | now |", "|---|---|---|"]
    for group in (group for group in GOOD if group in report.groups):
        was = _share(before[group], group) if group in before else "none"
        lines.append(f"| {group} | {was} | {_share(report.groups[group], group)} |")
    new = [f"no longer: {case.text}" for _, case, _ in report.misses if case.text not in known]
    return "\n".join([*lines, *new])


def _share(counts: Counter[str], group: str) -> str:
    good = sum(counts[found] for found in GOOD[group])
    return f"{100 * good / max(1, sum(counts.values())):.1f} %"
