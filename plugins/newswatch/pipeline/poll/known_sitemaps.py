"""What is kept of the sitemaps of an index between polls, so that they are asked for on condition. Pure.

At most ten, with two validators and a hash each: less than 6 KB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from newswatch.feeds.sitemap_children import Kept
from newswatch.pipeline.poll import schedule


def read(text: str, feed_id: str, now_ms: int) -> Mapping[str, Kept]:
    """What was kept; nothing once a day, since some servers answer 304 forever."""
    if not text:
        return {}
    data = json.loads(text)
    if schedule.wants_full(feed_id, full_ms=data["full_ms"], streak=0, now_ms=now_ms):
        return {}
    return {name: Kept(*values) for name, values in data["kept"].items()}


def stored(kept: Mapping[str, Kept], now_ms: int) -> str:
    """What to keep after all sitemaps were read in full at `now_ms`."""
    data = {"full_ms": now_ms, "kept": {name: list(one) for name, one in kept.items()}}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
