"""What visitors did with Otto, counted from the turns that are kept. No text of theirs is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.channels.web_store import Vote
from bot.kept import Turn

# What ends a dialogue well, and the questions that it may ask.
FINISHES = {"recommendation_form": "action_recommend", "location_form": "action_find_location"}
QUESTIONS = {
    "recommendation_form": ("person", "condition", "difficulties"),
    "location_form": ("city", "state"),
}
NO_TOPIC = "(none)"


@dataclass
class Dialogue:
    """How one of the dialogues went: how often it began and was finished, and what was left.

    `left` counts, by the question that was open, the visitors who stopped, asked about something
    else or said no more; a dialogue that is still going on is among them.
    """

    began: int = 0
    finished: int = 0
    left: Counter[str] = field(default_factory=Counter)


@dataclass
class Usage:
    """The counts; days and hours are those of this machine's clock."""

    since: datetime
    until: datetime
    conversations: int = 0
    messages: int = 0
    channels: Counter[str] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    dialogues: dict[str, Dialogue] = field(
        default_factory=lambda: {form: Dialogue() for form in FINISHES}
    )
    liked: Counter[str] = field(default_factory=Counter)
    disliked: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def count(turns: Iterable[Turn], votes: Iterable[Vote], since: float, until: float) -> Usage:
    """Count turns, each conversation's in their order, and votes.

    Args:
        turns: those from `since` on.
        votes: those from `since` on.
        since: seconds since 1970.
        until: the same.
    """
    usage = Usage(datetime.fromtimestamp(since), datetime.fromtimestamp(until))
    # The dialogue that is open in a conversation, and its question.
    opened: dict[str, tuple[str, str]] = {}
    senders: set[str] = set()
    for turn in turns:
        usage.messages += 1
        at = datetime.fromtimestamp(turn.at)
        usage.hours[at.hour] += 1
        if turn.sender not in senders or _begins(turn):
            senders.add(turn.sender)
            usage.conversations += 1
            usage.channels[turn.channel] += 1
            usage.days[at.date().isoformat()] += 1
        metadata = turn.metadata
        usage.outcomes[metadata.get("outcome") or NO_TOPIC] += 1
        if metadata.get("topic"):
            usage.topics[metadata["topic"]] += 1
        _follow(turn, opened, usage.dialogues)
    for form, asked in opened.values():
        usage.dialogues[form].left[asked] += 1
    for vote in votes:
        (usage.liked if vote.value == "up" else usage.disliked)[vote.topic or NO_TOPIC] += 1
        if vote.value == "down":
            usage.reasons[vote.reason or NO_TOPIC] += 1
    return usage


def _begins(turn: Turn) -> bool:
    """Whether a session begins with it: a day without a word ends one, and its dialogue."""
    return any(event["event"] == "session_started" for event in turn.events[:3])


def _follow(turn: Turn, opened: dict[str, tuple[str, str]], dialogues: dict[str, Dialogue]) -> None:
    """Count what a turn begins, finishes and leaves."""
    sender = turn.sender
    names = {event.get("name") for event in turn.events if event["event"] == "action"}
    for event in turn.events:
        kind, name = event["event"], event.get("name")
        if kind == "active_loop" or kind == "session_started":
            if sender in opened:
                form, asked = opened.pop(sender)
                if kind == "active_loop" and name is None and FINISHES[form] in names:
                    dialogues[form].finished += 1
                else:
                    dialogues[form].left[asked] += 1
            if kind == "active_loop" and name in FINISHES:
                dialogues[name].began += 1
                opened[sender] = name, QUESTIONS[name][0]
        elif kind == "slot" and name == "requested_slot" and sender in opened:
            form, _ = opened[sender]
            if event.get("value") in QUESTIONS[form]:
                opened[sender] = form, event["value"]
