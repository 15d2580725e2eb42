"""Keeps the index of the stored items: built on first use, brought up to date, dropped when nobody uses it.

One file in NEWSWATCH_CACHE serves all processes of a machine. A file lock lets one of them write. The file's name
contains Redis's replication id, so after a restart or a failover a new index is built.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newswatch.models import Feed
from newswatch.pipeline.authoring.item_index import Candidates, IndexState, ItemIndex
from newswatch.pipeline.base.disk_cache import is_ours, release
from newswatch.pipeline.base.services import Services
from newswatch.rules.narrowing import Need
from newswatch.store.client import redis_errors
from newswatch.store.items import (
    StreamEntry,
    StreamState,
    entries_after,
    has_entry,
    stream_order,
    stream_state,
)

log = logging.getLogger("newswatch.item_index")

FOLDER = "stored-items"
IDLE_S = 600.0
"""An index that nobody used for this long is dropped."""

PAGE = 500
AT_ONCE = 5_000
"""Entries that are indexed together. More take more memory, fewer take longer."""

_FORMAT = 1
_WASTE = 1.5
"""An index is built again once it has this many times the entries of the stream."""

_NOTHING = IndexState(0, "0-0")


@dataclass(frozen=True, slots=True)
class Standing:
    """The stream, and how many of its entries are not indexed yet. `last` is the last one that is."""

    stream: StreamState
    last: str
    missing: int


class StoredIndex:
    """The index of one Redis and one default language."""

    def __init__(self, folder: Path, stream: StreamState, default_lang: str) -> None:
        """`folder` is in the cache; `stream` says which Redis it is."""
        key = f"{_FORMAT}\0{release()}\0{default_lang}\0{stream.replication_id}"
        self._file = folder / f"{hashlib.blake2b(key.encode(), digest_size=12).hexdigest()}.sqlite"
        self._index = ItemIndex(self._file, default_lang)
        self._file.with_suffix(".used").touch()

    @property
    def size_bytes(self) -> int:
        """What the file takes on disk."""
        return sum(path.stat().st_size for path in _files(self._file) if path.exists())

    def state(self) -> IndexState:
        """How far it goes; nothing if it is not there or damaged."""
        if not self._file.exists():
            return _NOTHING
        try:
            return self._index.state()
        except sqlite3.DatabaseError:
            return _NOTHING

    def learn(self, needs: Sequence[Need]) -> None:
        """As `ItemIndex.learn`; nothing if the index is not there or damaged."""
        if self._file.exists():
            with contextlib.suppress(sqlite3.DatabaseError):
                self._index.learn(needs)

    def candidates(self, needs: Sequence[Need], feeds: Sequence[Feed], since: str) -> Candidates:
        """As `ItemIndex.candidates`. Raises sqlite3.DatabaseError if the index was dropped meanwhile."""
        return self._index.candidates(needs, feeds, since)

    def stream_ids(self, numbers: Sequence[int], feeds: frozenset[str] | None) -> list[str]:
        """As `ItemIndex.stream_ids`."""
        return self._index.stream_ids(numbers, feeds)

    def items(self, since: str) -> set[int]:
        """As `ItemIndex.items`."""
        return self._index.items(since)

    async def standing(self, services: Services) -> Standing:
        """How far the index is behind the stream. Raises RedisUnavailable."""
        state = self.state()
        with redis_errors():
            stream = await stream_state(services.redis)
            if stream.last == state.last or not stream.length:
                return Standing(stream, state.last, 0)
            if state.last == "0-0":
                return Standing(stream, state.last, stream.length)
            newer = await entries_after(services.redis, state.last, PAGE)
        missing = len(newer) if len(newer) < PAGE else max(PAGE, stream.length - state.entries)
        return Standing(stream, state.last, missing)

    async def catch_up(
        self,
        services: Services,
        *,
        most: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> bool:
        """Index what is new, at most about `most` entries. False if another process is at it.

        `on_progress` gets the number of entries indexed, and how many the stream has. Raises RedisUnavailable.
        """
        with _lease(self._file) as ours:
            if not ours:
                return False
            with redis_errors():
                stream = await stream_state(services.redis)
                last = await self._begin(services, stream)
                done = self.state().entries
                indexed = 0
                while most is None or indexed < most:
                    entries = await _next_entries(services, last, AT_ONCE if most is None else most)
                    if not entries:
                        return True
                    await asyncio.to_thread(self._index.add, entries)
                    last, indexed = entries[-1].stream_id, indexed + len(entries)
                    self._file.with_suffix(".used").touch()
                    if on_progress is not None:
                        on_progress(done + indexed, max(stream.length, done + indexed))
            return True

    async def _begin(self, services: Services, stream: StreamState) -> str:
        """The entry after which to go on. An index that does not fit the stream is removed first."""
        state = self.state()
        fits = state.last == "0-0" or (
            state.entries <= stream.length * _WASTE + PAGE
            and (
                stream_order(state.last) < stream_order(stream.first)
                or await has_entry(services.redis, state.last)
            )
        )
        if fits and state is not _NOTHING:
            return state.last
        _remove(self._file)
        return "0-0"


async def _next_entries(services: Services, last: str, most: int) -> list[StreamEntry]:
    found: list[StreamEntry] = []
    while len(found) < most:
        page = await entries_after(services.redis, last, min(PAGE, most - len(found)))
        if not page:
            break
        found.extend(page)
        last = page[-1].stream_id
    return found


async def stored_index(services: Services, default_lang: str) -> StoredIndex | None:
    """The index of the services' Redis, built or not; None if nothing can be cached. Raises RedisUnavailable."""
    folder = index_folder(services.settings.cache)
    if folder is None:
        return None
    with redis_errors():
        stream = await stream_state(services.redis)
    try:
        return StoredIndex(folder, stream, default_lang)
    except OSError as error:
        log.info("nothing can be indexed in %s: %s", folder, error.strerror)
        return None


def index_folder(cache: Path | None) -> Path | None:
    """The folder of the indexes, made if need be; None if it cannot be used."""
    if cache is None:
        return None
    folder = cache / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if is_ours(folder) else None
    except OSError as error:
        log.info("nothing can be indexed in %s: %s", folder, error.strerror)
        return None


# ── in the background ─────────────────────────────────────────────────────────────────────────

_building: dict[StoredIndex, asyncio.Task[None]] = {}
_sweeps: dict[Path, asyncio.TimerHandle] = {}


def build_in_background(services: Services, index: StoredIndex) -> None:
    """Bring the index up to date beside the caller's own work, if it is not being done already."""
    if any(not task.done() for task in _building.values()):
        return
    _building.clear()
    _building[index] = asyncio.get_running_loop().create_task(_build(services, index))


async def _build(services: Services, index: StoredIndex) -> None:
    try:
        await index.catch_up(services)
    except Exception:  # nobody waits for this task: the next question tries again
        log.exception("the index of the stored items could not be built")


def drop_later(folder: Path, idle_s: float = IDLE_S) -> None:
    """Drop what is idle in the folder once `idle_s` have passed, while this process lives. Housekeeping does it too."""
    if folder in _sweeps:
        return

    def sweep() -> None:
        del _sweeps[folder]
        if drop_idle(folder, idle_s):
            drop_later(folder, idle_s)

    _sweeps[folder] = asyncio.get_running_loop().call_later(idle_s + 1.0, sweep)


def drop_idle(folder: Path, idle_s: float = IDLE_S) -> int:
    """Remove the indexes that nobody used for `idle_s`. Returns how many are left."""
    left = 0
    for used in folder.glob("*.used"):
        file = used.with_suffix(".sqlite")
        with contextlib.suppress(OSError), _lease(file) as ours:
            if ours and time.time() - used.stat().st_mtime >= idle_s:
                _remove(file)
                used.unlink(missing_ok=True)
                continue
        left += 1
    return left


@contextmanager
def _lease(file: Path) -> Iterator[bool]:
    """Whether this caller may write the file, until the end. It ends with the process."""
    descriptor = os.open(file.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _files(file: Path) -> list[Path]:
    return [file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm"))]


def _remove(file: Path) -> None:
    for path in _files(file):
        path.unlink(missing_ok=True)
