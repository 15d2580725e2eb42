"""Compiled watchlists, worked out once: for this process in memory, for the next one on the shelf."""

from __future__ import annotations

import gc
import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from newswatch.models import FeedFilter, Rule
from newswatch.pipeline.base.disk_cache import Shelf
from newswatch.rules import Watchlist, compile_watchlist

KIND = "watchlist"

FEWEST_KEPT = 100
"""Fewer rules are compiled in less time than it takes to look for them."""

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
    shelf: Shelf,
) -> Watchlist:
    """`compile_watchlist`, or what it came to before.

    Raises QueryError, naming the rule, for a query or list entry that cannot be read.
    """
    if len(rules) < FEWEST_KEPT:
        return compile_watchlist(rules, lists, default_lang)
    key = _key(rules, lists, default_lang)
    known = _memory.watchlists
    watchlist = known.pop(key, None) or _from_shelf(key, rules, lists, default_lang, shelf)
    known[key] = watchlist
    while len(known) > _MOST_IN_MEMORY:
        del known[next(iter(known))]
    return watchlist


def _from_shelf(
    key: str, rules: Sequence[Rule], lists: Mapping[str, Sequence[str]], default_lang: str, shelf: Shelf
) -> Watchlist:
    with collection_paused():
        data = shelf.get(KIND, key)
        if data is not None:
            try:
                return Watchlist.loads(data)
            except ValueError:
                # Spoilt in spite of its seal: what is put below replaces it.
                pass
        watchlist = compile_watchlist(rules, lists, default_lang)
        shelf.put(KIND, key, watchlist.dumps())
    return watchlist


def _key(rules: Sequence[Rule], lists: Mapping[str, Sequence[str]], default_lang: str) -> str:
    """Names all that matching rests on, and nothing else: who is told does not matter."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(
        f"{default_lang}\0{sorted(lists.items())!r}\0{len(rules)}\0".encode("utf-8", "surrogatepass")
    )
    for rule in rules:
        text = f"{rule.id}\0{rule.query}\0{rule.negation}"
        if rule.languages or rule.feeds != _EVERYWHERE:
            text = f"{text}\0{rule.languages!r}{rule.feeds!r}"
        digest.update(f"{len(text)}\0{text}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


@contextmanager
def collection_paused() -> Iterator[None]:
    """Hold the search for garbage while objects are made by the hundred thousand and none is dropped."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
