"""When a watcher fires: pure decisions from what was seen and a monotonic clock in seconds."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass
class BacklogRhythm:
    """Fires once something has waited `waited_s`, then less and less often while it goes on waiting.

    Each event costs an Airflow run, so a backlog that a run cannot clear (a stage that fails, a
    long drain) is announced after `again_s`, then after twice as long, at most every
    `at_most_s`. When nothing waits too long any more, it starts over.
    """

    waited_s: float
    again_s: float = 15.0
    at_most_s: float = 60.0
    _next_at: float | None = field(default=None, init=False)
    _pause_s: float = field(default=0.0, init=False)

    def fires(self, oldest_age_s: float, now_s: float) -> bool:
        """Whether to fire now. `oldest_age_s` is 0 when nothing waits."""
        if oldest_age_s <= self.waited_s:
            self._next_at = None
            return False
        if self._next_at is not None and now_s < self._next_at:
            return False
        self._pause_s = self.again_s if self._next_at is None else min(self._pause_s * 2, self.at_most_s)
        self._next_at = now_s + self._pause_s
        return True


@dataclass
class EditRhythm:
    """Fires when the watched files have changed and settled, and once more `again_s` later.

    Settled means that two looks in a row saw the same, so that several files saved together give one
    event. The second event is needed because Airflow may merge an event into a run that is just
    starting and has already read the old files.
    """

    again_s: float = 10.0
    _settled: Hashable = field(default=None, init=False)
    _last: Hashable = field(default=None, init=False)
    _again_at: float | None = field(default=None, init=False)

    def fires(self, seen: Hashable, now_s: float) -> bool:
        """Whether to fire now. The first look only records what is there."""
        first = self._last is None
        steady, self._last = seen == self._last, seen
        if first:
            self._settled = seen
            return False
        if steady and seen != self._settled:
            self._settled = seen
            self._again_at = now_s + self.again_s
            return True
        if self._again_at is not None and now_s >= self._again_at:
            self._again_at = None
            return True
        return False
