"""What an editor completes: keys with their meaning, and the names that the configuration in force knows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newswatch.config.records import Record
from newswatch.config.shapes import EVENT, FEED_FILTER, RULE, THRESHOLD, WATCHLIST_FILE
from newswatch.models import MODALITIES, SEVERITIES, Bundle
from newswatch.packs import pack_names

Names = Sequence[tuple[str, str]]
"""Each name with what it means, "" if nothing is known."""

_RECORDS: Mapping[str, Record] = {
    "file": WATCHLIST_FILE,
    "rules": RULE,
    "event": EVENT,
    "feeds": FEED_FILTER,
    "threshold": THRESHOLD,
}


def keys() -> dict[str, Names]:
    """The keys that may be written, by the key whose value they are in; of the file itself by `file`."""
    return {name: [(key.name, key.about) for key in record.keys] for name, record in _RECORDS.items()}


def names(bundle: Bundle | None) -> dict[str, Names]:
    """The names that may be values, by what they name."""
    own = sorted(bundle.lists.items()) if bundle else []
    packs = [(name, "pack") for name in sorted(pack_names()) if not bundle or name not in bundle.lists]
    return {
        "lists": [*((name, ", ".join(entries)[:120]) for name, entries in own), *packs],
        "notify": [(one.id, one.channel) for one in bundle.receivers] if bundle else [],
        "ids": [(one.id, one.publisher) for one in bundle.feeds] if bundle else [],
        "tags": [(tag, "") for tag in sorted({tag for one in bundle.feeds for tag in one.tags})]
        if bundle
        else [],
        "languages": [(code, "") for code in sorted({one.lang for one in bundle.feeds})] if bundle else [],
        "owner": [(one, "") for one in sorted({rule.owner for rule in bundle.rules if rule.owner})]
        if bundle
        else [],
        "severity": [(one, "") for one in SEVERITIES],
        "modality": [(one, "") for one in MODALITIES],
        "negation": [("ignore", "a negated hit counts"), ("exclude", "a negated hit does not count")],
    }
