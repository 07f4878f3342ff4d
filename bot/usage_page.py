"""What `otto report` shows of the counts: a page with charts, lines for the terminal, CSV, JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from bot.answers import topics
from bot.page import document, figure, image, svg, table
from bot.usage import QUESTIONS, Usage

# As many as a month has days.
MOST_BARS = 31
NAMES = {"recommendation_form": "the recommendation", "location_form": "the location lookup"}
Rows = list[tuple[str, int]]


@dataclass(frozen=True)
class Section:
    """One count of the report: its heading, what a row is, and the rows in their order.

    `name` stands in the CSV and the JSON; `note` says what has to be known to read the rows.
    """

    name: str
    heading: str
    of: str
    rows: Rows
    note: str = ""


def sections(usage: Usage) -> list[Section]:
    """Everything that was counted."""
    hours: Rows = [(f"{hour:02d}:00", usage.hours[hour]) for hour in range(24)]
    return [
        Section("days", "Conversations by day", "day", sorted(usage.days.items())),
        Section(
            "hours", "Messages by hour", "hour", hours, "By the clock of the machine Otto runs on."
        ),
        Section("channels", "Conversations by channel", "channel", usage.channels.most_common()),
        Section(
            "outcomes",
            "What came of the messages",
            "outcome",
            usage.outcomes.most_common(),
            "The README says what the outcomes mean.",
        ),
        Section(
            "topics",
            "Questions by topic",
            "topic",
            usage.topics.most_common(),
            "Topics marked with * are those that the documents do not cover.",
        ),
        *_dialogues(usage),
        Section("liked", "Thumbs up by topic", "topic", usage.liked.most_common()),
        Section("disliked", "Thumbs down by topic", "topic", usage.disliked.most_common()),
        Section("reasons", "Why thumbs were down", "reason", usage.reasons.most_common()),
    ]


def _dialogues(usage: Usage) -> Iterator[Section]:
    for form, went in usage.dialogues.items():
        left = [(f"left at {asked}", went.left[asked]) for asked in QUESTIONS[form]]
        yield Section(
            form,
            f"How {NAMES[form]} went",
            "step",
            [("began", went.began), ("finished", went.finished), *left],
            "Left: the visitor stopped, asked about something else, or said no more.",
        )


def totals(usage: Usage) -> Rows:
    """The few numbers that stand above all others."""
    return [
        ("conversations", usage.conversations),
        ("messages", usage.messages),
        ("thumbs up", sum(usage.liked.values())),
        ("thumbs down", sum(usage.disliked.values())),
    ]


def page(usage: Usage) -> str:
    """The report as one HTML file, charts included; each has a table that says the same."""
    parts = [
        "<h1>What visitors did with Otto</h1>",
        f"<p>{_span(usage)}. No visitor's words are in this report.</p>",
        table(("of", "count"), totals(usage), "Altogether"),
    ]
    for section in sections(usage):
        rows = _shown(section)
        parts += ["<section>", f"<h2>{section.heading}</h2>"]
        if any(count for _, count in rows):
            parts += [
                f"<p>{section.note}</p>" if section.note else "",
                '<div class="chart">',
                image(_chart(rows), _in_words(section.heading, rows)),
                table((section.of, "count"), rows),
                "</div>",
            ]
        else:
            parts.append("<p>None.</p>")
        parts.append("</section>")
    return document("Otto: report", parts)


def text(usage: Usage) -> str:
    """The report for a terminal."""
    lines = [_span(usage)]
    for heading, rows in [("Altogether", totals(usage))] + [
        (section.heading, _shown(section)) for section in sections(usage)
    ]:
        width = max((len(name) for name, _ in rows), default=0)
        lines += ["", heading]
        lines += [f"  {name:{width}}  {count}" for name, count in rows if count] or ["  none"]
    return "\n".join(lines)


def as_json(usage: Usage) -> dict[str, object]:
    """The report's numbers: each section an object of counts by name."""
    return {
        "since": usage.since.isoformat("T", "seconds"),
        "until": usage.until.isoformat("T", "seconds"),
        "totals": dict(totals(usage)),
        **{section.name: dict(section.rows) for section in sections(usage)},
    }


def as_csv(usage: Usage) -> str:
    """The same as a table with the columns `section`, `name` and `count`."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("section", "name", "count"))
    writer.writerows(("totals", *row) for row in totals(usage))
    for section in sections(usage):
        writer.writerows((section.name, *row) for row in section.rows)
    return file.getvalue()


def _span(usage: Usage) -> str:
    return f"From {usage.since:%Y-%m-%d %H:%M} to {usage.until:%Y-%m-%d %H:%M}"


def _shown(section: Section) -> Rows:
    """The rows with names as people read them."""
    if section.of != "topic":
        return [(name.replace("_", " "), count) for name, count in section.rows]
    uncovered = {topic.id for topic in topics().values() if not topic.covered}
    return [(f"{name} *" if name in uncovered else name, count) for name, count in section.rows]


def _in_words(heading: str, rows: Rows) -> str:
    most, count = max(rows, key=lambda row: row[1])
    return f"Bar chart. {heading}: most are {most}, with {count}. The table below has all numbers."


def _chart(rows: Rows) -> bytes:
    shown = rows[:MOST_BARS]
    drawn, axes = figure(8, 0.6 + 0.24 * len(shown))
    bars = axes.barh(range(len(shown)), [count for _, count in shown], color="#1b5e7d")
    axes.bar_label(bars, padding=3, fontsize=8)
    axes.set_yticks(range(len(shown)), [name for name, _ in shown], fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set_xlabel("count", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return svg(drawn)
