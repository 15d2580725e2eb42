"""The debug log of a claim: what each entry of a document was found to be. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from newswatch.pipeline.poll.entry_ids import KNOWN_BY
from newswatch.store.feeds import Claim


def claim_lines(work: Claim) -> Iterator[str]:
    """One line for each entry that was read: new, an edit or a repetition, and by which rule."""
    appended = {record.id: item for item, record in work.items}
    for record in work.whole:
        if record.last_in_document < work.now_ms // 1000:
            continue
        item = appended.get(record.id)
        if item is None and record.first_seen < work.now_ms // 1000:
            what = "repetition"
        elif record.revision:
            what = f"edit, revision {record.revision}"
        else:
            what = "new" if item is not None else "new, too old to be kept"
        silent = ", silent: the feed already had it when it was added" if record.silent else ""
        yield f"item {work.feed_id}:{record.item.hex()}: {what}, recognised by {KNOWN_BY[record.known_by]}{silent}"
