"""Who a request comes from: which website, and which address."""

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HOST = re.compile(r"[a-z0-9.:-]+")
DEFAULT_PORTS = {"http": 80, "https": 443}


def is_origin(text: str) -> bool:
    """Whether `text` is a website's origin as browsers write it, and nothing more."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    written = f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port is not None else "")
    return (
        parts.scheme in DEFAULT_PORTS
        and HOST.fullmatch(parts.hostname or "") is not None
        and port != DEFAULT_PORTS[parts.scheme]
        and written == text.replace("[", "").replace("]", "")
    )


def is_public(text: str) -> bool:
    """Whether `text` is an https address that other addresses may be made from."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and HOST.fullmatch(parts.hostname or "") is not None
        and parts.username is None
        and re.fullmatch(r"[^\s?#]+", text) is not None
    )


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine alone."""
    found = _parsed(host.strip("[]"))
    return host == "localhost" if found is None else found.is_loopback


def is_same_origin(origin: str, host: str, scheme: str) -> bool:
    """Whether a page of `origin` came from the server that was asked as `host` by `scheme`.

    Behind a proxy that ends TLS the server sees http where the browser sees https, which is no
    less to be trusted; the other way round it is.
    """
    parts = urlsplit(origin)
    suffix = f":{DEFAULT_PORTS.get(parts.scheme)}"
    return (
        is_origin(origin)
        and parts.scheme in (scheme, "https")
        and parts.netloc == host.lower().removesuffix(suffix)
    )


def may_use(origin: str | None, host: str, scheme: str, listed: Sequence[str]) -> bool:
    """Whether a page of `origin` may use the chat; what is no page in a browser sends none."""
    return origin is None or origin in listed or is_same_origin(origin, host, scheme)


def address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """The address that a request counts for.

    It is the peer's, unless that is one of the clinic's proxies: then it is the last that the
    `forwarded` headers name, which the proxy itself has added. An IPv6 address counts with its
    whole /64, because a visitor has all of that.
    """
    found = _parsed(peer)
    if found is None:
        return ""
    if any(found in network for network in proxies):
        last = ",".join(forwarded).split(",")[-1].strip()
        found = _parsed(last) or found
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((found, 64), strict=False))
    return str(found)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
