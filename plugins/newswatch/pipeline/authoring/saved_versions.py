"""What was saved from the editor: who, when, and each version before it, in `.history/` beside the files."""

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

from newswatch.config.load import WATCHLIST
from newswatch.errors import PermanentError

HISTORY = ".history"
LOG = "saved.jsonl"
MOST_VERSIONS = 20

_STAMP = "%Y%m%dT%H%M%S%fZ"
_KEPT_NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{12}\.yaml")


class NotEditable(PermanentError):
    """There is no such watchlist file, or it cannot be written here; says why."""


@dataclass(frozen=True, slots=True)
class Saving:
    """One saving: when (ISO 8601), who, which file, its digest before and after, the version kept."""

    at: str
    by: str
    file: str
    before: str
    after: str
    kept: str


def digest_of(data: bytes) -> str:
    """Names a file's content."""
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def keep(directory: Path, name: str, before: bytes, after: bytes, by: str, now: datetime) -> Saving:
    """Put the version that is replaced into the history."""
    folder = history_folder(directory)
    kept = f"{now.strftime(_STAMP)}-{digest_of(before)[:12]}.yaml"
    (folder / kept).write_bytes(before)
    return Saving(now.isoformat(timespec="seconds"), by, name, digest_of(before), digest_of(after), kept)


def note(directory: Path, saving: Saving) -> None:
    """Record who saved; after the file is in its place."""
    with (history_folder(directory) / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(saving), ensure_ascii=False) + "\n")


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """One saving at a time, also among several api-servers on one machine."""
    folder = history_folder(directory)
    try:
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8")
        lock = (folder / "lock").open("w", encoding="utf-8")
    except OSError as error:
        raise NotEditable(
            f"{folder} cannot be written ({error.strerror}): versions could not be kept"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def history_folder(directory: Path) -> Path:
    """Beside the real watchlist.yaml, where the launcher's overlay does not look."""
    return (directory / WATCHLIST).resolve().parent / HISTORY


def savings(directory: Path) -> list[Saving]:
    """All savings, newest first."""
    try:
        lines = (history_folder(directory) / LOG).read_text("utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in reversed(lines):
        with contextlib.suppress(ValueError, TypeError):  # a torn last line after a power failure
            found.append(Saving(**json.loads(line)))
    return found


def read_kept(directory: Path, name: str, kept: str) -> str:
    """The text of an earlier version. Raises NotEditable for one that is not kept."""
    path = history_folder(directory) / kept
    if not _KEPT_NAME.fullmatch(kept) or not path.is_file():
        raise NotEditable(f"no version {kept[:60]} of {name} is kept")
    return path.read_text("utf-8")
