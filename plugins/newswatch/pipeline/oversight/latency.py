"""How long news takes from publication to Slack and through each step, measured on the newest alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newswatch.pipeline.base.services import Services
from newswatch.store import archive, messages
from newswatch.store.client import redis_errors

LOOKED_AT = 500

EDGES_S = (5, 15, 30, 60, 120, 300, 900, 3_600, 14_400, 86_400)
"""Upper ends of the histogram's columns. One more column has what took longer."""

STEPS = ("publication_to_seen", "seen_to_matched", "matched_to_sent", "publication_to_sent")


@dataclass(frozen=True, slots=True)
class Journey:
    """One alert's times. `published` is None if the feed has no date, `sent` if nothing was sent."""

    published: datetime | None
    first_seen: datetime
    matched: datetime
    sent: datetime | None


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds by step, sorted. `looked_at` is the number of alerts they come from."""

    seconds: Mapping[str, tuple[float, ...]]
    looked_at: int

    def quantile_s(self, step: str, share: float) -> float | None:
        """The value below which `share` of them are; None without any."""
        values = self.seconds[step]
        return values[min(int(share * len(values)), len(values) - 1)] if values else None

    def histogram(self, step: str) -> list[int]:
        """How many fall into each column of EDGES_S, the last one open."""
        counts = [0] * (len(EDGES_S) + 1)
        for value in self.seconds[step]:
            counts[next((at for at, edge in enumerate(EDGES_S) if value <= edge), len(EDGES_S))] += 1
        return counts


def latency_of(journeys: Sequence[Journey]) -> Latency:
    """The seconds that each step took. A publication date in the future counts as now. Pure."""
    pairs: dict[str, list[tuple[datetime | None, datetime | None]]] = {
        "publication_to_seen": [(one.published, one.first_seen) for one in journeys],
        "seen_to_matched": [(one.first_seen, one.matched) for one in journeys],
        "matched_to_sent": [(one.matched, one.sent) for one in journeys],
        "publication_to_sent": [(one.published, one.sent) for one in journeys],
    }
    return Latency({step: _seconds(times) for step, times in pairs.items()}, len(journeys))


def _seconds(pairs: Sequence[tuple[datetime | None, datetime | None]]) -> tuple[float, ...]:
    known = ((first, last) for first, last in pairs if first is not None and last is not None)
    return tuple(sorted(max(0.0, (last - first).total_seconds()) for first, last in known))


async def read_latency(services: Services) -> Latency:
    """Measure the newest alerts that were not muted. Raises RedisUnavailable."""
    with redis_errors():
        places = await archive.alerts_before(services.redis, None, LOOKED_AT)
        found = await messages.read_stored_alerts(services.redis, [place.alert_id for place in places])
        stored = [one for one in found if not one.muted]
        sent = await messages.sent_times(services.redis, [one.message_id for one in stored])
    return latency_of(
        [
            Journey(one.alert.published, one.alert.first_seen, one.alert.matched, sent.get(one.message_id))
            for one in stored
        ]
    )
