"""One at a time on however many servers: in order, past servers that die and a Redis that does."""

import asyncio
import multiprocessing
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from bot import shared as shared_module
from bot import turns as turns_module
from bot.shared import Shared
from bot.turns import TurnError, Turns
from tests.redis_server import SECRET, RedisServer, serving

SECONDS = 60.0
PROCESSES = multiprocessing.get_context("spawn")


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch.setattr)


def hurry(patch=setattr) -> None:
    """Leases that end soon, and a Redis that is tried again at once."""
    patch(turns_module, "LEASE_SECONDS", 0.4)
    patch(turns_module, "RENEW_SECONDS", 0.1)
    patch(shared_module, "ANSWER_SECONDS", 0.5)
    patch(shared_module, "RETRY_SECONDS", 0.0)


@asynccontextmanager
async def servers(redis: RedisServer, count: int = 2) -> AsyncIterator[list[Turns]]:
    """What several servers have, each with connections of its own."""
    links = [Shared(redis.url, SECRET) for _ in range(count)]
    yield [Turns(link) for link in links]
    for link in links:
        await link.close()


def log_turns(url: str, count: int) -> None:
    """Take turns at writing down that one begins and ends, in a process of its own."""

    async def run() -> None:
        link = Shared(url, SECRET)
        turns = Turns(link)

        async def message() -> None:
            async with turns.turn("me", SECONDS):
                await link.client.rpush("log", "begin")
                await asyncio.sleep(0.001)
                await link.client.rpush("log", "end")

        await asyncio.gather(*(message() for _ in range(count)))
        await link.close()

    asyncio.run(run())


def hold(url: str) -> None:
    """Take a turn and never give it back."""
    hurry()

    async def run() -> None:
        link = Shared(url, SECRET)
        async with Turns(link).turn("me", SECONDS):
            await link.client.rpush("log", "held")
            await asyncio.sleep(SECONDS)

    asyncio.run(run())


def test_two_processes_never_work_side_by_side(redis: RedisServer) -> None:
    processes = [PROCESSES.Process(target=log_turns, args=(redis.url, 40)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert redis.client.lrange("log", 0, -1) == [b"begin", b"end"] * 80


def test_messages_are_handled_in_the_order_they_came_whichever_server_they_came_to(
    redis: RedisServer,
) -> None:
    seen: list[int] = []

    async def run() -> None:
        async with servers(redis, 3) as each:

            async def message(number: int, turns: Turns) -> None:
                async with turns.turn("me", SECONDS):
                    seen.append(number)

            async with each[0].turn("me", SECONDS):
                (queue,) = redis.client.scan_iter(_type="list")
                tasks = []
                for number in range(30):
                    turns = random.Random(number).choice(each)
                    tasks.append(asyncio.create_task(message(number, turns)))
                    while redis.client.llen(queue) < number + 2:
                        await asyncio.sleep(0)
            await asyncio.gather(*tasks)

    asyncio.run(run())
    assert seen == list(range(30))


def test_fifty_at_once_to_one_server_keep_their_order(redis: RedisServer) -> None:
    seen: list[int] = []

    async def run() -> None:
        async with servers(redis, 1) as (turns,):

            async def message(number: int) -> None:
                async with turns.turn("me", SECONDS):
                    seen.append(number)

            await asyncio.gather(*map(message, range(50)))

    asyncio.run(run())
    assert seen == list(range(50))


def test_other_names_do_not_wait(redis: RedisServer) -> None:
    async def run() -> None:
        async with (
            servers(redis) as (one, other),
            one.turn("me", SECONDS),
            other.turn("you", 0.5),
        ):
            pass

    asyncio.run(run())


@pytest.mark.usefixtures("brisk")
def test_a_turn_is_kept_for_as_long_as_it_takes_and_lost_with_its_server(
    redis: RedisServer,
) -> None:
    process = PROCESSES.Process(target=hold, args=(redis.url,))
    process.start()

    async def run() -> None:
        async with servers(redis, 1) as (turns,):
            while not redis.client.llen("log"):
                await asyncio.sleep(0.01)
            with pytest.raises(TurnError):
                async with turns.turn("me", 3 * turns_module.LEASE_SECONDS):
                    pass
            process.kill()
            async with turns.turn("me", SECONDS):
                pass

    asyncio.run(run())
    process.join()


def test_who_gives_up_leaves_no_place_behind(redis: RedisServer) -> None:
    async def run() -> None:
        async with servers(redis) as (one, other), one.turn("me", SECONDS):
            with pytest.raises(TurnError):
                async with other.turn("me", 0.05):
                    pass
            waiting = asyncio.create_task(other.turn("me", SECONDS).__aenter__())
            await asyncio.sleep(0.05)
            waiting.cancel()
            await asyncio.wait({waiting})
        assert [key for key in redis.names() if not key.endswith(":bell")] == []

    asyncio.run(run())


def test_a_turn_that_fails_lets_the_next_one_in(redis: RedisServer) -> None:
    async def run() -> None:
        async with servers(redis) as (one, other):
            with pytest.raises(ValueError, match="broken"):
                async with one.turn("me", SECONDS):
                    raise ValueError("broken")
            async with other.turn("me", 0.5):
                pass

    asyncio.run(run())


def test_nobody_can_read_from_redis_whose_turn_it_is(redis: RedisServer) -> None:
    async def run() -> None:
        async with servers(redis, 1) as (turns,), turns.turn("rest:+15555550123", SECONDS):
            assert redis.names()
            assert not [key for key in redis.names() if "5555550123" in key]

    asyncio.run(run())


async def work(each: list[Turns], during: asyncio.Event) -> list[int]:
    """Sixty messages to each server; how many were inside at once, by server."""
    most = [0 for _ in each]
    inside = [0 for _ in each]
    done = 0

    async def message(server: int) -> None:
        nonlocal done
        async with each[server].turn("me", SECONDS):
            inside[server] += 1
            most[server] = max(most[server], inside[server])
            await asyncio.sleep(0.002)
            inside[server] -= 1
            done += 1
            if done == 20:
                during.set()

    await asyncio.gather(*(message(n % len(each)) for n in range(60 * len(each))))
    assert done == 60 * len(each)
    return most


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("trouble", ["kill", "hang"])
def test_while_redis_is_away_each_server_goes_on_by_itself(trouble: str) -> None:
    async def run() -> None:
        with serving() as redis:
            async with servers(redis) as each:
                during = asyncio.Event()
                working = asyncio.create_task(work(each, during))
                await during.wait()
                getattr(redis, trouble)()
                assert await working == [1, 1]
                redis.go_on()

    asyncio.run(run())


@pytest.mark.usefixtures("brisk")
def test_when_redis_is_back_turns_are_shared_again() -> None:
    async def run() -> None:
        with serving() as redis:
            async with servers(redis) as (one, other):
                async with one.turn("me", SECONDS):
                    pass
                redis.kill()
                async with one.turn("me", SECONDS), other.turn("me", SECONDS):
                    pass
                redis.start()
                async with one.turn("me", SECONDS):
                    with pytest.raises(TurnError):
                        async with other.turn("me", 0.2):
                            pass

    asyncio.run(run())


@pytest.mark.usefixtures("brisk")
def test_a_turn_under_way_is_kept_past_a_redis_that_was_emptied(redis: RedisServer) -> None:
    async def run() -> None:
        async with servers(redis) as (one, other), one.turn("me", SECONDS):
            redis.client.flushall()
            while not redis.names():
                await asyncio.sleep(0.01)
            with pytest.raises(TurnError):
                async with other.turn("me", 0.2):
                    pass

    asyncio.run(run())


def test_a_place_is_not_kept_by_a_renewal_that_was_under_way(
    redis: RedisServer, brisk: None
) -> None:
    class Slow(Shared):
        """A Redis whose answers to renewals are still under way when the turn is over."""

        async def ask(self, call, *arguments, waits=0, **named):
            answer = await super().ask(call, *arguments, waits=waits, **named)
            if call is turns._keep:
                asked.set()
                # As asyncio.wait_for may, where the answer comes with the cancellation.
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0.2)
            return answer

    async def run() -> None:
        nonlocal turns, asked
        asked, link = asyncio.Event(), Slow(redis.url, SECRET)
        turns = Turns(link)
        async with turns.turn("me", SECONDS):
            await asked.wait()
        await asyncio.sleep(0.5)
        assert [name for name in redis.names() if not name.endswith(":bell")] == []
        await link.close()

    turns: Turns
    asked: asyncio.Event
    asyncio.run(run())
