"""Small things that servers remember together, and each for itself while Redis is away."""

import asyncio

from bot.channels.notes import Notes
from bot.shared import Shared
from tests.redis_server import SECRET, RedisServer


def test_what_one_server_notes_the_others_know(redis: RedisServer) -> None:
    async def run() -> None:
        links = [Shared(redis.url, SECRET) for _ in range(2)]
        one, other = (Notes(link, "test", 60) for link in links)
        await one.put("+15555550123", {"seen": [1, 2]})
        assert await other.get("+15555550123") == {"seen": [1, 2]}
        assert await other.get("+15555550124") is None
        (name,) = redis.names()
        assert "5555550123" not in name
        assert 0 < redis.client.ttl(name) <= 60
        for link in links:
            await link.close()

    asyncio.run(run())


def test_while_redis_is_away_a_server_knows_what_it_noted_itself() -> None:
    async def run() -> None:
        notes = Notes(Shared("unix:///nowhere/redis.sock", SECRET), "test", 60)
        await notes.put("a", 1)
        assert await notes.get("a") == 1

    asyncio.run(run())
