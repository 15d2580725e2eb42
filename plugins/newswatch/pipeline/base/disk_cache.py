"""A folder of results that take long to compute, kept for the next process. NEWSWATCH_CACHE names it.

Everything in it can be computed again. So nothing in it is trusted, and no problem with it is an error: an
entry that is missing, cut short, altered or written by another release counts as absent, and a folder that
cannot be used counts as empty. Entries are data (JSON), never code.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import unicodedata
from functools import cache
from pathlib import Path

from newswatch import __version__
from newswatch.atomic_file import replace_file

log = logging.getLogger("newswatch.disk_cache")

MOST_ENTRIES = 256
MOST_BYTES = 512_000_000
"""When either is exceeded, the least recently used entries are removed."""

_OWN_USE = 0o700
_OTHERS_WRITE = 0o022
_DERIVING = (
    "config",
    "rules",
    "pipeline/base/rules_checker.py",
    "models.py",
    "durations.py",
    "feed_secrets.py",
    "publisher.py",
    "selector.py",
)
"""The parts of the package that determine the entries, besides its version."""


class DiskCache:
    """Entries by kind and key. Processes may share a folder: an entry appears whole or not at all."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` need not exist yet. None: nothing is kept."""
        self._folder = folder

    def get(self, kind: str, key: str) -> bytes | None:
        """The entry, if it is there and intact."""
        path = self._path(kind, key)
        if path is None:
            return None
        try:
            if not is_ours(path.parent):
                return None
            checksum, _, data = path.read_bytes().partition(b"\n")
            os.utime(path)
        except OSError:
            # Absent or unreadable: it is computed again.
            return None
        if checksum != _checksum(path.name, data):
            log.info("%s is damaged and is made again", path.name)
            return None
        return data

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Keep an entry, if the folder can be used."""
        path = self._path(kind, key)
        if path is None:
            return
        try:
            path.parent.mkdir(mode=_OWN_USE, parents=True, exist_ok=True)
            if is_ours(path.parent):
                replace_file(path, _checksum(path.name, data) + b"\n" + data)
                _remove_oldest(path.parent)
        except OSError as error:
            log.info("nothing can be cached in %s: %s", path.parent, error.strerror or type(error).__name__)

    def _path(self, kind: str, key: str) -> Path | None:
        name = hashlib.blake2b(f"{release()}\0{key}".encode(), digest_size=16).hexdigest()
        return None if self._folder is None else self._folder / f"{kind}-{name}"


def _checksum(name: str, data: bytes) -> bytes:
    """Detects damage. It is not a signature: instead the folder's owner and mode are checked."""
    return hashlib.blake2b(name.encode() + data, digest_size=16).hexdigest().encode()


def is_ours(folder: Path) -> bool:
    """Whether only our own user can have written to the folder. Raises OSError if it is not there."""
    status = folder.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE


def _remove_oldest(folder: Path) -> None:
    """Remove the least recently used entries. Another process may do the same at the same time."""
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
    """Identifies the code that made an entry: the version, and its files in case they are being edited."""
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
