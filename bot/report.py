"""The page that `otto evaluate --html` writes: tables, and three pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bot import page as pages
from bot.calibration import Bin, Point, calibration_error, curve, reliability, samples
from bot.evaluation import Report, got, topic_wanted, wanted
from bot.gate import Thresholds, configured
from bot.page import figure, image, svg, table
from bot.regression import Change

MOST_NAMES = 60


def write(path: Path, report: Report, changed: Sequence[Change] = ()) -> None:
    """Write the page of an evaluation to a file, with the gate as config.yml sets it.

    `changed` is what is answered otherwise than in an earlier run.

    Raises:
        PageError: the file cannot be written.
    """
    pages.write(path, page(report, configured(), changed))


def page(report: Report, thresholds: Thresholds, changed: Sequence[Change] = ()) -> str:
    """The evaluation as one HTML file, pictures included."""
    ranked = samples(report.results)
    parts = [
        "<h1>How well Otto understands</h1>",
        table(("group", "cases", "verdicts"), report.rows()),
    ]
    if changed:
        parts += [
            "<h2>What changed since the last run</h2>",
            table(("sentence", "was", "is"), [(c.text, c.was, c.now) for c in changed]),
        ]
    if ranked:
        points, bins = curve(ranked, thresholds), reliability(ranked)
        parts += [
            "<h2>The gate</h2>",
            image(
                _curve_picture(points, thresholds.sure),
                "Precision and coverage for each value of the threshold sure. "
                + _in_words(points, thresholds.sure),
            ),
            "<h2>Can the probabilities be trusted?</h2>",
            f"<p>Expected calibration error: {100 * calibration_error(bins):.1f} %.</p>",
            image(_reliability_picture(bins), "Share correct by confidence; see the table below."),
            table(
                ("confidence", "cases", "correct"),
                [
                    (f"{100 * b.confidence:.0f} %", b.count, f"{100 * b.correct:.0f} %")
                    for b in bins
                ],
            ),
        ]
    confused = confusions(report)
    if confused:
        parts += [
            "<h2>Confusions</h2>",
            image(
                _confusion_picture(confused), "What was wanted and what was got; see the sentences."
            ),
        ]
    misses = [
        (found, case.text, wanted(case), got(record)) for found, case, record in report.misses
    ]
    parts += [
        "<h2>What did not go well</h2>",
        table(("verdict", "sentence", "wanted", "got"), misses),
        "<h2>By topic</h2>",
        table(("topic", "cases", "verdicts"), report.topic_rows()),
    ]
    return pages.document("Otto: evaluation", parts)


def confusions(report: Report) -> Counter[tuple[str, str]]:
    """How often a topic was wanted and another label came first, before the gate."""
    found: Counter[tuple[str, str]] = Counter()
    for case, record in report.results:
        topic = topic_wanted(case)
        if topic is None or not record["labels"]:
            continue
        right = {topic, *(case.expected.get("alt_labels") or ())}
        first = record["labels"][0]["name"].removeprefix("faq/")
        if first not in right and record["id"] not in right:
            found[topic, first] += 1
    return found


def _in_words(points: Sequence[Point], sure: float) -> str:
    nearest = min(points, key=lambda point: abs(point.sure - sure))
    return (
        f"At {sure:.2f}, where the gate stands, {100 * nearest.coverage:.0f} % of the answerable "
        f"questions are answered, and {100 * nearest.precision:.1f} % of the answers are right."
    )


def _curve_picture(points: Sequence[Point], sure: float) -> bytes:
    drawn, axes = figure(8, 5)
    axes.plot([p.sure for p in points], [p.precision for p in points], label="precision")
    axes.plot([p.sure for p in points], [p.coverage for p in points], "--", label="coverage")
    axes.axvline(sure, color="black", linestyle=":", label="where the gate stands")
    axes.set(xlabel="sure", ylabel="share", xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    return svg(drawn)


def _reliability_picture(bins: Sequence[Bin]) -> bytes:
    drawn, axes = figure(5, 5)
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="perfect")
    axes.plot([b.confidence for b in bins], [b.correct for b in bins], "o-", label="Otto")
    axes.set(xlabel="confidence", ylabel="share correct", xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
    return svg(drawn)


def _confusion_picture(confused: Counter[tuple[str, str]]) -> bytes:
    most = dict(confused.most_common(MOST_NAMES))
    wanted = sorted({pair[0] for pair in most})
    got = sorted({pair[1] for pair in most})
    counts = [[most.get((row, column), 0) for column in got] for row in wanted]
    drawn, axes = figure(3 + 0.28 * len(got), 3 + 0.28 * len(wanted))
    axes.imshow(counts, cmap="Blues", vmin=0)
    axes.set_xticks(range(len(got)), got, rotation=90, fontsize=8)
    axes.set_yticks(range(len(wanted)), wanted, fontsize=8)
    axes.set(xlabel="got", ylabel="wanted")
    for (row, column), count in most.items():
        place = (got.index(column), wanted.index(row))
        axes.text(*place, str(count), ha="center", va="center", fontsize=7)
    return svg(drawn)
