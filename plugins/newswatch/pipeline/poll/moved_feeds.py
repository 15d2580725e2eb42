"""Feeds that moved: when a permanent redirect is believed. Pure.

A 301 or 308 is often a mistake or a maintenance page, so the configured URL is asked until the
redirect has led to the same place in several polls over days, and that place held the same feed.
Then the new URL is asked directly; the files stay as they are, and the editor is told to edit
them. A change of the URL in feeds.yaml, or an adopted URL that fails, undoes it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from newswatch.models import Feed
from newswatch.store.feed_state import FeedState

POLLS = 3
DAYS_MS = 2 * 86_400_000
FAILURES = 3
ANOTHER_FEED = -1
"""In place of the number of polls."""


def asked_url(feed: Feed, state: FeedState) -> str:
    """The URL to ask: the adopted one while feeds.yaml names the one it replaces, and no credentials since."""
    moved = state.moved_url and state.moved_from == feed.url and adoptable(feed, state.moved_url)
    return state.moved_url if moved else feed.url


def adoptable(feed: Feed, url: str) -> bool:
    """Whether this URL may ever be asked in place of the feed's own.

    Not with credentials, which would go along, and not where it gives up encryption.
    """
    return feed.auth is None and not (
        urlsplit(feed.url).scheme == "https" and urlsplit(url).scheme != "https"
    )


def after_answer(
    feed: Feed, state: FeedState, permanent_url: str | None, now_ms: int, *, same: bool
) -> FeedState:
    """The state after an answer; `same`: it held the feed that is known (title or items).

    A place that once held another feed is not believed however long the redirect leads there: by
    then its items are known too.
    """
    if state.moved_url and state.moved_from != feed.url:
        state = back(state)
    if permanent_url is None or permanent_url == asked_url(feed, state):
        return state._replace(move_url="", move_since_ms=0, move_polls=0) if state.move_url else state
    if permanent_url != state.move_url:
        polls = 1 if same else ANOTHER_FEED
        return state._replace(move_url=permanent_url, move_since_ms=now_ms, move_polls=polls)
    if state.move_polls == ANOTHER_FEED or not same:
        return state._replace(move_polls=ANOTHER_FEED)
    state = state._replace(move_polls=state.move_polls + 1)
    if (
        state.move_polls < POLLS
        or now_ms - state.move_since_ms < DAYS_MS
        or not adoptable(feed, permanent_url)
    ):
        return state
    return state._replace(
        moved_url=permanent_url,
        moved_from=feed.url,
        moved_ms=now_ms,
        move_url="",
        move_since_ms=0,
        move_polls=0,
    )


def after_failure(state: FeedState) -> FeedState:
    """An adopted URL that keeps failing is let go of: the configured one is asked again."""
    return back(state) if state.moved_url and state.failures >= FAILURES else state


def back(state: FeedState) -> FeedState:
    """Without the adopted URL."""
    return state._replace(moved_url="", moved_from="", moved_ms=0, move_url="", move_since_ms=0, move_polls=0)
