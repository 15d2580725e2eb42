"""Compiled watchlists, kept in memory for this process and on disk for the next one."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence

from newswatch.garbage import collection_paused
from newswatch.models import FeedFilter, Rule
from newswatch.packs import packs_version
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.rules import Watchlist, compile_watchlist

KIND = "watchlist"

FEWEST_KEPT = 100
"""Compiling fewer rules takes less time than reading them from the cache."""

_MOST_IN_MEMORY = 2
"""The one in force and the one that replaces it."""

_EVERYWHERE = FeedFilter()


class _Memory(threading.local):
    """Threads may not share a watchlist, so each has its own."""

    def __init__(self) -> None:
        self.watchlists: dict[str, Watchlist] = {}


_memory = _Memory()


def compiled(
    rules: Sequence[Rule],
    lists: Mapping[str, Sequence[str]],
    default_lang: str,
    cache: DiskCache,
) -> Watchlist:
    """The compiled watchlist, from memory or the disk cache if it is there.

    Raises QueryError, naming the rule, for a query or list entry that cannot be parsed.
    """
    if len(rules) < FEWEST_KEPT:
        return compile_watchlist(rules, lists, default_lang)
    key = _key(rules, lists, default_lang)
    known = _memory.watchlists
    watchlist = known.pop(key, None) or _from_cache(key, rules, lists, default_lang, cache)
    known[key] = watchlist
    while len(known) > _MOST_IN_MEMORY:
        del known[next(iter(known))]
    return watchlist


def _from_cache(
    key: str, rules: Sequence[Rule], lists: Mapping[str, Sequence[str]], default_lang: str, cache: DiskCache
) -> Watchlist:
    with collection_paused():
        data = cache.get(KIND, key)
        if data is not None:
            try:
                return Watchlist.loads(data)
            except ValueError:
                # Unreadable although its checksum is right: it is replaced below.
                pass
        watchlist = compile_watchlist(rules, lists, default_lang)
        cache.put(KIND, key, watchlist.dumps())
    return watchlist


def _key(rules: Sequence[Rule], lists: Mapping[str, Sequence[str]], default_lang: str) -> str:
    """A hash of everything that matching depends on. Receivers and severity are not part of it."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(
        f"{packs_version()}\0{default_lang}\0{sorted(lists.items())!r}\0{len(rules)}\0".encode(
            "utf-8", "surrogatepass"
        )
    )
    for rule in rules:
        text = f"{rule.id}\0{rule.query}\0{rule.negation}"
        if rule.event is not None:
            text = f"{text}\0{rule.event!r}{rule.modality!r}"
        if rule.languages or rule.feeds != _EVERYWHERE:
            text = f"{text}\0{rule.languages!r}{rule.feeds!r}"
        digest.update(f"{len(text)}\0{text}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
