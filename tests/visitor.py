"""Visitors who keep talking while something breaks, as the chat's element does for them.

A message keeps its `client_id` however often it is sent. What was heard is compared with the
history, and with what Rasa has kept.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot.channels.web_session import Sessions
from tests.databases import rows

# What is said, and what comes of it whatever was said before; the second needs an action server.
SAID = {
    "How long is an OT session?": "answer",
    "Is Trenton, New Jersey listed?": "location",
    "What does an occupational therapist do?": "answer",
    "anyone in Hoboken?": "location",
    "good morning": "small_talk",
}
# How often, and for how long, the element tries (bot/widget/otto-chat.js, `deliver`).
TRIES = 4
PATIENCE = 90.0
HEADERS = {"Content-Type": "application/json", "Accept": "application/x-ndjson"}


class Refusal(Exception):  # noqa: N818 - it may be no error
    """An answer that is no reply: its status, 0 where there was none, and when to ask again."""

    def __init__(self, status: int, retry_after: float = 0) -> None:
        super().__init__(f"status {status}")
        self.status, self.retry_after = status, retry_after


class Visitor(threading.Thread):
    """Says one thing after the other until told to stop."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__()
        self._port = port
        self._random = random.Random(number)
        # Everybody has an address of their own, as the front's proxy says.
        self._headers = HEADERS | {"X-Forwarded-For": f"198.51.100.{number}"}
        self._stopped = threading.Event()
        self.token: str = self._request("POST", "/session", {})[0]["token"]
        self._headers["Authorization"] = f"Bearer {self.token}"
        self.heard: dict[str, list[dict[str, Any]]] = {}
        self.texts: dict[str, str] = {}
        self.sent_again = 0
        self.trouble: list[str] = []

    def run(self) -> None:
        while not self._stopped.is_set():
            id_, text = str(uuid.uuid4()), self._random.choice(list(SAID))
            try:
                self.heard[id_], self.texts[id_] = self._deliver(id_, text), text
            except Exception as error:
                self.trouble.append(f"{text!r}: {type(error).__name__} {error}")
            else:
                outcomes = {reply["outcome"] for reply in self.heard[id_]}
                if outcomes != {SAID[text]}:
                    self.trouble.append(f"{text!r}: {self.heard[id_]}")
            self._stopped.wait(self._random.uniform(0.5, 2.5))

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def _deliver(self, id_: str, text: str) -> list[dict[str, Any]]:
        """What is said to a message, in as many tries as the element makes."""
        tries, until = 1, time.monotonic() + PATIENCE
        while True:
            try:
                return self._say(id_, text)
            except (Refusal, OSError, http.client.HTTPException) as error:
                self.sent_again += 1
                refusal = error if isinstance(error, Refusal) else Refusal(0)
                if time.monotonic() > until:
                    raise
                if refusal.status in (409, 429):
                    time.sleep(refusal.retry_after or 2)
                    continue
                if 400 <= refusal.status < 500 or tries == TRIES:
                    raise
                later = 0.5 * 2**tries * self._random.uniform(0.5, 1.5)
                time.sleep(refusal.retry_after or later)
                tries += 1

    def _say(self, id_: str, text: str) -> list[dict[str, Any]]:
        lines = self._request("POST", "/messages", {"client_id": id_, "text": text})
        if lines[-1] != {"done": True}:
            raise Refusal(0)
        return [line["reply"] for line in lines if "reply" in line]

    def _request(self, method: str, path: str, body: Any = None) -> list[Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=45)
        with contextlib.closing(connection):
            data = None if body is None else json.dumps(body)
            connection.request(method, f"/webhooks/web{path}", data, self._headers)
            answer = connection.getresponse()
            said = answer.read().decode()
        if answer.status >= 300:
            raise Refusal(answer.status, float(answer.headers.get("Retry-After", 0)))
        return [json.loads(line) for line in said.splitlines()]

    def history(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        while True:
            after = entries[-1]["seq"] if entries else 0
            (page,) = self._request("GET", f"/history?after={after}")
            entries += page["entries"]
            if not page["more"]:
                return entries

    def lost_and_doubled(self) -> tuple[list[str], list[str]]:
        """What the history lacks of what was heard, and what is in it, or was heard, twice."""
        entries = self.history()
        kept = Counter(e["client_id"] if e["from"] == "visitor" else e["id"] for e in entries)
        heard = Counter(
            name
            for id_, replies in self.heard.items()
            if all(reply["id"] for reply in replies)
            for name in (id_, *(reply["id"] for reply in replies))
        )
        told = {entry["id"] for entry in entries if entry["from"] == "otto"}
        strange = told - heard.keys()
        doubled = [name for name, count in (kept | heard).items() if count > 1]
        return list((heard - kept).elements()), [*doubled, *strange]

    @property
    def unkept(self) -> int:
        """How many answers came with word that they are not in the history."""
        return sum(not reply["id"] for replies in self.heard.values() for reply in replies)

    def forgotten(self, database: str, secret: str) -> list[str]:
        """What Rasa has not kept of what was said and answered."""
        sender = Sessions(secret).sender(self.token)
        statement = f"SELECT events FROM conversation_turns WHERE sender = '{sender}'"
        events = [event for (turn,) in rows(database, statement) for event in json.loads(str(turn))]
        kept = Counter(event["text"] for event in events if event["event"] == "user")
        return list((Counter(self.texts.values()) - kept).elements())


@contextlib.contextmanager
def visiting(port: int, count: int) -> Iterator[list[Visitor]]:
    """Some visitors who talk meanwhile, and each of whom is heard out in the end."""
    visitors = [Visitor(port, number) for number in range(1, count + 1)]
    for visitor in visitors:
        visitor.start()
    try:
        yield visitors
    finally:
        for visitor in visitors:
            visitor.stop()


def wait_for_turns(visitors: list[Visitor], count: int, seconds: float) -> None:
    """Wait until each has been answered so many times more."""
    wanted = {visitor: len(visitor.heard) + count for visitor in visitors}
    until = time.monotonic() + seconds
    while any(len(visitor.heard) < wanted[visitor] for visitor in visitors):
        assert time.monotonic() < until, [visitor.trouble for visitor in visitors]
        time.sleep(0.1)
