"""Feeds that moved: when a permanent redirect replaces the configured URL. Pure.

A 301 or 308 is often a mistake or a maintenance page. So the configured URL is requested until the redirect has
led to the same URL in several polls over days, and that URL had the same feed. Then the new URL is requested
directly. The files are not changed; ops is asked to edit them. Editing the URL in feeds.yaml undoes it, and
so does an adopted URL that fails.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from newswatch.models import Feed
from newswatch.store.feed_state import FeedState, Move

POLLS = 3
DAYS_MS = 2 * 86_400_000
FAILURES = 3
ANOTHER_FEED = -1
"""Replaces the number of polls."""


def request_url(feed: Feed, state: FeedState) -> str:
    """The URL to request: the adopted one, unless feeds.yaml changed or the feed got credentials since."""
    move = state.move
    adopted = move.adopted_url and move.adopted_from == feed.url and adoptable(feed, move.adopted_url)
    return move.adopted_url if adopted else feed.url


def adoptable(feed: Feed, url: str) -> bool:
    """Whether this URL may ever replace the feed's own.

    Not if the feed has credentials, headers or cookies of its own, because they would be sent along, and not if it gives up encryption.
    """
    return not feed.has_own_headers and not (
        urlsplit(feed.url).scheme == "https" and urlsplit(url).scheme != "https"
    )


def after_answer(
    feed: Feed, state: FeedState, permanent_url: str | None, now_ms: int, *, same: bool
) -> FeedState:
    """The state after an answer. `same`: it was the known feed, by its title or items.

    A URL that once had another feed is never adopted, however long the redirect lasts: by then its items are known
    too, and cannot show the difference.
    """
    if state.move.adopted_url and state.move.adopted_from != feed.url:
        state = back(state)
    if permanent_url is None or permanent_url == request_url(feed, state):
        return state._replace(move=_unwatched(state.move)) if state.move.redirect_url else state
    return state._replace(move=_watched(feed, state.move, permanent_url, now_ms, same=same))


def _watched(feed: Feed, move: Move, redirect_url: str, now_ms: int, *, same: bool) -> Move:
    """The move after one more redirect. It is adopted once it has lasted."""
    if redirect_url != move.redirect_url:
        polls = 1 if same else ANOTHER_FEED
        return move._replace(redirect_url=redirect_url, redirect_since_ms=now_ms, redirect_polls=polls)
    if move.redirect_polls == ANOTHER_FEED or not same:
        return move._replace(redirect_polls=ANOTHER_FEED)
    move = move._replace(redirect_polls=move.redirect_polls + 1)
    lasted = move.redirect_polls >= POLLS and now_ms - move.redirect_since_ms >= DAYS_MS
    if not lasted or not adoptable(feed, redirect_url):
        return move
    return Move(adopted_url=redirect_url, adopted_from=feed.url, adopted_ms=now_ms)


def _unwatched(move: Move) -> Move:
    return move._replace(redirect_url="", redirect_since_ms=0, redirect_polls=0)


def after_failure(state: FeedState) -> FeedState:
    """Gives up an adopted URL that keeps failing; the configured one is requested again."""
    return back(state) if state.move.adopted_url and state.polling.failures >= FAILURES else state


def back(state: FeedState) -> FeedState:
    """Without the adopted URL."""
    return state._replace(move=Move())
