"""A stand-in for Otto's web channel that can fail on demand, and the pages the tests open.

Standard library only. To look at the chat by hand: `python tests/browser/mock_server.py`, then open
http://127.0.0.1:8765/widget/demo.html.
"""

import json
import socket
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

WIDGET = Path(__file__).parents[2] / "bot" / "widget"
TYPES = {".js": "text/javascript", ".html": "text/html", ".css": "text/css"}
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# What a browser asks of a server that a page of another origin talks to.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Expose-Headers": "Retry-After",
}
CLINIC = {"name": "Maple Street OT", "phone": "(609) 555-0100"}
SOURCE = {
    "title": "Occupational Therapy",
    "publisher": "Cleveland Clinic",
    "section": "Overview",
    "review": "2024-02-27",
}
NEAR = [
    {"city": "Ewing", "state": "New Jersey", "miles": 4, "direction": "northwest"},
    {"city": "Princeton", "state": "New Jersey", "miles": 11, "direction": "north-east"},
]
ANSWER = "Most sessions last **30 to 60 minutes**."


def answers(text: str) -> list[dict[str, Any]]:
    """What the stand-in says, by what it is told; `echo` gives a text back as Otto's own."""
    match text.split(maxsplit=1):
        case ["echo", rest]:
            return [{"text": rest}]
        case ["ask"]:
            choices = [{"id": f"c{i}", "title": t} for i, t in enumerate(["A child", "An adult"])]
            return [{"text": "Who is it for?", "choices": choices, "outcome": "dialogue"}]
        case ["twice"]:
            return [{"text": "The first."}, {"text": "The second."}]
        case ["where"]:
            return [{"text": "Which city?", "outcome": "location"}]
        case ["My", rest] if rest.startswith("location:"):
            return [{"text": "These are near.", "outcome": "location", "nearest": NEAR}]
        case ["suicide"]:
            return [{"text": "**Call [988](tel:988) now.**", "safety": "interrupt"}]
        case _:
            return [{"text": ANSWER, "sources": [SOURCE], "copy_text": "To take with you"}]


class Session:
    """One conversation: everything said in it, and the replies already given to a client_id."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.given: dict[str, dict[str, Any]] = {}
        self.choices: dict[str, str] = {}
        self.feedback: list[dict[str, Any]] = []

    def answer(self, client_id: str, text: str) -> dict[str, Any]:
        """The replies to a message, made once however often it is sent."""
        if client_id not in self.given:
            seq = len(self.said) + 1
            self.said.append({"seq": seq, "role": "visitor", "client_id": client_id, "text": text})
            replies = []
            for seq_, content in enumerate(answers(text), seq + 1):
                reply = {"id": uuid.uuid4().hex, "seq": seq_, "choices": [], "sources": []}
                replies.append(reply | {"outcome": "answer"} | content)
                self.choices |= {c["id"]: c["title"] for c in replies[-1]["choices"]}
            self.said += replies
            self.given[client_id] = {"seq": seq, "replies": replies}
        return self.given[client_id]


class MockServer(ThreadingHTTPServer):
    """`faults` are taken one a message: lose, cut, slow, hang, error, or a status such as 500."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.sessions: dict[str, Session] = {}
        self.faults: list[str] = []
        self.pages: dict[str, str] = {}
        self.requests: list[str] = []
        self.arrivals: list[str] = []
        self.clinic: dict[str, str] = CLINIC
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def page(self, body: str = "", html: str = "lang=en", head: str = "") -> str:
        """The address of a page with the chat on it."""
        path = f"/page/{len(self.pages)}"
        self.pages[path] = (
            f"<!doctype html><html {html}><head><title>Clinic</title>{head}"
            '<meta name=viewport content="width=device-width"><script src=/watch.js></script>'
            '<script type=module src="/widget/otto-chat.js"></script></head>'
            f"<body><h1>Clinic</h1><a href=#x id=x>A link</a>{body}</body></html>"
        )
        return self.address + path

    @property
    def said(self) -> list[dict[str, Any]]:
        """What all conversations hold."""
        return [message for session in self.sessions.values() for message in session.said]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away is no news."""


# Counts violations of the policy and what is put into live regions, from the first moment on.
WATCH = """
window.violations = []; window.heard = []; window.pwned = 0;
addEventListener("securitypolicyviolation", (e) => {
  violations.push(e.violatedDirective + " " + e.blockedURI);
});
const watch = () => {
  const root = document.querySelector("otto-chat")?.shadowRoot;
  if (!root?.querySelector(".live")) return requestAnimationFrame(watch);
  for (const live of root.querySelectorAll("[aria-live]")) {
    if (live.getAttribute("aria-live") === "off") continue;
    new MutationObserver((changes) => {
      const added = changes.flatMap((change) => [...change.addedNodes]);
      heard.push(...added.map((node) => node.textContent));
    }).observe(live, { childList: true, subtree: true, characterData: true });
  }
};
watch();
"""
HOSTILE = """
* { all: unset !important; } *::before, *::after { content: "x" !important; }
html { font-size: 62.5%; } otto-chat { display: none !important; visibility: hidden !important; }
"""


class Handler(BaseHTTPRequestHandler):
    """The contract of the web channel, and static pages under a strict policy."""

    protocol_version = "HTTP/1.1"
    server: MockServer

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """Pages, the widget's files, history."""
        url = urlsplit(self.path)
        self.server.requests.append(f"GET {url.path}")
        file = WIDGET / url.path.removeprefix("/widget/")
        if url.path == "/webhooks/web/history":
            session = self.session()
            after = int(parse_qs(url.query)["after"][0])
            if session:
                self.json(200, {"messages": [m for m in session.said if m["seq"] > after]})
        elif url.path.startswith("/widget/") and file.parent == WIDGET and file.exists():
            self.reply(200, file.read_bytes(), TYPES[file.suffix])
        elif url.path in self.server.pages:
            self.reply(200, self.server.pages[url.path].encode(), TYPES[".html"])
        elif url.path == "/watch.js":
            self.reply(200, WATCH.encode(), TYPES[".js"])
        elif url.path == "/hostile.css":
            self.reply(200, HOSTILE.encode(), TYPES[".css"])
        else:
            self.reply(404, b"", TYPES[".html"])

    def do_POST(self) -> None:
        """Sessions, messages, feedback."""
        self.server.requests.append(f"POST {self.path}")
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
        if self.path == "/webhooks/web/session":
            self.server.sessions.pop(self.token(), None)
            token = uuid.uuid4().hex
            self.server.sessions[token] = Session()
            self.json(200, {"token": token, "expires_in": 3600, "clinic": self.server.clinic})
        elif session := self.session():
            if self.path == "/webhooks/web/feedback":
                session.feedback.append(content)
                self.json(200, {})
            else:
                self.message(session, content)

    def do_OPTIONS(self) -> None:
        """May a page of another origin talk to this server?"""
        self.reply(204, b"", TYPES[".html"])

    def do_DELETE(self) -> None:
        """The end of a conversation."""
        self.server.requests.append(f"DELETE {self.path}")
        if self.session():
            del self.server.sessions[self.token()]
            self.json(200, {})

    def message(self, session: Session, content: dict[str, Any]) -> None:
        """One message, with the next fault, if there is one."""
        self.server.arrivals.append(content["client_id"])
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault.isdigit():
            self.json(int(fault), {"code": "x", "detail": "Said no."}, {"Retry-After": "2"})
            return
        if fault == "error":
            self.stream([{"error": {"code": "busy", "detail": "", "retry_after": 1}}])
            return
        text = content.get("text") or session.choices[content["choice_id"]]
        given = session.answer(content["client_id"], text)
        if fault == "hang":
            time.sleep(4)
        elif fault == "lose":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault == "cut":
            self.stream(given["replies"][:1])
        elif "ndjson" in self.headers.get("Accept", ""):
            self.stream(given["replies"] + [{"done": True}], 1.5 if fault == "slow" else 0)
        else:
            self.json(200, given)

    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def session(self) -> Session | None:
        found = self.server.sessions.get(self.token())
        if found is None:
            self.json(401, {"code": "session", "detail": "The session is over."})
        return found

    def stream(self, lines: list[dict[str, Any]], delay: float = 0) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Connection", "close")
        self.end_headers()
        for line in lines:
            self.wfile.write(json.dumps(line).encode() + b"\n")
            self.wfile.flush()
            time.sleep(delay)
        self.close_connection = True

    def json(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        self.reply(status, json.dumps(content).encode(), "application/json", headers)

    def reply(
        self, status: int, body: bytes, type_: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{type_}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", STRICT)
        if status >= 500:
            headers = {}
        for name, value in (CORS | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    print(f"{MockServer(8765).address}/widget/demo.html")
    threading.Event().wait()
