"""The table of settings: defaults, types, and errors that name the variable."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.settings import TABLE, Clinic, Settings, SettingsError, Sms, Web, load

SMS = {"OTTO_PUBLIC_URL": "https://chat.clinic.example", "OTTO_TWILIO_TOKEN": "t" * 32}
FULL = Clinic("Riverside OT", "555-0100", "riverside.example.org/book", "Mon-Fri 8-5")


def test_without_any_setting_otto_listens_on_this_machine_only() -> None:
    assert load({}) == Settings(Clinic(), host="127.0.0.1", port=5005, action_port=5055)


def test_every_setting_is_read(tmp_path: Path) -> None:
    model = tmp_path / "otto-0123456789ab.tar.gz"
    model.touch()
    environment = {
        "OTTO_CLINIC_NAME": "Riverside OT",
        "OTTO_CLINIC_PHONE": "555-0100",
        "OTTO_CLINIC_BOOKING": "riverside.example.org/book",
        "OTTO_CLINIC_HOURS": "Mon-Fri 8-5",
        "OTTO_HOST": "192.0.2.7",
        "OTTO_PORT": "8080",
        "OTTO_ACTION_HOST": "actions",
        "OTTO_ACTION_PORT": "65535",
        "OTTO_MODEL": str(model),
        "OTTO_ORIGINS": "https://clinic.example, http://localhost:3000,",
        "OTTO_PROXIES": "10.0.0.0/8, 192.0.2.1",
        "OTTO_SECRET": "s" * 32,
        "OTTO_DATABASE": "postgresql://otto:pass~word@db/otto",
        "OTTO_REDIS": "rediss://otto:pass~word@cache:6380/1",
        "OTTO_PUBLIC_URL": "https://chat.clinic.example/otto/",
        "OTTO_TWILIO_TOKEN": "t" * 32,
        "OTTO_SMS_KEYWORDS": "otto",
        "OTTO_SMS_PAGE": "off",
        "OTTO_REST": "on",
    }
    web = Web(
        origins=("https://clinic.example", "http://localhost:3000"),
        proxies=(ip_network("10.0.0.0/8"), ip_network("192.0.2.1")),
        secret="s" * 32,
        database="postgresql://otto:pass~word@db/otto",
        redis="rediss://otto:pass~word@cache:6380/1",
    )
    sms = Sms("https://chat.clinic.example/otto", "t" * 32, answers_keywords=True)
    assert load(environment) == Settings(
        FULL, "192.0.2.7", 8080, 65535, "actions", model, web, sms, True
    )


def test_the_table_names_exactly_the_variables_that_are_read() -> None:
    read: set[str] = set()

    class Watched(dict[str, str]):
        def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
            read.add(name)
            return default

    load(Watched())
    assert read == {setting.variable for setting in TABLE}


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_a_setting_of_blanks_counts_as_unset(setting: object) -> None:
    assert load({setting.variable: "  "}) == load({})  # type: ignore[attr-defined]


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_every_setting_has_a_help(setting: object) -> None:
    assert setting.help  # type: ignore[attr-defined]


def test_blanks_around_a_value_do_not_count() -> None:
    assert load({"OTTO_PORT": " 80\n"}).port == 80


def test_other_variables_do_not_count() -> None:
    assert load({"PORT": "80", "OTTO_COLOUR": "blue"}) == load({})


@pytest.mark.parametrize("variable", ["OTTO_PORT", "OTTO_ACTION_PORT"])
@pytest.mark.parametrize("value", ["0", "65536", "-1", "80.0", "eighty", "0x50", "1_000", "8 0"])
def test_a_value_that_is_no_port_is_named_with_what_it_must_be(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        load({variable: value})
    assert str(error.value) == (
        f"{variable} is {value!r}; it must be a port, a number from 1 to 65535"
    )


@pytest.mark.parametrize(
    "value", ["*", "clinic.example", "https://*.clinic.example", "https://a.example, b", "a b"]
)
def test_what_is_no_website_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^OTTO_ORIGINS holds .*https://clinic\.example"):
        load({"OTTO_ORIGINS": value})


@pytest.mark.parametrize("value", ["http://actions", "actions:5055", "a b", "/tmp/socket"])
def test_what_is_no_address_of_the_action_server_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^OTTO_ACTION_HOST is .*without http://"):
        load({"OTTO_ACTION_HOST": value})


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^OTTO_MODEL is .*no such file is there$"):
        load({"OTTO_MODEL": str(tmp_path / "otto-0123456789ab.tar.gz")})


@pytest.mark.parametrize("value", ["proxy", "10.0.0.1/8", "10.0.0.0/33", "*"])
def test_what_is_no_proxy_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^OTTO_PROXIES: .*10\.0\.0\.0/8"):
        load({"OTTO_PROXIES": value})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTTO_SECRET", "my-dog-rex"),
        ("OTTO_DATABASE", "mysql://me:my-dog-rex@db/otto"),
        ("OTTO_REDIS", "http://me:my-dog-rex@cache"),
        ("OTTO_REDIS", "redis://me:my-dog-rex@cache:port"),
        ("OTTO_REDIS", "redis://me:my-dog-rex@cache/first"),
        ("OTTO_REDIS", "my-dog-rex"),
    ],
)
def test_what_opens_private_things_is_refused_without_being_shown(
    variable: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} ") as error:
        load({variable: value})
    assert "my-dog-rex" not in str(error.value)


def test_what_opens_private_things_is_not_shown_with_the_others() -> None:
    settings = load(
        {
            "OTTO_SECRET": "s" * 32,
            "OTTO_DATABASE": "postgresql://me:pass@db/otto",
            "OTTO_REDIS": "redis://me:pass@cache",
        }
        | SMS
    )
    assert "sss" not in repr(settings)
    assert "ttt" not in repr(settings)
    assert "pass" not in repr(settings)


def test_servers_that_share_a_redis_need_the_same_secret() -> None:
    with pytest.raises(SettingsError, match=r"^OTTO_REDIS is set and OTTO_SECRET is not"):
        load({"OTTO_REDIS": "redis://cache"})


@pytest.mark.parametrize(
    "url",
    ["redis://cache", "rediss://me:pass@cache:6380/2?ssl_cert_reqs=none", "unix:///run/r.sock"],
)
def test_a_redis_is_named_by_its_url(url: str) -> None:
    assert load({"OTTO_REDIS": url, "OTTO_SECRET": "s" * 32}).web.redis == url


@pytest.mark.parametrize("field", ["name", "phone", "booking", "hours"])
def test_a_clinic_detail_that_no_text_message_can_carry_is_refused(field: str) -> None:
    variable = f"OTTO_CLINIC_{field.upper()}"
    with pytest.raises(SettingsError, match=f"^{variable} holds ’, which a text message cannot"):
        load({variable: "St Mary’s"})


@pytest.mark.parametrize(
    ("without", "sentence"),
    [
        (
            (),
            "You can call Riverside OT at 555-0100, or book at riverside.example.org/book. "
            "Hours: Mon-Fri 8-5.",
        ),
        (
            ("hours",),
            "You can call Riverside OT at 555-0100, or book at riverside.example.org/book.",
        ),
        (("booking", "hours"), "You can call Riverside OT at 555-0100."),
        (("phone", "hours"), "You can book with Riverside OT at riverside.example.org/book."),
        (
            ("name", "hours"),
            "You can call the clinic at 555-0100, or book at riverside.example.org/book.",
        ),
        (("name", "booking", "hours"), "You can call the clinic at 555-0100."),
        (
            ("phone", "booking", "hours"),
            "I don't have a phone number or web page for Riverside OT.",
        ),
        (
            ("name", "phone", "booking", "hours"),
            "I don't have a phone number or web page for the clinic.",
        ),
        (
            ("phone", "booking"),
            "I don't have a phone number or web page for Riverside OT. Hours: Mon-Fri 8-5.",
        ),
    ],
)
def test_the_contact_says_what_the_clinic_has_told_and_no_more(
    without: tuple[str, ...], sentence: str
) -> None:
    assert replace(FULL, **dict.fromkeys(without)).contact() == sentence


@pytest.mark.parametrize(("given", "missing"), [tuple(SMS), tuple(SMS)[::-1]])
def test_half_of_what_text_messages_need_is_refused_by_name(given: str, missing: str) -> None:
    with pytest.raises(SettingsError, match=f"^{given} is set and {missing} is not"):
        load({given: SMS[given]})


@pytest.mark.parametrize(
    "value",
    [
        *(
            "http://clinic.example",
            "clinic.example",
            "https://",
            "https://a b.example",
            "ftp://a.b",
        ),
        *(
            "https://clinic.example?x=1",
            "https://me:pass@clinic.example",
            "https://a.example:99999",
        ),
        "https://clinic.example#top",
    ],
)
def test_where_twilio_cannot_reach_otto_safely_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^OTTO_PUBLIC_URL is .*https://chat\.clinic\.example"):
        load(SMS | {"OTTO_PUBLIC_URL": value})


@pytest.mark.parametrize("value", ["my-dog-rex", "t" * 31, "t" * 31 + "!"])
def test_what_is_no_token_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^OTTO_TWILIO_TOKEN is not an auth token") as error:
        load(SMS | {"OTTO_TWILIO_TOKEN": value})
    assert value not in str(error.value)


@pytest.mark.parametrize("variable", ["OTTO_SMS_KEYWORDS", "OTTO_SMS_PAGE", "OTTO_REST"])
def test_a_word_that_a_setting_does_not_know_is_named(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} is 'maybe'; it must be .* or "):
        load({variable: "maybe"})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_the_page_to_try_texts_with_is_shown_on_this_machine(host: str) -> None:
    assert load({"OTTO_SMS_PAGE": "on", "OTTO_HOST": host}).sms.page


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "otto.example", "::"])
def test_the_page_to_try_texts_with_is_shown_nowhere_else(host: str) -> None:
    with pytest.raises(SettingsError, match=f"^OTTO_SMS_PAGE is on and OTTO_HOST is '{host}'"):
        load({"OTTO_SMS_PAGE": "on", "OTTO_HOST": host})
