"""How much Slack accepts: docs.slack.dev/apis/web-api/rate-limits.

- Posting messages: one a second and channel, and several hundred a minute in a workspace.
- Tier 3 (conversations.history, conversations.replies, chat.update): 50 requests a minute, for each method.
- Tier 4 (users.info): 100 requests a minute, for each method.

Slack tolerates bursts, and does not say how it counts. The simulator counts over any 60 seconds and tolerates no
burst, to find clients that rely on one. A refused request does not count.
"""

from __future__ import annotations

from collections import defaultdict, deque

from devtools.slack_sim.errors import SlackError

_WINDOW_S = 60.0
_POSTS = "posts"


class Pacing:
    """The times of accepted requests, in seconds of Slack's clock. If that goes back, later ones are forgotten."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._accepted: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit_post(self, channel: str, now: float, interval_s: float, per_minute: int) -> None:
        """Accepts a post at `now`, or raises `ratelimited` with the seconds to wait."""
        last = self._last.get(channel)
        if last is not None and 0 <= now - last < interval_s:
            raise SlackError("ratelimited", retry_after_s=interval_s - (now - last))
        self.admit(_POSTS, now, per_minute)
        self._last[channel] = now

    def admit(self, what: str, now: float, per_minute: int) -> None:
        """Accepts a request for a method at `now`, or raises `ratelimited` with the seconds to wait."""
        if not per_minute:
            return
        accepted = self._accepted[what]
        while accepted and not 0 <= now - accepted[0] < _WINDOW_S:
            accepted.popleft()
        if len(accepted) >= per_minute:
            raise SlackError("ratelimited", retry_after_s=_WINDOW_S - (now - accepted[0]))
        accepted.append(now)
