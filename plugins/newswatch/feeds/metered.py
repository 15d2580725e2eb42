"""Sockets that give up on an answer that takes too much of the wire.

The cap on a document counts its bytes once they are unpacked. An answer may keep the HTTP parser
busy without ever bringing one: interim responses without end, a chunk's length or extension
without end, one byte to a chunk or to a packet. What has to be counted for those is what comes in.
"""

from __future__ import annotations

import errno
import socket
from typing import Any

MAX_READS = 30_000
"""Ten megabytes in packets of the usual size are some 7,000."""
BESIDES = 1_000_000
"""Bytes that may come before a body is expected, and that framing may take beside it."""


class AnswerTooLong(OSError):
    """More came in for one request than any document may need."""

    def __init__(self) -> None:
        super().__init__(errno.EMSGSIZE, "the answer does not end")


class MeteredSocket(socket.socket):
    """Counts what is received since the last time anything was sent, which is when a request began."""

    broken = False
    """Whether the connection was cut. aiohttp takes that for the end of a body that gives no length."""

    def __init__(self, family: int, kind: int, proto: int) -> None:
        super().__init__(family, kind, proto)
        self._start()

    def expect_body(self, max_bytes: int) -> None:
        """The head of an answer is there: its body may take this much more."""
        self._max_bytes = max_bytes + BESIDES

    def send(self, *given: Any) -> int:
        """As a socket does; what comes in is counted anew."""
        self._start()
        return super().send(*given)

    def sendmsg(self, *given: Any) -> int:
        """As a socket does; what comes in is counted anew."""
        self._start()
        return super().sendmsg(*given)

    def recv(self, *given: Any) -> bytes:
        """As a socket does. Raises AnswerTooLong."""
        try:
            data = super().recv(*given)
        except ConnectionError:
            self.broken = True
            raise
        self._count(len(data))
        return data

    def recv_into(self, *given: Any) -> int:
        """As a socket does. Raises AnswerTooLong."""
        try:
            size = super().recv_into(*given)
        except ConnectionError:
            self.broken = True
            raise
        self._count(size)
        return size

    def _start(self) -> None:
        self._bytes = self._reads = 0
        self._max_bytes = BESIDES

    def _count(self, size: int) -> None:
        self._bytes += size
        self._reads += 1
        if self._bytes > self._max_bytes or self._reads > MAX_READS:
            self.broken = True
            raise AnswerTooLong
