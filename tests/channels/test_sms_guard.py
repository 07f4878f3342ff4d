"""Who writes too much by text message is told once, and then left alone."""

import asyncio
from collections.abc import Iterator

import pytest

from bot.channels.sms_guard import (
    FAST,
    PER_DAY,
    PER_MINUTE,
    QUIET_SECONDS,
    SAME,
    Guard,
    Verdict,
)
from bot.channels.web_session import Sessions
from bot.shared import Shared
from tests.redis_server import SECRET, RedisServer

ANSWER, WARN, IGNORE = Verdict.ANSWER, Verdict.WARN, Verdict.IGNORE


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Servers:
    """One server, or two that share a Redis and take messages in turn."""

    def __init__(self, clock: Clock, redis: RedisServer | None) -> None:
        # Not uvloop's, which may hang when it is closed between two calls.
        self.loop = asyncio.SelectorEventLoop()
        self.links = [Shared(redis.url, SECRET) for _ in range(2)] if redis else []
        sessions = Sessions(SECRET)
        self.guards = [Guard(sessions, clock, link) for link in self.links or [None]]

    def judge(self, key: str, text: str) -> Verdict:
        self.guards.append(self.guards.pop(0))
        return self.loop.run_until_complete(self.guards[0].judge(key, text))

    def answered(self, key: str) -> None:
        self.loop.run_until_complete(self.guards[0].answered(key))

    def close(self) -> None:
        for link in self.links:
            self.loop.run_until_complete(link.close())
        self.loop.close()


@pytest.fixture(params=["one server", "two servers"])
def guard(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Servers]:
    shared = request.param == "two servers"
    servers = Servers(clock, request.getfixturevalue("redis") if shared else None)
    yield servers
    servers.close()


def test_a_person_who_asks_this_and_that_is_answered(guard: Servers, clock: Clock) -> None:
    for number in range(100):
        clock.now += 20
        assert guard.judge("a", f"question {number}") is ANSWER
        guard.answered("a")


def test_too_many_in_a_minute_are_told_once(guard: Servers) -> None:
    verdicts = [guard.judge("a", f"question {number}") for number in range(PER_MINUTE + 3)]
    assert verdicts == [ANSWER] * PER_MINUTE + [WARN, IGNORE, IGNORE]


def test_after_a_while_they_are_answered_again(guard: Servers, clock: Clock) -> None:
    for number in range(PER_MINUTE + 3):
        guard.judge("a", f"question {number}")
    clock.now += 60
    assert guard.judge("a", "and now?") is ANSWER


def test_too_many_in_a_day_are_told(guard: Servers, clock: Clock) -> None:
    verdicts = []
    for number in range(PER_DAY + 20):
        clock.now += 10
        verdicts.append(guard.judge("a", f"question {number}"))
    assert verdicts[: PER_DAY - 1] == [ANSWER] * (PER_DAY - 1)
    assert WARN in verdicts


def test_one_number_does_not_count_for_another(guard: Servers) -> None:
    for number in range(PER_MINUTE + 3):
        guard.judge("a", f"question {number}")
    assert guard.judge("b", "hello") is ANSWER


def test_the_same_words_again_and_again_are_a_machines(guard: Servers, clock: Clock) -> None:
    verdicts = []
    for _ in range(SAME + 3):
        clock.now += 30
        verdicts.append(guard.judge("a", "I am driving and will reply later."))
        guard.answered("a")
    assert verdicts == [ANSWER] * SAME + [WARN, IGNORE, IGNORE]


def test_other_words_after_the_same_ones_are_answered(guard: Servers, clock: Clock) -> None:
    for _ in range(SAME + 2):
        clock.now += 30
        guard.judge("a", "hello there")
    clock.now += 30
    assert guard.judge("a", "how long is a session") is ANSWER


@pytest.mark.parametrize("text", ["1", "yes", "no", "2."])
def test_a_number_or_a_yes_may_be_said_often(text: str, guard: Servers, clock: Clock) -> None:
    for _ in range(20):
        clock.now += 20
        assert guard.judge("a", text) is ANSWER


def test_answers_within_a_second_are_a_machines(guard: Servers, clock: Clock) -> None:
    verdicts = []
    for number in range(FAST + 3):
        clock.now += 0.5
        verdicts.append(guard.judge("a", f"out of office, ticket {number}"))
        if verdicts[-1] is not IGNORE:
            guard.answered("a")
    assert verdicts == [ANSWER] * FAST + [WARN, IGNORE, IGNORE]
    clock.now += QUIET_SECONDS / 2
    assert guard.judge("a", "are you there?") is IGNORE
    clock.now += QUIET_SECONDS
    assert guard.judge("a", "are you there now?") is ANSWER


def test_a_few_quick_messages_are_a_persons(guard: Servers, clock: Clock) -> None:
    for number in range(30):
        # A thought in three messages, then time to read.
        clock.now += 0.5 if number % 3 else 30
        assert guard.judge("a", f"and another thing {number}") is ANSWER
        guard.answered("a")
