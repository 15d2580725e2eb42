"""What an error of Redis, or of the connection to it, means: one sentence that says what to do. Pure."""

from __future__ import annotations

import re

from redis.asyncio.sentinel import MasterNotFoundError
from redis.exceptions import (
    AskError,
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    BusyLoadingError,
    ClusterCrossSlotError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)

from newswatch.errors import RedisFull, RedisRefused, RedisUnavailable
from newswatch.redact import redact_text

OLDEST_VERSION = 7

_ADDRESS = "REDIS_URL (under Airflow, the connection newswatch_redis)"

OUT_OF_MEMORY = (
    "Redis is out of memory and refuses writes, so nothing is polled: raise maxmemory, or shorten the retention"
    " (NEWSWATCH_ITEM_RETENTION)"
)
LOADING = "Redis is still loading its data: try again when it has finished"
REPLICA = f"Redis is a read-only replica: {_ADDRESS} must lead to the primary. During a failover this ends by itself"
LOST_PRIMARY = f"Redis is a replica that has lost its primary: {_ADDRESS} must lead to the primary"
CLUSTER = (
    "Redis runs in cluster mode, which newswatch does not support: name a single primary, with replicas if you"
    f" like, in {_ADDRESS}"
)
SENTINEL = f"This is a Sentinel, which holds no data: use redis+sentinel://HOST:PORT/NAME in {_ADDRESS}, with its name of the primary"
NO_PRIMARY = f"no Sentinel in {_ADDRESS} names a primary. During a failover this ends by itself"
LOST_ITEMS = "Redis has lost its data, or somebody has emptied it: newswatch begins again with what is there"
WRONG_LOGIN = f"Redis refuses the user name or the password: correct them in {_ADDRESS}"
PROTECTED = (
    "Redis is in protected mode and answers its own machine only: give it a password, and put that into"
    f" {_ADDRESS}"
)
DATABASE = f"Redis does not have the database that is named: use database 0 in {_ADDRESS}"
CANNOT_SAVE = (
    "Redis refuses writes because it cannot save its data: see its log, and whether its disk is full"
)
FEW_REPLICAS = "Redis refuses writes because too few of its replicas are connected (min-replicas-to-write)"
MANY_CLIENTS = "Redis has too many clients: raise maxclients, or look in CLIENT LIST for programs that keep connections open"
BUSY = "Redis is busy with a script that does not end: see its log"
NO_TLS = f"This port of Redis does not speak TLS: name its TLS port in {_ADDRESS}, or use redis:// instead of rediss://"
UNTRUSTED = (
    f"Redis shows a certificate that is not trusted or names another host: correct the host in {_ADDRESS}, or"
    " name the file of your CAs in SSL_CERT_FILE"
)


def too_old(version: str) -> str:
    """The error about a Redis before 7, whose scripts have no flags. `version` may be empty."""
    have = f"Redis is too old ({version})" if version else "Redis is too old"
    return f"{have}: newswatch needs Redis {OLDEST_VERSION} or newer, or Valkey"


Fault = type[RedisUnavailable] | type[RedisRefused]

_BY_CLASS: tuple[tuple[type[Exception], Fault, str], ...] = (
    (OutOfMemoryError, RedisFull, OUT_OF_MEMORY),
    (BusyLoadingError, RedisUnavailable, LOADING),
    (ReadOnlyError, RedisUnavailable, REPLICA),
    (MasterDownError, RedisUnavailable, LOST_PRIMARY),  # a ClusterDownError for redis-py, and so before it
    (AskError, RedisRefused, CLUSTER),
    (ClusterDownError, RedisRefused, CLUSTER),
    (ClusterCrossSlotError, RedisRefused, CLUSTER),
    (AuthenticationError, RedisRefused, WRONG_LOGIN),
    (AuthenticationWrongNumberOfArgsError, RedisRefused, WRONG_LOGIN),
    (AuthorizationError, RedisRefused, WRONG_LOGIN),
)
_BY_WORDS: tuple[tuple[str, Fault, str], ...] = (
    ("MISCONF", RedisUnavailable, CANNOT_SAVE),
    ("NOREPLICAS", RedisUnavailable, FEW_REPLICAS),
    ("BUSY ", RedisUnavailable, BUSY),
    ("UNBLOCKED", RedisUnavailable, REPLICA),  # a primary that becomes one says it to those that wait
    ("NOGROUP", RedisUnavailable, LOST_ITEMS),
    ("max number of clients", RedisUnavailable, MANY_CLIENTS),
    ("DENIED", RedisRefused, PROTECTED),
    ("DB index is out of range", RedisRefused, DATABASE),
    ("CERTIFICATE_VERIFY_FAILED", RedisRefused, UNTRUSTED),
    ("WRONG_VERSION_NUMBER", RedisRefused, NO_TLS),
    ("compiling script", RedisRefused, too_old("")),
)
"""redis-py has no class for these; the words are the server's own or OpenSSL's. An old server cannot compile a
script that begins with flags."""

_SHOWN = 200


def fault_of(error: Exception) -> RedisUnavailable | RedisRefused:
    """Our error for one of redis-py's or of the operating system's.

    RedisUnavailable if it may pass by itself, RedisRefused if someone has to act. Redis does not document a list of its
    error codes: these come from the sources of Redis 7 and Valkey 9.
    """
    said = str(error)
    if isinstance(error, MasterNotFoundError):
        return RedisUnavailable(_no_primary(said))
    for kind, fault, sentence in _BY_CLASS:
        if isinstance(error, kind):
            return fault(sentence)
    if isinstance(error, NoPermissionError) or "ACL failure in script" in said:
        return RedisRefused(_not_permitted(said))
    for words, fault, sentence in _BY_WORDS:
        if words in said:
            return fault(sentence)
    return _unnamed(error, said)


def _no_primary(said: str) -> str:
    """redis-py lists the Sentinels that gave no answer, each with the class of its error."""
    if "AuthenticationError" in said:
        return f"{NO_PRIMARY}; otherwise correct sentinel_password (and sentinel_username), which a Sentinel refuses"
    return f"{NO_PRIMARY}; otherwise the Sentinels cannot be reached, or do not know that name"


def _not_permitted(said: str) -> str:
    """Redis names the command; for a key it only says that there is one."""
    command = re.search(r"'([^' ]+)' (?:sub)?command", said)
    what = f"the command {command[1].upper().replace('|', ' ')}" if command else "a key"
    return (
        f"Redis does not permit {what} to this user: give it the permissions that docs/operations.md lists"
        " under Redis"
    )


def _unnamed(error: Exception, said: str) -> RedisUnavailable | RedisRefused:
    """The error for everything that neither a class nor our list of words covers."""
    unknown = re.search(r"unknown command [`']([^`']+)[`']", said)
    if unknown:
        return RedisRefused(
            f"Redis does not know the command {unknown[1].upper()}: this is a Sentinel or a proxy, or the"
            f" command is disabled; newswatch needs Redis {OLDEST_VERSION} or newer, or Valkey"
        )
    shown = redact_text(said)[:_SHOWN]
    if isinstance(error, ResponseError):
        return RedisRefused(
            f"Redis refuses a request of newswatch, which may be a defect of newswatch: {shown}"
        )
    return RedisUnavailable(
        f"Redis cannot be reached ({shown}): is it running, and is {_ADDRESS} right (host, port,"
        " rediss:// only for a port with TLS)?"
    )
