"""Editing the watchlist and feeds.yaml from a page: which files can be edited, checking a draft, saving it.

A file is saved only if the whole configuration with it passes the check and nobody else saved it meanwhile. It is
replaced in one step. The version before and the name of the user are kept in `.history/` beside the files.
Symbolic links (the launcher's overlay) are followed, never replaced. Of feeds.yaml a page does not change what
`feeds_guard` names.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from newswatch.atomic_file import replace_file
from newswatch.config.draft import Loaded
from newswatch.config.feeds_append import NewFeed, append_feeds
from newswatch.config.load import FEEDS, RECEIVERS, WATCHLIST_FOLDER, calendar_files, watchlist_files
from newswatch.errors import ConfigError, PermanentError, Problem
from newswatch.pipeline.authoring import saved_versions
from newswatch.pipeline.authoring.feeds_guard import all_private, refused_changes
from newswatch.pipeline.authoring.saved_versions import (
    MOST_VERSIONS,
    NotEditable,
    SavedVersion,
    digest_of,
    history_folder,
    keeping_previous,
    locked,
    read_saved_versions,
)
from newswatch.pipeline.base.configuration import check_files
from newswatch.settings import Settings

MAX_BYTES = 5_000_000
_READABLE = 0o644
"""Of a new file: the stages that read it may run as other users."""
MAX_REASON = 500


class ChangedMeanwhile(PermanentError):
    """Somebody else saved the file first. `text` and `digest` are its present content."""

    def __init__(self, message: str, *, text: str, digest: str) -> None:
        super().__init__(message)
        self.text = text
        self.digest = digest


@dataclass(frozen=True, slots=True)
class EditedFile:
    """A watchlist file or feeds.yaml as it is now. `refusal` says why it cannot be written, "" if it can."""

    name: str
    text: str
    digest: str
    refusal: str
    history: tuple[SavedVersion, ...]
    """The newest ones, newest first."""


def file_names(directory: Path) -> list[str]:
    """watchlist.yaml if it exists, and the files of watchlist.d."""
    paths = [path for path in watchlist_files(directory) if path.is_file()]
    return [path.relative_to(directory).as_posix() for path in paths]


def read_file(directory: Path, name: str) -> EditedFile:
    """Raises NotEditable for a name that is neither in `file_names` nor feeds.yaml, or a file that is not text."""
    path = _path(directory, name)
    data = _bytes(path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotEditable(f"{name} is not UTF-8 text: correct it outside of this page") from error
    newest = tuple(one for one in read_saved_versions(directory) if one.file == name)[:MOST_VERSIONS]
    return EditedFile(name, text, digest_of(data), _refusal(path), newest)


def read_version(directory: Path, name: str, kept: str) -> str:
    """The text of an earlier version. Raises NotEditable if it is not kept."""
    _path(directory, name)
    return saved_versions.read_version(directory, name, kept)


def file_of_rule(directory: Path, rule_id: str) -> str | None:
    """The file that contains a rule. Found by its text, because a check of all files would take seconds."""
    wanted = re.compile(rf"""\bid:\s*["']?{re.escape(rule_id)}["']?\s*(?:[,}}#]|$)""", re.MULTILINE)
    for name in file_names(directory):
        if wanted.search((directory / name).read_text("utf-8", "replace")):
            return name
    return None


# ── checking ──────────────────────────────────────────────────────────────────────────────────


@contextmanager
def draft_folder(directory: Path, name: str, text: str) -> Iterator[Path]:
    """A temporary folder that holds the configuration with `text` in place of one file."""
    _path(directory, name)
    with _folder_with(directory, {name: text}) as folder:
        yield folder


@contextmanager
def _folder_with(directory: Path, texts: Mapping[str, str]) -> Iterator[Path]:
    for name, text in texts.items():
        if len(text.encode("utf-8", "replace")) > MAX_BYTES:
            raise NotEditable(
                f"{name} would be over {MAX_BYTES // 1_000_000} MB: split it into files in watchlist.d"
            )
    folder = Path(tempfile.mkdtemp(prefix="newswatch-draft-"))
    try:
        (folder / WATCHLIST_FOLDER).mkdir()
        for other in (FEEDS, RECEIVERS, *file_names(directory)):
            source = (directory / other).resolve()
            if other not in texts and source.is_file():
                (folder / other).symlink_to(source)
        for calendar in calendar_files(directory):
            beside = folder / calendar.relative_to(directory)
            beside.parent.mkdir(parents=True, exist_ok=True)
            beside.symlink_to(calendar.resolve())
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8", errors="replace", newline="")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_draft(settings: Settings, name: str, text: str, today: date) -> Loaded:
    """Check the configuration with this draft of one file. Files are named as in the folder."""
    return check_drafts(settings, {name: text}, today)


def check_drafts(settings: Settings, texts: Mapping[str, str], today: date) -> Loaded:
    """Check the configuration with these drafts, by file name. Files are named as in the folder."""
    for name in texts:
        _path(settings.config_dir, name)
    with _folder_with(settings.config_dir, texts) as folder:
        loaded = check_files(replace(settings, config_dir=folder), today)
        return replace(loaded, problems=_named_as_in(folder, loaded.problems))


# ── saving ────────────────────────────────────────────────────────────────────────────────────


def save(
    settings: Settings, name: str, text: str, *, expected: str, by: str, now: datetime, reason: str = ""
) -> EditedFile:
    """Save a draft in place of the version whose digest is `expected`. `reason` is kept with the version before.

    A draft that changes nothing makes no version.

    Raises ConfigError for a draft that does not pass the check, ChangedMeanwhile, NotEditable. Then nothing changed.
    """
    directory = settings.config_dir
    path = _path(directory, name)
    refusal = _refusal(path)
    if refusal:
        raise NotEditable(refusal)
    data = text.encode("utf-8", "replace")
    with locked(directory):
        before = _bytes(path)
        if digest_of(before) != expected:
            raise _changed(directory, name, before)
        check_draft(settings, name, text, now.date()).sound_draft()
        if name == FEEDS:
            _refuse_what_reaches_further(settings, before.decode("utf-8", "replace"), text, now.date())
        if data != before:
            with keeping_previous(directory, name, before, data, by, now, reason.strip()[:MAX_REASON]):
                _replace(path, data)
    return read_file(directory, name)


def add_feed(settings: Settings, feed: NewFeed, *, by: str, now: datetime) -> None:
    """Add an entry to the end of feeds.yaml, as `save` does. Comments and order are kept.

    Raises CannotAppend, ConfigError, NotEditable. Then nothing changed.
    """
    directory = settings.config_dir
    path = _path(directory, FEEDS)
    refusal = _refusal(path)
    if refusal:
        raise NotEditable(refusal)
    with locked(directory):
        before = _bytes(path)
        with _folder_with(directory, {FEEDS: before.decode("utf-8", "replace")}) as folder:
            append_feeds(folder / FEEDS, [feed])
            loaded = check_files(replace(settings, config_dir=folder), now.date())
            if loaded.draft is None:
                raise ConfigError(_named_as_in(folder, loaded.errors))
            after = _bytes(folder / FEEDS)
        with keeping_previous(directory, FEEDS, before, after, by, now):
            _replace(path, after)


def rewrite(settings: Settings, name: str, change: Callable[[str], str], *, by: str, now: datetime) -> None:
    """Change the text of a file in watchlist.d, "" if it is not there yet, as `save` does.

    `change` sees the newest text; what it raises is passed on. Raises ConfigError, NotEditable. Then nothing changed.
    """
    directory = settings.config_dir
    real = _rules_folder(directory)
    path = (real / Path(name).name).resolve()
    with locked(directory):
        before = _bytes(path) if path.exists() else b""
        text = change(before.decode("utf-8", "replace"))
        with _folder_with(directory, {name: text}) as draft:
            loaded = check_files(replace(settings, config_dir=draft), now.date())
            if loaded.draft is None:
                raise ConfigError(_named_as_in(draft, loaded.errors))
        data = text.encode()
        if data == before and path.exists():
            return
        try:
            real.mkdir(exist_ok=True)
            with keeping_previous(directory, name, before, data, by, now):
                replace_file(path, data, _READABLE)
        except OSError as error:
            raise NotEditable(f"{name} cannot be written ({error.strerror})") from error


def why_not_rewritten(directory: Path, name: str) -> str:
    """Why `rewrite` cannot write this file in watchlist.d, "" if it can; where the files come from, if that is seen."""
    real = _rules_folder(directory)
    path = (real / Path(name).name).resolve()
    if not real.exists():
        return _refusal(real, by="the listener")
    refusal = _refusal(path, by="the listener") if real.is_dir() else f"{real} is not a folder"
    return refusal or _refusal(history_folder(directory), by="the listener")


def _rules_folder(directory: Path) -> Path:
    """The folder watchlist.d itself, where a link leads; or where it will be."""
    folder = directory / WATCHLIST_FOLDER
    return folder.resolve() if folder.exists() else history_folder(directory).with_name(WATCHLIST_FOLDER)


def _named_as_in(folder: Path, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems, with files named as in the folder, also where a message names a second place."""
    prefix = f"{folder}{os.sep}"
    return tuple(
        one._replace(file=one.file.removeprefix(prefix), message=one.message.replace(prefix, ""))
        for one in problems
    )


def _changed(directory: Path, name: str, now_there: bytes) -> ChangedMeanwhile:
    last = next((one for one in read_saved_versions(directory) if one.file == name), None)
    digest = digest_of(now_there)
    who = (
        f"{last.by} saved it at {last.at}"
        if last and last.after == digest
        else "it was changed outside of this page"
    )
    message = f"{name} has changed since you opened it: {who}. Nothing was overwritten."
    return ChangedMeanwhile(message, text=now_there.decode("utf-8", "replace"), digest=digest)


def _replace(path: Path, data: bytes) -> None:
    try:
        replace_file(path, data)
    except OSError as error:
        raise NotEditable(f"{path.name} cannot be written ({error.strerror})") from error


def _refuse_what_reaches_further(settings: Settings, before: str, after: str, today: date) -> None:
    old, new = (check_draft(settings, FEEDS, text, today).draft for text in (before, after))
    feeds = old.feeds if old else ()
    private = old is not None and all_private(before, after)
    refused = refused_changes(feeds, new.feeds if new else (), all_private=private)
    if refused:
        broken = "" if old else " The file has errors, so what it allows now is not known."
        raise NotEditable(
            f"Change this in feeds.yaml itself, not on a page: {'; '.join(refused[:5])}.{broken}"
        )


def _path(directory: Path, name: str) -> Path:
    """The file itself. Under the launcher's overlay, feeds.yaml is the one beside the real watchlist.yaml."""
    if name == FEEDS:
        beside = history_folder(directory).with_name(FEEDS)
        return beside if beside.is_file() else (directory / FEEDS).resolve()
    if name not in file_names(directory):
        raise NotEditable(
            f"{name[:100]} is not a watchlist file; there are: {', '.join(file_names(directory))}"
        )
    return (directory / name).resolve()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotEditable(f"{path.name} cannot be read ({error.strerror})") from error


def _refusal(path: Path, by: str = "the api-server") -> str:
    """Why a file cannot be written, "" if it can. Found by trying to write to its folder."""
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        return f"{_home(path)} cannot be written by {by} ({error.strerror}): {_where_to_edit(path)}"
    return "" if not path.exists() or os.access(path, os.W_OK) else f"{path.name} is write-protected for {by}"


def _where_to_edit(path: Path) -> str:
    """Where a file comes from that cannot be written here. Pure.

    Kubernetes mounts a ConfigMap as links into a folder `..2026_11_27…`; git-sync checks commits out below `.worktrees`.
    """
    parts = path.parts
    if ".worktrees" in parts[:-1]:
        commit = parts[parts.index(".worktrees") + 1]
        return (
            f"it is commit {commit[:10]} of a git repository, which git-sync follows. Push the change there"
        )
    if _home(path) != path.parent:
        return "it is a ConfigMap of Kubernetes. Change the files that it is made from, and apply it"
    return "edit the file at its source"


def _home(path: Path) -> Path:
    """The folder as people know it: the one where a ConfigMap is mounted, not its current content. Pure."""
    for place, part in enumerate(path.parts):
        if part.startswith("..") and part != "..":
            return Path(*path.parts[:place])
    return path.parent
