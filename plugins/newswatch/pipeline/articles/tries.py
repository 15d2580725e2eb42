"""How an item's web page is fetched, and when it is tried again. Pure.

For feeds with `article: true`. The article is an extra: title and summary have already been matched, and nothing waits
for it. So a web page that cannot be read is tried a few times and then given up.
"""

from __future__ import annotations

from newswatch.errors import FetchFailed, FetchRefused, NewswatchError
from newswatch.feeds.redirect import at_address
from newswatch.models import Feed
from newswatch.pipeline.base.hosts import asked_pause_s

MAX_TRIES = 3
PAUSES_S = (60.0, 300.0)
"""After the first and the second try."""


def page_of(feed: Feed, link: str) -> Feed:
    """The feed with the address of one of its web pages.

    Its credentials, headers and cookies are sent to its own origin only, because a feed may link to any site.
    """
    return at_address(feed, link)


def next_try_s(error: NewswatchError, tries: int, jitter: float) -> float | None:
    """Seconds until the next try, after the `tries`-th one failed (1 for the first); None: give up.

    After an error that may pass by itself there is another try. So there is if the page is not there yet (404), because some
    feeds are ahead of their sites. A pause that the server asked for is respected, up to a day. `jitter` is in [0, 1).
    """
    passes = isinstance(error, FetchFailed) or (isinstance(error, FetchRefused) and error.status == 404)
    if not passes or tries >= MAX_TRIES:
        return None
    pause_s = PAUSES_S[min(tries, len(PAUSES_S)) - 1] * (0.9 + jitter * 0.2)
    return max(pause_s, asked_pause_s(error) or 0.0)
