"""Recording what a rule should have caught: a headline or a web page that a reader missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newswatch.document import Entry
from newswatch.errors import PermanentError
from newswatch.models import Item, short_hash
from newswatch.pipeline.authoring.nearness import NearRule, nearest_first
from newswatch.pipeline.authoring.preview import read_url
from newswatch.pipeline.authoring.rule_of import rule_of
from newswatch.pipeline.authoring.try_text import rules_for_any_feed
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.item_text import item_text
from newswatch.pipeline.base.services import Services
from newswatch.quantity import quantity
from newswatch.rules import compile_watchlist
from newswatch.rules.nearest_events import EventRules
from newswatch.store.client import redis_errors
from newswatch.store.labelled import Labelled, put_missed

MOST_NEAREST = 3


class BadText(PermanentError):
    """What was given is not one text."""


@dataclass(frozen=True, slots=True)
class MissedReport:
    """What became of a text. `recorded` says whether it was recorded for the rule.

    `matching` are the rules that match it, so that they did not miss it. `nearest` are the others: first the rule that
    was asked about, then the nearest.
    """

    item: Item
    rule_id: str | None
    recorded: bool
    matching: tuple[str, ...]
    nearest: tuple[NearRule, ...]


async def report_missed(
    services: Services, given: str, rule_id: str | None, by: str, *, allow_private: bool = True
) -> MissedReport:
    """Judge a headline or a web page by the rules of the files, and record it for `rule_id` unless that matches it.

    `allow_private` is for a person at a terminal of this machine, as in `read_url`.
    Rules are asked as if the text came from a feed that they look at. Without `rule_id` nothing is recorded: which
    rule should have caught it is for the editor to say.
    Raises ConfigError, NoSuchRule, BadText, RedisUnavailable, and the errors of `read_url`.
    """
    now = services.clock()
    draft = check_files(services.settings, now.date()).sound_draft()
    if rule_id is not None:
        rule_of(draft, rule_id)
    entry = await _entry(services, given, allow_private=allow_private)
    item = missed_item(entry, now, draft.default_lang)
    rules = rules_for_any_feed(draft, now.date().isoformat())
    text = item_text(item, None)
    matching = [one.rule_id for one in compile_watchlist(rules, draft.lists, draft.default_lang).match(text)]
    events = EventRules(rules, draft.lists, draft.default_lang)
    near = nearest_first(rules, draft.lists, draft.default_lang, text, events)
    near.sort(key=lambda one: one.rule_id != rule_id)
    recorded = rule_id is not None and rule_id not in matching
    if rule_id is not None and recorded:
        with redis_errors():
            await put_missed(services.redis, rule_id, Labelled(item, by, now))
    return MissedReport(item, rule_id, recorded, tuple(matching), tuple(near[:MOST_NEAREST]))


async def _entry(services: Services, given: str, *, allow_private: bool) -> Entry:
    if not given.strip():
        raise BadText("the text is empty: give a headline in quotes, or the address of a web page")
    if not given.startswith(("http://", "https://")):
        return Entry(title=given.strip())
    entries = await read_url(given, services.settings, allow_private=allow_private)
    if len(entries) != 1:
        raise BadText(
            f"{given} is a feed with {quantity(len(entries), 'entry', 'entries')}: give the address of one web page, or its headline"
        )
    return entries[0]


def missed_item(entry: Entry, now: datetime, lang: str) -> Item:
    """The text as an item of no feed. The same text has the same id. Pure."""
    return Item(
        id=f"missed:{short_hash(entry.link, entry.title, entry.summary)}",
        feed_id="",
        revision=0,
        guid="",
        link=entry.link,
        canonical_link="",
        title=entry.title,
        summary=entry.summary,
        body=entry.body,
        author=entry.author,
        tags=(),
        lang=entry.lang or lang,
        published=entry.published,
        first_seen=now,
        config_version=0,
    )
