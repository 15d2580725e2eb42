"""A candidate as a change of the files: a diff that `check` accepts, and the examples that go with it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from newswatch.config.checked_file import UsedNames
from newswatch.config.draft import Loaded
from newswatch.config.rule_text import Target, edit_target, value_of
from newswatch.config.yaml_changes import AddEntry, Change
from newswatch.config.yaml_text import CannotEdit
from newswatch.models import short_hash
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.coach.candidate import Candidate, ListEdit, changes_of
from newswatch.pipeline.authoring.coach.labels import Texts
from newswatch.pipeline.authoring.coach.weighing import Weighed
from newswatch.pipeline.base.rules_checker import RulesChecker
from newswatch.rules import ItemText
from newswatch.settings import Settings

MOST_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Offered:
    """Sentences that keep the edit's effect: `newswatch check` runs them with every later change."""

    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """An edit that passed the check. `before` and `texts` have the text of each file that it changes, by name.

    `id` names the edit: the same edit of the same files has the same id. `shared` are other rules that use a list
    that it changes.
    """

    id: str
    weighed: Weighed
    before: Mapping[str, str]
    texts: Mapping[str, str]
    diff: str
    offered: Offered
    shared: tuple[str, ...]


class Files:
    """The watchlist files of a folder, as they are now. Raises NotEditable and CannotEdit."""

    def __init__(self, settings: Settings, loaded: Loaded, today: date) -> None:
        """`loaded` is the result of checking the folder."""
        self._settings = settings
        self._draft = loaded.sound_draft()
        self._warnings = {one.message for one in loaded.warnings}
        self._today = today
        folder = settings.config_dir
        self._texts = {name: editing.read_file(folder, name).text for name in editing.file_names(folder)}
        self._rule_files = {
            rule_id: Path(place.file).relative_to(folder).as_posix()
            for rule_id, place in loaded.rule_places.items()
        }

    def proposal(self, weighed: Weighed, texts: Texts, *, with_examples: bool) -> Proposal | None:
        """The candidate as a proposal; None if the files cannot be changed so, or `check` would not accept it."""
        candidate = weighed.candidate
        offered = offered_examples(weighed, texts, self._draft.default_lang)
        try:
            changed = self._changed(candidate, offered if with_examples else Offered())
        except CannotEdit:
            return None
        if not self._is_accepted(candidate, changed):
            return None
        diff = "".join(self._diff(name, text) for name, text in changed.items())
        return Proposal(
            id=short_hash(diff, size=6),
            weighed=weighed,
            before={name: self._texts[name] for name in changed},
            texts=changed,
            diff=diff,
            offered=offered,
            shared=self._sharing(candidate),
        )

    def _changed(self, candidate: Candidate, examples: Offered) -> dict[str, str]:
        home = self._rule_files[candidate.rule.id]
        texts = dict(self._texts)
        added = (("must_match", examples.must_match), ("must_not_match", examples.must_not_match))
        changes = [*candidate.changes, *(AddEntry((key,), text) for key, given in added for text in given)]
        texts[home] = edit_target(home, texts[home], Target("rule", candidate.rule.id), changes)
        for name in dict.fromkeys(edit.name for edit in candidate.list_edits):
            target = Target("list", name)
            file = self._file_of(target) or home
            edits = [edit for edit in candidate.list_edits if edit.name == name]
            texts[file] = edit_target(file, texts[file], target, self._list_changes(file, target, edits))
        return {name: text for name, text in texts.items() if text != self._texts[name]}

    def _list_changes(self, file: str, target: Target, edits: list[ListEdit]) -> list[Change]:
        try:
            return changes_of(edits, value_of(file, self._texts[file], target))
        except KeyError as error:
            raise CannotEdit(f"{file}: the list {target.name} has an unusual form") from error

    def _file_of(self, target: Target) -> str | None:
        """The file that has the list."""
        if target.name not in self._draft.lists:
            return None
        return next(
            (name for name, text in self._texts.items() if value_of(name, text, target) is not None), None
        )

    def _is_accepted(self, candidate: Candidate, changed: Mapping[str, str]) -> bool:
        """Whether the check finds nothing new and reads the rule and its lists as the candidate has them."""
        loaded = editing.check_drafts(self._settings, changed, self._today)
        if loaded.draft is None or {one.message for one in loaded.warnings} - self._warnings:
            return False
        found = next((rule for rule in loaded.draft.rules if rule.id == candidate.rule.id), None)
        wanted = candidate.rule
        if found is None or loaded.draft.lists != {name: tuple(own) for name, own in candidate.lists.items()}:
            return False
        return replace(found, must_match=(), must_not_match=()) == replace(
            wanted, must_match=(), must_not_match=()
        )

    def _diff(self, name: str, text: str) -> str:
        old, new = (one.splitlines(keepends=True) for one in (self._texts[name], text))
        rows = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
        return "".join(
            row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows
        )

    def _sharing(self, candidate: Candidate) -> tuple[str, ...]:
        """Other rules that use a list which the candidate changes, directly or through another list."""
        changed = {edit.name for edit in candidate.list_edits}
        if not changed:
            return ()
        users = set(changed)
        lists = self._draft.lists
        for _ in lists:
            users |= {name for name, own in lists.items() if any(f"${user}" in own for user in users)}
        return tuple(
            rule.id
            for rule in self._draft.rules
            if rule.id != candidate.rule.id and not users.isdisjoint(UsedNames.of([rule], {}).lists)
        )


def offered_examples(weighed: Weighed, texts: Texts, default_lang: str) -> Offered:
    """Headlines from the marks that hold for the edited rule: an example counts whichever field it is in. Pure."""
    candidate, effect = weighed.candidate, weighed.effect
    known = {*candidate.rule.must_match, *candidate.rule.must_not_match}
    good = _fresh((text.title for name, text in sorted(texts.missed.items()) if name in effect.gained), known)
    bad = _fresh(
        (text.title for name, text in sorted(texts.unwanted.items()) if name in effect.removed), known
    )
    rule = replace(candidate.rule, must_match=good, must_not_match=bad)
    lang = (rule.languages or (default_lang,))[0]
    found = RulesChecker().check_examples(rule, candidate.lists, lang)
    failing = {(one.kind, one.index) for one in found}
    return Offered(
        tuple(title for n, title in enumerate(good) if ("must_match", n) not in failing)[:MOST_EXAMPLES],
        tuple(title for n, title in enumerate(bad) if ("must_not_match", n) not in failing)[:MOST_EXAMPLES],
    )


def _fresh(given: Iterable[str], known: set[str]) -> tuple[str, ...]:
    return tuple(title for title in dict.fromkeys(map(str.strip, given)) if title and title not in known)


def titles(names: frozenset[str], texts: Mapping[str, ItemText], most: int = MOST_EXAMPLES) -> list[str]:
    """The first few headlines of these texts."""
    found = (texts[name].title or texts[name].summary for name in sorted(names) if name in texts)
    return list(dict.fromkeys(found))[:most]
