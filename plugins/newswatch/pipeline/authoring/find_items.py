"""Finds stored items by their words, whether they alerted or not.

The words make a query that all of them satisfy in any form and order, and the query is tried like a draft (see
`live_results`): the index names the candidates, the matcher decides and marks the words.
"""

from __future__ import annotations

from datetime import timedelta

from newswatch.models import Bundle, FeedFilter, Rule
from newswatch.pipeline.authoring.live_report import LiveResults
from newswatch.pipeline.authoring.live_results import live_results
from newswatch.pipeline.base.services import Services
from newswatch.rules.tokens import tokenize

SHOWN = 50
MOST_WORDS = 30


def query_of(words: str) -> str:
    """A query for items with all of these words, "" for no words. Signs of the query language count as text. Pure."""
    found = dict.fromkeys(token.text for token in tokenize(words))
    return " AND ".join([*found][:MOST_WORDS])


async def find_items(services: Services, bundle: Bundle, words: str, feed_id: str = "") -> LiveResults | None:
    """The newest items with all of these words, of one feed or of all; None for no words. Raises RedisUnavailable."""
    query = query_of(words)
    if not query:
        return None
    feeds = FeedFilter(ids=(feed_id,)) if feed_id else FeedFilter()
    rule = Rule("items", query=query, feeds=feeds)
    stored = timedelta(seconds=services.settings.item_retention_s)
    return await live_results(services, bundle, rule, None, limit=SHOWN, back=stored)
