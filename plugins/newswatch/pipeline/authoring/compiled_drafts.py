"""Compiled rules of drafts, and the packs that they use: what asking again need not do again."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from functools import cache

from newswatch.config.draft import Draft
from newswatch.models import Bundle, Rule
from newswatch.packs import load_pack, pack_names
from newswatch.pipeline.authoring.backtest import watch_of
from newswatch.pipeline.match.watch import Watch
from newswatch.rules.event_plan import elements, rarest_run
from newswatch.rules.narrowing import Need, need_of_entry
from newswatch.rules.nodes import Phrase
from newswatch.rules.query import parse_entry
from newswatch.rules.stems import stemmer_for
from newswatch.settings import Settings

KEPT_WATCHES = 4

_watches: dict[Hashable, Watch] = {}
"""The rules that were compiled last. Asking again, or about a rule whose text did not change, compiles nothing."""


def watch_of_draft(rule: Rule, config: Draft | Bundle, settings: Settings) -> Watch:
    """The rule, ready to match. Raises QueryError."""
    key = draft_key(rule, config)
    watch = _watches.pop(key, None) or watch_of([rule], config, settings)
    _watches[key] = watch
    while len(_watches) > KEPT_WATCHES:
        del _watches[next(iter(_watches))]
    return watch


def draft_key(rule: Rule, config: Draft | Bundle) -> Hashable:
    """The same for rules that match the same."""
    return (
        looks_for(rule),
        tuple((name, tuple(entries)) for name, entries in config.lists.items()),
        tuple((feed.id, feed.tags) for feed in config.feeds),
        config.default_lang,
    )


def looks_for(rule: Rule) -> Rule:
    """What of a rule decides what it matches."""
    return replace(
        rule, severity="medium", notify=(), owner=None, threshold=None, must_match=(), must_not_match=()
    )


@cache
def read_packs(default_lang: str) -> tuple[Need, ...]:
    """Parse the entries of all packs and stem their words, for items of the default language and in English.

    The caches of `parse_entry`, of events and of the stemmers keep that. Returns what texts have that the entries occur in.
    """
    needs: dict[Need, None] = {}
    stems = [stemmer_for(lang, default_lang) for lang in dict.fromkeys((default_lang, "en"))]
    for name in pack_names():
        for entry in (one for entries in load_pack(name).parts.values() for one in entries):
            parsed = parse_entry(entry.text)
            if isinstance(parsed, Phrase):
                rarest_run(elements(entry.text))
                needs[need_of_entry(entry.text)] = None
            for word in parsed.words if isinstance(parsed, Phrase) else ():
                for stem in stems:
                    stem(word.text.casefold())
    return tuple(needs)
