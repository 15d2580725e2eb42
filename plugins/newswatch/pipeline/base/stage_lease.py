"""How long the lease of a stage lasts. The lease itself is `store.leases`."""

from __future__ import annotations

from collections.abc import Iterable

from newswatch.models import Receiver

MAX_LEASE_S = 15.0


def lease_s(receivers: Iterable[Receiver]) -> float:
    """How long a stage's lease lasts: half of the shortest grace period, within 0.5–15 s."""
    grace_s = min((receiver.grace_s for receiver in receivers), default=60.0)
    return min(max(grace_s / 2, 0.5), MAX_LEASE_S)
