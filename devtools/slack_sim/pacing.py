"""One message per second and channel: Slack docs, "Rate limits", posting messages.

Slack allows short bursts. The simulator does not, to find clients that rely on them. Only accepted
posts count. Updates have their own limit in Slack, and none here.
"""

from __future__ import annotations

from devtools.slack_sim.answers import SlackError


class Pacing:
    """The time of each channel's last message, in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def admit(self, channel: str, now: float, interval_s: float) -> None:
        """Accepts a post at `now`, or raises `ratelimited` with the seconds to wait."""
        last = self._last.get(channel)
        if last is not None and now - last < interval_s:
            wait_s = interval_s - (now - last)
            raise SlackError("ratelimited", retry_after_s=wait_s)
        self._last[channel] = now
