"""A backup of what newswatch has in Redis: one file of JSON lines, and putting it back.

The first line says what it is. Configuration files are not in it: they are files already, and the bundle in force is.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from newswatch import __version__
from newswatch.atomic_file import replacing
from newswatch.errors import LeaseLost, PermanentError, RedisFull, RedisUnavailable
from newswatch.pipeline.base.draining import resting
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.silence import is_there
from newswatch.quantity import quantity
from newswatch.residents import resident_stages
from newswatch.store import dump, dump_restore, pulses
from newswatch.store.client import redis_errors
from newswatch.store.dump import Record
from newswatch.store.dump_shapes import Shapes
from newswatch.store.leases import Lease, under
from newswatch.store.schema import SCHEMA, newer
from newswatch.store.server import check_kind, eviction_fault

FORMAT = 1
"""Of the file. That of what is in it is the schema."""
LEVEL = 1
"""Of compression: a quarter of the highest level's time, for a seventh more bytes. The stages rest meanwhile."""
AT_ONCE = 50_000_000
"""Up to so many bytes are read in one step, which takes Redis half a second."""
LONGEST_LINE = 256_000_000
"""Bytes. The longest are parts of the stream with whole articles: half of it."""
LAST_STEP_S = 300.0
"""How long the last step of restoring may take."""
_UNREADABLE = (
    *(OSError, EOFError, zlib.error, ValueError, KeyError, TypeError),
    *(OverflowError, RecursionError, StopIteration),
)
"""What a file leads to that is cut, changed or something else."""


class BackupRefused(PermanentError):
    """A backup cannot be made, read or restored. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: when it was taken, by which release, and how many keys it has."""

    file: Path
    taken: datetime
    release: str
    keys: int


async def back_up(services: Services, folder: Path, by: str) -> Backup:
    """Write `newswatch-TIME.jsonl.gz` into the folder. Stages may be at work; `by` is who asked.

    What is small is read in one step. For more than that the stages rest, and it is read in parts, since Redis answers nobody
    else while it reads. Raises BackupRefused if the folder cannot be written, the stages do not come to rest, or so much is new
    in every moment that no single one can be kept.
    """
    taken = services.clock()
    file = folder / f"newswatch-{taken:%Y%m%dT%H%M%SZ}.jsonl.gz"
    with redis_errors():
        large = await dump.size(services.redis) > AT_ONCE
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        with (
            replacing(file) as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=LEVEL, mtime=0) as packed,
        ):
            head = {"format": FORMAT, "schema": SCHEMA, "release": __version__, "taken": taken.isoformat()}
            packed.write(_line(head))
            names = await (_write_parts(services, packed, by) if large else _write_at_once(services, packed))
    except OSError as error:
        raise BackupRefused(f"{file} cannot be written: {error.strerror}") from error
    return Backup(file, taken, __version__, names)


async def _write_at_once(services: Services, packed: gzip.GzipFile) -> int:
    """Returns how many keys there are."""
    with redis_errors():
        records = await dump.read_at_once(services.redis)
    if records is None:
        raise BackupRefused("Too much changes to read it in one step: run `newswatch drain`, and then again.")
    packed.write(_lines(records))
    return len(records)


async def _write_parts(services: Services, packed: gzip.GzipFile, by: str) -> int:
    names: set[str] = set()
    writing: asyncio.Future[int] | None = None
    async with resting(services, f"{by} (backup)"):
        with redis_errors():
            async for records in dump.read_in_parts(services.redis):
                names.update(record.name for record in records)
                # What was read before is compressed while this was read.
                if writing is not None:
                    await writing
                writing = asyncio.ensure_future(asyncio.to_thread(packed.write, _lines(records)))
    if writing is not None:
        await writing
    return len(names)


def _lines(records: Iterable[Record]) -> bytes:
    return b"".join(_line(asdict(record)) for record in records)


def _line(row: dict[str, Any]) -> bytes:
    """A record. A line feed ends it, and nothing else: JSON leaves U+2028 and its like as they are."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return f"{text}\n".encode("utf-8", "surrogateescape")


async def restore(services: Services, path: Path, *, replace: bool) -> Backup:
    """Put a backup into Redis: the file, or the newest of a folder.

    With `replace` it takes the place of what newswatch has there, in one step at the end, also if that is data of a newer release,
    which cannot be read. Each channel's history is read
    before anything is sent to it, so that nothing is repeated. Raises BackupRefused, with nothing changed.
    """
    file = await asyncio.to_thread(_file_of, path)
    head, names = await asyncio.to_thread(_check, file)
    await check_kind(services.redis)
    with redis_errors():
        await _refuse_if_at_work(services)
        await _refuse_if_it_evicts(services)
        there = await dump.count_all(services.redis)
        if there and not replace:
            raise BackupRefused(
                f"Redis has {quantity(there, 'key')} of newswatch already. `--replace` removes them and puts the backup in their place."
            )
        lease = dump_restore.restore_lease(services.redis)
        if not await lease.take(wait_s=0.0):
            raise BackupRefused("Another restore is at work. If it was killed, try again in a minute.")
        try:
            await under(lease, _write_beside(services, file))
            await _take_place(services, lease)
        finally:
            with suppress(RedisError, OSError):
                if lease.left_s() > 0:  # else it may be another restore's
                    await dump_restore.clear_beside(services.redis)
                await lease.release()
    return Backup(file, datetime.fromisoformat(head["taken"]), str(head["release"]), names)


async def _write_beside(services: Services, file: Path) -> None:
    try:
        with redis_errors():
            await dump_restore.write_beside(services.redis, (Record(**row) for row in _rows(file)))
    except RedisFull as error:
        raise BackupRefused(
            "Redis has no room for the backup beside what is there: raise maxmemory until it is restored. Nothing was changed."
        ) from error
    except RedisUnavailable as error:
        raise BackupRefused(f"{error}. Nothing was changed.") from error


async def _take_place(services: Services, lease: Lease) -> None:
    """The last step. For a large Redis it takes longer than a client waits for an answer, and so it is asked again."""
    await lease.renew()
    await _refuse_if_at_work(services)
    give_up = time.monotonic() + LAST_STEP_S
    while True:
        try:
            with redis_errors():
                if not await dump_restore.take_place(services.redis, lease):
                    raise LeaseLost("Another restore is at work. Nothing was changed.")
                return
        except RedisUnavailable as error:
            if time.monotonic() > give_up:
                raise BackupRefused(
                    f"{error}. Redis has either what it had or the whole backup: restore again when it can be used."
                ) from error
        await asyncio.sleep(1.0)


async def _refuse_if_it_evicts(services: Services) -> None:
    """A full Redis would make room for the backup by removing other keys, or parts of the backup itself."""
    if evicts := eviction_fault(await services.redis.info()):
        raise BackupRefused(f"{evicts}. Nothing was changed.")


async def _refuse_if_at_work(services: Services) -> None:
    """A resident remembers what it has read from Redis, so none may be at work."""
    stages = resident_stages(services.settings.poll_shards)
    now = services.clock()
    busy = [pulse.stage for pulse in await pulses.read(services.redis, stages) if is_there(pulse, now)]
    if busy:
        raise BackupRefused(
            f"Still running: {', '.join(busy)}. Pause the DAGs poll_feeds, match_items, fetch_articles and deliver_alerts"
            " and wait a minute, or stop Airflow."
        )


def _file_of(path: Path) -> Path:
    """The file itself, or the newest backup of a folder."""
    if not path.is_dir():
        return path
    files = sorted(path.glob("newswatch-*.jsonl.gz"))
    if not files:
        raise BackupRefused(f"{path} has no backup (newswatch-TIME.jsonl.gz).")
    return files[-1]


def _check(file: Path) -> tuple[dict[str, Any], int]:
    """Read the whole file before anything in Redis is changed. Returns its head and how many keys it has."""
    try:
        with gzip.open(file) as lines:
            head = json.loads(lines.readline(LONGEST_LINE) or next(lines))
        known = int(head["format"]) == FORMAT and bool(datetime.fromisoformat(head["taken"]))
        schema = int(head["schema"])
        keys = len(_checked_kinds(file)) if known and schema <= SCHEMA else 0
    except FileNotFoundError as error:
        raise BackupRefused(f"{file} does not exist.") from error
    except _UNREADABLE as error:
        if isinstance(error, OSError) and error.strerror:  # gzip's own errors have none
            raise BackupRefused(f"{file} cannot be read: {error.strerror}.") from error
        why = "it is empty" if isinstance(error, StopIteration) else error
        raise BackupRefused(f"{file} is not a whole backup of newswatch: {why}") from error
    if schema > SCHEMA:
        raise BackupRefused(newer(schema, str(head["release"])).replace("Redis holds", f"{file} holds"))
    if not known:
        raise BackupRefused(
            f"{file} has format {head['format']}, and this newswatch reads {FORMAT}: use a newer release."
        )
    return head, keys


def _checked_kinds(file: Path) -> dict[str, str]:
    """The kind of each key, by its name. Raises ValueError with the line."""
    shapes = Shapes()
    for number, row in enumerate(_rows(file), 2):
        problem = shapes.problem(row)
        if problem:
            raise ValueError(f"line {number}: {problem}")
    return shapes.kinds


def _rows(file: Path) -> Iterator[Any]:
    """The rows of a backup after its head, one after the other. Raises ValueError for a line that no backup has."""
    with gzip.open(file) as lines:
        lines.readline(LONGEST_LINE)
        while line := lines.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise ValueError("a line is too long")
            yield json.loads(line.decode("utf-8", "surrogateescape"))
