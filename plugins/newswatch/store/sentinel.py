"""A Redis whose primary is named by Sentinel: `redis+sentinel://user:password@host:26379,host:26379/NAME/0`.

User and password are those of Redis. Sentinel's own, and the options for TLS, are in the query: `sentinel_username`,
`sentinel_password`, `ssl_ca_certs` and so on. With rediss+sentinel:// TLS is used for both, and with `sentinel_ssl=false` for
Redis only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import parse_url
from redis.asyncio.sentinel import (
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)

SCHEMES = ("redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26379
_OWN = "sentinel_"
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


class _ToPrimary(SentinelManagedConnection):
    """Asks a Sentinel each time it opens a socket: redis-py itself tries again at the address that it had."""

    async def _connect(self) -> None:
        self.host, self.port = await self.connection_pool.get_master_address()
        await super()._connect()  # type: ignore[no-untyped-call]


class _ToPrimaryByTls(_ToPrimary, SentinelManagedSSLConnection):
    """The same with TLS."""


class SentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the present primary; a caller that finds no free one waits for it.

    Each new connection asks a Sentinel where the primary is. So does one whose server is gone or has become a replica.
    """

    async def aclose(self) -> None:
        """Close the connections, and those to the Sentinels."""
        await super().aclose()
        closing = (one.aclose() for one in self.sentinel_manager.sentinels)
        await asyncio.gather(*closing, return_exceptions=True)


def sentinel_pool(url: str, most: int, wait_s: float, settings: Mapping[str, Any]) -> SentinelPool:
    """The pool for a URL. `settings` are those of every connection to Redis.

    Raises ValueError for a URL of another form, and what redis-py raises for options that it does not know.
    """
    address = read_address(url)
    options = _typed(address.query)
    own = {name.removeprefix(_OWN): value for name, value in options.items() if name.startswith(_OWN)}
    shared = {name: value for name, value in options.items() if not name.startswith(_OWN)}
    tls_text = str(own.pop("ssl", address.tls)).lower()
    tls = {name: value for name, value in {**shared, **settings}.items() if name.startswith("ssl_")}
    for_sentinels = {
        **{name: value for name, value in settings.items() if name.startswith("socket_")},
        **({"ssl": True, **tls} if tls_text in ("true", "1", "yes") else {}),
        **own,
    }
    manager = Sentinel(address.sentinels, sentinel_kwargs=for_sentinels)  # type: ignore[no-untyped-call]
    return SentinelPool(  # type: ignore[no-untyped-call]
        address.service,
        manager,
        max_connections=most,
        timeout=wait_s,
        connection_class=_ToPrimaryByTls if address.tls else _ToPrimary,
        **{
            "db": address.database,
            "username": address.username,
            "password": address.password,
            **shared,
            **settings,
        },
    )


def _typed(query: Mapping[str, str]) -> dict[str, Any]:
    """Options as redis-py reads them from a redis:// URL."""
    if not query:
        return {}
    read = dict(parse_url(f"redis://localhost?{urlencode(query)}"))
    return {name: value for name, value in read.items() if name in query}
