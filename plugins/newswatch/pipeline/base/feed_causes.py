"""The causes of notices about a feed. Pure."""

from __future__ import annotations

GIVEN_UP, STOPPED, SILENT, MOVED = "given-up", "stopped", "silent", "moved"
UNREAD, GAP, FALLBACK, LAYOUT = "unread", "gap", "fallback", "layout"


def causes(feed_id: str) -> tuple[str, ...]:
    """All causes that a feed can have."""
    return tuple(
        cause_of(feed_id, what) for what in (GIVEN_UP, STOPPED, SILENT, MOVED, UNREAD, GAP, FALLBACK, LAYOUT)
    )


def cause_of(feed_id: str, what: str) -> str:
    """The cause of one kind of notice; `what` is one of the constants."""
    return f"feed:{feed_id}" if what == GIVEN_UP else f"{what}:{feed_id}"
