"""Airflow connections as plain settings: pure functions, no look-up, no client.

`newswatch_redis` (type Redis) uses the JSON form, because a URI loses the database and TLS::

    {"conn_type": "redis", "host": "redis.internal", "port": 6380, "login": "newswatch",
     "password": "…", "extra": {"db": 5, "ssl": true, "ssl_ca_certs": "/etc/ssl/redis.pem"}}

An extra `url` is a whole address as in `REDIS_URL`, and everything else is left out::

    {"conn_type": "redis", "extra": {"url": "rediss://newswatch:…@redis.internal:6380/5"}}

With Sentinel, the host lists the Sentinels, the port is theirs, and the extra names the primary. Login and password
are those of Redis; Sentinel's own are `sentinel_username` and `sentinel_password`, and `sentinel_ssl` says whether its ports
speak TLS if that differs from Redis::

    {"conn_type": "redis", "host": "one.internal,two.internal", "port": 26379, "login": "newswatch", "password": "…",
     "extra": {"sentinel_service": "newswatch-primary", "sentinel_password": "…", "db": 0}}

`newswatch_slack` (type Slack API) holds the bot token as its password and, in its extra, all
optional, `base_url`, `timeout` (seconds) and `proxy`. A connection that a feed's `auth` names holds
login and password, or `{"bearer": "…"}` in its extra.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

from newswatch.connections import RedisAddress
from newswatch.errors import PermanentError

if TYPE_CHECKING:
    from newswatch.feeds.auth import Auth
    from newswatch.slack.client import SlackSettings

REDIS_CONNECTION = "newswatch_redis"
SLACK_CONNECTION = "newswatch_slack"
_TLS_TEXT = ("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password", "ssl_ciphers")
_SENTINEL_OWN = ("sentinel_username", "sentinel_password", "sentinel_ssl")
SENTINEL_PORT = 26379
_CERT_REQS = {"none": "none", "optional": "optional", "required": "required", "require": "required"}
_WORDS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "": False,
}


class ConnectionLike(Protocol):
    """The parts of an Airflow connection that are used. `extra` is a JSON object as text, or empty."""

    conn_id: str
    conn_type: str | None
    host: str | None
    schema: str | None
    login: str | None
    password: str | None
    port: int | None
    extra: str | None


def redis_address(connection: ConnectionLike) -> RedisAddress:
    """Host, credentials, database and TLS of a Redis connection.

    Airflow's own hook drops the database and the TLS of a `rediss://…/5` URI. Here the URI's scheme
    and path apply unless the extra says otherwise. Raises PermanentError for an extra that cannot be
    read.
    """
    extra = read_extra(connection)
    if _flag(connection, extra, "cluster", default=False):
        raise _refusal(connection, "`cluster` is not supported: newswatch needs one primary (with replicas)")
    if extra.get("url"):
        return RedisAddress(str(extra["url"]), {})
    tls = _flag(connection, extra, "ssl", default=connection.conn_type == "rediss")
    scheme, database = "rediss" if tls else "redis", _database(connection, extra)
    options = _tls_options(connection, extra) if tls else {}
    if extra.get("sentinel_service"):
        return RedisAddress(_sentinel_url(connection, extra, scheme, database), options)
    host = connection.host or "localhost"
    host = f"[{host}]" if ":" in host else host
    url = f"{scheme}://{_credentials(connection)}{host}:{connection.port or 6379}/{database}"
    return RedisAddress(url, options)


def slack_settings(connection: ConnectionLike, network: Mapping[str, str]) -> SlackSettings:
    """Token, base URL, timeout and proxy of a Slack connection; PermanentError without a token.

    `network` holds the variables for proxies, which count where the connection names none.
    """
    from newswatch.feeds.proxy import service_proxy  # noqa: PLC0415
    from newswatch.slack.client import SlackSettings  # noqa: PLC0415 - the SDK costs a tenth of a second

    if not connection.password:
        raise _refusal(connection, "it has no password: that is where the bot token (xoxb-…) belongs")
    extra = read_extra(connection)
    settings: dict[str, Any] = {"token": connection.password}
    if extra.get("base_url"):
        settings["base_url"] = str(extra["base_url"]).rstrip("/") + "/"
    if extra.get("proxy"):
        settings["proxy"] = str(extra["proxy"])
    timeout_s = number(connection, extra, "timeout")
    if timeout_s is not None:
        settings["timeout_s"] = timeout_s
    made = SlackSettings(**settings)
    return made if made.proxy else replace(made, proxy=service_proxy(made.base_url, network))


def feed_auth(connection: ConnectionLike, *, plain: bool = False) -> Auth | None:
    """The credentials a connection holds for a feed: `bearer` in its extra, else login and password.

    `plain`: its password as it is, for a header or a cookie.
    """
    from newswatch.feeds.auth import Auth  # noqa: PLC0415

    if plain:
        return Auth(connection.password) if connection.password else None

    bearer = read_extra(connection).get("bearer")
    if bearer:
        return Auth.bearer(str(bearer))
    if connection.login or connection.password:
        return Auth.basic(connection.login or "", connection.password or "")
    return None


def read_extra(connection: ConnectionLike) -> dict[str, Any]:
    """The extra as a dict; PermanentError, without its content, when it is not a JSON object."""
    if not connection.extra:
        return {}
    try:
        extra = json.loads(connection.extra)
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise _refusal(connection, 'its extra is not a JSON object such as {"db": 5}')
    return extra


def number(connection: ConnectionLike, extra: dict[str, Any], name: str) -> float | None:
    """A number of the extra, given as number or as text; None if it is absent."""
    value = extra.get(name)
    if value is None or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _refusal(connection, f"`{name}` in its extra is not a number") from None


def _credentials(connection: ConnectionLike) -> str:
    if not connection.login and not connection.password:
        return ""
    return f"{quote(connection.login or '', safe='')}:{quote(connection.password or '', safe='')}@"


def _sentinel_url(connection: ConnectionLike, extra: dict[str, Any], scheme: str, database: int) -> str:
    port = connection.port or SENTINEL_PORT
    hosts = ",".join(
        host if ":" in host else f"{host}:{port}"
        for host in (connection.host or "localhost").replace(" ", "").split(",")
    )
    own = {name: str(extra[name]) for name in _SENTINEL_OWN if extra.get(name) not in (None, "")}
    query = f"?{urlencode(own)}" if own else ""
    service = quote(str(extra["sentinel_service"]), safe="")
    return f"{scheme}+sentinel://{_credentials(connection)}{hosts}/{service}/{database}{query}"


def _database(connection: ConnectionLike, extra: dict[str, Any]) -> int:
    value = extra.get("db")
    if value is None or value == "":
        value = connection.schema or 0
    try:
        return int(value)
    except (TypeError, ValueError):
        raise _refusal(connection, "`db` in its extra is not a whole number") from None


def _tls_options(connection: ConnectionLike, extra: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {name: str(extra[name]) for name in _TLS_TEXT if extra.get(name)}
    options["ssl_check_hostname"] = _flag(connection, extra, "ssl_check_hostname", default=True)
    requirement = _CERT_REQS.get(str(extra.get("ssl_cert_reqs") or "required").lower())
    if requirement is None:
        raise _refusal(connection, "`ssl_cert_reqs` is one of required, optional, none")
    options["ssl_cert_reqs"] = requirement
    if requirement == "none":  # no certificate is checked, so there is no name to compare
        options["ssl_check_hostname"] = False
    return options


def _flag(connection: ConnectionLike, extra: dict[str, Any], name: str, *, default: bool) -> bool:
    if extra.get(name) is None:
        return default
    word = _WORDS.get(str(extra[name]).lower())
    if word is None:
        raise _refusal(connection, f"`{name}` in its extra is neither true nor false")
    return word


def _refusal(connection: ConnectionLike, why: str) -> PermanentError:
    return PermanentError(
        f"Airflow connection {connection.conn_id}: {why}. Correct it under Admin, Connections, or in "
        f"AIRFLOW_CONN_{connection.conn_id.upper()}."
    )
