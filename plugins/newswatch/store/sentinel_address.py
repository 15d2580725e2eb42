"""A Redis whose primary is named by Sentinel: `redis+sentinel://user:password@host:26379,host:26379/NAME/0`.

User and password are those of Redis. Sentinel's own, and the options for TLS, are in the query: `sentinel_username`,
`sentinel_password`, `ssl_ca_certs` and so on. With rediss+sentinel:// TLS is used for both, and with `sentinel_ssl=false` for
Redis only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

SCHEMES = ("redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26379
SHAPE = "redis+sentinel://[user:password@]host[:port][,host[:port]…]/NAME[/db]"


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """Where the Sentinels are, and what they call the primary. `query` has the options of the connections as text."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    database: int
    username: str | None
    password: str | None = field(repr=False)
    tls: bool
    query: Mapping[str, str] = field(repr=False)


def names_sentinels(url: str) -> bool:
    """Whether a URL has one of the schemes of Sentinel."""
    return url.partition("://")[0] in SCHEMES


def read_address(url: str) -> SentinelAddress:
    """Take a URL to pieces. Raises ValueError, without the password, if it has another form."""
    scheme, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    servers, _, path = place.partition("/")
    login, _, hosts = servers.rpartition("@")
    service, _, database = path.partition("/")
    username, _, password = login.partition(":")
    if scheme not in SCHEMES or not service or not hosts or not (database or "0").isdecimal():
        raise ValueError(f"it must have the form {SHAPE}")
    return SentinelAddress(
        tuple(_host_and_port(one) for one in hosts.split(",")),
        unquote(service),
        int(database or 0),
        unquote(username) or None,
        unquote(password) or None,
        scheme == "rediss+sentinel",
        dict(parse_qsl(query)),
    )


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.strip().rpartition(":")
    if not colon or port.endswith("]"):  # no port, or the end of an IPv6 address
        host, port = text.strip(), str(SENTINEL_PORT)
    if not host.strip("[]") or not port.isdecimal() or not 0 < int(port) <= 65_535:
        raise ValueError(f"it must have the form {SHAPE}")
    return host.strip("[]"), int(port)
