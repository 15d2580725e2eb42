"""The Redis client: how it is made, and how its errors become ours."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import NoScriptError, RedisError

from newswatch.errors import RedisRefused, RedisUnavailable
from newswatch.redact import redact_text
from newswatch.store.faults import fault_of
from newswatch.store.sentinel import sentinel_pool
from newswatch.store.sentinel_address import names_sentinels

SOCKET_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 3.0
MAX_CONNECTIONS = 50
ANSWERS_WITHIN_S = 5.0
"""How long somebody who asks in person waits for Redis' first answer. A stage has the patience of all retries."""

Answer = TypeVar("Answer")


def connect(url: str, **options: Any) -> Redis:
    """A client for `url` (redis://, rediss://, unix://, redis+sentinel://). It does not connect yet.

    Calls are retried twice within a second if the connection breaks. Every script may run twice without harm, since the
    second run finds the result of the first. Some hundred channels may be delivered to at once; a caller that finds no
    free connection waits for one. Raises RedisRefused for a URL that redis-py cannot parse, or with an option that it
    does not know. The options that our code relies on cannot be changed in the URL.
    """
    settings: dict[str, Any] = {
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.05), 2),
        "retry_on_error": [],
        "decode_responses": False,
        **options,
    }
    try:
        pool = _pool(url, settings)
        pool.connection_class(
            **pool.connection_kwargs
        )  # as the pool does later, where nobody expects its errors
    except (ValueError, TypeError, AttributeError, RedisError) as error:
        raise RedisRefused(f"REDIS_URL cannot be read ({redact_text(str(error))}): correct it") from error
    return Redis.from_pool(pool)


def _pool(url: str, settings: dict[str, Any]) -> BlockingConnectionPool:
    if names_sentinels(url):
        return sentinel_pool(url, MAX_CONNECTIONS, SOCKET_TIMEOUT_S, settings)
    pool = BlockingConnectionPool.from_url(
        url, max_connections=MAX_CONNECTIONS, timeout=SOCKET_TIMEOUT_S, **settings
    )
    pool.connection_kwargs |= {
        name: settings[name] for name in ("retry", "retry_on_error", "decode_responses")
    }
    return pool


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn redis-py's errors into RedisUnavailable or RedisRefused, whose text says what to do."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise fault_of(error) from error


async def answered(first: Awaitable[Answer]) -> Answer:
    """The first answer of Redis to a page or a command. A server that hangs would hold it up for minutes, with its retries.

    Raises RedisUnavailable if there is none within `ANSWERS_WITHIN_S`, and what `first` raises.
    """
    try:
        return await asyncio.wait_for(first, ANSWERS_WITHIN_S)
    except asyncio.TimeoutError as error:
        raise RedisUnavailable(
            f"Redis took the connection but did not answer within {ANSWERS_WITHIN_S:g} s: see whether its machine is"
            " overloaded or its disk is full, and restart it if it hangs"
        ) from error


_DEFINITION = re.compile(r"^(?:local function|function|local) ([\w.]+)", re.MULTILINE)


@cache
def script_text(name: str) -> str:
    """The text of `newswatch/store/lua/<name>.lua`, after the definitions of the prelude that it uses.

    Redis runs the whole text each time, so unused definitions would cost time.
    """
    folder = resources.files("newswatch.store") / "lua"
    script = (folder / f"{name}.lua").read_text("utf-8")
    flags = (
        script.partition("\n")[0] + "\n" if script.startswith("#!") else ""
    )  # only the first line may hold them
    return flags + _used((folder / "prelude.lua").read_text("utf-8"), script) + script[len(flags) :]


def _used(prelude: str, script: str) -> str:
    """The definitions that a script uses, and those that they use, in order. Pure."""
    starts = [found.start() for found in _DEFINITION.finditer(prelude)] + [len(prelude)]
    parts = [prelude[start:end] for start, end in itertools.pairwise(starts)]
    kept, text_so_far = [], script
    for part in reversed(parts):
        (name,) = _DEFINITION.findall(part)[:1]
        if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text_so_far):
            kept.append(part)
            text_so_far += part
    return "".join(reversed(kept))


def script_of(redis: Redis, name: str) -> Callable[..., Awaitable[Any]]:
    """One of our scripts, to be called with `keys` and `args`."""

    async def run(keys: Sequence[str] = (), args: Iterable[str | bytes | int | float] = ()) -> Any:
        given = (*keys, *args)
        try:
            return await redis.evalsha(_sha(name), len(keys), *given)
        except NoScriptError:  # a Redis that restarted, or took over
            await redis.script_load(script_text(name))
            return await redis.evalsha(_sha(name), len(keys), *given)

    return run


@cache
def _sha(name: str) -> str:
    return hashlib.sha1(script_text(name).encode(), usedforsecurity=False).hexdigest()


def text(value: bytes | str | None, default: str = "") -> str:
    """A reply as text."""
    if value is None:
        return default
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def fields(reply: dict[bytes, bytes]) -> dict[str, str]:
    """A hash as text."""
    return {text(key): text(value) for key, value in reply.items()}
