"""Who saved which file in the editor and when, and the versions before, in `.history/` beside the files."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
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
"""Of one file, in the editor."""
KEPT_VERSIONS = 100
"""Of one file. What was changed in a rule, and the deleted rules, are found in them."""

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


@contextmanager
def keeping_previous(
    directory: Path, name: str, before: bytes, after: bytes, by: str, now: datetime, reason: str = ""
) -> Iterator[None]:
    """Keep the version that the block replaces, and record who saved. If the block fails, nothing is kept.

    Of each file the newest `KEPT_VERSIONS` are kept. The caller holds the lock. Raises OSError.
    """
    folder = history_folder(directory)
    kept = f"{now.strftime(_STAMP)}-{digest_of(before)[:12]}.yaml"
    replace_file(folder / kept, before)
    try:
        yield
    except BaseException:
        (folder / kept).unlink(missing_ok=True)
        raise
    saved = SavedVersion(
        now.isoformat(timespec="seconds"), by, name, digest_of(before), digest_of(after), kept, reason
    )
    _record(folder / LOG, saved)
    with contextlib.suppress(OSError):  # the file is saved, and the next save tries again
        _remove_oldest(folder, name)


def _record(log: Path, saved: SavedVersion) -> None:
    with log.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a torn last line after a power failure
                file.write(b"\n")
        file.write(json.dumps(asdict(saved), ensure_ascii=False).encode() + b"\n")


def _remove_oldest(folder: Path, name: str) -> None:
    """Remove the versions of a file that are too many. Lines that cannot be read stay in the log."""
    rows = [(line, _read(line)) for line in (folder / LOG).read_text("utf-8").splitlines()]
    old = [saved for _, saved in rows if saved is not None and saved.file == name][:-KEPT_VERSIONS]
    if not old:
        return
    left = [(line, saved) for line, saved in rows if saved not in old]
    replace_file(folder / LOG, "".join(f"{line}\n" for line, _ in left).encode())
    for kept in {saved.kept for saved in old} - {saved.kept for _, saved in left if saved is not None}:
        if _KEPT_NAME.fullmatch(kept):
            (folder / kept).unlink(missing_ok=True)


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
    return [saved for line in reversed(lines) if (saved := _read(line)) is not None]


def _read(line: str) -> SavedVersion | None:
    """A line of the log, None for one that was torn."""
    with contextlib.suppress(ValueError, TypeError):
        return SavedVersion(**json.loads(line))
    return None


def read_version(directory: Path, name: str, kept: str) -> str:
    """The text of an earlier version of this file, not of another. Raises NotEditable if it is not kept."""
    for one in read_saved_versions(directory):
        if (one.file, one.kept) == (name, kept):
            return text_of(directory, one)
    raise NotEditable(f"there is no version {kept[:60]} of {name} in the history")


def text_of(directory: Path, saved: SavedVersion) -> str:
    """The text before this was saved. Raises NotEditable if it is not kept."""
    path = history_folder(directory) / saved.kept
    if not _KEPT_NAME.fullmatch(saved.kept) or not path.is_file():
        raise NotEditable(f"there is no version {saved.kept[:60]} of {saved.file} in the history")
    return path.read_text("utf-8")
