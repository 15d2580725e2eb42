"""To which hosts a connection stays open after an answer, so that the next request needs no handshake.

Each TLS connection takes memory and a file descriptor, so their number is bounded. Their age is too: a fetcher lives for a shift.
"""

from __future__ import annotations

from collections import OrderedDict


class KeptHosts:
    """At most `most` hosts, each for `keep_s` seconds after its last request."""

    def __init__(self, most: int, keep_s: float) -> None:
        self._most = most
        self._keep_s = keep_s
        self._asked: OrderedDict[str, float] = OrderedDict()
        """When each host was asked last, the longest ago first."""

    def keeps(self, host: str, now_s: float) -> bool:
        """Note a request to the host at `now_s` (monotonic). Whether its connection stays open after the answer."""
        while self._asked and now_s - next(iter(self._asked.values())) > self._keep_s:
            self._asked.popitem(last=False)
        if host not in self._asked and len(self._asked) >= self._most:
            return False
        self._asked[host] = now_s
        self._asked.move_to_end(host)
        return True
