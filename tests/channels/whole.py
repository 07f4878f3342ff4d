"""All channels in one app with Rasa behind them, and what must be true of whatever they answer."""

import http.client
import itertools
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

import pytest
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from bot.channels import web_service
from bot.channels.limits import SharedLimit
from bot.channels.rest import HOW_TO, RestChannel
from bot.channels.site import SiteChannel
from bot.channels.sms import SmsChannel
from bot.channels.sms_page import SmsPage
from bot.channels.web import WebChannel
from tests.channels.sms import PATH, PUBLIC_URL, SETTINGS, TOKEN
from tests.channels.web import serving

CHANNELS = (RestChannel, WebChannel, SiteChannel, SmsChannel, SmsPage)
REST, MESSAGES = "/webhooks/rest/webhook", "/webhooks/web/messages"
# What no visitor may ever read: an empty slot, a template, a name of Rasa's, an error's innards.
INNARDS = re.compile(r"\bNone\b(?! of)|[{}]|utter_|action_|Traceback|__class__")

_numbers = itertools.count()


@contextmanager
def whole(name: str, agent: Any, folder: Path) -> Iterator["Whole"]:
    """All channels, with their databases in `folder` and limits that no test meets."""
    found = SETTINGS | {"OTTO_REST": "on", "OTTO_SMS_PAGE": "on", "OTTO_SECRET": "s" * 32}
    with pytest.MonkeyPatch.context() as patch:
        for key, value in (found | {"OTTO_DATABASE": f"sqlite:///{folder / 'otto.db'}"}).items():
            patch.setenv(key, value)
        patch.setattr(
            web_service,
            "SharedLimit",
            lambda shared, name, most, seconds: SharedLimit(None, name, 100_000, 1),
        )
        with serving(name, *CHANNELS) as (app, port):
            app.ctx.agent = agent
            client = Whole(port)
            yield client
            # The server waits for its connections to end.
            client.close()


class Answer:
    """What came back over HTTP."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.type = response.headers.get("Content-Type", "")
        self.headers = response.headers
        self.body = response.read()

    @property
    def sentences(self) -> list[str]:
        """The words that a person or a program's author gets to read, whatever they came in."""
        if not self.body or re.match("text/(html|css|javascript)", self.type):
            return []
        if "xml" in self.type:
            return [found.text or "" for found in ElementTree.fromstring(self.body).iter("Message")]
        if "json" in self.type:
            lines = self.body.splitlines() if "ndjson" in self.type else [self.body]
            return [text for line in lines for text in _texts(json.loads(line))]
        return [self.body.decode()]

    def check(self) -> None:
        """Make sure that it is a good answer, or a refusal that says something."""
        assert self.status < 500, self.status
        assert "None" not in self.headers.values()
        for sentence in self.sentences:
            assert sentence.strip()
            assert not INNARDS.search(sentence.replace(HOW_TO, "")), sentence


class Whole:
    """A client of all channels."""

    def __init__(self, port: int) -> None:
        self.port = port
        # A session of the website's chat, where a caller keeps one.
        self.session = ""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request; `_` in a header's name stands for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._connection.request(method, path, body, sent)
            return Answer(self._connection.getresponse())
        except (ConnectionError, http.client.HTTPException):
            # The server may close a connection that it was sent something odd on.
            self._connection.close()
            self._connection.request(method, path, body, sent)
            return Answer(self._connection.getresponse())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def rest(self, body: Any) -> Answer:
        """What the REST channel answers to a body, bytes as they are and all else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.call("POST", REST, data)

    def token(self) -> str:
        """A new session's token."""
        answer = self.call("POST", "/webhooks/web/session")
        assert answer.status == 201, answer.sentences
        return str(json.loads(answer.body)["token"])

    def web(self, body: Any, token: str | None = None) -> Answer:
        """What the website's chat is answered; a body that is no bytes gets its id."""
        if not isinstance(body, bytes):
            body = json.dumps({"client_id": str(uuid.uuid4())} | body).encode()
        authorization = f"Bearer {self.token() if token is None else token}"
        return self.call("POST", MESSAGES, body, Authorization=authorization)

    def sms(self, number: str = "", **fields: str) -> Answer:
        """What a text message with Twilio's fields is answered."""
        number = number or f"+1555556{next(_numbers):04d}"
        form: Any = {"MessageSid": f"SM{uuid.uuid4().hex}", "From": number, "SmsStatus": "received"}
        return self.signed(form | fields)

    def signed(self, form: dict[str, str]) -> Answer:
        """A form as Twilio signs it; half a character arrives as what stands for none."""
        body = urlencode(form, errors="surrogatepass").encode()
        arrived = MultiDict(parse_qsl(body.decode(), keep_blank_values=True))
        signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + PATH, arrived)
        return self.call("POST", PATH, body, X_Twilio_Signature=signature)


def _texts(content: Any) -> Iterator[str]:
    """Otto's sentences in an answer's JSON, of any channel."""
    if isinstance(content, dict) and content.get("from") == "visitor":
        # In the history, visitors' words stand as they wrote them.
        return
    if isinstance(content, list):
        for each in content:
            yield from _texts(each)
    elif isinstance(content, dict):
        for name, value in content.items():
            if name in ("text", "error", "detail", "title") and isinstance(value, str):
                yield value
            elif name not in ("clinic", "paths", "components"):
                yield from _texts(value)
