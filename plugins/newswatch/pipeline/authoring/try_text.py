"""Trying a text or a page on rules before they are in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from newswatch.config.draft import Draft
from newswatch.models import FeedFilter, Match
from newswatch.pipeline.authoring.preview import read_url
from newswatch.rules import ItemText, compile_watchlist
from newswatch.settings import Settings

MOST_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Tried:
    """One text and the rules it satisfies, whatever feeds they are limited to."""

    text: ItemText
    matches: tuple[Match, ...]


def item_text(draft: Draft, title: str, summary: str, body: str, lang: str = "") -> ItemText:
    """A text as a person gives it."""
    return ItemText(
        title=title,
        summary=summary,
        body=body,
        author="",
        lang=lang or draft.default_lang,
        feed_id="",
        feed_tags=(),
        tags=(),
    )


async def texts_at(draft: Draft, url: str, settings: Settings) -> list[ItemText]:
    """The entries of the feed, or the story, at a public address. Raises as `read_url`."""
    entries = await read_url(url, settings, allow_private=False)
    return [item_text(draft, one.title, one.summary, one.body, one.lang) for one in entries[:MOST_TEXTS]]


def try_texts(draft: Draft, texts: Sequence[ItemText], today: str) -> list[Tried]:
    """What the rules, not expired on that ISO date, say to each. Pure."""
    rules = [
        replace(rule, feeds=FeedFilter())
        for rule in draft.rules
        if rule.expires is None or rule.expires >= today
    ]
    watchlist = compile_watchlist(rules, draft.lists, draft.default_lang)
    return [Tried(text, tuple(watchlist.match(text))) for text in texts]
