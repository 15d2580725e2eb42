"""Connections to a Redis whose primary is named by Sentinel. Its address is read by `store.sentinel_address`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import parse_url
from redis.asyncio.sentinel import (
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)

from newswatch.store.sentinel_address import read_address

_OWN = "sentinel_"


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
