"""Two messages of one visitor at once: one after the other, in their order, without a pause."""

import asyncio
from typing import Any

import pytest
from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig, read_endpoint_config

from bot.lock import OneWorkerError, PromptLockStore
from bot.paths import ROOT
from tests.redis_server import SECRET, RedisServer

ENTRY = EndpointConfig(type="bot.lock.PromptLockStore")


def together(*messages: Any) -> None:
    async def run() -> None:
        await asyncio.gather(*messages)

    asyncio.run(run())


def test_rasa_uses_it() -> None:
    entry = read_endpoint_config(str(ROOT / "endpoints.yml"), "lock_store")
    assert isinstance(LockStore.create(entry), PromptLockStore)


def test_messages_of_one_conversation_are_handled_one_by_one_in_their_order() -> None:
    locks, seen = PromptLockStore(), []

    async def message(number: int) -> None:
        async with locks.lock("me"):
            seen.append(("begin", number))
            await asyncio.sleep(0)
            seen.append(("end", number))

    together(*map(message, range(50)))
    assert seen == [(step, number) for number in range(50) for step in ("begin", "end")]


def test_no_message_waits_for_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    locks = PromptLockStore()

    async def message() -> None:
        async with locks.lock("me"):
            pass

    async def sleep(seconds: float) -> None:
        raise AssertionError("a message slept")

    monkeypatch.setattr(asyncio, "sleep", sleep)
    together(*(message() for _ in range(50)))


def test_other_conversations_do_not_wait() -> None:
    locks, seen = PromptLockStore(), []

    async def first() -> None:
        async with locks.lock("me"):
            await asyncio.sleep(0)
            seen.append("me")

    async def second() -> None:
        async with locks.lock("you"):
            seen.append("you")

    together(first(), second())
    assert seen == ["you", "me"]


def test_a_message_that_fails_lets_the_next_one_in() -> None:
    locks, seen = PromptLockStore(), []

    async def message(number: int) -> None:
        async with locks.lock("me"):
            seen.append(number)
            raise ValueError

    async def run() -> None:
        await asyncio.gather(*map(message, range(3)), return_exceptions=True)

    asyncio.run(run())
    assert seen == [0, 1, 2]


async def wait_in_vain_then_not(one: PromptLockStore, other: PromptLockStore) -> None:
    """While a conversation is locked by `one` it cannot be by `other`, and afterwards it can."""
    async with one.lock("me"):
        with pytest.raises(LockError):
            async with other.lock("me", lock_lifetime=0.1):
                pass
    async with other.lock("me"):
        pass


def test_a_message_that_waits_in_vain_is_told_so_and_never_let_in_beside_another() -> None:
    locks = PromptLockStore()
    asyncio.run(wait_in_vain_then_not(locks, locks))


def test_nothing_is_kept_of_conversations_that_nobody_waits_in() -> None:
    locks = PromptLockStore()

    async def message(sender: str) -> None:
        async with locks.lock(sender):
            await asyncio.sleep(0)

    together(*(message(str(number % 10)) for number in range(100)))
    assert len(locks._turns._queues) == 0


def test_several_workers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANIC_WORKERS", "4")
    with pytest.raises(OneWorkerError, match="SANIC_WORKERS"):
        PromptLockStore()


@pytest.fixture
def several(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> RedisServer:
    monkeypatch.setenv("OTTO_REDIS", redis.url)
    monkeypatch.setenv("OTTO_SECRET", SECRET)
    return redis


@pytest.mark.usefixtures("several")
def test_servers_that_share_a_redis_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANIC_WORKERS", "4")
    asyncio.run(wait_in_vain_then_not(PromptLockStore(ENTRY), PromptLockStore(ENTRY)))


def test_what_keeps_its_conversations_in_memory_asks_no_redis(several: RedisServer) -> None:
    async def run() -> None:
        async with PromptLockStore().lock("me"):
            assert several.names() == []

    asyncio.run(run())
