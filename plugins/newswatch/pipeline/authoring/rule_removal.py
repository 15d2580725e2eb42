"""Deleting one rule from its file, and finding the rules that were deleted.

Comments and all other rules stay. A rule that something else needs, such as a release window that expects it, is not
deleted. A deleted rule is put back by `rule_history.restore_rule`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newswatch.config.rule_block import with_block
from newswatch.errors import ConfigError, PermanentError
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.rule_history import RuleChange, change_of, home_of, saves
from newswatch.settings import Settings

_ID = re.compile(r"""\bid:\s*["']?([^"'\s,}#]+)""")


class CannotRemove(PermanentError):
    """The rule does not exist, or something needs it. The text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A file without one rule. `digest` names the file's version, `before` is its text then."""

    file: str
    before: str
    after: str
    digest: str


def removal_of(settings: Settings, rule_id: str, now: datetime) -> Removal:
    """What deleting the rule would change. Nothing is saved. Raises CannotRemove, CannotEdit and NotEditable."""
    name = home_of(settings.config_dir, rule_id)
    if name is None:
        raise CannotRemove(f"no watchlist file has a rule {rule_id}: it may have been renamed or deleted")
    file = editing.read_file(settings.config_dir, name)
    if file.refusal:
        raise CannotRemove(file.refusal)
    removal = Removal(name, file.text, with_block(name, file.text, rule_id, None), file.digest)
    errors = editing.check_draft(settings, name, removal.after, now.date()).errors
    if errors:
        raise CannotRemove(_needed(rule_id, str(errors[0])))
    return removal


def remove_rule(
    settings: Settings, rule_id: str, *, expected: str, by: str, now: datetime, reason: str = ""
) -> str:
    """Delete the rule if its file is still the version `expected`. Returns the file's name.

    Raises CannotRemove, CannotEdit, and the errors of `editing.save`. Then nothing changed.
    """
    removal = removal_of(settings, rule_id, now)
    try:
        editing.save(settings, removal.file, removal.after, expected=expected, by=by, now=now, reason=reason)
    except ConfigError as error:
        raise CannotRemove(_needed(rule_id, str(error))) from error
    return removal.file


def _needed(rule_id: str, error: str) -> str:
    return f"rule {rule_id} was not deleted, because the files would have an error without it: {error}. Change that first."


def removed_rules(directory: Path, most: int) -> list[RuleChange]:
    """The newest deletions of rules that no file has now, the newest first; the last one of each rule."""
    present = {
        rule_id
        for name in editing.file_names(directory)
        for rule_id in _ID.findall((directory / name).read_text("utf-8", "replace"))
    }
    found: list[RuleChange] = []
    for change in _removals(directory, present):
        found.append(change)
        if len(found) == most:
            break
    return found


def _removals(directory: Path, present: set[str]) -> Iterator[RuleChange]:
    known = set(present)
    for save in saves(directory):
        # Ids are found by their text first: parsing all versions of large files would take minutes.
        gone = set(_ID.findall(save.before)) - set(_ID.findall(save.after)) - known
        for rule_id in sorted(gone):
            change = change_of(save, rule_id)
            if change is not None and change.kind == "removed":
                known.add(rule_id)
                yield change
