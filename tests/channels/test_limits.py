"""How often something may be done."""

import asyncio
import multiprocessing
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.limits import Limit, SharedLimit
from bot.shared import Shared
from tests.redis_server import SECRET, RedisServer

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


def test_a_clock_that_is_put_back_keeps_nobody_out(clock: Clock) -> None:
    limit = Limit(3, 60, clock)
    limit.wait("a")
    clock.now -= 3600
    assert limit.wait("a") <= 20


async def let_in(limit: SharedLimit, count: int) -> int:
    waits = await asyncio.gather(*(limit.wait("a") for _ in range(count)))
    return waits.count(0)


def count_let_in(url: str, count: int) -> None:
    """Try so many times at once, in a process of its own, and write down how many came in."""

    async def run() -> None:
        link = Shared(url, SECRET)
        came = await let_in(SharedLimit(link, "test", 20, 3600), count)
        await link.client.incrby("came", came)
        await link.close()

    asyncio.run(run())


def test_two_processes_let_in_no_more_than_one(redis: RedisServer) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=count_let_in, args=(redis.url, 30)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert redis.client.get("came") == b"20"


steps = st.lists(
    st.tuples(st.sampled_from("ab"), st.floats(0, 40) | st.sampled_from([0.0, 1 / 3, 7.5, -50.0])),
    max_size=40,
)


@settings(deadline=None, max_examples=50)
@given(steps=steps, most=st.integers(1, 7), seconds=st.sampled_from([10.0, 60.0, 86400.0]))
def test_redis_says_what_memory_says(
    a_redis: RedisServer, steps: list[tuple[str, float]], most: int, seconds: float
) -> None:
    a_redis.client.flushall()
    clock = Clock()
    memory = Limit(most, seconds, clock)

    async def run() -> None:
        link = Shared(a_redis.url, SECRET)
        shared = SharedLimit(link, "test", most, seconds, clock)
        for key, passed in steps:
            clock.now += passed
            assert await shared.wait(key) == memory.wait(key)
        await link.close()

    asyncio.run(run())


def test_what_is_counted_in_redis_goes_by_itself_and_names_nobody(redis: RedisServer) -> None:
    async def run() -> None:
        link = Shared(redis.url, SECRET)
        await SharedLimit(link, "address", 5, 60).wait("192.0.2.7")
        await link.close()

    asyncio.run(run())
    (name,) = redis.names()
    assert "192.0.2.7" not in name
    assert 0 < redis.client.ttl(name) <= 60


def test_while_redis_is_away_each_server_has_its_own_limit() -> None:
    async def run() -> None:
        link = Shared("unix:///nowhere/redis.sock", SECRET)
        assert await let_in(SharedLimit(link, "test", 3, 3600), 10) == 3
        await link.close()

    asyncio.run(run())
