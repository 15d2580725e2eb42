"""Who saved which file in the editor and when, and the versions before, in `.history/` beside the files."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from newswatch.atomic_file import replace_file
from newswatch.config.load import WATCHLIST
from newswatch.errors import PermanentError

HISTORY = ".history"
LOG = "saved.jsonl"
MOST_VERSIONS = 20

_STAMP = "%Y%m%dT%H%M%S%fZ"
_KEPT_NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{12}\.yaml")


class NotEditable(PermanentError):
    """The file does not exist, or it cannot be written here as asked. The text says why."""


@dataclass(frozen=True, slots=True)
class SavedVersion:
    """Who saved which file, when (ISO 8601) and why, its digests before and after, and the name of the copy of the version before."""

    at: str
    by: str
    file: str
    before: str
    after: str
    kept: str
    reason: str = ""
    """Why, in the words of who saved it."""


def digest_of(data: bytes) -> str:
    """Names a file's content."""
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def keep_previous(
    directory: Path, name: str, before: bytes, after: bytes, by: str, now: datetime, reason: str = ""
) -> SavedVersion:
    """Copy the version that is about to be replaced into the history. Raises OSError."""
    folder = history_folder(directory)
    kept = f"{now.strftime(_STAMP)}-{digest_of(before)[:12]}.yaml"
    replace_file(folder / kept, before)
    return SavedVersion(
        now.isoformat(timespec="seconds"), by, name, digest_of(before), digest_of(after), kept, reason
    )


def record(directory: Path, saved: SavedVersion) -> None:
    """Record who saved. Called after the file was replaced."""
    with (history_folder(directory) / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(saved), ensure_ascii=False) + "\n")


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Only one process saves at a time, also with several api-servers on one machine."""
    folder = history_folder(directory)
    try:
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8")
        lock = (folder / "lock").open("w", encoding="utf-8")
    except OSError as error:
        raise NotEditable(
            f"{folder} cannot be written ({error.strerror}), so earlier versions could not be kept"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def history_folder(directory: Path) -> Path:
    """`.history` beside the real watchlist.yaml. The launcher's overlay does not read it."""
    return (directory / WATCHLIST).resolve().parent / HISTORY


def read_saved_versions(directory: Path) -> list[SavedVersion]:
    """All of them, newest first."""
    try:
        lines = (history_folder(directory) / LOG).read_text("utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in reversed(lines):
        with contextlib.suppress(ValueError, TypeError):  # a torn last line after a power failure
            found.append(SavedVersion(**json.loads(line)))
    return found


def read_version(directory: Path, name: str, kept: str) -> str:
    """The text of an earlier version. Raises NotEditable if it is not kept."""
    path = history_folder(directory) / kept
    if not _KEPT_NAME.fullmatch(kept) or not path.is_file():
        raise NotEditable(f"there is no version {kept[:60]} of {name} in the history")
    return path.read_text("utf-8")
