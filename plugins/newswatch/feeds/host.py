"""The host of a URL. Pure."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from newswatch.publisher import publisher_of

_PORTS = {"http": 80, "https": 443}


def host_name(url: str) -> str:
    """The host without its port and without a trailing dot; "" for a URL that cannot be parsed."""
    return _parsed(url)[0]


def host_and_port(url: str) -> str:
    """The host, with its port unless that is the scheme's default; "" for a URL that cannot be parsed."""
    return _parsed(url)[1]


def site_of(url: str) -> str:
    """The registrable domain, or the host if it has none (an IP address, a name within a network); "" for neither."""
    return publisher_of(url) or host_name(url)


@lru_cache(20_000)
def _parsed(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", ""
    host = (parts.hostname or "").rstrip(".")
    return host, host if port in (None, _PORTS.get(parts.scheme.lower())) else f"{host}:{port}"
