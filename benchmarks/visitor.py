"""A visitor of the website's chat, for Locust; `benchmarks/load.py` sends many of them.

Each talks with Otto as the element does: a session, messages with ids, answers as a stream. One
message in ten is sent again, as after a broken connection. What Otto said is compared with its own
history in the end: nothing may be lost, nothing doubled.
"""

import json
import random
import uuid
from typing import Any

from locust import FastHttpUser, between, task
from locust.exception import StopUser

from bot.paths import ROOT

CHANNEL = "/webhooks/web"
AGAIN = 0.1
FILES = ("questions.jsonl", "locations.jsonl", "out_of_scope.jsonl")
QUESTIONS = [
    json.loads(line)["text"]
    for name in FILES
    for line in (ROOT / "tests" / "cases" / name).read_text(encoding="utf-8").splitlines()
]
SAID = [*QUESTIONS, *["do I need OT or PT?", "it's for my mother", "a stroke", "2"] * 40]


class Chat(FastHttpUser):
    """Talks with Otto on the website."""

    abstract = True

    def open(self) -> None:
        """Open the chat, from an address of one's own."""
        address = ".".join(str(random.randrange(1, 255)) for _ in range(4))
        self.headers = {"X-Forwarded-For": address, "Accept": "application/x-ndjson"}
        with self.client.post(
            f"{CHANNEL}/session",
            json={},
            headers=self.headers,
            name="session",
            catch_response=True,
        ) as answer:
            if answer.status_code != 201:
                answer.failure(f"no session: {answer.status_code}")
                raise StopUser
            self.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def post(self, body: dict[str, Any], name: str) -> list[dict[str, Any]] | None:
        """The replies to a message, or None if there are none."""
        with self.client.post(
            f"{CHANNEL}/messages",
            json=body,
            headers=self.headers,
            name=name,
            catch_response=True,
        ) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}: {answer.text[:200]}")
                return None
            lines = [json.loads(line) for line in answer.text.splitlines()]
            replies = [line["reply"] for line in lines if "reply" in line]
            whole = lines[-1:] == [{"done": True}]
            if not whole or not replies or any("reference" in reply for reply in replies):
                answer.failure("an answer that is cut off, empty or an apology")
                return None
            return replies


class Visitor(Chat):
    """Reads for a while after each answer."""

    wait_time = between(5, 15)

    def on_start(self) -> None:
        """Open the chat."""
        self.open()
        self.heard: dict[str, list[dict[str, Any]]] = {}
        # Not all at the same moment.
        self.wait()  # type: ignore[no-untyped-call]

    @task
    def ask(self) -> None:
        """Say something; now and then the same again."""
        id_ = str(uuid.uuid4())
        body = {"client_id": id_, "text": random.choice(SAID)}
        replies = self.post(body, "message")
        if replies is None:
            return
        self.heard[id_] = replies
        if random.random() < AGAIN:
            again = self.post(body, "the same message again")
            if again is not None and again != replies:
                self.environment.events.request.fire(
                    request_type="CHECK",
                    name="doubled",
                    response_time=0,
                    response_length=0,
                    exception=AssertionError("another answer to the same message"),
                )

    def on_stop(self) -> None:
        """Compare what was heard with what Otto knows it said."""
        entries: list[dict[str, Any]] = []
        while True:
            after = entries[-1]["seq"] if entries else 0
            with self.client.get(
                f"{CHANNEL}/history?after={after}",
                headers=self.headers,
                name="history",
                catch_response=True,
            ) as answer:
                page: dict[str, Any] = {"entries": [], "more": 0}
                if answer.status_code == 200:
                    page = answer.json()
                entries += page["entries"]
                if page["more"]:
                    continue
                said = [entry["client_id"] for entry in entries if entry["from"] == "visitor"]
                told = [entry["id"] for entry in entries if entry["from"] == "otto"]
                heard = [reply["id"] for replies in self.heard.values() for reply in replies]
                if said != list(self.heard) or told != heard:
                    answer.failure("something was lost or doubled")
                return
