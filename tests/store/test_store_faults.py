"""What each kind of Redis that newswatch cannot use is called, against the real thing."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

import redis_servers
from certificates import write_ca_and_server
from newswatch.errors import RedisFull, RedisRefused, RedisUnavailable
from newswatch.store import keys, server
from newswatch.store.client import connect, redis_errors
from newswatch.store.feeds import StateUpdate, write_updates
from newswatch.store.leases import Lease

KINDS = [
    (redis_servers.replica, RedisUnavailable, "read-only replica"),
    (redis_servers.cluster, RedisRefused, "cluster mode"),
    (redis_servers.sentinel, RedisRefused, "Sentinel"),
    (redis_servers.wrong_password, RedisRefused, "password"),
    (redis_servers.no_password, RedisRefused, "password"),
    (redis_servers.foreign_keys, RedisRefused, "does not permit a key"),
    (redis_servers.without_scripts, RedisRefused, "does not permit the command EVALSHA"),
    (redis_servers.too_old, RedisRefused, "too old"),
    (redis_servers.loading, RedisUnavailable, "loading"),
    (redis_servers.cannot_save, RedisUnavailable, "cannot save"),
    (redis_servers.nobody, RedisUnavailable, "cannot be reached"),
]


@pytest.mark.parametrize(("kind", "error", "words"), KINDS, ids=[kind.__name__ for kind, _, _ in KINDS])
async def test_write_by_script_to_a_redis_that_cannot_be_used(tmp_path, kind, error, words):
    with kind(tmp_path) as url:
        async with connect(url) as client:
            with pytest.raises(error, match=words), redis_errors():
                await _two_scripts(client)


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost?foo=bar",
        "redis://localhost?ssl_cert_reqs=none",
        "rediss://localhost?ssl_cert_reqs=bogus",
        "redis://localhost?protocol=9",
        "redis://localhost?db=x",
        "unix:///run/redis?foo=1",
    ],
)
def test_address_with_a_bad_option_is_refused(url):
    with pytest.raises(RedisRefused, match="REDIS_URL cannot be read"):
        connect(url)


async def test_address_cannot_change_what_replies_look_like(redis_url):
    async with connect(f"{redis_url}?decode_responses=yes&retry=5&retry_on_error=x") as client:
        await client.set("k", "v")
        assert await client.get("k") == b"v"


async def _two_scripts(client: Redis) -> None:
    """One with flags and one key, one without and with two."""
    await Lease(client, "stage", 1.0).take(0.0)
    await write_updates(client, [StateUpdate("wire", {"etag": "x"}, 1)])


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        *(row for row in KINDS if row[0] not in (redis_servers.foreign_keys, redis_servers.without_scripts)),
        (redis_servers.without_info, RedisRefused, "does not permit the command INFO"),
    ],
)
async def test_server_is_refused_before_a_stage_relies_on_it(tmp_path, kind, error, words):
    with kind(tmp_path) as url:
        async with connect(url) as client:
            with pytest.raises(error, match=words):
                await server.check_server(client)


async def test_primary_that_can_be_used_is_accepted(redis_url):
    async with connect(redis_url) as client:
        await server.check_server(client)
        await server.try_writing(client)
        await server.try_scripts(client)
        assert await client.keys("*") == [keys.SCHEMA.encode()], "nothing else is left behind"


async def test_permission_that_is_missing_within_a_script_is_named(tmp_path):
    with redis_servers.running(tmp_path) as primary:
        url = redis_servers.with_user(primary.url, "~newswatch:*", "+@all", "-zscore")
        async with connect(url) as client:
            with pytest.raises(RedisRefused, match="the command ZSCORE"), redis_errors():
                await write_updates(client, [StateUpdate("wire", {"etag": "x"}, 1)])


async def test_full_redis_is_found_by_a_write_that_changes_nothing(tmp_path):
    with redis_servers.running(tmp_path, "--maxmemory", "1") as full:
        async with connect(full.url) as client:
            with pytest.raises(RedisFull, match="out of memory"):
                await server.try_writing(client)


async def test_error_in_a_pipeline_does_not_show_what_was_written(tmp_path):
    with redis_servers.running(tmp_path, "--maxmemory", "1") as full:
        async with connect(full.url) as client:
            pipe = client.pipeline()
            pipe.set("newswatch:x", "the text of an item")
            with pytest.raises(RedisUnavailable) as raised, redis_errors():
                await pipe.execute()
    assert "text of an item" not in str(raised.value)


async def test_too_many_clients_are_named(tmp_path):
    with redis_servers.running(tmp_path, "--maxclients", "1") as server:
        async with connect(server.url) as first, connect(server.url) as second:
            await first.ping()
            with pytest.raises(RedisUnavailable, match="too many clients"), redis_errors():
                await second.ping()


async def test_database_that_does_not_exist_is_named(redis_url):
    async with connect(redis_url.removesuffix("/0") + "/99") as client:
        with pytest.raises(RedisRefused, match="use database 0"), redis_errors():
            await client.ping()


def test_url_that_cannot_be_read_is_an_error_of_ours():
    with pytest.raises(RedisRefused, match="REDIS_URL cannot be read"):
        connect("redis://127.0.0.1:6379/0?socket_timeout=soon")


async def test_unknown_refusal_is_one_sentence_without_the_password(redis_url):
    async with connect(redis_url) as client:
        await client.set("newswatch:feeds:due", "not a sorted set")
        with pytest.raises(RedisRefused, match="WRONGTYPE"):
            await server.try_writing(client)


# ── TLS ───────────────────────────────────────────────────────────────────────────────────────


async def test_certificate_that_nobody_trusts_is_named(tmp_path):
    trust = write_ca_and_server(tmp_path, "localhost").server_context()
    async with (
        await asyncio.start_server(_hang_up, "127.0.0.1", 0, ssl=trust) as listening,
        connect(f"rediss://localhost:{_port(listening)}/0") as client,
    ):
        with pytest.raises(RedisRefused, match="not trusted"), redis_errors():
            await client.ping()


async def test_tls_to_a_port_that_does_not_speak_it_is_named():
    async with (
        await asyncio.start_server(_refuse, "127.0.0.1", 0) as listening,
        connect(f"rediss://localhost:{_port(listening)}/0") as client,
    ):
        with pytest.raises(RedisRefused, match="does not speak TLS"), redis_errors():
            await client.ping()


async def test_no_tls_to_a_port_that_speaks_it_says_what_to_look_at(tmp_path):
    trust = write_ca_and_server(tmp_path, "localhost").server_context()
    async with (
        await asyncio.start_server(_hang_up, "127.0.0.1", 0, ssl=trust) as listening,
        connect(f"redis://localhost:{_port(listening)}/0") as client,
    ):
        with pytest.raises(RedisUnavailable, match="rediss:// only for a port with TLS"), redis_errors():
            await client.ping()


def _port(listening: asyncio.Server) -> int:
    return listening.sockets[0].getsockname()[1]


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As Redis does when it gets a greeting of TLS."""
    await reader.read(10)
    writer.write(b"-ERR Protocol error: unauthenticated multibulk length\r\n")
    writer.close()
