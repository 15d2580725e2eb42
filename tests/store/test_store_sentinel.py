"""Redis by way of Sentinel, by TLS with a client certificate, and as a user with the least permissions: real servers."""

from __future__ import annotations

import pytest
import redis

import redis_servers
from certificates import write_ca_and_server
from newswatch.errors import RedisRefused, RedisUnavailable, SettingsRefused
from newswatch.settings import settings_from
from newswatch.store import sentinel
from newswatch.store.client import connect, redis_errors
from newswatch.store.server import check_server, try_scripts, try_writing
from sentinel_servers import SERVICE, WatchedRedis
from tls_front import tls_front


@pytest.fixture
def watched(tmp_path):
    servers = WatchedRedis(tmp_path)
    yield servers
    servers.stop()


def test_address_has_sentinels_name_database_and_logins():
    address = sentinel.read_address("rediss+sentinel://me:p%40ss@one:1,two,[::1]:3/main/5?ssl_cert_reqs=none")
    assert address.sentinels == (("one", 1), ("two", 26379), ("::1", 3))
    assert (address.service, address.database, address.tls) == ("main", 5, True)
    assert (address.username, address.password) == ("me", "p@ss")
    assert address.query == {"ssl_cert_reqs": "none"}
    assert "p@ss" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://one:1",
        "redis+sentinel://one:1/",
        "redis+sentinel:///main",
        "redis+sentinel://one:x/main",
        "redis+sentinel://one:1/main/five",
        "redis+sentinel://one:1,/main",
    ],
)
def test_address_of_another_form_is_refused_with_the_right_one(url, tmp_path):
    with pytest.raises(RedisRefused, match="REDIS_URL"):
        connect(url)
    if url != "redis+sentinel://one:x/main":
        with pytest.raises(SettingsRefused, match="REDIS_URL"):
            settings_from({"REDIS_URL": url}, tmp_path)


def test_unknown_option_is_named_without_the_password():
    with pytest.raises(RedisRefused, match="colour") as refused:
        connect("redis+sentinel://me:secret@one/main?colour=red")
    assert "secret" not in str(refused.value)


@pytest.mark.heavy
async def test_client_follows_the_primary_through_a_failover(watched, tmp_path):
    url = settings_from({"REDIS_URL": watched.url}, tmp_path).redis_url
    async with connect(url) as client:
        await check_server(client)
        await try_writing(client)
        await try_scripts(client)
        await client.set("newswatch:before", "1")
        await client.wait(1, 5_000)
        first = (await client.info("server"))["run_id"]
        watched.kill_primary()
        with redis_errors():
            assert await client.get("newswatch:before") == b"1"
            await try_writing(client)
            await try_scripts(client)
        assert (await client.info("server"))["run_id"] != first


@pytest.mark.heavy
async def test_client_leaves_a_primary_that_became_a_replica(watched):
    """Sentinel made it one, while the connection stayed: the primary was cut off, not killed."""
    async with connect(watched.url) as client:
        await client.set("newswatch:before", "1")
        await client.wait(1, 5_000)
        with redis.Redis(port=watched.port, password="of-sentinel") as asked:
            asked.sentinel_failover(SERVICE)
        watched.until(lambda: watched.knows()["port"] == watched.replica.port)
        with redis.Redis(port=watched.primary.port, password="of-redis") as old:
            watched.until(lambda: old.info("replication")["role"] == "slave")
        with redis_errors():
            await client.set("newswatch:after", "2")
            assert await client.mget("newswatch:before", "newswatch:after") == [b"1", b"2"]


@pytest.mark.heavy
async def test_name_that_the_sentinel_does_not_know_is_one_sentence(watched):
    async with connect(watched.url.replace(SERVICE, "other")) as client:
        with pytest.raises(RedisUnavailable, match="no Sentinel"), redis_errors():
            await client.ping()


@pytest.mark.heavy
async def test_password_that_the_sentinel_refuses_is_named(watched):
    async with connect(watched.url.replace("of-sentinel", "other")) as client:
        with pytest.raises(RedisUnavailable, match="sentinel_password"), redis_errors():
            await client.ping()


# ── TLS with a client certificate ─────────────────────────────────────────────────────────────────


@pytest.mark.heavy
async def test_tls_with_a_client_certificate_reaches_redis_as_its_own_user(tmp_path):
    certificates = write_ca_and_server(tmp_path, "localhost")
    with (
        redis_servers.running(tmp_path / "redis") as server,
        tls_front(server.port, certificates.server, certificates.bundle) as port,
    ):
        login = redis_servers.with_user(server.url, *redis_servers.LEAST_PERMISSIONS)
        at = login.replace("redis://", "rediss://").replace(f"127.0.0.1:{server.port}", f"localhost:{port}")
        own = f"ssl_certfile={certificates.server}&ssl_keyfile={certificates.server}"
        async with connect(f"{at}?ssl_ca_certs={certificates.bundle}&{own}") as client:
            with redis_errors():
                await check_server(client)
                await try_scripts(client)
        async with connect(f"{at}?ssl_ca_certs={certificates.bundle}") as without:
            with pytest.raises(RedisUnavailable), redis_errors():
                await without.ping()
        async with connect(f"{at}?{own}") as distrustful:
            with pytest.raises(RedisRefused, match="not trusted"), redis_errors():
                await distrustful.ping()
