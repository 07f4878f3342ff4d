"""What those who run Otto ask: does it live, can it answer, what does it count."""

import asyncio
import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from sanic import Sanic

from bot import readiness
from bot.channels import health
from bot.channels.database import Database
from bot.channels.health import ASKED, SENDER, HealthChannel, ask
from bot.settings import load
from bot.store import OttoTrackerStore
from tests.channels.sms import SETTINGS
from tests.channels.web import serving

WELL = dict(ASKED.values())
FAQ, LOOKUP = WELL


class Processor:
    """Stands in for Rasa's: answers each question with the outcome it is told to."""

    def __init__(self, outcomes: dict[str, str]) -> None:
        self.domain = Domain.empty()
        self.outcomes = outcomes
        self.hangs = ""
        self.asked: list[str] = []

    async def handle_message(self, message: UserMessage) -> None:
        self.asked.append(message.text)
        if message.text == self.hangs:
            await asyncio.Event().wait()
        for outcome in filter(None, [self.outcomes[message.text]]):
            answer = {"text": "Words.", "metadata": {"outcome": outcome}}
            await message.output_channel.send_response(message.sender_id, answer)


class Standin:
    """Stands in for Rasa's agent, with Otto's own tracker store."""

    def __init__(self, outcomes: dict[str, str], url: str) -> None:
        self.processor = Processor(outcomes)
        self.tracker_store = OttoTrackerStore(Domain.empty(), host=url)


Start = Callable[..., Standin]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sanic, int, str]]:
    url = f"sqlite:///{tmp_path_factory.mktemp('health') / 'otto.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTTO_DATABASE", url)
        # Each test asks anew.
        patch.setattr(readiness, "VALID_SECONDS", 0.0)
        with serving("test-health", HealthChannel) as (app, port):
            yield app, port, url


@pytest.fixture
def start(served: tuple[Sanic, int, str]) -> Start:
    """Put another agent behind the channel."""

    def start(outcomes: dict[str, str] = WELL) -> Standin:
        app, _, url = served
        app.ctx.agent = Standin(outcomes, url)
        return app.ctx.agent

    return start


def get(served: tuple[Sanic, int, str], path: str, method: str = "GET") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", served[1], timeout=30)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.headers["Cache-Control"] == "no-store"
    is_json = "json" in answer.headers["Content-Type"]
    return answer.status, json.loads(body) if is_json and body else body.decode()


def out_of_order(*parts: str) -> tuple[int, Any]:
    return 503, {"status": "out of order", "out_of_order": list(parts)}


def test_otto_lives_whatever_is_out_of_order(served: tuple[Sanic, int, str]) -> None:
    served[0].ctx.agent = None
    assert get(served, "/health/live") == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_who_asks_for_the_status_alone_gets_that(
    path: str, served: tuple[Sanic, int, str], start: Start
) -> None:
    start()
    assert get(served, path, "HEAD") == (200, "")


def test_otto_is_ready_when_its_questions_are_answered_and_its_database_works(
    served: tuple[Sanic, int, str], start: Start
) -> None:
    agent = start()
    assert get(served, "/health/ready") == (200, {"status": "ok", "out_of_order": []})
    assert sorted(agent.processor.asked) == sorted(WELL)


@pytest.mark.parametrize(
    ("outcomes", "parts"),
    [
        ({FAQ: "out_of_scope"}, ["rasa"]),
        ({LOOKUP: "out_of_scope"}, ["actions"]),
        ({LOOKUP: ""}, ["actions"]),
        ({FAQ: "", LOOKUP: "answer"}, ["rasa", "actions"]),
    ],
)
def test_what_comes_out_wrong_is_named(
    outcomes: dict[str, str], parts: list[str], served: tuple[Sanic, int, str], start: Start
) -> None:
    start(WELL | outcomes)
    assert get(served, "/health/ready") == out_of_order(*parts)


def test_an_action_server_that_hangs_makes_otto_unready_and_does_not_hang_it(
    served: tuple[Sanic, int, str], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "PART_SECONDS", 0.2)
    start().processor.hangs = LOOKUP
    assert get(served, "/health/ready") == out_of_order("actions")


def test_without_an_agent_no_error_is_told(served: tuple[Sanic, int, str]) -> None:
    served[0].ctx.agent = None
    assert get(served, "/health/ready") == out_of_order("rasa", "actions", "conversations")


def test_a_database_that_cannot_be_written_is_named(
    served: tuple[Sanic, int, str], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Database) -> None:
        raise OSError("/secret/path")

    start()
    monkeypatch.setattr(Database, "begin", broken)
    assert get(served, "/health/ready") == out_of_order("conversations", "chats")


def test_the_text_lines_database_counts_where_there_is_a_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'otto.db'}"
    assert list(health.opened(load({"OTTO_DATABASE": url}))) == ["chats"]
    assert list(health.opened(load({"OTTO_DATABASE": url} | SETTINGS))) == ["chats", "texts"]


def test_the_numbers_are_served_for_prometheus(
    served: tuple[Sanic, int, str], start: Start
) -> None:
    agent = start(WELL | {FAQ: ""})
    agent.tracker_store.conversations._pending = [object(), object()]  # type: ignore[list-item]
    agent.tracker_store.conversations._retry_at = time.monotonic() + 60
    status, numbers = get(served, "/metrics")
    assert status == 200
    for line in (
        'otto_part_in_order{part="rasa"} 0.0',
        'otto_part_in_order{part="actions"} 1.0',
        'otto_part_in_order{part="conversations"} 0.0',
        "otto_conversations_pending 2.0",
    ):
        assert line in numbers.splitlines()


@pytest.mark.parametrize("path", ["/metrics/", "/health/ready/"])
def test_a_proxy_that_hides_an_address_hides_it_with_a_slash_too(
    served: tuple[Sanic, int, str], path: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served[1], timeout=30)
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()


@pytest.mark.parametrize("part", ASKED)
def test_otto_itself_passes_leaves_nothing_behind_and_counts_no_visitor(
    part: str, agent: Agent
) -> None:
    def turns() -> float:
        samples = [s for m in REGISTRY.collect() if m.name == "otto_turns" for s in m.samples]
        return sum(sample.value for sample in samples if sample.name == "otto_turns_total")

    before = turns()
    asyncio.run(ask(lambda: agent, part))
    assert asyncio.run(agent.tracker_store.retrieve(SENDER)) is None
    assert turns() == before
