"""What of feeds.yaml is changed in the file only, not from a page.

Whoever edits on the pages needs no access to the machine. So an edit from there must not reach hosts that the
file does not reach yet inside the own network, and must not send a secret to another address. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from newswatch.config.yaml_text import value_at
from newswatch.models import Feed


def refused_changes(before: Iterable[Feed], after: Iterable[Feed], *, all_private: bool) -> list[str]:
    """The changes that are not made from a page, in words. `all_private`: by its defaults, every feed may be private."""
    known: Mapping[str, Feed] = {feed.id: feed for feed in before}
    found = []
    for feed in after:
        old = known.get(feed.id)
        if feed.has_own_headers and (old is None or _sent(old) != _sent(feed)):
            found.append(f"auth, headers, user_agent and cookies of {feed.id}, and the server that gets them")
        if feed.allow_private and not all_private:
            if old is None or not old.allow_private:
                found.append(f"allow_private of {feed.id}")
            elif not _hosts(feed) <= _hosts(old):
                found.append(f"the host of {feed.id}, which has allow_private")
    return found


def all_private(before: str, after: str) -> bool:
    """Whether both texts of feeds.yaml allow private addresses by their defaults. Raises CannotEdit for a broken one."""
    path = ("defaults", "allow_private")
    return all(str(value_at("feeds.yaml", text, path)).lower() == "true" for text in (before, after))


def _sent(feed: Feed) -> tuple[object, ...]:
    """What a feed's requests carry, and the server that it goes to."""
    url = urlsplit(feed.url)
    return feed.auth, feed.headers, feed.user_agent, feed.cookies, url.scheme, url.netloc


def _hosts(feed: Feed) -> set[str]:
    return {urlsplit(url).netloc for url in (feed.url, *feed.fallback)}
