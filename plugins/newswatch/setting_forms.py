"""How the values of variables are written, and reading them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from newswatch.durations import format_duration, parse_duration


class Address(NamedTuple):
    """Where a service listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Form:
    """How a value is written. `read` raises ValueError for one that is not `allowed`."""

    read: Callable[[str], Any]
    allowed: str


def address_of(*schemes: str) -> Form:
    """A URL with one of the schemes and a host (unix: a path)."""

    def read(value: str) -> str:
        parts = urlsplit(value)
        _port = parts.port  # raises for one that is not a number
        whole = parts.scheme in schemes and bool(parts.hostname or (parts.scheme == "unix" and parts.path))
        if not whole or re.search(r"[\s\x00-\x1f\x7f]", value):
            raise ValueError
        return value

    begins = " or ".join(f"{scheme}://" for scheme in schemes)
    return Form(read, f"an address that begins with {begins} and names a host")


def _base_url(value: str) -> str:
    return f"{WEB.read(value).rstrip('/')}/"


def _page_root(value: str) -> str:
    return str(WEB.read(value)).rstrip("/")


def token(prefix: str = "") -> Form:
    """A secret in one piece."""

    def read(value: str) -> str:
        if re.fullmatch(r"[!-~]+", value) is None or not value.startswith(prefix):
            raise ValueError
        return value

    begins = f" that begins with {prefix}" if prefix else ""
    return Form(read, f"a token{begins}, without spaces or characters beyond ASCII")


def length(least_s: float, most_s: float, why: str) -> Form:
    """A duration; `why` says why none is shorter than `least_s`."""

    def read(value: str) -> float:
        length_s = parse_duration(value)
        if not least_s <= length_s <= most_s:
            raise ValueError
        return length_s

    least, most = format_duration(least_s), format_duration(most_s)
    return Form(read, f"a duration such as 14d, at least {least} ({why}) and at most {most}")


def count(most: int) -> Form:
    """A whole number, at least 1."""

    def read(value: str) -> int:
        if re.fullmatch(r"[0-9]{1,9}", value) is None or not 1 <= int(value) <= most:
            raise ValueError
        return int(value)

    return Form(read, f"a whole number, at least 1 and at most {most:,}")


def _host_and_port(value: str) -> Address:
    host, _, port = value.rpartition(":")
    if not host or re.fullmatch(r"[0-9]{1,5}", port) is None or int(port) > 65_535:
        raise ValueError
    return Address(host.strip("[]"), int(port))


def choice(*values: str) -> Form:
    """One of these words, in any case."""

    def read(value: str) -> str:
        if value.lower() not in values:
            raise ValueError
        return value.lower()

    return Form(read, f"{', '.join(values[:-1])} or {values[-1]}")


def _folder(value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError as error:  # the home of ~ is unknown
        raise ValueError from error


def _contact(value: str) -> str:
    return _line(" ".join(value.split()))


def _line(value: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError
    return value


WEB = address_of("http", "https")
_DIRECT = address_of("redis", "rediss", "unix")


def _redis_address(value: str) -> str:
    """An address of Redis, or of its Sentinels."""
    if "+sentinel://" not in value:
        return str(_DIRECT.read(value))
    if re.fullmatch(_SENTINELS, value) is None:
        raise ValueError
    return value


_SENTINELS = (
    r"rediss?\+sentinel://(?:[^\s/?#]*@)?[^\s/?#@,]+(?:,[^\s/?#@,]+)*/[^\s/?#]+(?:/[0-9]+)?(?:\?\S*)?"
)
REDIS = Form(_redis_address, f"{_DIRECT.allowed}, or redis+sentinel://HOST:PORT,HOST:PORT/NAME")
PLACE = Form(_folder, "a folder")
BASE_URL = Form(_base_url, WEB.allowed)
PAGE_ROOT = Form(_page_root, WEB.allowed)
HOST_AND_PORT = Form(_host_and_port, "host:port, such as 127.0.0.1:8083")
CONTACT = Form(_contact, "a line of text, such as news@example.com")
LINE = Form(_line, "a line of text")
