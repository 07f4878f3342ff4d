"""A Redis that comes and goes: nobody waits long for it, and it is found again."""

import asyncio

import pytest

from bot import shared as shared_module
from bot.settings import Web
from bot.shared import AwayError, Shared, shared
from tests.redis_server import SECRET, RedisServer, serving


async def answers(link: Shared) -> bool:
    try:
        await link.ask(link.client.ping)
    except AwayError:
        return False
    return True


def test_without_a_redis_nothing_is_shared() -> None:
    assert shared(Web(secret=SECRET)) is None


def test_a_process_has_one_of_it() -> None:
    web = Web(secret=SECRET, redis="redis://cache.invalid")
    assert shared(web) is shared(web)


def test_servers_with_another_secret_share_nothing() -> None:
    links = [Shared("redis://cache.invalid", secret) for secret in (SECRET, "t" * 32)]
    assert len({link.key("limit", "192.0.2.7") for link in links}) == 2


def test_one_that_hangs_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_module, "ANSWER_SECONDS", 0.2)
    asked = 0

    async def run() -> None:
        nonlocal asked
        with serving() as redis:
            link = Shared(redis.url, SECRET)
            assert await answers(link)
            redis.hang()
            assert not await answers(link)

            async def ping() -> None:
                nonlocal asked
                asked += 1

            with pytest.raises(AwayError):
                await link.ask(ping)
            redis.go_on()
            await link.close()

    asyncio.run(run())
    assert asked == 0


def test_while_one_tries_again_the_others_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_module, "ANSWER_SECONDS", 0.2)
    asked = 0

    async def broken() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        raise ConnectionError

    async def run() -> None:
        link = Shared("redis://cache.invalid", SECRET)
        with pytest.raises(AwayError):
            await link.ask(broken)
        link._retry_at = 0.0
        await asyncio.gather(*(link.ask(broken) for _ in range(20)), return_exceptions=True)

    asyncio.run(run())
    assert asked == 2


def test_it_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_module, "RETRY_SECONDS", 0.0)

    async def run() -> None:
        with serving() as redis:
            link = Shared(redis.url, SECRET)
            seen = [await answers(link)]
            redis.kill()
            seen.append(await answers(link))
            redis.start()
            seen.append(await answers(link))
            await link.close()
            assert seen == [True, False, True]

    asyncio.run(run())


def test_a_redis_that_was_started_anew_between_two_questions_is_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        with serving() as redis:
            link = Shared(redis.url, SECRET)
            assert await answers(link)
            redis.kill()
            redis.start()
            await asyncio.sleep(0.01)
            assert await answers(link)
            await link.close()

    asyncio.run(run())


def test_its_trouble_is_logged_once_and_by_type_alone(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shared_module, "RETRY_SECONDS", 0.0)

    async def broken() -> None:
        raise ValueError("my very private words")

    async def run() -> None:
        link = Shared(redis.url, SECRET)
        for _ in range(3):
            with pytest.raises(AwayError):
                await link.ask(broken)
        assert await answers(link)
        await link.close()

    asyncio.run(run())
    assert [record.getMessage() for record in caplog.records if record.name == "bot.shared"] == [
        "Redis is out of order: ValueError",
        "Redis works again",
    ]
