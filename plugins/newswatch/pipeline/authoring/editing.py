"""Editing the watchlist from a page: what may be edited, checking a draft in its place, saving it.

A file is saved only when the whole configuration with it passes the check and nobody else saved
it meanwhile; in one step, with the version before it and the name of whoever saved kept in
`.history/` beside the files. Symbolic links (the launcher's overlay) are followed, never replaced.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from newswatch.config.draft import Loaded
from newswatch.config.feeds_append import NewFeed, append_feeds
from newswatch.config.load import FEEDS, RECEIVERS, WATCHLIST_FOLDER, watchlist_files
from newswatch.errors import ConfigError, PermanentError, Problem
from newswatch.pipeline.authoring.saved_versions import (
    MOST_VERSIONS,
    NotEditable,
    Saving,
    alone,
    digest_of,
    history_folder,
    keep,
    note,
    read_kept,
    savings,
)
from newswatch.pipeline.base.configuration import check_files
from newswatch.settings import Settings

MAX_BYTES = 5_000_000


class ChangedMeanwhile(PermanentError):
    """Somebody else saved the file first. `text` and `digest` are what stands there now."""

    def __init__(self, message: str, *, text: str, digest: str) -> None:
        super().__init__(message)
        self.text = text
        self.digest = digest


@dataclass(frozen=True, slots=True)
class EditedFile:
    """A watchlist file as it stands. `refusal` says why it cannot be written, "" where it can."""

    name: str
    text: str
    digest: str
    refusal: str
    history: tuple[Saving, ...]
    """The newest savings, newest first."""


def file_names(directory: Path) -> list[str]:
    """watchlist.yaml if it is there, and the files of watchlist.d."""
    paths = [path for path in watchlist_files(directory) if path.is_file()]
    return [path.relative_to(directory).as_posix() for path in paths]


def read_file(directory: Path, name: str) -> EditedFile:
    """Raises NotEditable for a name that is none of `file_names`, or a file that is no text."""
    path = _path(directory, name)
    data = _bytes(path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotEditable(f"{name} is not UTF-8 text: mend it outside of this page") from error
    newest = tuple(one for one in savings(directory) if one.file == name)[:MOST_VERSIONS]
    return EditedFile(name, text, digest_of(data), _refusal(path), newest)


def read_version(directory: Path, name: str, kept: str) -> str:
    """The text of an earlier version. Raises NotEditable for one that is not kept."""
    _path(directory, name)
    return read_kept(directory, name, kept)


def file_of_rule(directory: Path, rule_id: str) -> str | None:
    """The file in which a rule's id stands; found by its text, since checking all would take seconds."""
    wanted = re.compile(rf"""\bid:\s*["']?{re.escape(rule_id)}["']?\s*(?:[,}}#]|$)""", re.MULTILINE)
    for name in file_names(directory):
        if wanted.search((directory / name).read_text("utf-8", "replace")):
            return name
    return None


# ── checking ──────────────────────────────────────────────────────────────────────────────────


@contextmanager
def draft_folder(directory: Path, name: str, text: str) -> Iterator[Path]:
    """A temporary folder that holds the configuration with `text` in place of one watchlist file."""
    _path(directory, name)
    with _folder_with(directory, name, text) as folder:
        yield folder


@contextmanager
def _folder_with(directory: Path, name: str, text: str) -> Iterator[Path]:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise NotEditable(
            f"{name} would be over {MAX_BYTES // 1_000_000} MB: split it into files in watchlist.d"
        )
    folder = Path(tempfile.mkdtemp(prefix="newswatch-draft-"))
    try:
        (folder / WATCHLIST_FOLDER).mkdir()
        for other in (FEEDS, RECEIVERS, *file_names(directory)):
            source = (directory / other).resolve()
            if other != name and source.is_file():
                (folder / other).symlink_to(source)
        (folder / name).write_text(text, "utf-8", errors="replace", newline="")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_draft(settings: Settings, name: str, text: str, today: date) -> Loaded:
    """What the checker says of the configuration with this draft; files are named as in the folder."""
    with draft_folder(settings.config_dir, name, text) as folder:
        loaded = check_files(replace(settings, config_dir=folder), today)
        return replace(loaded, problems=_named_as_in(folder, loaded.problems))


# ── saving ────────────────────────────────────────────────────────────────────────────────────


def save(settings: Settings, name: str, text: str, *, expected: str, by: str, now: datetime) -> EditedFile:
    """Save a draft in place of the version whose digest is `expected`.

    Raises ConfigError for a draft that does not pass, ChangedMeanwhile, NotEditable; then nothing
    is changed.
    """
    directory = settings.config_dir
    path = _path(directory, name)
    refusal = _refusal(path)
    if refusal:
        raise NotEditable(refusal)
    loaded = check_draft(settings, name, text, now.date())
    if loaded.draft is None:
        raise ConfigError(loaded.errors)
    data = text.encode()
    with alone(directory):
        before = _bytes(path)
        if digest_of(before) != expected:
            raise _changed(directory, name, before)
        saving = keep(directory, name, before, data, by, now)
        _replace(path, data)
        note(directory, saving)
    return read_file(directory, name)


def add_feed(settings: Settings, feed: NewFeed, *, by: str, now: datetime) -> None:
    """Add an entry to the end of feeds.yaml, its comments and order kept, as `save` saves.

    Under the launcher's overlay the file beside the real watchlist.yaml is meant. Raises CannotAppend,
    ConfigError, NotEditable; then nothing is changed.
    """
    directory = settings.config_dir
    path = history_folder(directory).with_name(FEEDS)
    path = path if path.is_file() else (directory / FEEDS).resolve()
    refusal = _refusal(path)
    if refusal:
        raise NotEditable(refusal)
    with alone(directory):
        before = _bytes(path)
        with _folder_with(directory, FEEDS, before.decode("utf-8", "replace")) as folder:
            append_feeds(folder / FEEDS, [feed])
            loaded = check_files(replace(settings, config_dir=folder), now.date())
            if loaded.draft is None:
                raise ConfigError(_named_as_in(folder, loaded.errors))
            after = _bytes(folder / FEEDS)
        saving = keep(directory, FEEDS, before, after, by, now)
        _replace(path, after)
        note(directory, saving)


def _named_as_in(folder: Path, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems with their files named as within the folder."""
    prefix = f"{folder}{os.sep}"
    return tuple(one._replace(file=one.file.removeprefix(prefix)) for one in problems)


def _changed(directory: Path, name: str, now_there: bytes) -> ChangedMeanwhile:
    last = next((one for one in savings(directory) if one.file == name), None)
    digest = digest_of(now_there)
    who = (
        f"{last.by} saved it at {last.at}"
        if last and last.after == digest
        else "it was changed outside of this page"
    )
    message = f"{name} is not what you began with: {who}. Nothing was overwritten."
    return ChangedMeanwhile(message, text=now_there.decode("utf-8", "replace"), digest=digest)


def _replace(path: Path, data: bytes) -> None:
    """In one step, so that nobody reads half a file; its mode stays."""
    mode = path.stat().st_mode & 0o7777
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise NotEditable(f"{path.name} cannot be written ({error.strerror})") from error


def _path(directory: Path, name: str) -> Path:
    if name not in file_names(directory):
        raise NotEditable(
            f"{name[:100]} is no watchlist file here; there are: {', '.join(file_names(directory))}"
        )
    return (directory / name).resolve()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotEditable(f"{path.name} cannot be read ({error.strerror})") from error


def _refusal(path: Path) -> str:
    """Why a file cannot be written, found by trying in its folder."""
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        return f"{path.parent} cannot be written by the api-server ({error.strerror}): edit the file where it comes from"
    return "" if os.access(path, os.W_OK) else f"{path.name} is write-protected for the api-server"
