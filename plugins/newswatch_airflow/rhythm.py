"""When the watcher fires: a pure decision from what was seen and a monotonic clock in seconds."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field


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
