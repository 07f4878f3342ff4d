"""One table of settings; the command line, the documentation and the tests read it.

Each setting is an environment variable, `OTTO_` and its name in capitals.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import OttoError
from bot.sms import outside_gsm7


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
    Setting("action_port", int, "5055", "the port of the action server, always on 127.0.0.1"),
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
class Settings:
    """The settings as typed values."""

    clinic: Clinic
    host: str
    port: int
    action_port: int


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from `environment`.

    Raises:
        SettingsError: a value is not of the setting's type, or could not be sent by SMS.
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
    )


def _value(setting: Setting, environment: Mapping[str, str]) -> str:
    value = environment.get(setting.variable, "").strip() or setting.default
    if setting.type is int and not (re.fullmatch("[0-9]{1,5}", value) and 0 < int(value) < 65536):
        raise SettingsError(
            f"{setting.variable} is {value!r}; it must be a port, a number from 1 to 65535"
        )
    if foreign := outside_gsm7(value):
        raise SettingsError(
            f"{setting.variable} holds {' '.join(foreign)}, which a text message cannot carry; "
            "please write it in plain letters"
        )
    return value
