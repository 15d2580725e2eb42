"""The state of a feed in one word, and what to do about it. Pure."""

from __future__ import annotations

from newswatch.models import Feed
from newswatch.pipeline.base import feed_causes
from newswatch.pipeline.poll import addresses, health, moved_feeds
from newswatch.redact import redact_url
from newswatch.store.codec import from_ms
from newswatch.store.feed_state import FeedState


def word(state: FeedState, paused_until_ms: int, now_ms: int) -> str:
    """new, ok, silent, slowed, waiting, failing, refused, layout-changed, given-up or stopped."""
    if state.polling.status in ("", "ok") and paused_until_ms > now_ms:
        return "waiting"
    return state.polling.status or "new"


def advice(feed: Feed, state: FeedState, paused_until_ms: int, now_ms: int, *, buttons: bool = False) -> str:
    """What to do, or what happens automatically; "" if the feed is fine. `buttons`: instead of commands, on a page."""
    paused = paused_until_ms > now_ms
    found = [
        addresses.sentence(feed, state),
        _about_url(feed, state, now_ms),
        _about_state(feed, state, paused=paused, buttons=buttons),
    ]
    if state.document.unread:
        found.append(
            f"{health.unread_text(state)}: {health.UNREAD_REMEDY[0].lower()}{health.UNREAD_REMEDY[1:]}"
        )
    if paused:
        until = f"{from_ms(paused_until_ms):%H:%M} UTC"
        found.append(f"its host asked for a pause until {until}: nothing to do, or raise `every`")
    return "; ".join(filter(None, found))


def _about_url(feed: Feed, state: FeedState, now_ms: int) -> str:
    if moved_feeds.request_url(feed, state) != feed.url:
        return f"moved permanently: set its url to {redact_url(state.move.adopted_url)} in feeds.yaml"
    if not state.move.redirect_url:
        return ""
    target = redact_url(state.move.redirect_url)
    if state.move.redirect_polls == moved_feeds.ANOTHER_FEED:
        return f"redirects permanently to {target}, which is another feed: correct its url in feeds.yaml"
    if not moved_feeds.adoptable(feed, state.move.redirect_url):
        return f"redirects permanently to {target}: set its url in feeds.yaml; newswatch does not switch to it automatically"
    days = max(0, state.move.redirect_since_ms + moved_feeds.DAYS_MS - now_ms) / 86_400_000
    return f"redirects permanently to {target}: set its url in feeds.yaml, or wait {days:.1f} days"


def _about_state(feed: Feed, state: FeedState, *, paused: bool, buttons: bool) -> str:
    status = state.polling.status
    if status == feed_causes.STOPPED:
        return "gone permanently: remove it from feeds.yaml or set its new url"
    if status == feed_causes.SILENT:
        last = f"{from_ms(state.document.newest_ms):%d %B %H:%M} UTC"
        return f"silent since {last}, before that with an item every {health.span(state.document.gap_s)}: check whether the feed moved"
    if status == "slowed":
        return (
            ""
            if paused
            else f"the server asks for fewer requests: raise `every` ({health.span(feed.every_s)} now)"
        )
    if status in ("refused", feed_causes.GIVEN_UP):
        return health.remedy(feed, state, buttons=buttons)
    if status == health.LAYOUT_CHANGED:
        return health.layout_remedy(feed, buttons=buttons)
    if status == "failing":
        return "nothing to do yet: it is tried again automatically, and ops is notified if it lasts"
    return ""
