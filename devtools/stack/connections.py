"""Airflow connections from REDIS_URL and SLACK_BOT_TOKEN, in Airflow's JSON form.

The URI form of a Redis connection would lose the database number and TLS, because Airflow's RedisHook
takes both from `extra` only. So they are always written as JSON.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from devtools.stack import StackError
from newswatch.store.sentinel_address import names_sentinels, read_address

_TLS_OPTIONS = ("ssl_cert_reqs", "ssl_ca_certs", "ssl_keyfile", "ssl_certfile", "ssl_check_hostname")
_SHAPE = "REDIS_URL has the form redis://[user:password@]host[:port][/db], or rediss:// for TLS"
SLACK_API = "https://slack.com/api/"


def redis_connection(url: str) -> dict[str, Any]:
    """A Redis URL as the fields of an Airflow connection. The database and TLS go into `extra`.

    `rediss` turns TLS on. The query may have the `ssl_*` options of redis-py. Raises StackError, without
    the URL's password, for anything else.
    """
    if names_sentinels(url):
        return _by_sentinel(url)
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
    except ValueError as error:
        raise StackError(f"REDIS_URL is not a URL. {_SHAPE}") from error
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise StackError(f"REDIS_URL has no server in it. {_SHAPE}")
    options = dict(parse_qsl(parts.query))
    connection: dict[str, Any] = {"conn_type": "redis", "host": parts.hostname, "port": port}
    if parts.username:
        connection["login"] = unquote(parts.username)
    if parts.password:
        connection["password"] = unquote(parts.password)
    extra: dict[str, Any] = {"db": _database(parts.path.strip("/") or options.pop("db", "0"))}
    if parts.scheme == "rediss":
        extra["ssl"] = True
        extra.update((name, _option(options.pop(name))) for name in _TLS_OPTIONS if name in options)
    if options:
        raise StackError(f"REDIS_URL has unknown options: {', '.join(sorted(options))}. {_SHAPE}")
    return {**connection, "extra": extra}


def _by_sentinel(url: str) -> dict[str, Any]:
    try:
        address = read_address(url)
    except ValueError as error:
        raise StackError(f"REDIS_URL: {error}") from error
    hosts = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in address.sentinels)
    connection: dict[str, Any] = {"conn_type": "redis", "host": ",".join(hosts)}
    if address.username:
        connection["login"] = address.username
    if address.password:
        connection["password"] = address.password
    extra = {"sentinel_service": address.service, "db": address.database, "ssl": address.tls}
    return {
        **connection,
        "extra": {**extra, **{name: _option(value) for name, value in address.query.items()}},
    }


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise StackError(f"REDIS_URL: the database must be a number, not {text!r}. {_SHAPE}")
    return int(text)


def _option(value: str) -> str | bool:
    return {"true": True, "false": False}.get(value.lower(), value)


def slack_connection(token: str, base_url: str | None = None, timeout_s: int = 10) -> dict[str, Any]:
    """A bot token as the fields of an Airflow connection; `base_url` gets its closing slash."""
    base = base_url or SLACK_API
    extra = {"base_url": base if base.endswith("/") else f"{base}/", "timeout": timeout_s}
    return {"conn_type": "slack", "password": token, "extra": extra}
