"""Connections to feed servers: one TLS context for each port, made when first needed, and one pool for each route.

Routes with different address rules never share a pool: a connection opened for a feed with
`allow_private` must not serve a feed without it.
"""

from __future__ import annotations

import enum
import ssl
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp import abc, hdrs
from yarl import URL

from newswatch.feeds.address import CheckedResolver, checked_socket
from newswatch.feeds.auth import Auth
from newswatch.feeds.dns import SystemResolver
from newswatch.feeds.kept_hosts import KeptHosts
from newswatch.feeds.metered import ClosedUnanswered, MeteredHandler
from newswatch.feeds.proxy import split_credentials

_DNS_TTL_S = 60
KEEP_S = 75.0
"""An idle connection stays open so long, if the server agrees: feeds that are polled each minute use it again."""
MOST_KEPT = 500
"""Each takes a file descriptor, of which a process often has 1,024, and a TLS connection some 60 KB."""
MOST_CLOSED = 8
"""So many connections to a host are kept at the most, and may all turn out to be closed."""
MOST_PORTS = 8
"""Nearly all servers have the same port. A TLS context takes about a megabyte."""
KEPT, NEW = "kept", "new"


class NetworkRoute(enum.Enum):
    """How a request reaches its server, and so which address rule was applied to its connection."""

    PUBLIC = "public"
    PRIVATE = "private"
    PROXY = "proxy"

    @classmethod
    def choose(cls, *, proxied: bool, allow_private: bool) -> NetworkRoute:
        """The route of one request."""
        if proxied:
            return cls.PROXY
        return cls.PRIVATE if allow_private else cls.PUBLIC


class Sessions:
    """One aiohttp session for each route, opened when first needed. Cookies are not kept (see `feeds.walk_cookies`)."""

    def __init__(
        self,
        tls: Callable[[], ssl.SSLContext],
        resolver: abc.AbstractResolver | None,
        *,
        limit: int,
        max_bytes: int,
    ) -> None:
        self._make_tls = tls
        self._kept = KeptHosts(MOST_KEPT, KEEP_S)
        self._tls: dict[int | None, ssl.SSLContext] = {}
        self._resolver = resolver
        self._own_resolver = resolver is None
        self._limit = limit
        self._max_bytes = max_bytes
        self._open: dict[NetworkRoute, aiohttp.ClientSession] = {}

    async def get(
        self,
        route: NetworkRoute,
        url: URL,
        *,
        proxy: str | None,
        headers: Mapping[str, str],
        left_s: float,
        silence_s: float,
        more: bool = False,
    ) -> aiohttp.ClientResponse:
        """The answer to a GET of `url` over `route`, whose body is still to be read. It does not follow redirects.

        It takes at most `left_s` with its body, and at most `silence_s` without data. With `more` the connection stays
        open for another request that follows at once. A connection that is kept may be closed by the server just when it
        is used again. So a request without any answer is repeated; once, where its connection was a new one.
        """
        options: dict[str, Any] = {}
        if not more and not self._kept.keeps(url.raw_host or "", time.monotonic()):
            headers = {**headers, hdrs.CONNECTION: "close"}
        if url.scheme == "https" or (proxy is not None and proxy.startswith("https:")):
            options["ssl"] = self._tls_context(url.port)
        if proxy is not None:
            options["proxy"], credentials = split_credentials(proxy)
            if credentials:
                to_proxy: dict[str, str] = {hdrs.PROXY_AUTHORIZATION: Auth.basic(*credentials).header}
                if url.scheme == "https":
                    options["proxy_headers"] = to_proxy
                else:
                    # Without a tunnel the proxy reads the request itself.
                    headers = {**headers, **to_proxy}
        until = time.monotonic() + left_s
        again = {KEPT: MOST_CLOSED, NEW: 1}
        while True:
            left_s = max(until - time.monotonic(), 0.001)
            timeout = aiohttp.ClientTimeout(total=left_s, sock_connect=silence_s, sock_read=silence_s)
            try:
                return await self._session(route).get(
                    url,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                    max_field_size=16_384,
                    **options,
                )
            except (ClosedUnanswered, aiohttp.ClientConnectionResetError) as error:
                connection = KEPT if isinstance(error, ClosedUnanswered) and error.kept else NEW
                if not again[connection]:
                    raise
                again[connection] -= 1

    def expect_body(self, response: aiohttp.ClientResponse) -> MeteredHandler | None:
        """Allow as many bytes as a body may have. Returns the connection, None if the whole answer has arrived."""
        handler = response.connection.protocol if response.connection else None
        if handler is None:
            return None
        metered = cast("MeteredHandler", handler)
        metered.expect_body(self._max_bytes)
        return metered

    async def close(self) -> None:
        """Closes every connection. A resolver that was passed in stays open."""
        for session in self._open.values():
            await session.close()
        self._open.clear()
        if self._own_resolver and self._resolver is not None:
            await self._resolver.close()
            self._resolver = None

    def _tls_context(self, port: int | None) -> ssl.SSLContext:
        """One for each port: what TLS remembers of a host's server is not for another server of that host."""
        if port not in self._tls:
            if len(self._tls) >= MOST_PORTS:
                self._tls.clear()
            self._tls[port] = self._make_tls()
        return self._tls[port]

    def _session(self, route: NetworkRoute) -> aiohttp.ClientSession:
        if route not in self._open:
            self._open[route] = aiohttp.ClientSession(
                connector=self._connector(route),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
            )
            # aiohttp would repeat a request once, over a connection that may be closed as well.
            self._open[route]._retry_connection = False  # noqa: SLF001
        return self._open[route]

    def _connector(self, route: NetworkRoute) -> aiohttp.TCPConnector:
        made = self._checked_connector(route)
        # aiohttp has no public way to say by what class answers are received.
        made._factory = cast("Any", partial(MeteredHandler, loop=made._loop))  # noqa: SLF001
        return made

    def _checked_connector(self, route: NetworkRoute) -> aiohttp.TCPConnector:
        inner = self._resolver = self._resolver or SystemResolver()
        if route is NetworkRoute.PROXY:
            return aiohttp.TCPConnector(
                limit=self._limit,
                keepalive_timeout=KEEP_S,
                ttl_dns_cache=_DNS_TTL_S,
                resolver=inner,
            )
        private = route is NetworkRoute.PRIVATE
        return aiohttp.TCPConnector(
            limit=self._limit,
            keepalive_timeout=KEEP_S,
            ttl_dns_cache=_DNS_TTL_S,
            resolver=CheckedResolver(inner, allow_private=private),
            socket_factory=checked_socket(allow_private=private),
        )
