"""Choose the classifier's temperature, and the gate's `sure` and `close`, from the own cases.

    make thresholds

Writes them into config.yml, and the curve, the choice and the calibration behind them into
metrics/gate.json. A model has to be trained anew afterwards where config.yml changed.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from bot import no_tensorflow
from bot.calibration import (
    RANKED,
    best_factor,
    calibration_error,
    choose,
    curve,
    reliability,
    samples,
    tempered,
)
from bot.evaluation import load_cases
from bot.gate import configured
from bot.paths import ROOT
from bot.quiet import quiet

# The least share of right answers among all answers, whatever was asked.
PRECISION = 0.965
# The share of rightly answered questions that may be asked about instead, for being unlike any
# example: what is about something else is unlike as well.
GIVEN_UP = 0.02
CONFIG = ROOT / "config.yml"
OUTPUT = ROOT / "metrics" / "gate.json"


async def measured() -> list[tuple[Any, Any]]:
    """The project's cases with what the current model makes of them."""
    from bot import agent as agents
    from bot.ask import ask
    from bot.training import model_path, train

    model = model_path()
    agent = await agents.load(model if model.exists() else train())
    cases = load_cases(ROOT / "tests" / "cases")
    return [(c, await ask(agent, c.text, "web")) for c in cases if c.group in RANKED]


def configure(name: str, value: float) -> float:
    """Put a number into config.yml and return the one that stood there."""
    text = CONFIG.read_text(encoding="utf-8")
    found = re.search(rf"(?m)^  {name}: (.*)$", text)
    if not found:
        raise SystemExit(f"config.yml sets no {name}")
    CONFIG.write_text(text[: found.start(1)] + str(value) + text[found.end(1) :], encoding="utf-8")
    return float(found[1])


def main() -> None:
    """Choose, write, and say what was chosen."""
    quiet()
    no_tensorflow.install()
    cases = samples(asyncio.run(measured()))
    # Chosen on one half, the error is measured on the other, and the other way round.
    halves = cases[::2], cases[1::2]
    across = []
    for one, other in (halves, halves[::-1]):
        factor = best_factor(one)
        across.append(calibration_error(reliability([tempered(c, factor) for c in other])))
    factor = best_factor(cases)
    before = configure("temperature", 0)
    temperature = round(before * factor, 2)
    configure("temperature", temperature)
    cases = [tempered(case, factor) for case in cases]
    alike = [case.likeness for case in cases if case.answerable and case.correct]
    close = round(float(np.quantile(alike, GIVEN_UP)), 2)
    configure("close", close)
    points = curve(cases, configured())
    sure = choose(points, PRECISION)
    configure("sure", sure)
    bins = reliability(cases)
    OUTPUT.write_text(
        json.dumps(
            {
                "criteria": {
                    "sure": f"the lowest from which on precision is at least {PRECISION}",
                    "close": f"the likeness that {GIVEN_UP} of the right answers do not reach",
                },
                "chosen": asdict(replace(configured(), sure=sure)) | {"temperature": temperature},
                "calibration_error": round(calibration_error(bins), 4),
                "calibration_error_on_the_other_half": [round(error, 4) for error in across],
                "reliability": [_rounded(asdict(found)) for found in bins],
                "curve": [_rounded(asdict(point)) for point in points],
            },
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )
    print(f"temperature {before} -> {temperature}, close {close}, sure {sure}")


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


if __name__ == "__main__":
    main()
