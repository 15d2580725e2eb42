"""How long each hop of the alerts in a message took, once Slack has accepted it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from newswatch.models import Alert
from newswatch.store.hops import Hop


def hops_of(alerts: Sequence[Alert], begun: datetime, sent: datetime) -> Iterator[tuple[Hop, float]]:
    """Seconds of each hop. A feed without dates has none from publication; what clocks make negative counts as 0. Pure."""
    for alert in alerts:
        hops: list[tuple[Hop, datetime | None, datetime]] = [
            ("publication_to_seen", alert.published, alert.first_seen),
            ("seen_to_matched", alert.first_seen, alert.matched),
            ("matched_to_begun", alert.matched, begun),
            ("begun_to_sent", begun, sent),
            ("publication_to_sent", alert.published, sent),
        ]
        for hop, start, end in hops:
            if start is not None:
                yield hop, max(0.0, (end - start).total_seconds())
