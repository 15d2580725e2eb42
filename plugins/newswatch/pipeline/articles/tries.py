"""Which items' pages are read, as whom, and when a page that failed is tried again. Pure.

For feeds with `article: true`. A page is extra: title and summary have been matched already, so a
page that cannot be read is tried a few times and then given up on, and nobody waits for it.
"""

from __future__ import annotations

from dataclasses import replace

from newswatch.errors import FetchFailed, FetchRefused, NewswatchError
from newswatch.feeds.redirect import same_origin
from newswatch.models import Feed

MAX_TRIES = 3
PAUSES_S = (60.0, 300.0)
"""After the first and the second try."""
LONGEST_PAUSE_S = 86_400.0
SLOW_DOWN_S = 60.0
"""How long a host is left alone that asks for less (429) and does not say for how long."""


def page_of(feed: Feed, link: str) -> Feed:
    """The feed as it is when one of its pages is fetched.

    Its credentials go to its own origin only: a feed may link anywhere.
    """
    return replace(feed, url=link, auth=feed.auth if same_origin(feed.url, link) else None)


def next_try_s(error: NewswatchError, tries: int, jitter: float) -> float | None:
    """Seconds to the next try after the `tries`-th one failed (1 for the first); None: given up.

    What passes by itself is tried again, and so is a page that is not there yet (404): some feeds
    are ahead of their sites. What the server asked for is never undercut, up to a day. `jitter` is
    in [0, 1).
    """
    passes = isinstance(error, FetchFailed) or (isinstance(error, FetchRefused) and error.status == 404)
    if not passes or tries >= MAX_TRIES:
        return None
    pause_s = PAUSES_S[min(tries, len(PAUSES_S)) - 1] * (0.9 + jitter * 0.2)
    return max(pause_s, asked_pause_s(error) or 0.0)


def asked_pause_s(error: NewswatchError) -> float | None:
    """For how long the server wants to be left alone, in seconds; None where it did not say."""
    if not isinstance(error, FetchFailed):
        return None
    if error.retry_after_s is not None:
        return min(error.retry_after_s, LONGEST_PAUSE_S)
    return SLOW_DOWN_S if error.kind == "ratelimited" else None
