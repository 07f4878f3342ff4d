"""What is counted, under names that nobody who writes to Otto can choose."""

import re
from typing import Any

import pytest
from prometheus_client import generate_latest

from bot import metrics
from bot.evaluation import OUTCOMES
from tests.conftest import Counted


def test_a_turn_is_counted_with_its_channel_outcome_and_time(counted: Counted) -> None:
    metrics.turn("sms", {"outcome": "location"}, 0.2, None)
    assert counted("otto_turns_total", channel="sms", outcome="location") == 1
    assert counted("otto_turn_seconds_sum", channel="sms") == pytest.approx(0.2)
    assert counted("otto_turn_seconds_bucket", channel="sms", le="0.1") == 0
    assert counted("otto_turn_seconds_bucket", channel="sms", le="0.25") == 1


@pytest.mark.parametrize("kind", metrics.FAILURES)
def test_a_failure_is_counted_by_its_kind(kind: str, counted: Counted) -> None:
    metrics.turn("web", {"outcome": "out_of_scope"}, 0.1, kind)
    assert counted("otto_turns_failed_total", channel="web", kind=kind) == 1


@pytest.mark.parametrize("level", metrics.LEVELS)
def test_what_sounds_like_danger_is_counted(level: str, counted: Counted) -> None:
    metrics.turn("rest", {"outcome": "answer", "safety": level}, 0.1, None)
    assert counted("otto_emergencies_total", channel="rest", level=level) == 1


def test_what_a_limit_refuses_is_counted(counted: Counted) -> None:
    metrics.refused("sms")
    assert counted("otto_refused_total", channel="sms") == 1


@pytest.mark.parametrize(
    ("sender", "channel"),
    [("web:0123", "web"), ("sms:0123", "sms"), ("rest:me", "rest"), ("Jane Doe", "other")],
)
def test_a_sender_is_known_by_its_channel_alone(sender: str, channel: str) -> None:
    assert metrics.channel_of(sender) == channel


@pytest.mark.parametrize("odd", ["canary Jane Doe", "", None, 7, ["web"]])
def test_no_label_is_made_of_what_somebody_wrote(odd: Any) -> None:
    metrics.turn(odd, {"outcome": odd, "safety": odd}, 0.1, odd)
    metrics.refused(odd)
    served = generate_latest().decode()
    assert "canary" not in served
    own = re.findall(r"^otto_\w+\{(.*)\}", served, re.MULTILINE)
    values = {value for labels in own for value in re.findall(r'(?<!le)="(.*?)"', labels)}
    allowed = {*metrics.CHANNELS, *OUTCOMES, *metrics.FAILURES, *metrics.LEVELS}
    assert values <= allowed | {metrics.OTHER, *metrics.PARTS}
