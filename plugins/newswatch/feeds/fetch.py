"""Fetching feeds over HTTP: politely, within limits, and only from allowed addresses.

`Fetcher` is the shell around the pure modules `redirect`, `answer`, `proxy` and `address`. It follows
redirects itself, so that every hop gets the same checks, and decompresses the document within limits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from types import TracebackType

import aiohttp
from aiohttp import abc, hdrs
from yarl import URL

from newswatch.errors import FetchFailed, FetchRefused
from newswatch.feeds import answer
from newswatch.feeds.address import AddressRefused, host_refusal
from newswatch.feeds.auth import Auth, Resolve
from newswatch.feeds.faults import fetch_error
from newswatch.feeds.host import host_name
from newswatch.feeds.metered import AnswerTooLong
from newswatch.feeds.own_headers import own_headers
from newswatch.feeds.proxy import proxy_for, split_credentials
from newswatch.feeds.redirect import REDIRECTS, Hop, web_url
from newswatch.feeds.sessions import NetworkRoute, Sessions
from newswatch.feeds.tls import named_tls_context, tls_context
from newswatch.feeds.unpack import ACCEPTED, decoded, too_large
from newswatch.feeds.walk_cookies import WalkCookies
from newswatch.models import Feed, FetchResult
from newswatch.redact import redact_url

__all__ = ["DEFAULT_MAX_BYTES", "Auth", "Fetcher"]

DEFAULT_MAX_BYTES = 10_000_000
_CHUNK_BYTES = 65_536
_CONDITIONS = frozenset({hdrs.IF_NONE_MATCH, hdrs.IF_MODIFIED_SINCE})
_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


async def _no_pause(_url: str) -> float:
    return 0.0


class Fetcher:
    """Fetches feeds; an async context manager that owns its connections.

    `resolve_auth` turns the name of a feed's secret into its value, or None if there is none of that name.
    `env` is read for proxies (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`) and for a private CA
    (`SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`). `timeout_s` limits the requests of one feed together,
    not counting the wait for a slot. A connection without data for half that time is closed.
    `max_bytes` limits the decompressed body. At most `per_host` requests run at once on one host and
    `concurrency` in total. `accept` is the Accept header. `pause_s` says for how many more seconds
    the host of a URL must not be asked; it is called before a redirect is followed. `resolver` and
    `clock` replace DNS and time in tests.
    """

    def __init__(  # noqa: PLR0913 - all by keyword
        self,
        *,
        user_agent: str,
        resolve_auth: Resolve,
        env: Mapping[str, str],
        timeout_s: float = 20.0,
        max_bytes: int = DEFAULT_MAX_BYTES,
        per_host: int = 4,
        concurrency: int = 100,
        accept: str = _ACCEPT,
        pause_s: Callable[[str], Awaitable[float]] = _no_pause,
        resolver: abc.AbstractResolver | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._headers: dict[str, str] = {
            hdrs.USER_AGENT: user_agent,
            hdrs.ACCEPT: accept,
            hdrs.ACCEPT_ENCODING: ACCEPTED,
        }
        self._resolve_auth = resolve_auth
        self._env = env
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._per_host = per_host
        self._concurrency = concurrency
        self._pause_s = pause_s
        self._resolver = resolver
        self._clock = clock
        self._hosts: dict[str, asyncio.Semaphore] = {}

    async def __aenter__(self) -> Fetcher:  # noqa: PYI034 - typing.Self is Python 3.11's
        self._slots = asyncio.Semaphore(self._concurrency)
        named_tls_context(self._env)  # a wrong setting is an error of all feeds, not of the first over https
        self._sessions = Sessions(
            partial(tls_context, self._env),
            self._resolver,
            limit=self._concurrency,
            max_bytes=self._max_bytes,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sessions.close()
        self._hosts.clear()

    async def fetch(
        self, feed: Feed, *, etag: str | None, last_modified: str | None, more: bool = False
    ) -> FetchResult:
        """One conditional GET of `feed`, redirects followed.

        `etag` and `last_modified` are sent back verbatim. With `more` the connection stays open in any case, for
        another request that follows at once. Raises FetchFailed if the same request may succeed later, FetchRefused
        if somebody has to act. Both name the feed and its redacted URL.
        """
        try:
            return await self._walk(feed, _conditions(etag, last_modified), more=more)
        except FetchFailed as error:
            raise FetchFailed(
                _with_feed(feed, error),
                kind=error.kind,
                status=error.status,
                retry_after_s=error.retry_after_s,
                url=error.url,
            ) from None
        except FetchRefused as error:
            raise FetchRefused(
                _with_feed(feed, error),
                kind=error.kind,
                status=error.status,
                target=error.target,
                retry_after_s=error.retry_after_s,
                url=error.url,
            ) from None

    async def _walk(self, feed: Feed, conditions: dict[str, str], *, more: bool) -> FetchResult:
        start, user_info = split_credentials(web_url(feed.url))
        own = own_headers(feed, user_info, self._resolve_auth)
        hop, left_s, cookies = Hop(start), self._timeout_s, WalkCookies()
        while True:
            headers = self._headers | conditions
            shown = own if hop.with_credentials else None
            if shown is not None:
                headers = shown.over(headers)
            cookie = cookies.header(hop.url, shown.cookies if shown else ())
            if cookie:
                headers[hdrs.COOKIE] = cookie
            async with self._host(hop.url), self._slots:
                began = time.monotonic()
                result = await self._request(feed, hop, headers, cookies, left_s, more=more and not hop.seen)
                left_s -= time.monotonic() - began
            if isinstance(result, FetchResult):
                # A URL with a password in it must not be replaced by one without.
                return result if not user_info else _without_move(result)
            hop = result
            await self._check_pause(hop.url)
            if left_s <= 0:
                raise FetchFailed(
                    f"no answer within {self._timeout_s:g} s, redirects included", kind="timeout"
                )

    async def _check_pause(self, url: str) -> None:
        """Raises FetchFailed for a redirect to a host that asked for a pause."""
        wait_s = await self._pause_s(url)
        if wait_s > 0:
            text = f"it redirects to {host_name(url)}, which asked for a pause of {wait_s:.0f} s more"
            raise FetchFailed(text, kind="ratelimited", retry_after_s=wait_s, url=url)

    async def _request(
        self,
        feed: Feed,
        hop: Hop,
        headers: Mapping[str, str],
        cookies: WalkCookies,
        left_s: float,
        *,
        more: bool,
    ) -> FetchResult | Hop:
        """Requests one URL. Returns the document or a 304, or the next hop of a redirect."""
        proxy = proxy_for(hop.url, self._env)
        route = NetworkRoute.choose(proxied=proxy is not None, allow_private=feed.allow_private)
        try:
            url = _as_url(hop.url)
            reason = host_refusal(url.raw_host or "", allow_private=feed.allow_private)
            if reason:
                raise AddressRefused(reason)
            response = await self._sessions.get(
                route,
                url,
                proxy=proxy,
                headers=headers,
                left_s=left_s,
                silence_s=self._timeout_s / 2,
                more=more,
            )
            async with response:
                if response.status in REDIRECTS and hdrs.LOCATION in response.headers:
                    return hop.follow(
                        response.status, _location(response), new_cookies=cookies.take(response)
                    )
                return await self._read(response, hop, conditional=bool(_CONDITIONS & headers.keys()))
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            target = redact_url(hop.url) if hop.seen else ""
            raise fetch_error(error, timeout_s=self._timeout_s, target=target) from None

    async def _read(self, response: aiohttp.ClientResponse, hop: Hop, *, conditional: bool) -> FetchResult:
        now = self._clock()
        try:
            answer.check_status(response.status, response.headers, now=now, conditional=conditional)
        except (FetchFailed, FetchRefused) as error:
            error.url = hop.url
            raise
        body = b"" if response.status == 304 else await self._body(response)
        # A later 304 must not confirm a document that may be incomplete: keep no validators for it.
        whole = response.status == 304 or answer.is_whole(response.headers, body)
        return FetchResult(
            url=hop.url,
            status=304 if response.status == 304 else 200,
            body=body,
            etag=answer.validator(response.headers.get(hdrs.ETAG)) if whole else None,
            last_modified=answer.modified(response.headers, now) if whole else None,
            headers={
                name: response.headers[name] for name in answer.KEPT_HEADERS if name in response.headers
            },
            permanent_url=hop.permanent_url,
        )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        source = self._sessions.expect_body(response)
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > self._max_bytes:
                response.close()
                raise too_large(self._max_bytes)
        if source is not None and source.broken is not None:
            if isinstance(source.broken, AnswerTooLong):
                raise source.broken
            raise FetchFailed("the answer is incomplete: the connection broke", kind="truncated")
        encoding = ",".join(response.headers.getall(hdrs.CONTENT_ENCODING, ()))
        return decoded(bytes(body), encoding, self._max_bytes)

    def _host(self, url: str) -> asyncio.Semaphore:
        """The slots of this host. Acquire one before a slot of `_slots`: a busy host then blocks no other."""
        host = host_name(url)
        if host not in self._hosts:
            self._hosts[host] = asyncio.Semaphore(self._per_host)
        return self._hosts[host]


def _conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    found = {
        hdrs.IF_NONE_MATCH: answer.validator(etag),
        hdrs.IF_MODIFIED_SINCE: answer.validator(last_modified),
    }
    return {name: value for name, value in found.items() if value}


def _with_feed(feed: Feed, error: Exception) -> str:
    return f"feed {feed.id} ({redact_url(feed.url)}): {error}"


def _without_move(result: FetchResult) -> FetchResult:
    return replace(result, permanent_url=None)


def _as_url(url: str) -> URL:
    """The URL to request. Plain ASCII stays byte for byte, because signed URLs break when quoted again."""
    plain = url.isascii() and url.isprintable() and " " not in url
    return URL(url, encoded=plain)


def _location(response: aiohttp.ClientResponse) -> str:
    """The Location header. Most servers that send raw bytes there send UTF-8, the others Latin-1."""
    value = response.headers[hdrs.LOCATION]
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
