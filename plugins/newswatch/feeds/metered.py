"""Sockets that give up on an answer with too many bytes or packets.

The limit for a document counts its decompressed bytes. But an answer can keep the HTTP parser busy
without a single byte of a document: with endless interim responses, with an endless chunk length or
extension, with one byte in each chunk or packet. So everything that is received is counted too.
"""

from __future__ import annotations

import errno
import socket
from typing import Any

MAX_READS = 30_000
"""Ten megabytes are some 7,000 packets of the usual size."""
BESIDES = 1_000_000
"""Bytes that may be received before the body, and that framing may add to it."""


class AnswerTooLong(OSError):
    """More was received for one request than any document needs."""

    def __init__(self) -> None:
        super().__init__(errno.EMSGSIZE, "the answer does not end")


class MeteredSocket(socket.socket):
    """Counts what is received after each send: a request begins with a send."""

    broken = False
    """Whether the connection broke. aiohttp takes that for the end of a body without a length."""

    def __init__(self, family: int, kind: int, proto: int) -> None:
        super().__init__(family, kind, proto)
        self._start()

    def expect_body(self, max_bytes: int) -> None:
        """Call this after the head of an answer: the body may have this many bytes."""
        self._max_bytes = max_bytes + BESIDES

    def send(self, *given: Any) -> int:
        """Like socket.send; the count begins again."""
        self._start()
        return super().send(*given)

    def sendmsg(self, *given: Any) -> int:
        """Like socket.sendmsg; the count begins again."""
        self._start()
        return super().sendmsg(*given)

    def recv(self, *given: Any) -> bytes:
        """Like socket.recv. Raises AnswerTooLong."""
        try:
            data = super().recv(*given)
        except ConnectionError:
            self.broken = True
            raise
        self._count(len(data))
        return data

    def recv_into(self, *given: Any) -> int:
        """Like socket.recv_into. Raises AnswerTooLong."""
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
