"""Where a request comes from: websites as browsers name them, addresses behind proxies."""

import ipaddress

import pytest

from bot.origins import address, is_origin, is_same_origin, may_use

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8:1::/48"))


@pytest.mark.parametrize(
    "text",
    [
        *("https://clinic.example", "http://localhost:3000", "https://a-b.c.example:8443"),
        *("http://127.0.0.1:5005", "http://[::1]:5005", "https://xn--kln-sna.example"),
    ],
)
def test_an_origin_is_taken(text: str) -> None:
    assert is_origin(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "null", "clinic.example", "https://", "https://*", "https://*.clinic.example"),
        *("https://clinic.example/", "https://clinic.example/chat", "https://clinic.example?a"),
        *("https://a@clinic.example", "https://clinic.example:", "https://clinic.example:x"),
        *("https://clinic.example:99999", "https://clinic.example:443", "http://c.example:80"),
        *("https://Clinic.example", "ftp://clinic.example", "file://", "https://clinic.example#a"),
        *("https://clinic.example ", "https://[::1", "javascript:alert(1)"),
    ],
)
def test_what_no_browser_writes_is_not(text: str) -> None:
    assert not is_origin(text)


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://otto.example", "otto.example", "http"),
        ("http://otto.example", "OTTO.example:80", "http"),
        ("https://otto.example", "otto.example", "https"),
        ("https://otto.example", "otto.example", "http"),
        ("http://127.0.0.1:5005", "127.0.0.1:5005", "http"),
        ("http://[::1]:5005", "[::1]:5005", "http"),
    ],
)
def test_a_page_of_the_server_is_of_the_same_origin(origin: str, host: str, scheme: str) -> None:
    assert is_same_origin(origin, host, scheme)


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://otto.example", "otto.example", "https"),
        ("http://otto.example:8080", "otto.example", "http"),
        ("http://otto.example", "otto.example:8080", "http"),
        ("http://evil.example", "otto.example", "http"),
        ("http://otto.example.evil.example", "otto.example", "http"),
        ("null", "", "http"),
        ("", "", "http"),
    ],
)
def test_a_page_from_elsewhere_is_not(origin: str, host: str, scheme: str) -> None:
    assert not is_same_origin(origin, host, scheme)


def test_what_is_no_page_names_no_origin_and_may_ask() -> None:
    assert may_use(None, "otto.example", "http", ())
    assert may_use("https://clinic.example", "otto.example", "http", ("https://clinic.example",))
    assert not may_use("https://clinic.example", "otto.example", "http", ())


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["unknown"], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1,"], "10.1.2.3"),
        ("2001:db8:1::5", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8:2:3:4:5:6:7", [], "2001:db8:2:3::/64"),
        ("::ffff:192.0.2.7", [], "192.0.2.7"),
        ("::ffff:10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_a_request_counts_for_the_address_that_cannot_be_made_up(
    peer: str, forwarded: list[str], found: str
) -> None:
    assert address(peer, forwarded, PROXIES) == found
