"""Network errors as our own: a short machine-readable kind and a clear text without secrets.

The texts of aiohttp's errors are not used: they may contain full URLs and headers.
"""

from __future__ import annotations

import asyncio
import errno
import os
import ssl

import aiohttp

from newswatch.errors import FetchFailed, FetchRefused
from newswatch.feeds import answer
from newswatch.feeds.address import CLOSED, AddressRefused


def fetch_error(error: Exception, *, timeout_s: float, target: str = "") -> FetchFailed | FetchRefused:
    """The FetchFailed or FetchRefused for an error raised by aiohttp.

    `target` is the redacted target of a redirect, "" where the feed's own URL was requested.
    """
    os_error = getattr(error, "os_error", error)
    if isinstance(os_error, AddressRefused) or getattr(os_error, "errno", None) == errno.EACCES:
        return _address_refused(os_error, target)
    if errno.EMSGSIZE in (getattr(cause, "errno", None) for cause in (error, os_error, error.__cause__)):
        return FetchRefused("the answer has more bytes or packets than a document may have", kind="size")
    if isinstance(error, asyncio.TimeoutError):
        return FetchFailed(
            f"no complete answer within {timeout_s:g} s, or no data for half that time", kind="timeout"
        )
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return _tls_error(error)
    return _connection_error(error) or _answer_error(error)


def _connection_error(error: Exception) -> FetchFailed | FetchRefused | None:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _proxy_error(error)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return FetchFailed("its host name has no address (DNS)", kind="dns")
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return FetchFailed("the proxy cannot be reached: check HTTPS_PROXY and HTTP_PROXY", kind="proxy")
    return None


def _answer_error(error: Exception) -> FetchFailed | FetchRefused:
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError) or (
        isinstance(error, ValueError) and not isinstance(error, aiohttp.ClientError)
    ):
        return FetchRefused("its URL is not valid: check host, port and spelling", kind="scheme")
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError):
        return FetchFailed("the answer is incomplete or damaged", kind="truncated")
    if isinstance(error, aiohttp.ClientResponseError):
        return FetchFailed("the answer is not valid HTTP", kind="http", status=None)
    number = getattr(getattr(error, "os_error", error), "errno", None)
    reason = os.strerror(number) if number else type(error).__name__
    return FetchFailed(f"no connection ({reason})", kind="connect")


def _address_refused(error: BaseException, target: str) -> FetchRefused:
    """The error for a forbidden address.

    Only the feed's own URL gets the hint at `allow_private`. The feed's server chooses where it redirects,
    and it must not get us to open our network.
    """
    if target:
        text = f"it redirects to {target}: {error}, which feeds may not use"
        return FetchRefused(text, kind="address", target=target)
    hint = " (`allow_private: true` on the feed opens loopback and private ranges)"
    return FetchRefused(
        f"{error}, which feeds may not use{'' if CLOSED in str(error) else hint}", kind="address"
    )


def _proxy_error(error: aiohttp.ClientHttpProxyError) -> FetchFailed | FetchRefused:
    if error.status == 407:
        return FetchRefused(answer.PROXY_AUTH_TEXT, kind="auth", status=407)
    return FetchFailed(f"the proxy answered HTTP {error.status}", kind="proxy", status=error.status)


def _tls_error(error: Exception) -> FetchFailed:
    certificate = getattr(error, "certificate_error", None)
    reason = getattr(certificate or error, "verify_message", None) or getattr(error, "strerror", None)
    return FetchFailed(
        f"TLS failed ({reason or type(error).__name__}); for a private CA set SSL_CERT_FILE", kind="tls"
    )
