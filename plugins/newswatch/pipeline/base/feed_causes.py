"""What ops may be notified of about a feed, by the cause of the notice. Pure."""

from __future__ import annotations

GIVEN_UP, STOPPED, SILENT, MOVED = "given-up", "stopped", "silent", "moved"


def causes(feed_id: str) -> tuple[str, ...]:
    """All that ops may have been told of a feed."""
    return tuple(cause_of(feed_id, what) for what in (GIVEN_UP, STOPPED, SILENT, MOVED))


def cause_of(feed_id: str, what: str) -> str:
    """The cause of one notice; `what` is one of the four constants."""
    return f"feed:{feed_id}" if what == GIVEN_UP else f"{what}:{feed_id}"
