"""Connections that give up on an answer with too many bytes or packets, and notice one that was closed unanswered.

The limit for a document counts its decompressed bytes. But an answer can keep the HTTP parser busy without a single
byte of a document: with endless interim responses, with an endless chunk length or extension, with one byte in each
chunk, packet or TLS record. So everything that is received is counted too.
"""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING, Any

import aiohttp

from newswatch.feeds.heads import TolerantHandler

if TYPE_CHECKING:
    from newswatch.feeds.tls import Tls

MAX_READS = 30_000
"""Ten megabytes are some 7,000 packets of the usual size."""
BESIDES = 1_000_000
"""Bytes that may be received before the body."""
FRAMING_SHARE = 4
"""Framing may add a quarter of the body, beyond `BESIDES`. Chunks of thirty bytes stay below that."""

MOST_BUFFERED = 50_000
"""A TLS connection that has carried more than this is closed after its answer, since it would keep buffers of that size.

Most polls end with "not changed", so nearly all connections stay small and are kept.
"""


class AnswerTooLong(OSError):
    """More was received for one request than any document needs."""

    def __init__(self) -> None:
        super().__init__(errno.EMSGSIZE, "the answer does not end")


class ClosedUnanswered(aiohttp.ServerDisconnectedError):
    """The connection was closed before the first byte of an answer. `kept`: it had carried an answer before."""

    def __init__(self, *, kept: bool) -> None:
        super().__init__()
        self.kept = kept


class MeteredHandler(TolerantHandler):
    """aiohttp's client protocol, which counts what is received for each request."""

    broken: BaseException | None = None
    """Why the connection broke. aiohttp takes that for the end of a body without a length."""
    _tls: Tls | None = None
    _answers = 0
    _bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._tls = transport.get_extra_info("ssl_object")
        super().connection_made(transport)

    def set_response_params(self, **given: Any) -> None:
        """A new answer is expected; the count begins again."""
        self._answers += 1
        self._bytes = self._reads = 0
        self._max_bytes = BESIDES
        if self._tls is not None:
            self._tls.reads = 0
        super().set_response_params(**given)

    @property
    def should_close(self) -> bool:
        """Whether the connection is of no more use after this answer: also if it has become a large one."""
        return (self._tls is not None and self._bytes > MOST_BUFFERED) or super().should_close

    def expect_body(self, max_bytes: int) -> None:
        """Call this after the head of an answer: the body may have this many bytes."""
        self._max_bytes = max_bytes + BESIDES

    def data_received(self, data: bytes) -> None:
        """Count it and pass it on. Raises AnswerTooLong, which ends the connection."""
        if data and self._answers:
            self._bytes += len(data)
            self._reads += 1
            body = 0 if self._payload is None else self._payload.total_bytes
            framing = self._bytes - len(data) - body
            too_long = self._bytes > self._max_bytes or framing > BESIDES + body // FRAMING_SHARE
            if too_long or self._reads > MAX_READS:
                raise AnswerTooLong
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection is closed; with an error: it broke."""
        self.broken = exc
        if self._tls is not None and self._answers and exc is None:
            self._tls.remember()
        super().connection_lost(exc)

    def set_exception(self, exc: BaseException, *cause: Any) -> None:
        """The request fails; as ClosedUnanswered, if nothing at all has arrived."""
        if self._head == b"" and isinstance(exc, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
            exc = ClosedUnanswered(kept=self._answers > 1)
        super().set_exception(exc, *cause)
