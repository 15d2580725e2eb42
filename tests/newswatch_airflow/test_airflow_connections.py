import asyncio
import json

import pytest
from airflow.sdk import Connection
from redis.asyncio.connection import SSLConnection

from devtools.stack.connections import redis_connection
from newswatch.errors import PermanentError
from newswatch.store.client import connect
from newswatch_airflow.connections import feed_auth, redis_address, slack_settings


def connection(conn_id="newswatch_redis", **fields):
    extra = fields.pop("extra", None)
    return Connection(
        conn_id=conn_id, extra=json.dumps(extra) if isinstance(extra, dict) else extra, **fields
    )


def client_settings(address):
    """What redis-py makes of the address: its pool's connection class and keyword arguments."""
    client = connect(address.url, **address.options)
    return client.connection_pool.connection_class, client.connection_pool.connection_kwargs


def test_redis_json_form_keeps_host_login_database_and_tls():
    stored = json.dumps(
        {
            "conn_type": "redis",
            "host": "redis.internal",
            "port": 6380,
            "login": "newswatch",
            "password": "p@ss/w:rd?#%",
            "extra": {
                "db": 5,
                "ssl": True,
                "ssl_ca_certs": "/etc/ssl/redis.pem",
                "ssl_certfile": "/etc/me.pem",
            },
        }
    )
    kind, settings = client_settings(redis_address(Connection.from_json(stored, conn_id="newswatch_redis")))
    assert kind is SSLConnection
    assert settings["host"] == "redis.internal"
    assert settings["port"] == 6380
    assert settings["username"] == "newswatch"
    assert settings["password"] == "p@ss/w:rd?#%"
    assert settings["db"] == 5
    assert settings["ssl_ca_certs"] == "/etc/ssl/redis.pem"
    assert settings["ssl_certfile"] == "/etc/me.pem"
    assert settings["ssl_cert_reqs"] == "required"
    assert settings["ssl_check_hostname"] is True


def test_redis_uri_form_loses_neither_database_nor_tls():
    found = Connection.from_uri("rediss://:secret@redis.internal:6380/5", conn_id="newswatch_redis")
    kind, settings = client_settings(redis_address(found))
    assert kind is SSLConnection
    assert settings["db"] == 5
    assert settings["password"] == "secret"


def test_redis_extra_wins_over_the_schema_and_takes_text():
    address = redis_address(connection(host="h", schema="2", extra={"db": "7", "ssl": "false"}))
    kind, settings = client_settings(address)
    assert kind is not SSLConnection
    assert settings["db"] == 7


def test_redis_without_certificate_check_compares_no_host_name():
    address = redis_address(connection(host="h", extra={"ssl": True, "ssl_cert_reqs": "none"}))
    assert address.options["ssl_cert_reqs"] == "none"
    assert address.options["ssl_check_hostname"] is False


def test_redis_bare_connection_means_localhost():
    assert redis_address(connection()).url == "redis://localhost:6379/0"


def test_redis_ipv6_host_is_put_into_brackets():
    _, settings = client_settings(redis_address(connection(host="fd00::5", port=6390)))
    assert (settings["host"], settings["port"]) == ("fd00::5", 6390)


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ("{not json", "JSON object"),
        ('["db", 5]', "JSON object"),
        ({"db": "five"}, "`db`"),
        ({"ssl": "maybe"}, "`ssl`"),
        ({"ssl": True, "ssl_cert_reqs": "sometimes"}, "ssl_cert_reqs"),
        ({"cluster": True}, "`cluster`"),
    ],
)
def test_redis_bad_extra_is_refused_by_name_without_the_password(extra, named):
    with pytest.raises(PermanentError) as caught:
        redis_address(connection(host="h", password="hunter2", extra=extra))
    assert named in str(caught.value)
    assert "newswatch_redis" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_redis_address_hides_its_password_when_shown():
    assert "hunter2" not in repr(redis_address(connection(host="h", password="hunter2")))


def test_redis_client_made_from_a_connection_talks_to_the_right_database(redis_url):
    port = int(redis_url.rsplit(":", 1)[1].split("/")[0])
    address = redis_address(connection(host="127.0.0.1", port=port, extra={"db": 3}))

    async def write_and_look():
        async with connect(address.url, **address.options) as third:
            await third.set("mark", "here")
        async with connect(redis_url) as first:
            await first.select(3)
            return await first.get("mark")

    assert asyncio.run(write_and_look()) == b"here"


def test_slack_settings_carry_token_base_url_timeout_and_proxy():
    extra = {"base_url": "http://127.0.0.1:8081/api", "timeout": "7.5", "proxy": "http://proxy:3128"}
    settings = slack_settings(connection("newswatch_slack", password="xoxb-1234-abcd", extra=extra), {})
    assert settings.token == "xoxb-1234-abcd"
    assert settings.base_url == "http://127.0.0.1:8081/api/"
    assert settings.timeout_s == 7.5
    assert settings.proxy == "http://proxy:3128"


def test_slack_connection_without_token_says_where_it_belongs():
    with pytest.raises(PermanentError, match=r"newswatch_slack.*password.*token"):
        slack_settings(connection("newswatch_slack"), {})


def test_slack_timeout_that_is_no_number_is_refused():
    with pytest.raises(PermanentError, match="`timeout`"):
        slack_settings(connection("newswatch_slack", password="xoxb-1", extra={"timeout": "soon"}), {})


def test_feed_auth_from_login_and_password():
    assert feed_auth(connection("ecb", login="me", password="pw")).header == "Basic bWU6cHc="


def test_feed_auth_bearer_in_extra_wins():
    auth = feed_auth(connection("ecb", login="me", extra={"bearer": "t0k"}))
    assert auth.header == "Bearer t0k"


def test_feed_auth_of_an_empty_connection_is_none():
    assert feed_auth(connection("ecb", host="feeds.example")) is None


def test_redis_connection_of_the_launcher_survives_airflows_own_reading():
    read = Connection.from_json(json.dumps(redis_connection("rediss://user:pw@h:6380/5")))
    assert (read.host, read.port, read.login, read.password) == ("h", 6380, "user", "pw")
    assert read.extra_dejson == {"db": 5, "ssl": True}


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://me:p%40ss@one:1,two:26379/main/5?sentinel_password=a%26b",
        "rediss+sentinel://[::1]:26379/main/0?ssl_ca_certs=%2Fca.pem&ssl_certfile=%2Fme.pem&sentinel_ssl=false",
    ],
)
def test_sentinel_connection_of_the_launcher_leads_to_what_the_url_names(url):
    stored = json.dumps(redis_connection(url))
    made = redis_address(Connection.from_json(stored, conn_id="newswatch_redis"))
    mine, theirs = (
        connect(made.url, **made.options).connection_pool,
        connect(f"{url}&ssl_check_hostname=true&ssl_cert_reqs=required" if "rediss" in url else url),
    )
    theirs = theirs.connection_pool
    assert mine.service_name == theirs.service_name
    assert mine.connection_class is theirs.connection_class

    def settings(pool):
        return {
            name: value
            for name, value in pool.connection_kwargs.items()
            if name in ("db", "username", "password", "ssl_ca_certs", "ssl_certfile", "ssl_check_hostname")
        }

    assert settings(mine) == settings(theirs)

    def nodes(pool):
        return [
            {
                name: value
                for name, value in node.connection_pool.connection_kwargs.items()
                if name in ("host", "port", "password", "ssl_ca_certs", "ssl_certfile")
            }
            for node in pool.sentinel_manager.sentinels
        ]

    assert nodes(mine) == nodes(theirs)


def test_sentinel_hosts_share_the_connections_port():
    address = redis_address(
        connection(
            conn_type="redis", host="one, two:7", port=26380, password="p", extra={"sentinel_service": "main"}
        )
    )
    assert address.url == "redis+sentinel://:p@one:26380,two:7/main/0"


def test_url_in_the_extra_is_the_whole_address():
    made = redis_address(connection(conn_type="redis", extra={"url": "redis+sentinel://:p@one/main/0"}))
    assert (made.url, made.options) == ("redis+sentinel://:p@one/main/0", {})
    assert ":p@" not in repr(made)
