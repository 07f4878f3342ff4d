"""What `otto review` shows: groups of questions, in the terminal and as a page."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.page import document, table
from bot.review import Group

MOST_TEXTS = 8
NONE = "Nothing: every question of that time was answered, and no answer was marked as bad."


def heading(group: Group) -> str:
    """How often and when, and how one knows that it did not go well."""
    times, last = len(group.asked), datetime.fromtimestamp(group.asked[0].at)
    reasons = ", ".join(f"{count} {why}" for why, count in group.reasons.most_common())
    return f"{times} time{'s' * (times > 1)}, last on {last:%Y-%m-%d} ({reasons})"


def lines(number: int, group: Group) -> str:
    """A group for the terminal; its wordings have numbers."""
    texts = [f"   {i}  {text}" for i, text in enumerate(group.texts[:MOST_TEXTS], 1)]
    more = len(group.texts) - MOST_TEXTS
    texts += [f"      and {more} more wordings"] if more > 0 else []
    near = f"   near: {', '.join(group.near)}"
    return "\n".join([f"{number}. {heading(group)}", *texts, near])


def text(groups: Sequence[Group]) -> str:
    """All groups for the terminal."""
    if not groups:
        return NONE
    shown = [lines(number, group) for number, group in enumerate(groups, 1)]
    next_ = "`otto review --accept` goes through them and adds questions to topics."
    return "\n\n".join([*shown, next_])


def page(groups: Sequence[Group]) -> str:
    """All groups as one HTML file."""
    parts = ["<h1>What Otto did not answer well</h1>"]
    if not groups:
        return document("Otto: review", [*parts, f"<p>{NONE}</p>"])
    parts.append(
        "<p>Visitors' own words: please keep this page among yourselves. "
        "<code>otto review --accept</code> goes through the groups in this order and adds "
        "questions to topics.</p>"
    )
    for number, group in enumerate(groups, 1):
        rows = [
            (
                same[0].text,
                len(same),
                f"{datetime.fromtimestamp(same[0].at):%Y-%m-%d}",
                _listed(each.channel for each in same),
                _listed(each.why for each in same),
                _listed(each.topic for each in same),
                _listed(each.chose for each in same),
            )
            for same in group.wordings
        ]
        parts += [
            "<section>",
            f"<h2>{number}. {html.escape(group.texts[0])}</h2>",
            f"<p>{html.escape(heading(group))}. Topics that come near: "
            f"{html.escape(', '.join(group.near))}.</p>",
            table(
                ("question", "times", "last", "channel", "why", "answered with", "then chose"),
                rows,
            ),
            "</section>",
        ]
    return document("Otto: review", parts)


def _listed(names: Iterable[str | None]) -> str:
    """The names there are, each once."""
    return ", ".join(dict.fromkeys(name for name in names if name))
