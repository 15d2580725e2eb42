"""Which addresses a feed request may use: neither a feed nor DNS can lead us into our own network.

The check is made when connecting. `CheckedResolver` drops forbidden addresses from every DNS answer,
the connector connects only to addresses that passed, and `checked_socket` checks the address of each
socket again right before it connects. So DNS rebinding, redirects, and addresses written directly or in
odd ways (`0x7f.1`) all meet the same rule, and nothing can change between check and use. Only http and
https are allowed (`newswatch.feeds.fetch`).

`allow_private` on a feed opens loopback, private, shared (CGNAT) and unique local ranges. It never
opens link-local addresses (cloud metadata services answer there), multicast, unspecified or
reserved ones. Connections of such feeds are in a pool of their own.

**Behind a proxy** the proxy resolves the name and connects. Its operator decides what it may reach, and
we cannot see the address. We check what we can see: hosts written as an address, in any form, and
names of the local machine. The address of the proxy itself is not checked (docs/adr/0007).

Sources: IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), RFC 6052 (NAT64),
RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP), RFC 6761 (localhost).
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from aiohttp import abc

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_V4 = tuple(
    (ipaddress.IPv4Network(net), what)
    for net, what in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared (CGNAT)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_V6 = tuple(
    (ipaddress.IPv6Network(net), what)
    for net, what in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved"),
        ("3fff::/20", "reserved"),
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_OPENED_BY_ALLOW_PRIVATE = frozenset({"loopback", "private", "shared (CGNAT)"})
CLOSED = "which no setting opens"
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})


class AddressRefused(OSError):
    """A forbidden address. The text has the address and its kind."""

    def __init__(self, text: str) -> None:
        # A connector that has tried several addresses still reports this errno, as all of them have it.
        super().__init__(errno.EACCES, text)

    def __str__(self) -> str:
        return str(self.strerror)


@lru_cache(1_024)
def refusal(address: str, *, allow_private: bool) -> str | None:
    """Why `address` (an IP address as text) is forbidden, or None if it is allowed."""
    try:
        kind = _kind(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return f"{address!r} is not an IP address"
    if kind is None or (allow_private and kind in _OPENED_BY_ALLOW_PRIVATE):
        return None
    article = "an" if kind[0] in "aeiou" else "a"
    closed = "" if kind in _OPENED_BY_ALLOW_PRIVATE else f", {CLOSED}"
    return f"{address} is {article} {kind} address{closed}"


@lru_cache(1_024)
def host_refusal(host: str, *, allow_private: bool) -> str | None:
    """Why a host is forbidden, as far as that is clear without resolving it: addresses and local names."""
    name = host.strip("[]").rstrip(".").lower()
    with suppress(OSError, UnicodeError):
        # 127.1, 0x7f.1 and 2130706433 are addresses to every resolver, and so to a proxy's.
        name = socket.inet_ntoa(socket.inet_aton(name))
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        local = name in _LOCAL_NAMES or name.endswith(".localhost")
        return f"{name} means the local machine" if local and not allow_private else None
    return refusal(name, allow_private=allow_private)


def checked_socket(*, allow_private: bool) -> Callable[[Any], socket.socket]:
    """A socket factory for `aiohttp.TCPConnector` that checks the address right before connecting."""

    def create(info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, proto, _, target = info
        reason = refusal(str(target[0]), allow_private=allow_private)
        if reason:
            raise AddressRefused(reason)
        return socket.socket(family, kind, proto)

    return create


class CheckedResolver(abc.AbstractResolver):
    """Resolves through `inner` and passes on only allowed addresses."""

    def __init__(self, inner: abc.AbstractResolver, *, allow_private: bool) -> None:
        self._inner = inner
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[abc.ResolveResult]:
        """The allowed addresses of `host`. Raises AddressRefused if all its addresses are forbidden."""
        found = await self._inner.resolve(host, port, family)
        reasons = [refusal(entry["host"], allow_private=self._allow_private) for entry in found]
        allowed = [entry for entry, reason in zip(found, reasons, strict=True) if reason is None]
        if not allowed and found:
            raise AddressRefused(f"{host} resolves to a forbidden address: {reasons[0]}")
        return allowed

    async def close(self) -> None:
        """Closes the inner resolver."""
        await self._inner.close()


def _kind(address: IPAddress) -> str | None:
    if isinstance(address, ipaddress.IPv4Address):
        return next((what for net, what in _V4 if address in net), None)
    embedded = _embedded_v4(address)
    if embedded is not None:
        return _kind(embedded)
    named = next((what for net, what in _V6 if address in net), None)
    return named or (None if address in _GLOBAL_V6 else "reserved")


def _embedded_v4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that receives the packets for this IPv6 address, if it contains one."""
    value = int(address)
    if address in _MAPPED or address in _NAT64:
        return ipaddress.IPv4Address(value & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address((value >> 80) & 0xFFFFFFFF)
    if (value >> 32) & 0xFFFFFFFF in (0x00005EFE, 0x02005EFE):
        inner = ipaddress.IPv4Address(value & 0xFFFFFFFF)
        # An interface id may look like ISATAP by chance, so only a forbidden inner address counts.
        return inner if _kind(inner) else None
    return None
