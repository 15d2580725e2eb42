"""The names that rules use: receivers, feeds, tags."""

from __future__ import annotations

from collections.abc import Collection

from newswatch.config.feeds_file import FeedsPart
from newswatch.config.kinds import did_you_mean
from newswatch.config.receivers_file import ReceiversPart
from newswatch.config.records import CheckedMapping
from newswatch.config.watchlist_file import RuleSource, WatchlistPart
from newswatch.config.yaml_tree import ListNode, Node, Scalar

MOST_NAMED = 12


def check_references(watchlist: WatchlistPart, feeds: FeedsPart, receivers: ReceiversPart) -> None:
    """Report names in rules that do not exist.

    If a file could not be read completely, its names are not checked: its own errors have to be corrected first.
    """
    for source in watchlist.rules:
        if receivers.complete:
            _check_receivers(source, receivers.ids)
        chosen: CheckedMapping | None = source.given.get("feeds")
        if chosen is not None and feeds.complete:
            _check_feed_ids(source, chosen, feeds.ids)
            _check_feed_tags(source, chosen, feeds.tags)


def _check_receivers(source: RuleSource, known: Collection[str]) -> None:
    for name in source.given.get("notify", ()):
        if name not in known:
            node = _entry(source.given.node_of("notify"), name)
            message = f"{_label(source)}notify: receivers.yaml has no receiver {name!r}{known_names(name, known, 'receivers')}"
            source.report.error(node, message)


def _check_feed_ids(source: RuleSource, chosen: CheckedMapping, known: Collection[str]) -> None:
    for name in chosen.get("ids", ()):
        if name not in known:
            node = _entry(chosen.node_of("ids"), name)
            message = (
                f"{_label(source)}feeds: feeds.yaml has no feed {name!r}{known_names(name, known, 'feeds')}"
            )
            source.report.error(node, message)


def _check_feed_tags(source: RuleSource, chosen: CheckedMapping, known: Collection[str]) -> None:
    for name in chosen.get("tags", ()):
        if name not in known:
            node = _entry(chosen.node_of("tags"), name)
            message = f"{_label(source)}feeds: no feed has the tag {name!r}{known_names(name, known, 'tags')}"
            source.report.warning(node, message)


def _label(source: RuleSource) -> str:
    return f"rule {source.given.get('id', '')!r}: "


def known_names(name: str, known: Collection[str], kind: str) -> str:
    """What was probably meant, and which names there are: `kind` says of what. A name may come with a # or @."""
    names = sorted(filter(None, known))
    if not names:
        return f"; there are no {kind} yet"
    guess = did_you_mean(name.lstrip("#@"), names)
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    listed = f"{kind} are {', '.join(names[:MOST_NAMED])}{more}"
    return f"{guess} The {listed}" if guess else f"; the {listed}"


def _entry(node: Node, name: str) -> Node:
    """The list entry with a name."""
    if isinstance(node, ListNode):
        for item in node.items:
            if isinstance(item, Scalar) and item.text.strip() == name:
                return item
    return node
