"""One table of settings; the command line, the documentation and the tests read it.

Each setting is an environment variable, `OTTO_` and its name in capitals.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import OttoError
from bot.origins import Network, is_loopback, is_origin, is_public
from bot.sms import outside_gsm7

# A secret that is shorter could be guessed.
SECRET_CHARACTERS = 32
# What a setting of the type bool may be.
ON, OFF = "on", "off"


class SettingsError(OttoError):
    """A setting's value cannot be used; the message names it and says what it must be."""


@dataclass(frozen=True)
class Setting:
    """One row of the table; an empty `default` means unset."""

    name: str
    type: type
    default: str
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that holds it."""
        return f"OTTO_{self.name.upper()}"


TABLE = (
    Setting("clinic_name", str, "", "the clinic's name, as visitors know it"),
    Setting("clinic_phone", str, "", "the phone number visitors may call"),
    Setting("clinic_booking", str, "", "the address of the page where visitors can book"),
    Setting("clinic_hours", str, "", "opening hours in words, such as Mon-Fri 8-5"),
    Setting("host", str, "127.0.0.1", "the address Otto listens on"),
    Setting("port", int, "5005", "the port Otto listens on"),
    Setting("action_host", str, "127.0.0.1", "the address of the action server"),
    Setting("action_port", int, "5055", "the port of the action server"),
    Setting("model", str, "", "the trained model to run; unset, that of the files as they are"),
    Setting("origins", str, "", "websites that may show the chat, such as https://clinic.example"),
    Setting("proxies", str, "", "addresses or networks of proxies that name the visitor's address"),
    Setting("secret", str, "", "what conversations are protected with; if unset, Otto makes one"),
    Setting("database", str, "", "where chats and texts are kept, a SQLite or PostgreSQL URL"),
    Setting("redis", str, "", "what several servers share, such as redis://10.0.0.2:6379"),
    Setting(
        "public_url", str, "", "where Twilio reaches Otto, such as https://chat.clinic.example"
    ),
    Setting("twilio_token", str, "", "the Twilio account's auth token; unset, there are no texts"),
    Setting("sms_keywords", str, "provider", "who answers STOP, START and HELP: provider or otto"),
    Setting("sms_page", bool, "off", "on: a phone to try texts with at /sms, on 127.0.0.1 only"),
    Setting("rest", bool, "off", "on: programs may talk with Otto over HTTP, as any sender"),
)


@dataclass(frozen=True)
class Clinic:
    """What Otto knows of the clinic it speaks for; None where the clinic has not said."""

    name: str | None = None
    phone: str | None = None
    booking: str | None = None
    hours: str | None = None

    def contact(self) -> str:
        """One or two sentences that tell a visitor how to reach the clinic, or that Otto can't."""
        who = self.name or "the clinic"
        if self.phone and self.booking:
            sentence = f"You can call {who} at {self.phone}, or book at {self.booking}."
        elif self.phone:
            sentence = f"You can call {who} at {self.phone}."
        elif self.booking:
            sentence = f"You can book with {who} at {self.booking}."
        else:
            sentence = f"I don't have a phone number or web page for {who}."
        return f"{sentence} Hours: {self.hours}." if self.hours else sentence


@dataclass(frozen=True)
class Web:
    """What the web channel needs to know; None where Otto sees to it itself."""

    origins: tuple[str, ...] = ()
    proxies: tuple[Network, ...] = ()
    secret: str | None = field(default=None, repr=False)
    database: str | None = field(default=None, repr=False)
    redis: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Sms:
    """What the text line needs to know; without a token there is none."""

    public_url: str = ""
    token: str = field(default="", repr=False)
    answers_keywords: bool = False
    page: bool = False


@dataclass(frozen=True)
class Settings:
    """The settings as typed values."""

    clinic: Clinic
    host: str
    port: int
    action_port: int
    action_host: str = "127.0.0.1"
    model: Path | None = None
    web: Web = Web()
    sms: Sms = Sms()
    rest: bool = False


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from `environment`.

    Raises:
        SettingsError: a value is not what the setting takes, or could not be sent by SMS.
    """
    values = {setting.name: _value(setting, environment) for setting in TABLE}
    if values["port"] == values["action_port"]:
        raise SettingsError("OTTO_PORT and OTTO_ACTION_PORT are the same; please choose two")
    return Settings(
        clinic=Clinic(
            **{
                name: values[f"clinic_{name}"] or None
                for name in ("name", "phone", "booking", "hours")
            }
        ),
        host=values["host"],
        port=int(values["port"]),
        action_port=int(values["action_port"]),
        action_host=_host(values["action_host"]),
        model=_model(values["model"]),
        web=Web(
            origins=_origins(values["origins"]),
            proxies=_proxies(values["proxies"]),
            secret=_secret(values["secret"]),
            database=_database(values["database"]),
            redis=_redis(values),
        ),
        sms=_sms(values),
        rest=values["rest"] == ON,
    )


def _value(setting: Setting, environment: Mapping[str, str]) -> str:
    value = environment.get(setting.variable, "").strip() or setting.default
    if setting.type is int and not (re.fullmatch("[0-9]{1,5}", value) and 0 < int(value) < 65536):
        raise SettingsError(
            f"{setting.variable} is {value!r}; it must be a port, a number from 1 to 65535"
        )
    if setting.type is bool:
        _check_word(setting.name, value, (ON, OFF))
    if setting.name.startswith("clinic_") and (foreign := outside_gsm7(value)):
        raise SettingsError(
            f"{setting.variable} holds {' '.join(foreign)}, which a text message cannot carry; "
            "please write it in plain letters"
        )
    return value


def _host(value: str) -> str:
    if not re.fullmatch("[A-Za-z0-9.-]+", value):
        raise SettingsError(
            f"OTTO_ACTION_HOST is {value!r}; it must be an address or a name, such as 127.0.0.1 or "
            "actions, without http:// and without a port"
        )
    return value


def _model(value: str) -> Path | None:
    if value and not Path(value).is_file():
        raise SettingsError(f"OTTO_MODEL is {value!r}, and no such file is there")
    return Path(value) if value else None


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(_listed(value))
    for origin in origins:
        if not is_origin(origin):
            raise SettingsError(
                f"OTTO_ORIGINS holds {origin!r}; it must be websites such as "
                "https://clinic.example, with commas between them, without a path and without *"
            )
    return origins


def _proxies(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(proxy) for proxy in _listed(value))
    except ValueError as error:
        raise SettingsError(
            f"OTTO_PROXIES: {error}; it must be addresses or networks such as 10.0.0.0/8, with "
            "commas between them"
        ) from error


def _secret(value: str) -> str | None:
    # Neither this value nor the next is shown: both open what is private.
    if value and len(value) < SECRET_CHARACTERS:
        raise SettingsError(
            f"OTTO_SECRET is too short; please choose {SECRET_CHARACTERS} random characters or more"
        )
    return value or None


def _database(value: str) -> str | None:
    if value and not re.match(r"(sqlite|postgresql)(\+\w+)?://", value):
        raise SettingsError(
            "OTTO_DATABASE must be a URL that begins with sqlite:// or postgresql://"
        )
    return value or None


def _redis(values: Mapping[str, str]) -> str | None:
    value = values["redis"]
    # Nor is this shown, which may hold a password.
    if value and not _is_redis(value):
        raise SettingsError(
            "OTTO_REDIS must be a URL that begins with redis://, rediss:// or unix://, such as "
            "redis://10.0.0.2:6379"
        )
    if value and not values["secret"]:
        raise SettingsError(
            "OTTO_REDIS is set and OTTO_SECRET is not; servers that share a Redis need the same "
            "secret, or each takes the others' visitors for strangers: please set it to the same "
            f"{SECRET_CHARACTERS} random characters or more on all of them"
        )
    return value or None


def _is_redis(value: str) -> bool:
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        return False
    if url.scheme == "unix":
        return bool(url.path)
    return url.scheme in ("redis", "rediss") and bool(re.fullmatch("/?[0-9]*", url.path))


def _sms(values: Mapping[str, str]) -> Sms:
    url, token = values["public_url"], values["twilio_token"]
    if bool(url) != bool(token):
        missing, given = ("TWILIO_TOKEN", "PUBLIC_URL") if url else ("PUBLIC_URL", "TWILIO_TOKEN")
        raise SettingsError(
            f"OTTO_{given} is set and OTTO_{missing} is not; text messages need both, and a "
            "clinic without text messages neither"
        )
    if url and not is_public(url):
        raise SettingsError(
            f"OTTO_PUBLIC_URL is {url!r}; it must begin with https:// and have a host, perhaps a "
            "path, and nothing after that, such as https://chat.clinic.example"
        )
    # The token is not shown: whoever has it can write in any visitor's name.
    if token and not re.fullmatch("[0-9a-zA-Z]{32,}", token):
        raise SettingsError(
            "OTTO_TWILIO_TOKEN is not an auth token, which is 32 letters and digits; please copy "
            "it from the Twilio console"
        )
    _check_word("sms_keywords", values["sms_keywords"], ("provider", "otto"))
    page = values["sms_page"] == ON
    if page and not is_loopback(values["host"]):
        raise SettingsError(
            f"OTTO_SMS_PAGE is on and OTTO_HOST is {values['host']!r}; the page has no door, so "
            "it is shown on 127.0.0.1 only: please turn one of them back"
        )
    return Sms(url.rstrip("/"), token, values["sms_keywords"] == "otto", page)


def _check_word(name: str, value: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise SettingsError(f"OTTO_{name.upper()} is {value!r}; it must be {' or '.join(words)}")


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]
