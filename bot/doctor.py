"""`otto doctor`: one table of checks. Each says that all is well, or what to do.

A check is a function that takes the settings and returns a few words. It raises `Trouble` where
Otto cannot work, and `Note` where it can, but somebody may want to know. Any other error of
Otto's own counts as trouble too.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import urlencode, urlsplit

from bot import data_files
from bot import settings as settings_table
from bot.answers import topics
from bot.encoder import verify
from bot.errors import OttoError
from bot.model_file import verify as verify_model
from bot.paths import MODELS, STATE
from bot.settings import Settings, SettingsError
from bot.supervisor import address, reachable
from bot.training import inputs, model_path

PYTHON = (3, 10)
SECONDS = 3
LOCAL = {"localhost", "127.0.0.1", "::1"}
# How a status report is answered: taken, and nothing to say.
TAKEN = 204
OK, NOTE, WRONG = "ok", "note", "wrong"


class Trouble(OttoError):  # noqa: N818 - it is what a doctor finds
    """Something keeps Otto from working; the message says what to do."""


class Note(OttoError):  # noqa: N818 - likewise
    """Otto works, but not as somebody may expect; the message says what to do."""


@dataclass(frozen=True)
class Check:
    """One row of the table."""

    name: str
    run: Callable[[Settings], str]


@dataclass(frozen=True)
class Finding:
    """What a check found: `level` is "ok", "note" or "wrong"."""

    level: str
    name: str
    words: str


def python(settings: Settings) -> str:
    """The version that Otto was made for."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] != PYTHON:
        raise Trouble(f"this is {version}, Otto needs 3.10; `make run` finds or fetches it")
    return version


def data(settings: Settings) -> str:
    """Whether all files that are read at start can be used."""
    data_files.check()
    return f"{len(topics())} topics, and all other files can be read"


def encoder(settings: Settings) -> str:
    """Whether the encoder is the one its checksums describe."""
    verify(MODELS / "encoder")
    return "as its checksums say"


def model(settings: Settings) -> str:
    """Whether there is a model for the files as they are, and it is what was trained."""
    if settings.model:
        verify_model(settings.model)
        return f"{settings.model}, from OTTO_MODEL"
    path = model_path()
    if not path.exists():
        older = any(path.parent.glob("otto-*.tar.gz"))
        why = "the files have changed since the last training" if older else "there is none"
        raise Trouble(f"{why}; run `otto train`, which takes about a minute")
    verify_model(path)
    return f"{path.name}, made from the files as they are"


def clock(settings: Settings) -> str:
    """Whether the clock is not behind the files: sessions end by it."""
    newest = max(inputs(), key=lambda path: path.stat().st_mtime)
    now = datetime.now(timezone.utc)
    if now.timestamp() < newest.stat().st_mtime - 60:
        raise Trouble(
            f"it says {now:%Y-%m-%d %H:%M} UTC, but {newest.name} was written later; please set it"
        )
    return f"{now:%Y-%m-%d %H:%M} UTC"


def clinic(settings: Settings) -> str:
    """Whether visitors can be told how to reach the clinic."""
    if not (settings.clinic.phone or settings.clinic.booking):
        raise Note(
            f"visitors are told: “{settings.clinic.contact()}” Set OTTO_CLINIC_PHONE or "
            "OTTO_CLINIC_BOOKING"
        )
    return settings.clinic.contact()


def origins(settings: Settings) -> str:
    """Which websites may show the chat."""
    listed = settings.web.origins
    if not listed:
        raise Note("only Otto's own pages may show the chat; OTTO_ORIGINS names your website")
    for origin in listed:
        if origin.startswith("http:") and urlsplit(origin).hostname not in LOCAL:
            raise Trouble(
                f"{origin} is not encrypted, so others can read along; please use https in "
                "OTTO_ORIGINS"
            )
    return ", ".join(listed)


def secret(settings: Settings) -> str:
    """Whether there is a secret, and nobody else can read what Otto keeps."""
    from bot.channels.web_session import load_secret

    if settings.web.secret:
        return "from OTTO_SECRET"
    load_secret(STATE)
    # The user that PostgreSQL runs as must pass to it, but not look.
    others = 0o066 if (STATE / "postgres").exists() else 0o077
    if STATE.stat().st_mode & others:
        raise Trouble(f"others on this machine may look into {STATE}; run `chmod 700 {STATE}`")
    return f"kept in {STATE}"


def database(settings: Settings) -> str:
    """Whether the web log can be written: a session is begun and ended."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.channels.database import own_file
    from bot.channels.web_store import Store

    key = f"doctor-{secrets.token_hex(8)}"
    # The address may hold a password, so it is not told.
    where = "the one of OTTO_DATABASE" if settings.web.database else str(STATE / "web.db")
    try:
        store = Store(settings.web.database or own_file(STATE / "web.db"))
        store.open(key, time.time())
        store.end(key)
        store.close()
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise Trouble(
            f"{where} cannot be written ({type(error).__name__}); please let Otto write there, or "
            "correct OTTO_DATABASE"
        ) from error
    return f"{where} can be written"


def redis(settings: Settings) -> str:
    """Whether what several servers share can be used, if it is named."""
    from redis import Redis, RedisError

    if not settings.web.redis:
        return "none, so Otto is one server"
    try:
        with Redis.from_url(
            settings.web.redis, socket_timeout=SECONDS, socket_connect_timeout=SECONDS
        ) as client:
            # The latest of the commands that Otto needs.
            client.lpos("otto:doctor", "")
    except (RedisError, OSError, TypeError) as error:
        raise Trouble(
            f"the one of OTTO_REDIS cannot be used ({type(error).__name__}), so each server goes "
            "by what it knows itself; please start it, or correct OTTO_REDIS. Redis 6.2 will do"
        ) from error
    if not (settings.web.database or "").startswith("postgresql"):
        raise Note(
            "the one of OTTO_REDIS can be used, but what is said is kept on this machine; servers "
            "on several machines need a PostgreSQL in OTTO_DATABASE"
        )
    return "the one of OTTO_REDIS can be used"


def rasa_server(settings: Settings) -> str:
    """Whether the Rasa server runs, and is Otto's."""
    answer = _get(live(settings))
    if answer is None:
        raise Note("it is not running; `otto run` starts it")
    if answer != {"status": "ok"}:
        raise Trouble(
            f"something else answers at {address(settings)}; stop it, or choose another port with "
            "OTTO_PORT"
        )
    return f"answers at {address(settings)}"


def action_server(settings: Settings) -> str:
    """Whether the action server runs, if the Rasa server does."""
    host = reachable(settings.action_host)
    if _get(f"http://{host}:{settings.action_port}/health") == {"status": "ok"}:
        return f"answers on port {settings.action_port}"
    if _get(live(settings)) is None:
        raise Note("it is not running; `otto run` starts it")
    raise Trouble(
        f"it does not answer on port {settings.action_port}, so lookups and recommendations fail; "
        "stop Otto and start it with `otto run`, and see what it prints"
    )


def proxies(settings: Settings) -> str:
    """Whether visitors who come through a proxy are told apart: limits go by their addresses."""
    if settings.web.proxies:
        return ", ".join(map(str, settings.web.proxies))
    # It begins with https://, which Otto leaves to a proxy.
    if settings.sms.public_url:
        raise Note(
            "OTTO_PROXIES is empty, so all visitors who come through a proxy share one address and "
            "its limits; name the proxy's address there"
        )
    return "none"


def text_line(settings: Settings) -> str:
    """Whether what Twilio signs for the public address comes through, here and from outside."""
    from bot.channels.sms_twilio import PATH

    if not settings.sms.token:
        return "off; docs/sms.md says how to set it up"
    public, local = f"{settings.sms.public_url}{PATH}", f"{address(settings)}{PATH}"
    for url in (local, public):
        status = _deliver(url, settings)
        if status is None and url == local:
            raise Note("on; whether signed messages come through is seen while `otto run` runs")
        if status is None:
            raise Note(f"{public} cannot be reached from this machine; see that Twilio can")
        if status == 403:
            raise Trouble(
                f"{url} refuses what is signed for {public}: the token or the public address there "
                "is another one, or the proxy changes the query or the form. Compare "
                "OTTO_TWILIO_TOKEN and OTTO_PUBLIC_URL with the Twilio console, and restart Otto"
            )
        if status != TAKEN:
            raise Trouble(
                f"{url} answers with status {status} instead of {TAKEN}; let the proxy pass "
                f"on POST {PATH} as it is, without a redirect, and restart Otto after a change"
            )
    return f"signed messages come through at {public}"


def _deliver(url: str, settings: Settings) -> int | None:
    """The status for a status report, signed as Twilio does; None where it cannot be delivered.

    A report is proven like a message, but nobody is answered and nothing is kept.
    """
    from bot.channels.sms_twilio import PATH, signed

    form = {"MessageSid": "SM0", "From": "+15555550123", "MessageStatus": "delivered", "Body": ""}
    signature = signed(f"{settings.sms.public_url}{PATH}", form, settings.sms.token)
    headers = {"X-Twilio-Signature": signature}
    request = urllib.request.Request(url, urlencode(form).encode(), headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def live(settings: Settings) -> str:
    """The address at which the Rasa server says that it is there."""
    return f"{address(settings)}/health/live"


def _get(url: str) -> object:
    """The JSON there, None where nobody listens, or False where something else does."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.HTTPError:
        return False
    except ValueError:
        return False
    except OSError:
        return None


CHECKS = (
    Check("Python", python),
    Check("encoder", encoder),
    Check("data", data),
    Check("model", model),
    Check("clock", clock),
    Check("clinic", clinic),
    Check("allowed origins", origins),
    Check("proxies", proxies),
    Check("secret", secret),
    Check("database", database),
    Check("Redis", redis),
    Check("Rasa server", rasa_server),
    Check("action server", action_server),
    Check("text line", text_line),
)


def examine(checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """What each check finds; without usable settings, that alone."""
    try:
        settings = settings_table.load()
    except SettingsError as error:
        yield Finding(WRONG, "settings", f"{error}. Nothing else was checked")
        return
    yield Finding(OK, "settings", "each can be used")
    for check in checks:
        try:
            yield Finding(OK, check.name, check.run(settings))
        except Note as error:
            yield Finding(NOTE, check.name, str(error))
        except OttoError as error:
            yield Finding(WRONG, check.name, str(error))
