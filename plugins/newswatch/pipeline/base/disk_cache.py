"""A folder of derived data: what took long to work out is kept for the next process.

The setting NEWSWATCH_CACHE names it.
Everything here can be worked out again, so nothing here is trusted and nothing that goes wrong with
it is an error: an entry that is missing, cut short, altered or written by another release is none,
and a folder that cannot be used is an empty one. Entries are data (JSON), never code.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
import unicodedata
from functools import cache
from pathlib import Path

from newswatch import __version__

log = logging.getLogger("newswatch.shelf")

MOST_ENTRIES = 256
MOST_BYTES = 512_000_000
"""Beyond either, entries are dropped, those first that were longest not asked for."""

_OWN_USE = 0o700
_OTHERS_WRITE = 0o022
_DERIVING = (
    "config",
    "rules",
    "pipeline/base/rules_checker.py",
    "models.py",
    "durations.py",
    "feed_secrets.py",
)
"""What of the package decides about the entries, beside its version."""


class Shelf:
    """Entries by kind and key. Processes may share a folder: an entry appears whole or not at all."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` need not be there yet; None keeps nothing."""
        self._folder = folder

    def get(self, kind: str, key: str) -> bytes | None:
        """The entry, if it is there and whole."""
        path = self._path(kind, key)
        if path is None:
            return None
        try:
            if not _is_ours(path.parent):
                return None
            seal, _, data = path.read_bytes().partition(b"\n")
            os.utime(path)
        except OSError:
            # Not there, or not to be read: worked out anew either way.
            return None
        if seal != _seal(path.name, data):
            log.info("%s is spoilt and is made anew", path.name)
            return None
        return data

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Keep an entry, if the folder lets us."""
        path = self._path(kind, key)
        if path is None:
            return
        try:
            path.parent.mkdir(mode=_OWN_USE, parents=True, exist_ok=True)
            if _is_ours(path.parent):
                _write(path, _seal(path.name, data) + b"\n" + data)
                _thin_out(path.parent)
        except OSError as error:
            log.info("nothing is kept in %s: %s", path.parent, error.strerror or type(error).__name__)

    def _path(self, kind: str, key: str) -> Path | None:
        name = hashlib.blake2b(f"{release()}\0{key}".encode(), digest_size=16).hexdigest()
        return None if self._folder is None else self._folder / f"{kind}-{name}"


def _seal(name: str, data: bytes) -> bytes:
    """Shows damage; it is no signature. Who may write the folder is checked instead."""
    return hashlib.blake2b(name.encode() + data, digest_size=16).hexdigest().encode()


def _is_ours(folder: Path) -> bool:
    """Whether nobody but us could have put an entry there that says what it should not."""
    status = folder.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE


def _write(path: Path, data: bytes) -> None:
    """The whole file or none, also for those who read meanwhile."""
    number, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _thin_out(folder: Path) -> None:
    """Drop what was longest not asked for. Another process may do the same at the same time."""
    with os.scandir(folder) as entries:
        found = [
            (entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in entries if entry.is_file()
        ]
    count, size = 0, 0
    for _, length, path in sorted(found, reverse=True):
        count, size = count + 1, size + length
        if count > MOST_ENTRIES or size > MOST_BYTES:
            Path(path).unlink(missing_ok=True)


@cache
def release() -> str:
    """Names the code that made an entry: the version and, where it is being worked on, its files."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{__version__}\0{sys.version}\0{unicodedata.unidata_version}".encode())
    root = Path(__file__).resolve().parent.parent
    for part in _DERIVING:
        paths = [root / part] if part.endswith(".py") else sorted((root / part).rglob("*.*"))
        for path in paths:
            if path.suffix in (".py", ".json", ".lark") and path.is_file():
                status = path.stat()
                name = path.relative_to(root)
                digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}".encode())
    return digest.hexdigest()
