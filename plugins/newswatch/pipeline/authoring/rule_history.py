"""What was changed in one rule, by whom and when, and putting an earlier version of this rule alone back.

The editor keeps every version of a file before it is replaced (`saved_versions`). A rule's history is read from those:
what its lines were before and after each save. Changes made outside of the editor show up in the next save.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from newswatch.config.rule_block import block_of, rule_blocks, with_block
from newswatch.config.yaml_text import CannotEdit
from newswatch.errors import PermanentError
from newswatch.pipeline.authoring import editing, saved_versions
from newswatch.pipeline.authoring.editing import EditedFile
from newswatch.pipeline.authoring.saved_versions import NotEditable, SavedVersion
from newswatch.settings import Settings

Kind = Literal["added", "changed", "removed"]


class NothingToRestore(PermanentError):
    """The version has no such rule, or the rule is as it was then."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One save that changed a rule. `diff` is a unified diff of its lines.

    `kept` names the version of the file before the save: restoring it undoes this change and all later ones of the rule.
    """

    at: str
    by: str
    reason: str
    file: str
    rule_id: str
    kind: Kind
    diff: str
    kept: str


@dataclass(frozen=True, slots=True)
class Save:
    """One save of a file, with the file's text before and after it."""

    saved: SavedVersion
    before: str
    after: str


def rule_history(directory: Path, rule_id: str) -> list[RuleChange]:
    """The saves that changed a rule, the newest first. Versions that cannot be read are left out."""
    found = (change_of(save, rule_id) for save in saves(directory))
    return [one for one in found if one is not None]


def changed_rules(before: str, after: str) -> dict[str, Kind]:
    """The rules that differ between two texts of a file. Empty if one of them cannot be read."""
    old, new = _blocks_or_none(before), _blocks_or_none(after)
    if old is None or new is None:
        return {}
    names = dict.fromkeys((*new, *old))
    return {name: _kind(old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def file_history(directory: Path, name: str) -> list[tuple[SavedVersion, dict[str, Kind]]]:
    """The saves of a file, the newest first, each with the rules that it changed."""
    return [
        (save.saved, changed_rules(save.before, save.after))
        for save in saves(directory)
        if save.saved.file == name
    ]


def restore_rule(
    settings: Settings, rule_id: str, file: str, kept: str, *, by: str, now: datetime, reason: str = ""
) -> EditedFile:
    """Give one rule the lines that it had in an earlier version of a file, and keep everything else as it is now.

    The rule is put into the file that has it now. Raises NothingToRestore, CannotEdit, and the errors of
    `editing.save`. Then nothing changed.
    """
    directory = settings.config_dir
    earlier = block_of(file, editing.read_version(directory, file, kept), rule_id)
    if earlier is None:
        raise NothingToRestore(
            f"that version of {file} has no rule {rule_id}: to get rid of the rule, delete it"
        )
    home = home_of(directory, rule_id) or file
    current = editing.read_file(directory, home)
    text = with_block(home, current.text, rule_id, earlier)
    if text == current.text:
        raise NothingToRestore(f"rule {rule_id} is as it was in that version: nothing was changed")
    return editing.save(
        settings,
        home,
        text,
        expected=current.digest,
        by=by,
        now=now,
        reason=reason or f"restored rule {rule_id} to the version before {_when(directory, kept)}",
    )


def as_dict(change: RuleChange) -> dict[str, Any]:
    """A change for JSON."""
    return asdict(change)


def home_of(directory: Path, rule_id: str) -> str | None:
    """The file that has the rule now."""
    for name in editing.file_names(directory):
        blocks = _blocks_or_none((directory / name).read_text("utf-8", "replace"))
        if blocks and rule_id in blocks:
            return name
    return None


def _when(directory: Path, kept: str) -> str:
    return next(
        (one.at for one in saved_versions.read_saved_versions(directory) if one.kept == kept), kept[:8]
    )


def saves(directory: Path) -> Iterator[Save]:
    """All saves of watchlist files, the newest first."""
    after: dict[str, str] = {}
    for name in editing.file_names(directory):
        after[name] = (directory / name).read_text("utf-8", "replace")
    for saved in saved_versions.read_saved_versions(directory):
        try:
            before = saved_versions.text_of(directory, saved)
        except (NotEditable, OSError, UnicodeDecodeError):
            continue
        text = after.get(saved.file, "")
        after[saved.file] = before
        if saved.file.startswith("watchlist"):
            yield Save(saved, before, text)


def change_of(save: Save, rule_id: str) -> RuleChange | None:
    """What the save changed in the rule, None for nothing."""
    if rule_id not in save.before and rule_id not in save.after:
        return None
    old, new = (_blocks_or_none(text) for text in (save.before, save.after))
    if old is None or new is None or old.get(rule_id) == new.get(rule_id):
        return None
    one, other = old.get(rule_id), new.get(rule_id)
    saved = save.saved
    lines = difflib.unified_diff(
        (one or "").splitlines(), (other or "").splitlines(), "before", "after", lineterm="", n=100
    )
    return RuleChange(
        at=saved.at,
        by=saved.by,
        reason=saved.reason,
        file=saved.file,
        rule_id=rule_id,
        kind=_kind(one, other),
        diff="\n".join(lines),
        kept=saved.kept,
    )


def _kind(before: str | None, after: str | None) -> Kind:
    return "added" if before is None else "removed" if after is None else "changed"


def _blocks_or_none(text: str) -> dict[str, str] | None:
    """The rules of a text; None for one that is broken."""
    try:
        return rule_blocks("watchlist", text)
    except CannotEdit:
        return None
