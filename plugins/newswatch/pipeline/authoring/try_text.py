"""Trying a text or a web page on rules before they are in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from newswatch.config.draft import Draft
from newswatch.models import Bundle, FeedFilter, Match, Rule
from newswatch.pipeline.authoring.preview import read_url
from newswatch.pipeline.base.item_text import plain_text
from newswatch.rules import ItemText, compile_watchlist
from newswatch.settings import Settings

MOST_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Tried:
    """One text and the rules it satisfies."""

    text: ItemText
    matches: tuple[Match, ...]


async def texts_at(default_lang: str, url: str, settings: Settings) -> list[ItemText]:
    """The entries of the feed, or the article, at a public address. Raises the errors of `read_url`."""
    entries = await read_url(url, settings, allow_private=False)
    return [
        plain_text(one.title, one.summary, one.body, one.lang or default_lang) for one in entries[:MOST_TEXTS]
    ]


def rules_for_any_feed(config: Draft | Bundle, today: str) -> list[Rule]:
    """The rules that have not expired on that ISO date, without their limits on feeds."""
    return [replace(rule, feeds=FeedFilter()) for rule in config.rules if not rule.has_expired(today)]


def try_texts(config: Draft | Bundle, texts: Sequence[ItemText], today: str) -> list[Tried]:
    """The rules that each text satisfies, as if it came from any feed. `today` is an ISO date. Pure."""
    watchlist = compile_watchlist(rules_for_any_feed(config, today), config.lists, config.default_lang)
    return [Tried(text, tuple(watchlist.match(text))) for text in texts]
