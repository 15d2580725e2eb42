"""A draft and the rule in force that it would replace, both compiled, and the feeds of which an item can match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newswatch.config.draft import Draft
from newswatch.models import Bundle, FeedFilter, Rule
from newswatch.pipeline.authoring.compiled_drafts import looks_for, watch_of_draft
from newswatch.pipeline.match.watch import Watch
from newswatch.settings import Settings


@dataclass(frozen=True, slots=True)
class DraftTrial:
    """The draft, the rule in force if it differs, and both compiled."""

    rule: Rule
    now: Watch
    before: Watch | None
    feeds: frozenset[str] | None
    """The only feeds of which an item can match; None for any."""


def trial_of(config: Draft | Bundle, rule: Rule, in_force: Bundle | None, settings: Settings) -> DraftTrial:
    """Compile them. `config` has the draft's lists and feeds. Raises QueryError for a rule that cannot be read."""
    known = rule_in(in_force, rule.id) if in_force else None
    now = watch_of_draft(rule, config, settings)
    changed = known is not None and in_force is not None and not _same(known, rule, in_force, config)
    before = watch_of_draft(known, in_force, settings) if changed and known and in_force else None
    filters = [rule.feeds, *([known.feeds] if changed and known else [])]
    return DraftTrial(rule, now, before, _only_feeds(filters, (config, in_force)))


def _same(known: Rule, rule: Rule, in_force: Bundle, config: Draft | Bundle) -> bool:
    ground = [(one.lists, one.default_lang, one.feeds) for one in (in_force, config)]
    return looks_for(known) == looks_for(rule) and (in_force is config or ground[0] == ground[1])


def _only_feeds(
    filters: Sequence[FeedFilter], configs: Sequence[Draft | Bundle | None]
) -> frozenset[str] | None:
    if any(one == FeedFilter() for one in filters):
        return None
    feeds = [feed for config in configs if config for feed in config.feeds]
    return frozenset(
        [feed.id for feed in feeds if any(one.admits(feed.id, feed.tags) for one in filters)]
        + [name for one in filters for name in one.ids]
    )


def rule_in(bundle: Bundle, rule_id: str) -> Rule | None:
    """The rule with this id, None if there is none."""
    return next((rule for rule in bundle.rules if rule.id == rule_id), None)
