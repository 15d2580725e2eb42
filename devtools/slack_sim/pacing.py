"""One message per second and channel: Slack docs, "Rate limits", posting messages.

Slack allows short bursts; here the allowance is nil, so that a client that relies on it is
seen. Only accepted posts count; updates have a limit of their own there and none here.
"""

from __future__ import annotations

from devtools.slack_sim.answers import SlackError


class Pacing:
    """When each channel last took a message, in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def admit(self, channel: str, now: float, interval_s: float) -> None:
        """Takes a post at `now` or raises `ratelimited` with the seconds still to wait."""
        last = self._last.get(channel)
        if last is not None and now - last < interval_s:
            wait_s = interval_s - (now - last)
            raise SlackError("ratelimited", retry_after_s=wait_s)
        self._last[channel] = now
