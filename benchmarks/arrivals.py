"""Messages for Rasa's REST channel and for the website's, for Locust.

benchmarks/capacity.py and benchmarks/replicas.py use them.

`Busy` visitors send the next message as soon as they have an answer, so as many of them as keep the
server at work find what it can do. `Arrivals` come at random at a rate of their own, `RATE` a
second, whether or not earlier ones were answered: queues grow as they would with real visitors.
A conversation has `TURNS` messages. An empty answer counts as a failure.
"""

import itertools
import os
import random
import uuid

import gevent
from locust import FastHttpUser, constant, task

from benchmarks.visitor import SAID, Chat

TURNS = 5
# So many conversations are under way: a visitor's next message comes when the last is answered.
UNDER_WAY = 300
RATE = float(os.environ.get("RATE", "1"))


class Rest(FastHttpUser):
    """Talks with a REST channel."""

    abstract = True
    wait_time = constant(0)

    def say(self, sender: str) -> None:
        """Send something, and see that there is an answer."""
        body = {"sender": sender, "message": random.choice(SAID)}
        with self.client.post(
            "/webhooks/rest/webhook", json=body, name="message", catch_response=True
        ) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")
            elif not answer.json():
                answer.failure("nothing was said")


class Busy(Rest):
    """Has one conversation after the other, without a pause."""

    @task
    def talk(self) -> None:
        """A whole conversation."""
        sender = uuid.uuid4().hex
        for _ in range(TURNS):
            self.say(sender)


class Chats(Chat):
    """The same on the website."""

    wait_time = constant(0)

    @task
    def talk(self) -> None:
        """A whole conversation."""
        self.open()
        for _ in range(TURNS):
            body = {"client_id": str(uuid.uuid4()), "text": random.choice(SAID)}
            self.post(body, "message")


class Arrivals(Rest):
    """Many visitors, of which one says something now and then."""

    concurrency = UNDER_WAY

    def on_start(self) -> None:
        """Begin all conversations."""
        self.senders = itertools.cycle([uuid.uuid4().hex for _ in range(UNDER_WAY)])
        self.rounds = itertools.count()

    @task
    def arrive(self) -> None:
        """One message more; a conversation ends after its turns and another takes its place."""
        number = next(self.rounds) // (UNDER_WAY * TURNS)
        gevent.spawn(self.say, f"{next(self.senders)}-{number}")
        gevent.sleep(random.expovariate(RATE))
