"""The pages around the chat, as a browser or a proxy asks for them."""

import gzip
import http.client
from collections.abc import Iterator

import pytest

from bot.channels.site import SiteChannel
from tests.channels.web import serving

PATHS = ["/", "/faq", "/widget/otto-chat.js", "/widget/site.css"]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving("test-site", SiteChannel) as (_, port):
        yield port


def get(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_that_has_it_already_does_not_load_it_again(port: int, path: str) -> None:
    status, headers, body = get(port, path)
    assert (status, bool(body)) == (200, True)
    assert headers["cache-control"] == "no-cache"
    status, again, body = get(port, path, If_None_Match=f'"x", {headers["etag"]}')
    assert (status, body, again["etag"]) == (304, b"", headers["etag"])
    assert get(port, path, If_None_Match='W/"old"')[0] == 200


@pytest.mark.parametrize("path", PATHS)
def test_it_travels_small_where_the_browser_unpacks_it(port: int, path: str) -> None:
    _, _, plain = get(port, path)
    _, headers, packed = get(port, path, Accept_Encoding="br, gzip")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain)


@pytest.mark.parametrize("path", PATHS)
def test_a_head_request_gets_no_body(port: int, path: str) -> None:
    status, headers, body = get(port, path, "HEAD")
    assert (status, body) == (200, b"")
    assert headers["etag"] == get(port, path)[1]["etag"]


@pytest.mark.parametrize("path", ["/", "/faq"])
def test_a_page_may_load_only_its_own_and_be_framed_by_nobody(port: int, path: str) -> None:
    _, headers, body = get(port, path)
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert b"style=" not in body
    assert b"<script>" not in body


def test_a_page_of_another_origin_may_load_the_script(port: int) -> None:
    _, headers, _ = get(port, "/widget/otto-chat.js", Origin="https://clinic.example")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["content-type"] == "text/javascript"


def test_the_demo_page_leads_to_the_questions_also_without_javascript(port: int) -> None:
    _, _, body = get(port, "/")
    assert b'src="widget/otto-chat.js"' in body
    plain = body.split(b"<noscript>")[1].split(b"</noscript>")[0]
    assert b'href="faq"' in plain
    assert b'href="tel:911"' in plain


def test_no_other_file_is_served(port: int) -> None:
    for path in ["/widget/", "/widget/demo.html", "/widget/../channels/web.py", "/demo.html"]:
        assert get(port, path)[0] == 404


def test_nothing_is_taken(port: int) -> None:
    for path in PATHS:
        assert get(port, path, "POST")[0] == 405
