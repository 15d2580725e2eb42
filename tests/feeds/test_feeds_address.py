import asyncio
import socket

import aiohttp
import pytest

from newswatch.feeds.address import (
    AddressRefused,
    CheckedResolver,
    checked_socket,
    host_refusal,
    refusal,
)

OPENED = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd00::1",
]
OPENED += ["::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "fec0::1"]
CLOSED = [
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
]
CLOSED += [
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "2001:db8::1",
    "::ffff:169.254.169.254",
    "100::1",
    "::127.0.0.1",
]
CLOSED += ["2001::1", "64:ff9b:1::1", "64:ff9b::a9fe:a9fe", "2a00:1450::5efe:169.254.1.1", "4000::1", "name"]
PUBLIC = [
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::",
]


@pytest.mark.parametrize("address", OPENED + CLOSED)
def test_internal_addresses_are_refused(address):
    assert refusal(address, allow_private=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address):
    assert refusal(address, allow_private=False) is None


@pytest.mark.parametrize("address", OPENED)
def test_allow_private_opens_loopback_and_private_ranges(address):
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", CLOSED)
def test_allow_private_never_opens_link_local_and_reserved_ranges(address):
    assert refusal(address, allow_private=True)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost", "[::1]", "127.0.0.1"])
def test_host_refusal_knows_local_hosts_without_resolving(host):
    assert host_refusal(host, allow_private=False)
    assert host_refusal(host, allow_private=True) is None


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "0X7F000001", "2130706433", "0177.0.0.1", "10.258", "0"])
def test_host_refusal_knows_addresses_however_they_are_written(host):
    assert host_refusal(host, allow_private=False)


@pytest.mark.parametrize(
    "host", ["news.example", "127.1.example", "0x7f.example", "10.news", "12.34.56.78.example"]
)
def test_host_refusal_leaves_names_to_the_resolver(host):
    assert host_refusal(host, allow_private=False) is None


@pytest.mark.parametrize(
    ("address", "closed"), [("127.0.0.1", False), ("169.254.169.254", True), ("::", True)]
)
def test_refusal_says_what_no_setting_opens(address, closed):
    assert ("no setting opens" in str(refusal(address, allow_private=False))) is closed


class FixedDNS(aiohttp.abc.AbstractResolver):
    def __init__(self, *addresses):
        self.addresses = addresses

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {"hostname": host, "host": a, "port": port, "family": family, "proto": 0, "flags": 0}
            for a in self.addresses
        ]

    async def close(self):
        pass


def test_resolver_keeps_only_allowed_addresses_of_a_mixed_answer():
    resolver = CheckedResolver(FixedDNS("10.0.0.1", "8.8.8.8"), allow_private=False)
    found = asyncio.run(resolver.resolve("mixed.example", 80))
    assert [entry["host"] for entry in found] == ["8.8.8.8"]


def test_resolver_refuses_a_name_with_internal_addresses_only():
    with pytest.raises(AddressRefused, match="is a link-local address"):
        asyncio.run(CheckedResolver(FixedDNS("169.254.169.254"), allow_private=True).resolve("meta.example"))


def test_socket_factory_refuses_right_before_connect():
    with pytest.raises(AddressRefused):
        checked_socket(allow_private=False)((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))
