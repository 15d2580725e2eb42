"""One rule of the files by its id. Pure."""

from __future__ import annotations

import difflib

from newswatch.config.draft import Draft
from newswatch.errors import NoSuchRule
from newswatch.models import Rule


def rule_of(draft: Draft, rule_id: str) -> Rule:
    """The rule. Raises NoSuchRule, which says what the ids are."""
    for rule in draft.rules:
        if rule.id == rule_id:
            return rule
    raise NoSuchRule(unknown_rule(draft, rule_id))


def unknown_rule(draft: Draft, rule_id: str) -> str:
    """Says that there is no such rule, and which there are."""
    names = [rule.id for rule in draft.rules]
    close = difflib.get_close_matches(rule_id, names, n=3, cutoff=0.5)
    if close:
        return f"no rule {rule_id!r} in the watchlist; did you mean {' or '.join(close)}?"
    if not names:
        return f"no rule {rule_id!r}: the watchlist is empty"
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"no rule {rule_id!r} in the watchlist; it has: {', '.join(names[:10])}{more}"
