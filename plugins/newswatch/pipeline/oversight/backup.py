"""A backup of what newswatch has in Redis: one file of JSON lines, and putting it back.

The first line says what it is. Configuration files are not in it: they are files already, and the bundle in force is.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from newswatch import __version__
from newswatch.atomic_file import replace_file
from newswatch.errors import PermanentError
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.silence import is_there
from newswatch.residents import resident_stages
from newswatch.store import dump, pulses
from newswatch.store.client import redis_errors
from newswatch.store.dump import Record
from newswatch.store.schema import SCHEMA, newer, take_up

FORMAT = 1
"""Of the file. That of what is in it is the schema."""


class BackupRefused(PermanentError):
    """A backup cannot be made, read or restored. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: when it was taken, by which release, and how many keys it has."""

    file: Path
    taken: datetime
    release: str
    keys: int


async def back_up(services: Services, folder: Path) -> Backup:
    """Write `newswatch-TIME.jsonl.gz` into the folder. Stages may be at work.

    Raises BackupRefused if the folder cannot be written, or so much is new in every moment that no single one can be kept.
    """
    taken = services.clock()
    with redis_errors():
        records = await dump.read_all(services.redis)
    if records is None:
        raise BackupRefused("Too much changes to read it in one step: run `newswatch drain`, and then again.")
    head = {"format": FORMAT, "schema": SCHEMA, "release": __version__, "taken": taken.isoformat()}
    lines = [head, *(asdict(record) for record in records)]
    # Not a line's end but \n ends a record: JSON leaves U+2028 and its like as they are.
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    file = folder / f"newswatch-{taken:%Y%m%dT%H%M%SZ}.jsonl.gz"
    await asyncio.to_thread(_keep, file, text)
    return Backup(file, taken, __version__, len(records))


async def restore(services: Services, path: Path, *, replace: bool) -> Backup:
    """Put a backup into Redis: the file, or the newest of a folder.

    With `replace`, what newswatch has there is removed first. Each channel's history is read before anything is sent to it,
    so that nothing is repeated. Raises BackupRefused, before anything is changed.
    """
    file = await asyncio.to_thread(_file_of, path)
    head, records = await asyncio.to_thread(_read, file)
    with redis_errors():
        await _refuse_if_at_work(services)
        there = await dump.count_all(services.redis)
        if there and not replace:
            raise BackupRefused(
                f"Redis has {there} keys of newswatch already. `--replace` removes them and puts the backup in their place."
            )
        await dump.remove_all(services.redis)
        await dump.write_all(services.redis, records)
        await take_up(services.redis)
    return Backup(file, datetime.fromisoformat(head["taken"]), str(head["release"]), len(records))


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


def _keep(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, gzip.compress(text.encode("utf-8", "surrogateescape"), mtime=0))
    except OSError as error:
        raise BackupRefused(f"{file} cannot be written: {error.strerror}") from error


def _file_of(path: Path) -> Path:
    """The file itself, or the newest backup of a folder."""
    if not path.is_dir():
        return path
    files = sorted(path.glob("newswatch-*.jsonl.gz"))
    if not files:
        raise BackupRefused(f"{path} has no backup (newswatch-TIME.jsonl.gz).")
    return files[-1]


def _read(file: Path) -> tuple[dict[str, Any], list[Record]]:
    """The whole file, checked, before anything in Redis is changed."""
    try:
        first, *rest = (
            gzip.decompress(file.read_bytes()).decode("utf-8", "surrogateescape").rstrip("\n").split("\n")
        )
        head = json.loads(first)
        known = int(head["format"]) == FORMAT and datetime.fromisoformat(head["taken"])
        schema = int(head["schema"])
        records = [Record(**json.loads(line)) for line in rest] if known and schema <= SCHEMA else []
    except FileNotFoundError as error:
        raise BackupRefused(f"{file} does not exist.") from error
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BackupRefused(f"{file} is not a whole backup of newswatch: {error}") from error
    if schema > SCHEMA:
        raise BackupRefused(newer(schema, str(head["release"])).replace("Redis holds", f"{file} holds"))
    if not known:
        raise BackupRefused(
            f"{file} has format {head['format']}, and this newswatch reads {FORMAT}: use a newer release."
        )
    return head, records
