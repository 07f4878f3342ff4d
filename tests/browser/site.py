"""A clinic's website in front of the chat's real channel, with a wire that fails on demand.

The browser sees one address. A few pages are made for a test; all else comes from Otto itself.
"""

import http.client
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rasa.core.channels.channel import UserMessage

from bot import settings
from bot.channels import web_service
from bot.channels.limits import SharedLimit
from bot.channels.site import SiteChannel
from bot.channels.web import WebChannel
from tests.channels.web import Agent, serving

ANSWER = "Most sessions last **30 to 60 minutes**."
SOURCES = [{"id": "cleveland_therapy", "section": "Overview"}]
NEAR = [
    {"city": "Ewing", "state": "New Jersey", "miles": 4.2, "bearing": -45, "way": "about 4 miles"},
    {
        "city": "Trenton",
        "state": "New Jersey",
        "miles": 11.0,
        "bearing": 90,
        "way": "11 miles east",
    },
]
LOCATION = {
    "state": None,
    "city": None,
    "region": None,
    "listed": True,
    "ambiguous_states": [],
    "nearest": NEAR,
    "suggestions": [],
}
# What a page may do, as strict as can be with the chat on it.
POLICY = (
    "default-src 'none'; script-src 'self' {otto}; style-src 'self'; connect-src {otto}; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
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
OWN = {"/watch.js": (WATCH, "text/javascript"), "/hostile.css": (HOSTILE, "text/css")}


class Scripted(Agent):
    """Stands in for Rasa: what it answers depends on what it is told."""

    async def handle_message(self, message: UserMessage) -> None:
        self.answers = tuple(self.script(message.text))
        await super().handle_message(message)

    @staticmethod
    def script(text: str) -> list[dict[str, Any]]:
        """The messages to say; `echo` gives a text back as Otto's own."""
        match text.split(maxsplit=1):
            case ["echo", rest]:
                return [{"text": rest}]
            case ["ask"]:
                buttons = [{"title": t, "payload": t} for t in ("A child", "An adult")]
                return [{"text": "Who is it for?", "buttons": buttons}]
            case ["twice"]:
                return [{"text": "The first."}, {"text": "The second."}]
            case ["where"]:
                return [{"text": "Which city?", "metadata": {"outcome": "location"}}]
            case ["My", rest] if rest.startswith("location:"):
                metadata = {"outcome": "location", "location": LOCATION}
                return [{"text": "These are near.", "metadata": metadata}]
            case _:
                metadata = {"outcome": "answer", "sources": SOURCES, "copy_text": "To take along"}
                return [{"text": ANSWER, "metadata": metadata}]


class Otto:
    """The channel in this process: its port, and what its log holds."""

    def __init__(self, port: int, database: Path) -> None:
        self.port = port
        self._database = database

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query of the log's database gives."""
        with sqlite3.connect(self._database) as db:
            return db.execute(query).fetchall()

    @property
    def said(self) -> list[str]:
        """What visitors said, in order."""
        return [text for (text,) in self.rows("SELECT text FROM web_turns ORDER BY at")]

    @property
    def sessions(self) -> list[str]:
        """The sessions that have not ended."""
        return [key for (key,) in self.rows("SELECT key FROM web_sessions")]

    def forget(self) -> None:
        """End all sessions, as time does."""
        self.rows("DELETE FROM web_sessions")

    def empty(self) -> None:
        """Make the log as it was at first."""
        if self.rows("SELECT 1 FROM sqlite_master WHERE name = 'web_sessions'"):
            for table in ("web_sessions", "web_turns", "web_replies"):
                self.rows(f"DELETE FROM {table}")


@contextmanager
def otto(folder: Path, origins: str) -> Iterator[Otto]:
    """The channel, with pages of `origins` as its guests."""
    database = folder / "web.db"
    chosen = settings.load(
        {
            "OTTO_ORIGINS": origins,
            "OTTO_SECRET": "s" * 32,
            "OTTO_DATABASE": f"sqlite:///{database}",
            "OTTO_CLINIC_NAME": "Maple Street OT",
            "OTTO_CLINIC_PHONE": "(609) 555-0100",
        }
    )
    with (
        patch.object(settings, "load", lambda: chosen),
        # All tests come from one address.
        patch.object(web_service, "SharedLimit", lambda *_: SharedLimit(None, "", 10_000, 1)),
        serving("test-browser", WebChannel, SiteChannel) as (app, port),
    ):
        app.ctx.agent = Scripted()
        yield Otto(port, database)


class Site(ThreadingHTTPServer):
    """A website whose pages hold the chat.

    `faults` are taken one a message: lose, cut, slow, hang, error, or a status such as 500.
    """

    daemon_threads = True

    def __init__(self, otto_port: int = 0) -> None:
        """Serve Otto's addresses too, from `otto_port`, if one is given."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.otto_port = otto_port
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.faults: list[str] = []
        self.pages: dict[str, tuple[str, str]] = {}
        self.requests: list[str] = []
        self.arrivals: list[str] = []
        self.token = ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def page(
        self,
        body: str = "",
        html: str = "lang=en",
        head: str = "",
        script: str = "",
        otto: str = "",
    ) -> str:
        """The address of a page with the chat of `otto`, of this site unless told otherwise."""
        path = f"/page/{len(self.pages)}"
        source = script or f"{otto}/widget/otto-chat.js"
        content = (
            f"<!doctype html><html {html}><head><title>Clinic</title>{head}"
            '<meta name=viewport content="width=device-width"><script src=/watch.js></script>'
            f'<script type=module src="{source}"></script></head>'
            f"<body><h1>Clinic</h1><a href=#x id=x>A link</a>{body}</body></html>"
        )
        self.pages[path] = (content, POLICY.format(otto=otto or "'self'"))
        return self.address + path

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away is no news."""

    def close(self) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """Pages of a test, and the wire to Otto."""

    protocol_version = "HTTP/1.1"
    server: Site

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """Pages and what is on them; history."""
        self.server.requests.append(f"GET {self.path}")
        if self.path in self.server.pages:
            content, policy = self.server.pages[self.path]
            self.reply(200, content, "text/html", {"Content-Security-Policy": policy})
        elif self.path in OWN:
            self.reply(200, *OWN[self.path])
        elif self.server.otto_port:
            self.forward()
        else:
            self.reply(404, "", "text/html")

    def do_POST(self) -> None:
        """Sessions, feedback, and messages, which may go wrong."""
        self.server.requests.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.path.endswith("/messages"):
            return self.forward(body)
        self.server.token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.server.arrivals.append(json.loads(body)["client_id"])
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault.isdigit():
            problem = json.dumps({"code": "x", "detail": "Said no.", "status": int(fault)})
            headers = self.allowed()
            if fault in {"429", "409"}:
                headers["Retry-After"] = "2"
            return self.reply(int(fault), problem, "application/problem+json", headers)
        return self.forward(body, fault)

    def do_DELETE(self) -> None:
        """The end of a conversation."""
        self.server.requests.append(f"DELETE {self.path}")
        self.forward()

    def do_OPTIONS(self) -> None:
        """May a page of another origin talk to Otto?"""
        self.forward()

    def forward(self, body: bytes = b"", fault: str = "") -> None:
        """Ask Otto and hand on what it says, unless the fault keeps it."""
        otto = http.client.HTTPConnection("127.0.0.1", self.server.otto_port, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "accept-encoding"}
        otto.request(self.command, self.path, body, headers)
        answer = otto.getresponse()
        lines = answer.read().splitlines(keepends=True)
        otto.close()
        if fault == "hang":
            time.sleep(4)
        if fault == "lose":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if fault == "cut":
            lines = lines[:2]
        if fault == "error":
            error = {"status": 503, "detail": "", "code": "unavailable", "retry_after": 1}
            lines = [lines[0], json.dumps({"error": error}).encode()]
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        for line in lines:
            self.wfile.write(line)
            self.wfile.flush()
            time.sleep(1.5 if fault == "slow" else 0)
        self.close_connection = True

    def allowed(self) -> dict[str, str]:
        """What Otto itself would say to a page of another origin."""
        return {
            "Access-Control-Allow-Origin": self.headers.get("Origin", ""),
            "Access-Control-Expose-Headers": "Retry-After",
        }

    def reply(
        self, status: int, content: str, type_: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{type_}; charset=utf-8")
        self.send_header("Content-Length", str(len(content.encode())))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content.encode())
