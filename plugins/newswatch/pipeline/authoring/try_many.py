"""Many texts at once on the rules of a draft: what matches and where, and why not, with repairs. Pure.

For a rule that is asked about, each text that it does not match says which terms fail, where it comes nearest to them,
and which edits would do. Without one, each text that no rule matches names the nearest rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newswatch.config.draft import Draft
from newswatch.config.rule_text import Target, edit_target, value_of
from newswatch.config.yaml_changes import AddEntry, Change, SetKey
from newswatch.models import Bundle, Item, Match, Rule, Span
from newswatch.pipeline.authoring.nearness import NearRule, nearest_first
from newswatch.pipeline.authoring.rule_of import rule_of
from newswatch.pipeline.authoring.try_text import rules_for_any_feed, try_texts
from newswatch.pipeline.base.item_text import item_text, plain_text
from newswatch.rules import ItemText
from newswatch.rules.nearest_events import EventRules
from newswatch.rules.repair import Repair, failing_examples, repairs

MOST_TEXTS = 100
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """One text. `near` are rules that do not match it, the nearest first; `repairs` are for the rule asked about."""

    text: ItemText
    matches: tuple[Match, ...]
    near: tuple[NearRule, ...] = ()
    repairs: tuple[Repair, ...] = ()


def headlines(lines: str, lang: str) -> list[ItemText]:
    """One headline a line; empty lines are left out, and so is what exceeds `MOST_TEXTS`."""
    own = (line.strip() for line in lines.splitlines())
    return [plain_text(line, "", "", lang) for line in own if line][:MOST_TEXTS]


def try_many(draft: Draft, texts: Sequence[ItemText], today: str, rule_id: str | None = None) -> list[Trial]:
    """Try texts as if they came from any feed. `today` is an ISO date. Raises NoSuchRule."""
    rule = None if rule_id is None else rule_of(draft, rule_id)
    if not texts:
        return []
    rules = rules_for_any_feed(draft, today)
    asked = rules if rule is None else [one for one in rules if one.id == rule.id] or [rule]
    events = EventRules(asked, draft.lists, draft.default_lang)
    return [
        _trial(draft, asked, rule, tried.text, tried.matches, events)
        for tried in try_texts(draft, texts, today)
    ]


def try_rule(rule: Rule, config: Draft | Bundle, texts: Sequence[ItemText]) -> list[Trial]:
    """Try texts on one rule that need not be in the files. `config` has its lists."""
    alone = Draft((), (rule,), (), config.lists, config.default_lang)
    return try_many(alone, texts, rule.expires or "", rule.id)


def failing_tests(rule: Rule, config: Draft | Bundle) -> list[tuple[str, Trial]]:
    """The rule's own examples that it fails, each with its kind (`must_match` or `must_not_match`)."""
    failing = failing_examples(rule, config.lists, config.default_lang)
    lang = (rule.languages or (config.default_lang,))[0]
    own = [("must_match", text) for text in rule.must_match]
    own += [("must_not_match", text) for text in rule.must_not_match]
    chosen = [one for one in dict.fromkeys(own) if one in failing]
    if not chosen:
        return []
    tried = try_rule(rule, config, [plain_text(text, "", "", lang) for _, text in chosen])
    return [(kind, trial) for (kind, _), trial in zip(chosen, tried, strict=True)]


def try_item(rule: Rule, config: Draft | Bundle, item: Item) -> Trial:
    """Try a stored item on one rule, whatever feed it is of."""
    (trial,) = try_rule(rule, config, [item_text(item, None)])
    return trial


def _trial(
    draft: Draft,
    asked: Sequence[Rule],
    rule: Rule | None,
    text: ItemText,
    matches: tuple[Match, ...],
    events: EventRules,
) -> Trial:
    if rule is None:
        if matches:
            return Trial(text, matches)
        near = nearest_first(asked, draft.lists, draft.default_lang, text, events)[:NEAREST]
        return Trial(text, matches, tuple(near))
    if any(match.rule_id == rule.id for match in matches):
        return Trial(text, matches)
    near = nearest_first(asked, draft.lists, draft.default_lang, text, events)
    found = repairs(rule, draft.lists, text, draft.default_lang, events)
    return Trial(text, matches, tuple(near), tuple(found))


# ── repairs of the file ───────────────────────────────────────────────────────────────────────


def repaired_texts(texts: Mapping[str, str], rule: Rule, repair: Repair) -> dict[str, str]:
    """The watchlist files that a repair changes, by name, with comments and order as they were.

    `texts` are all files. `rule` is the rule before the repair. Raises CannotEdit.
    """
    home = next(
        name for name, text in texts.items() if value_of(name, text, Target("rule", rule.id)) is not None
    )
    changed = {home: edit_target(home, texts[home], Target("rule", rule.id), _changes(rule, repair.rule))}
    if repair.list_name:
        target = Target("list", repair.list_name)
        file = next((name for name, text in texts.items() if value_of(name, text, target) is not None), home)
        text = changed.get(file, texts[file])
        known = value_of(file, text, target)
        change: Change = AddEntry((), repair.entry)
        if known is None:
            change = SetKey((), {"extend": [repair.entry]})
        elif isinstance(known, Mapping):
            change = AddEntry(("extend",), repair.entry)
        changed[file] = edit_target(file, text, target, [change])
    return {name: text for name, text in changed.items() if text != texts[name]}


def _changes(before: Rule, after: Rule) -> list[Change]:
    changes: list[Change] = []
    if after.query != before.query:
        changes.append(SetKey(("query",), after.query))
    if after.modality != before.modality:
        changes.append(SetKey(("modality",), list(after.modality)))
    if before.event and after.event:
        for part in ("who", "does", "what"):
            old: tuple[str, ...] = getattr(before.event, part)
            added = (one for one in getattr(after.event, part) if one not in old)
            changes += [AddEntry(("event", part), one) for one in added]
    return changes


# ── for machines ──────────────────────────────────────────────────────────────────────────────


def as_dict(trial: Trial) -> dict[str, Any]:
    """A trial for JSON. Spans have their words."""
    text = trial.text
    return {
        "title": text.title,
        "summary": text.summary,
        "matches": [
            {"rule": one.rule_id, "spans": [span_dict(text, span) for span in one.spans]}
            for one in trial.matches
        ],
        "near": [
            {
                "rule": one.rule_id,
                "share": round(one.share, 3),
                "text": one.text,
                "failing": [
                    {
                        "term": failing.term,
                        "cause": failing.cause,
                        "text": failing.text,
                        "spans": [span_dict(text, span) for span in failing.spans],
                    }
                    for failing in one.failing
                ],
            }
            for one in trial.near
        ],
        "repairs": [
            {
                "about": one.about,
                "query": one.rule.query,
                "event": None
                if one.rule.event is None
                else {
                    part: list(getattr(one.rule.event, part)) for part in ("who", "does", "what", "unless")
                },
                "modality": list(one.rule.modality),
                "list": one.list_name,
                "entry": one.entry,
            }
            for one in trial.repairs
        ],
    }


def span_dict(text: ItemText, span: Span) -> dict[str, Any]:
    """A span with its words."""
    words = getattr(text, span.field)[span.start : span.end]
    return {"field": span.field, "start": span.start, "end": span.end, "text": words}
