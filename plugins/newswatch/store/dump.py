"""Everything that newswatch has in Redis, as plain data, read in one step or in parts. `dump_restore` writes it.

The data is not that of Redis's own DUMP, which other versions of Redis do not read. A large key is several records, each with
some of its elements.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import text

T = TypeVar("T")
_BASE64 = "base64:"
_BATCH = 500
"""Keys that are looked at together."""
PART = 2_000
"""Elements that are read or written together, of one key or of several. Redis answers nobody else for some milliseconds."""
TRIES = 5


@dataclass(frozen=True, slots=True)
class Record:
    """A key or a part of one.

    Its name without newswatch's prefix, its type, how long it lives on (ms, None: for good), and its value as JSON.
    """

    name: str
    kind: str
    left_ms: int | None
    value: Any


async def read_at_once(redis: Redis) -> list[Record] | None:
    """Everything as it is at one moment. None if keys were made meanwhile, in each of some tries.

    Redis answers nobody else while it reads, for about a second per 100 MB.
    """
    for _ in range(TRIES):
        names = await _names(redis)
        found = await _read(redis, names)
        if set(await _names(redis)) <= set(names):
            return found
    return None


async def read_in_parts(redis: Redis) -> AsyncIterator[list[Record]]:
    """Everything, some of it at a time. Nobody may change it meanwhile: the stages rest."""
    for batch in _batches(await _names(redis)):
        sizes = await _sizes(redis, batch)
        small: list[str] = []
        elements = 0
        for name in batch:
            if sizes[name] > PART:
                async for record in _parts(redis, name):
                    yield [record]
                continue
            if elements + sizes[name] > PART:
                yield await _read(redis, small)
                small, elements = [], 0
            small.append(name)
            elements += sizes[name]
        yield await _read(redis, small)


async def size(redis: Redis) -> int:
    """Bytes of all data in this Redis, also that of others."""
    return int((await redis.info("memory"))["used_memory_dataset"])


async def _names(redis: Redis) -> list[str]:
    found = {text(name) async for name in redis.scan_iter(match=keys.EVERY, count=1000)}
    return sorted(name for name in found if not name.startswith(keys.PASSING))


async def _kinds(redis: Redis, names: list[str]) -> list[str]:
    pipe = redis.pipeline(transaction=False)
    for name in names:
        pipe.type(name)
    return [text(kind) for kind in await pipe.execute()]


async def _sizes(redis: Redis, names: list[str]) -> dict[str, int]:
    """How many elements each key has; 1 for a string or a key that is gone."""
    kinds = await _kinds(redis, names)
    pipe = redis.pipeline(transaction=False)
    for name, kind in zip(names, kinds, strict=True):
        _SIZE.get(kind, lambda p, n: p.exists(n))(pipe, name)
    return dict(zip(names, await pipe.execute(), strict=True))


async def _read(redis: Redis, names: list[str]) -> list[Record]:
    kinds = await _kinds(redis, names)
    pipe = redis.pipeline(transaction=True)
    for name, kind in zip(names, kinds, strict=True):
        pipe.pttl(name)
        _READ.get(kind, lambda p, n: p.exists(n))(pipe, name)
    if keys.ITEMS in names:
        pipe.xinfo_groups(keys.ITEMS)
        pipe.xpending(keys.ITEMS, keys.ITEMS_GROUP)
    answers = await pipe.execute(raise_on_error=False)
    records = []
    for index, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        left, value = answers[2 * index : 2 * index + 2]
        if isinstance(value, Exception):
            raise value
        if kind in _READ and left != -2:
            made = _VALUE[kind](value)
            if name == keys.ITEMS:
                made = {"entries": made, "next": _next(*answers[-2:])}
            records.append(Record(keys.short(name), kind, left if left > 0 else None, made))
    return records


async def _parts(redis: Redis, name: str) -> AsyncIterator[Record]:
    """A large key, some elements at a time."""
    (kind,) = await _kinds(redis, [name])
    left_ms = await redis.pttl(name)
    async for value in _PARTS[kind](redis, name):
        if value:
            made = _VALUE[kind](value)
            # Only the last part, which follows, says where matching goes on.
            made = {"entries": made, "next": None} if kind == "stream" else made
            yield Record(keys.short(name), kind, left_ms if left_ms > 0 else None, made)
    if name == keys.ITEMS:
        groups = await redis.xinfo_groups(name)
        pending = await redis.xpending(name, keys.ITEMS_GROUP) if groups else None
        yield Record(keys.short(name), kind, None, {"entries": [], "next": _next(groups, pending)})


async def _parts_of_hash(redis: Redis, name: str) -> AsyncIterator[Any]:
    cursor = -1
    while cursor:
        cursor, found = await redis.hscan(name, max(cursor, 0), count=PART)
        yield found


async def _parts_of_set(redis: Redis, name: str) -> AsyncIterator[Any]:
    cursor = -1
    while cursor:
        cursor, found = await redis.sscan(name, max(cursor, 0), count=PART)
        yield found


async def _parts_of_list(redis: Redis, name: str) -> AsyncIterator[Any]:
    for start in range(0, await redis.llen(name), PART):
        yield await redis.lrange(name, start, start + PART - 1)


async def _parts_of_zset(redis: Redis, name: str) -> AsyncIterator[Any]:
    for start in range(0, await redis.zcard(name), PART):
        yield await redis.zrange(name, start, start + PART - 1, withscores=True)


async def _parts_of_stream(redis: Redis, name: str) -> AsyncIterator[Any]:
    after = "-"
    while found := await redis.xrange(name, min=after, count=PART):
        yield found
        after = f"({text(found[-1][0])}"


def _next(groups: Any, pending: Any) -> str | None:
    """The place after which matching goes on: before the oldest entry that is not acknowledged."""
    if isinstance(groups, Exception) or not groups:
        return None
    (last,) = [
        text(group["last-delivered-id"]) for group in groups if text(group["name"]) == keys.ITEMS_GROUP
    ]
    if isinstance(pending, Exception) or not pending["pending"]:
        return last
    moment, _, number = text(pending["min"]).partition("-")
    return f"{moment}-{int(number) - 1}" if int(number) else f"{int(moment) - 1}-{2**64 - 1}"


async def count_all(redis: Redis) -> int:
    """How many keys of newswatch there are, apart from those that pass."""
    return len(await _names(redis))


def _text(data: bytes) -> str:
    """Text as it is; other bytes, and what looks like such, as base64."""
    try:
        plain = data.decode("utf-8")
    except UnicodeDecodeError:
        plain = _BASE64
    return _BASE64 + base64.b64encode(data).decode() if plain.startswith(_BASE64) else plain


def as_bytes(plain: str) -> bytes:
    """A text of a record as Redis had it. Raises ValueError."""
    if plain.startswith(_BASE64):
        return base64.b64decode(plain.removeprefix(_BASE64))
    return plain.encode()


def _mapping(value: dict[bytes, bytes]) -> dict[str, str]:
    return {_text(name): _text(one) for name, one in value.items()}


_READ: dict[str, Any] = {
    "string": lambda pipe, name: pipe.get(name),
    "hash": lambda pipe, name: pipe.hgetall(name),
    "list": lambda pipe, name: pipe.lrange(name, 0, -1),
    "set": lambda pipe, name: pipe.smembers(name),
    "zset": lambda pipe, name: pipe.zrange(name, 0, -1, withscores=True),
    "stream": lambda pipe, name: pipe.xrange(name),
}
_SIZE: dict[str, Any] = {
    "hash": lambda pipe, name: pipe.hlen(name),
    "list": lambda pipe, name: pipe.llen(name),
    "set": lambda pipe, name: pipe.scard(name),
    "zset": lambda pipe, name: pipe.zcard(name),
    "stream": lambda pipe, name: pipe.xlen(name),
}
_PARTS: dict[str, Any] = {
    "hash": _parts_of_hash,
    "list": _parts_of_list,
    "set": _parts_of_set,
    "zset": _parts_of_zset,
    "stream": _parts_of_stream,
}
_VALUE: dict[str, Any] = {
    "string": lambda value: _text(value or b""),
    "hash": _mapping,
    "list": lambda value: [_text(one) for one in value],
    "set": lambda value: sorted(_text(one) for one in value),
    "zset": lambda value: [[_text(member), score] for member, score in value],
    "stream": lambda value: [[text(name), _mapping(row)] for name, row in value],
}


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    return iter(lambda: list(itertools.islice(rest, _BATCH)), [])
