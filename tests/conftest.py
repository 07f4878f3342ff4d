"""What the tests share: one trained agent for the whole session, and a way to talk with it."""

import asyncio
import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import REGISTRY

from bot import no_tensorflow

no_tensorflow.install()

from rasa.core.agent import Agent
from rasa.shared.core.trackers import DialogueStateTracker

from bot import agent as agents
from bot.channels.turn import Message, take_turn
from bot.training import model_path, train
from tests import redis_server


@pytest.fixture(scope="session")
def agent() -> Agent:
    """Otto in this process, trained first if there is no model for the files as they are."""
    model = model_path()
    return asyncio.run(agents.load(model if model.exists() else train()))


class Conversation:
    """A visitor talking with Otto."""

    def __init__(self, agent: Agent, channel: str = "web") -> None:
        self.agent = agent
        self.channel = channel
        self.sender_id = f"test:{uuid.uuid4().hex}"

    def say(self, text: str) -> list[Message]:
        """Say something and return Otto's messages."""
        return asyncio.run(take_turn(self.agent.handle_message, self.sender_id, text, self.channel))

    def hear(self, text: str) -> str:
        """Say something and return all that Otto says to it, as one text."""
        return "\n".join(message["text"] for message in self.say(text))

    @property
    def tracker(self) -> DialogueStateTracker:
        """The conversation as Rasa keeps it."""
        tracker = asyncio.run(self.agent.tracker_store.retrieve(self.sender_id))
        assert tracker is not None
        return tracker


@pytest.fixture
def conversation(agent: Agent) -> Callable[..., Conversation]:
    """Start a conversation, on the web unless another channel is named."""
    return lambda channel="web": Conversation(agent, channel)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no setting of the machine they run on."""
    for name in list(os.environ):
        if name.startswith("OTTO_"):
            monkeypatch.delenv(name)


Counted = Callable[..., float]


@pytest.fixture
def counted() -> Counted:
    """How much a number has grown since the test began."""
    before = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
    }

    def count(name: str, **labels: str) -> float:
        now = REGISTRY.get_sample_value(name, labels) or 0.0
        return now - before.get((name, frozenset(labels.items())), 0.0)

    return count


@pytest.fixture(scope="session")
def a_redis() -> Iterator[redis_server.RedisServer]:
    """A Redis for the whole session."""
    with redis_server.serving() as server:
        yield server


@pytest.fixture
def redis(a_redis: redis_server.RedisServer) -> redis_server.RedisServer:
    """A Redis with nothing in it, which is there before the test and after it."""
    a_redis.client.flushall()
    return a_redis
