"""Made-up requests by the hundred thousand, through every channel: `make fuzz`.

    python -m tests.fuzz --cases 100000 --turns 2000 --seed 7

Whatever is sent, the answer is good or a refusal that says why (`Answer.check`), and the next
visitor is served within a second. `--turns` are conversations with Rasa itself; behind the other
requests stands a quick stand-in for it. `tests/test_fuzz.py` runs a few of each.
"""

import argparse
import asyncio
import json
import logging
import re
import socket
import sys
import tempfile
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from bot import no_tensorflow
from bot.quiet import quiet

quiet()
no_tensorflow.install()

from tests.channels.sms import PATH
from tests.channels.test_input_matrix import FIELDS, TEXTS, TOKENS
from tests.channels.web import Agent
from tests.channels.whole import MESSAGES, REST, Answer, Whole, whole

# One visitor of so many cases looks whether all is well, and waits so many seconds at most.
EVERY = 100
PATIENCE = 1.0
ROUND = 5000
ADDRESSES = (
    *("/", "/faq", "/widget/otto-chat.js", "/sms", "/sms/messages", REST, MESSAGES, PATH),
    *(f"/webhooks/web/{name}" for name in ("session", "history", "feedback", "openapi.json")),
)
PHRASES = (
    *("do we need OT or PT?", "my son is 5", "a stroke", "he cannot dress", "none of these", "2"),
    *("anyone in Kingston?", "Pennsylvania", "near me", "the second one", "go back", "yes", "no"),
    *("how long is a session", "and for kids?", "thanks", "who are you", "is it covered"),
)

characters = st.characters(exclude_categories=())  # Also halves of characters.
texts = st.one_of(st.sampled_from(list(TEXTS.values())), st.text(characters, max_size=60))
numbers = st.one_of(
    st.integers(), st.floats(), st.sampled_from([10**400, -(10**400), 2**63, 1e308])
)
scalars = st.none() | st.booleans() | numbers | texts
contents = st.recursive(
    scalars, lambda x: st.lists(x, max_size=3) | st.dictionaries(texts, x, max_size=3), max_leaves=6
)
nested = st.tuples(st.integers(1, 4000), st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")])).map(
    lambda drawn: drawn[1][0] * drawn[0] + b"1" + drawn[1][1] * drawn[0]
)


def fields(**named: Any) -> st.SearchStrategy[bytes]:
    """A JSON object with the named fields, more or less; or bytes that are none."""
    proper = st.fixed_dictionaries(named)
    odd = st.fixed_dictionaries({}, optional={k: v | contents for k, v in named.items()})
    more = st.builds(lambda a, b: a | b, st.dictionaries(texts, contents, max_size=2), odd)
    written = (proper | proper | odd | more).map(lambda content: json.dumps(content).encode())
    cut = st.builds(lambda body, end: body[:end], written, st.integers(0, 80))
    return st.one_of(written, written, written, written, cut, nested, st.binary(max_size=80))


@dataclass(frozen=True)
class Kind:
    """One way in: its share of all cases in percent, what is made up, and how it is sent."""

    share: int
    cases: st.SearchStrategy[Any]
    send: Callable[[Whole, Any], Answer | None]


def raw(client: Whole, sent: bytes) -> None:
    """Bytes to the server's parser, whatever they are."""
    with socket.create_connection(("127.0.0.1", client.port), timeout=2) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            got = b""
            while part := connection.recv(65536):
                got += part
        except ConnectionError:
            return
        except TimeoutError:
            # It waits for the rest of a request; nobody else waits with it, as `visitor` shows.
            pass
    for status in re.findall(rb"(?m)^HTTP/1\.1 (\d{3}) ", got):
        assert int(status) < 500, got[:300]
    assert b"Traceback" not in got


def address(client: Whole, case: tuple[str, str, str, bytes | None]) -> Answer:
    """Any method at any address with any body."""
    method, path, header, body = case
    return client.call(method, path, body, Origin=header, Accept=header, If_None_Match=header)


def chat(client: Whole, case: tuple[str, str, str | None, bytes]) -> Answer:
    """The website's chat: a session of this run's, or a token that was made up."""
    method, path, token, body = case
    if token is None:
        token = client.session = client.session or client.token()
    if path == "session":
        # It ends with this, or another begins.
        client.session = ""
    return client.call(method, f"/webhooks/web/{path}", body, Authorization=f"Bearer {token}")


def text_message(client: Whole, case: tuple[dict[str, str], bool]) -> Answer:
    """A form as Twilio sends it, signed or not."""
    form, is_signed = case
    if is_signed:
        return client.signed(form)
    body = urlencode(form, errors="surrogatepass").encode()
    return client.call("POST", PATH, body, X_Twilio_Signature="forged")


def described(client: Whole, case: schemathesis.Case) -> None:
    """What the chat's own description allows, and what it forbids."""
    answer = case.call(
        base_url=f"http://127.0.0.1:{client.port}/webhooks/web",
        headers={"Authorization": f"Bearer {client.token()}"},
    )
    case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])


def talk(client: Whole, said: list[str]) -> Answer | None:
    """A conversation with Rasa."""
    sender, answer = uuid.uuid4().hex, None
    for text in said:
        answer = client.rest({"sender": sender, "message": text})
        answer.check()
        assert answer.status == 200
        assert answer.sentences
    return answer


def operations() -> st.SearchStrategy[schemathesis.Case]:
    """Requests after the chat's description, proper ones and others."""
    from bot.channels.web import openapi

    description = schemathesis.openapi.from_dict(openapi())
    found = [result.ok() for result in description.get_all_operations()]
    return st.one_of(
        operation.as_strategy(generation_mode=mode)
        for operation in found
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    )


methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
paths = st.one_of(
    st.sampled_from(ADDRESSES),
    st.builds(
        lambda a, b: a + quote(b.encode("utf-8", "surrogatepass"), safe="/?&=;:.%"),
        st.sampled_from(ADDRESSES),
        texts,
    ),
    texts.map(lambda text: "/" + quote(text.encode("utf-8", "surrogatepass"), safe="/?&=.")),
)
# http.client itself refuses some.
latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40)
tokens = st.one_of(st.none(), st.none(), latin, st.sampled_from(list(TOKENS.values())))
lines = st.one_of(st.binary(max_size=60), latin.map(lambda text: text.encode("latin-1")))
headers = st.lists(
    st.one_of(
        lines,
        st.sampled_from(
            [
                b"Host: x",
                b"Content-Length: -1",
                b"Content-Length: 99999999999999999999",
                b"Content-Length: 2\r\nContent-Length: 7",
                b"Transfer-Encoding: chunked",
                b"Transfer-Encoding: \x0bchunked",
                b"Content-Encoding: gzip",
                b"Content-Type: application/json; charset=\xff",
                b"Content-Type: multipart/form-data; boundary=",
                b"Authorization: Bearer \x00",
                b"Authorization:",
                b"Cookie: " + b"a=b;" * 500,
                b"X-Forwarded-For: \xff, , 1.2.3.4:99999",
                b'Forwarded: for="[::1"',
                b"Expect: 100-continue",
                b"Upgrade: websocket\r\nConnection: upgrade",
                b"X: " + b"a" * 9000,
            ]
        ),
    ),
    max_size=5,
)
requests = st.builds(
    lambda method, path, version, head, body: b"\r\n".join(
        [b" ".join([method, path, version]), *head, b"", body]
    ),
    st.sampled_from([b"GET", b"POST", b"", b"get", b"OPTIONS", b"\xff"]),
    st.sampled_from([a.encode() for a in ADDRESSES]) | lines,
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/9", b"HTTP/1.0", b""]),
    headers,
    st.sampled_from([b"", b"{}", b"2\r\n{}\r\n0\r\n\r\n", b"fffffffffffffff\r\n", b"-1\r\n"])
    | lines,
)
numbers_of_phones = st.integers(0, 9_999_999).map(lambda number: f"+1555{number:07d}")
forms = st.builds(
    lambda known, number, sid, more: {"From": number, "MessageSid": sid} | known | more,
    st.sampled_from(list(FIELDS.values())),
    numbers_of_phones | texts,
    st.uuids().map(lambda id_: f"SM{id_.hex}") | texts,
    st.dictionaries(
        st.sampled_from(["Body", "NumMedia", "OptOutType", "SmsStatus", "Latitude"]) | texts,
        texts,
        max_size=3,
    ),
)
KINDS = {
    "bytes": Kind(25, st.binary(max_size=300) | st.lists(requests, max_size=3).map(b"".join), raw),
    "addresses": Kind(
        20, st.tuples(methods, paths, latin, st.none() | fields(text=texts)), address
    ),
    "REST": Kind(
        20,
        fields(sender=st.text("ab.:@+-_1", min_size=1), message=texts),
        lambda client, body: client.rest(body),
    ),
    "chat": Kind(
        15,
        st.tuples(
            st.sampled_from(["POST", "POST", "POST", "GET", "GET", "DELETE", "PUT"]),
            st.sampled_from(
                ["session", "messages", "messages", "history", "feedback", "history?after=-1"]
            ),
            tokens,
            fields(client_id=st.uuids().map(str), text=texts)
            | fields(client_id=st.uuids().map(str), choice_id=texts)
            | fields(reply_id=texts, value=st.sampled_from(["up", "down"])),
        ),
        chat,
    ),
    "text messages": Kind(14, st.tuples(forms, st.booleans()), text_message),
    "phone page": Kind(
        5,
        fields(number=st.just("+15555550123"), text=texts, photo=st.booleans()),
        lambda client, body: client.call("POST", "/sms/messages", body),
    ),
    "description": Kind(1, operations(), described),
}
# With Rasa behind it, and so apart from the others.
TALK = Kind(
    0,
    st.lists(texts | st.lists(st.sampled_from(PHRASES), max_size=3).map(" ".join), max_size=3),
    talk,
)


@dataclass
class Tally:
    """What came of the cases of one kind; times in seconds."""

    cases: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    visitor: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    last: Any = None

    def line(self, name: str) -> str:
        """It as a line of a table."""
        statuses = ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items()))
        return (
            f"{name:14} {self.cases:7} cases {self.seconds:6.0f} s"
            f"  slowest {self.slowest * 1000:5.0f} ms"
            f"  next visitor {self.visitor * 1000:4.0f} ms  {statuses}"
        )


def attack(client: Whole, kind: Kind, count: int, number: int, tally: Tally, expected: str) -> None:
    """Send so many cases of a kind and count them in `tally`.

    `number` is the seed, `expected` what a visitor is answered.

    Raises:
        AssertionError: an answer was no good one; the case is printed, as small as it can be made.
    """

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(kind.cases)
    def one(case: Any) -> None:
        started = time.monotonic()
        tally.last = case
        try:
            answer = kind.send(client, case)
        except (ValueError, UnicodeError) as error:
            # Made up beyond what the client can send.
            assume("header" not in str(error).lower() and "encode" not in str(error))
            raise
        if answer is not None:
            answer.check()
        tally.statuses[str(answer.status) if answer else "checked"] += 1
        tally.cases += 1
        tally.slowest = max(tally.slowest, time.monotonic() - started)
        if tally.cases % EVERY == 0:
            tally.visitor = max(tally.visitor, visitor(client, expected))

    started = time.monotonic()
    one()
    tally.seconds += time.monotonic() - started


def visitor(client: Whole, expected: str) -> float:
    """How long the next visitor waits for a good answer, in seconds."""
    started = time.monotonic()
    fresh = Whole(client.port)
    answer = fresh.rest({"sender": uuid.uuid4().hex, "message": "how long is a session"})
    fresh.close()
    assert expected in "".join(answer.sentences)
    return time.monotonic() - started


def main() -> int:
    """Run all kinds, print what came of them, and return 1 if a visitor noticed anything."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--cases", type=int, default=100_000, help="made-up requests")
    options.add_argument("--turns", type=int, default=2000, help="conversations with Rasa")
    options.add_argument("--seed", type=int, default=0, help="another number, other cases")
    chosen = options.parse_args()
    # A line for each request would be most of the work.
    logging.disable(logging.ERROR)
    tallies = {name: Tally() for name in [*KINDS, "talk"]}
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        try:
            if chosen.turns:
                fine = _talk(tallies["talk"], chosen.turns, chosen.seed, Path(folder))
            with whole("fuzz", Agent("An answer."), Path(folder)) as client:
                # In rounds, as hypothesis remembers every case of a run.
                for first in range(0, chosen.cases, ROUND):
                    for name, kind in KINDS.items():
                        count = min(ROUND, chosen.cases - first) * kind.share // 100
                        fine &= _run(client, name, kind, count, chosen.seed + first, tallies[name])
                    print(f"{_count(tallies)} cases so far", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            print("Stopped.", file=sys.stderr)
    for name, tally in tallies.items():
        print(tally.line(name))
    print(f"{_count(tallies)} cases: {'all is well' if fine else 'something is wrong'}")
    return 0 if fine else 1


def _talk(tally: Tally, count: int, number: int, folder: Path) -> bool:
    from bot import agent as agents
    from bot.training import model_path

    rasa = asyncio.run(agents.load(model_path()))
    with whole("fuzz-rasa", rasa, folder) as client:
        return _run(client, "talk", TALK, count, number, tally, "30 to 60 minutes")


def _run(
    client: Whole,
    name: str,
    kind: Kind,
    count: int,
    number: int,
    tally: Tally,
    expected: str = "An answer.",
) -> bool:
    """Attack, and print the case that a visitor would have noticed, if there is one."""
    try:
        attack(client, kind, count, number, tally, expected)
    except Exception:
        # An assertion, or hypothesis has several; both tell the case.
        print(f"{name}: {traceback.format_exc(limit=-2)[-3000:]}{tally.last!r}", flush=True)
        return False
    return tally.visitor <= PATIENCE


def _count(tallies: dict[str, Tally]) -> int:
    return sum(tally.cases for tally in tallies.values())


if __name__ == "__main__":
    sys.exit(main())
