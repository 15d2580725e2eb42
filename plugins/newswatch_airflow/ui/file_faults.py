"""What is wrong with the configuration files, with the places that the editor can open. Watchlist and Feeds show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newswatch.config.draft import Loaded
from newswatch.config.load import FEEDS
from newswatch.config.shown_names import shown_folder
from newswatch.errors import Problem
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.base.services import Services
from newswatch_airflow.ui.access import PageVisitor

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A place in a file. `name` is the file as the editor knows it, "" if the editor cannot open it."""

    shown: str
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class FileFaults:
    """The first errors of the files with their places, and how many more there are. `checking`: that is not known yet."""

    shown: Sequence[tuple[Problem, FilePlace]]
    more: int
    checking: bool


def file_faults(services: Services, visitor: PageVisitor, loaded: Loaded | None) -> FileFaults:
    """What a check of the files found; None: it still runs. feeds.yaml is opened only for those who may write."""
    errors = loaded.errors if loaded else ()
    files = editing.file_names(services.config_dir)
    opened = [*files, FEEDS] if visitor.writes else files
    shown = [(one, _place(services, opened, one.file, one.line)) for one in errors[:MOST_SHOWN]]
    return FileFaults(shown, len(errors) - len(shown), loaded is None)


def place_of(services: Services, loaded: Loaded, rule_id: str) -> FilePlace | None:
    """Where a rule is written, None if it is in no file."""
    place = loaded.rule_places.get(rule_id)
    files = editing.file_names(services.config_dir)
    return None if place is None else _place(services, files, place.file, place.line)


def _place(services: Services, opened: Sequence[str], file: str, line: int) -> FilePlace:
    """The place. `opened` are the files that the editor can open for the visitor."""
    folder = services.config_dir
    shown = shown_folder(folder)
    name = next(
        (file.removeprefix(f"{one}/") for one in (str(folder), shown) if file.startswith(f"{one}/")), ""
    )
    return FilePlace(f"{Path(shown).name}/{name}" if name else file, name if name in opened else "", line)
