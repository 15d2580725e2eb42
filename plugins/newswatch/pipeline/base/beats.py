"""Whether a resident beats on time. If it does not, the machine has too little processor time for it, or Redis is slow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LATE_S = 15.0
"""A beat is late if the one before it is longer ago: two are missing."""
REMEMBERED_S = 120.0
"""How long beats must be on time until they count as that again."""


@dataclass
class Beats:
    """The beats of a shift. `late_since` is since when they have come late, None if they are on time."""

    late_since: datetime | None = None
    _before: float | None = None
    _late_until: float = 0.0

    def beat(self, now: datetime, monotonic: float) -> None:
        """Another beat, at this time."""
        gap_s = 0.0 if self._before is None else monotonic - self._before
        self._before = monotonic
        if gap_s > LATE_S:
            self.late_since = self.late_since or now - timedelta(seconds=gap_s)
            self._late_until = monotonic + REMEMBERED_S
        elif monotonic > self._late_until:
            self.late_since = None
