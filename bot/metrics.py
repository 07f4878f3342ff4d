"""What Otto counts, for Prometheus: turns, how long they took, and what went wrong.

Every label has a closed list of values, so nothing that a visitor wrote, and no name of a visitor,
can become one. `GET /metrics` serves them (bot/channels/health.py).
"""

from collections.abc import Mapping
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from bot.evaluation import OUTCOMES

CHANNELS = ("web", "sms", "rest")
FAILURES = ("action", "error", "silence")
LEVELS = ("interrupt", "note")
# What bot/channels/health.py asks.
PARTS = ("rasa", "actions", "conversations", "chats", "texts")
# Any other value, which no list has.
OTHER = "other"
# From what a turn usually takes to what a visitor waits for at most, in seconds.
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)

TURNS = Counter(
    "otto_turns", "Messages that were answered, by what came of them", ["channel", "outcome"]
)
SECONDS = Histogram(
    "otto_turn_seconds", "How long an answer took, without the way to the visitor", ["channel"],
    buckets=BUCKETS,
)  # fmt: skip
FAILED = Counter(
    "otto_turns_failed",
    "Turns that were answered with an apology: an action broke, Rasa did, or nothing was said",
    ["channel", "kind"],
)
EMERGENCIES = Counter(
    "otto_emergencies",
    "Messages that sounded like danger: interrupt got the emergency answer, note a line besides",
    ["channel", "level"],
)
REFUSED = Counter("otto_refused", "Messages and other requests that a limit refused", ["channel"])
IN_ORDER = Gauge("otto_part_in_order", "Whether a part that Otto needs is in order", ["part"])
PENDING = Gauge(
    "otto_conversations_pending", "Turns in the journal, because their database is out of order"
)


def turn(channel: str, answer: Mapping[str, Any], seconds: float, failure: str | None) -> None:
    """Count a turn.

    Args:
        channel: where it came from.
        answer: the metadata of the answer's first message.
        seconds: how long it took.
        failure: what kept it from a real answer, one of `FAILURES`, or None.
    """
    channel = one_of(CHANNELS, channel)
    TURNS.labels(channel, one_of(OUTCOMES, answer.get("outcome"))).inc()
    SECONDS.labels(channel).observe(seconds)
    if failure:
        FAILED.labels(channel, one_of(FAILURES, failure)).inc()
    if level := answer.get("safety"):
        EMERGENCIES.labels(channel, one_of(LEVELS, level)).inc()


def refused(channel: str) -> None:
    """Count a message that was not answered because there were too many."""
    REFUSED.labels(one_of(CHANNELS, channel)).inc()


def in_order(parts: Mapping[str, bool]) -> None:
    """Note which parts are in order."""
    for part, well in parts.items():
        IN_ORDER.labels(one_of(PARTS, part)).set(well)


def channel_of(sender_id: str) -> str:
    """The channel that gave a sender its id, which begins with it.

    Any other id may be somebody's name or number, so nothing of it is told.
    """
    return one_of(CHANNELS, sender_id.partition(":")[0])


def one_of(values: tuple[str, ...], value: Any) -> str:
    """The value, if it is one of these."""
    return value if value in values else OTHER
