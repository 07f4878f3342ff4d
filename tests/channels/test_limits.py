"""How often something may be done."""

import random

import pytest

from bot.channels.limits import Limit

SEED = 7


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_so_many_may_come_at_once_and_no_more(clock: Clock) -> None:
    limit = Limit(3, 60, clock)
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 20]


def test_after_waiting_as_told_one_may_come_again(clock: Clock) -> None:
    limit = Limit(3, 60, clock)
    while not (wait := limit.wait("a")):
        pass
    clock.now += wait
    assert limit.wait("a") == 0
    assert limit.wait("a") == pytest.approx(20)


def test_a_refusal_does_not_count(clock: Clock) -> None:
    limit = Limit(1, 10, clock)
    limit.wait("a")
    waits = [limit.wait("a") for _ in range(5)]
    assert waits == [10] * 5


def test_keys_do_not_count_for_each_other(clock: Clock) -> None:
    limit = Limit(1, 10, clock)
    assert [limit.wait("a"), limit.wait("b"), limit.wait("a")] == [0, 0, 10]


def test_the_least_recent_key_is_forgotten_first(clock: Clock) -> None:
    limit = Limit(1, 10, clock, keys=2)
    for key in ("a", "b", "c"):
        limit.wait(key)
    assert [limit.wait(key) > 0 for key in ("c", "b", "a")] == [True, True, False]


def test_never_more_than_twice_as_many_in_any_span(clock: Clock) -> None:
    """What is let in over any `seconds` is at most a burst and what was paid off meanwhile."""
    chance = random.Random(SEED)
    limit = Limit(5, 30, clock)
    let_in: list[float] = []
    for _ in range(3000):
        clock.now += chance.expovariate(1.0)
        if not limit.wait("a"):
            let_in.append(clock.now)
    for start in let_in:
        assert sum(start <= at < start + 30 for at in let_in) <= 10
    assert len(let_in) >= 5 * (clock.now - 100) / 30 * 0.9
