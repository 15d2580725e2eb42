"""Heads of answers with faults that browsers and curl overlook, repaired before aiohttp's strict parser sees them.

Repaired are: a Content-Length that is there twice with one value, or beside Transfer-Encoding; a space between a
header's name and its colon; a line that is not a header. Two lengths that differ stay an error, because it is
unknown where the document ends. What follows the head of a 304 or 204, which have no body, is left out, and its
connection is not used again.
"""

from __future__ import annotations

import re
from typing import Any

from aiohttp.client_proto import ResponseHandler

MAX_HEAD_BYTES = 65_536
"""aiohttp refuses a longer head anyway."""
_END = re.compile(rb"\r?\n\r?\n")
_NO_BODY = re.compile(rb"HTTP/\d\.\d +(?:204|304)\b")
_ODD = re.compile(rb"\n(?:[^:\r\n]*[ \t]:|[^:\r\n]+\r?\n|content-length:[^\r\n]*,)")


def repaired(head: bytes) -> bytes:
    """The head of an answer, status line and closing empty line included. One without faults is returned as it is."""
    folded = head.lower()
    lengths = folded.count(b"\ncontent-length")
    unsure = lengths > 1 or (lengths and b"\ntransfer-encoding" in folded)
    if not unsure and _ODD.search(folded) is None:
        return head
    first, *lines = re.split(rb"\r?\n", head.rstrip(b"\r\n"))
    chunked = b"\ntransfer-encoding" in folded
    kept: list[bytes] = []
    length: bytes | None = None
    for line in lines:
        if line.startswith((b" ", b"\t")):  # the last header goes on
            kept.append(line)
            continue
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        if not colon or not name:
            continue
        if name.lower() == b"content-length":
            value = _one_length(value)
            if chunked or value == length:
                continue
            length = value
        kept.append(name + b":" + value)
    return b"\r\n".join((first, *kept, b"", b""))


def _one_length(value: bytes) -> bytes:
    """`5, 5` is 5 (RFC 9110, 8.6)."""
    parts = {part.strip() for part in value.split(b",")}
    return b" " + parts.pop() if len(parts) == 1 else value


class TolerantHandler(ResponseHandler):
    """aiohttp's client protocol, which repairs the head of each answer."""

    _head: bytes | None = None
    """What has arrived of the head; None: all of it."""
    _is_over = False
    """Whether the answer ended with its head."""

    def set_response_params(self, **given: Any) -> None:
        """A new answer is expected."""
        self._head, self._is_over = b"", False
        super().set_response_params(**given)

    def data_received(self, data: bytes) -> None:
        """Pass on what arrives, the head in one piece."""
        if self._head is None or not data:
            if self._is_over and data:
                self.close()
                return
            super().data_received(data)
            return
        head = self._head + data
        end = _END.search(head)
        if end is not None:
            self._head, rest = None, head[end.end() :]
            self._is_over = _NO_BODY.match(head) is not None
            if self._is_over and rest:
                self.force_close()
                rest = b""
            super().data_received(repaired(head[: end.end()]) + rest)
        elif len(head) > MAX_HEAD_BYTES or not b"HTTP/".startswith(head[:5]):
            self._head = None
            super().data_received(head)
        else:
            self._head = head
            self._reschedule_timeout()
