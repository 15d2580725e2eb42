"""How long news takes from publication to Slack, measured on the newest alerts. `store/hops.py` counts every hop."""

from __future__ import annotations

from dataclasses import dataclass

from newswatch.pipeline.base.services import Services
from newswatch.store import archive, messages
from newswatch.store.client import redis_errors

LOOKED_AT = 500

EDGES_S = (5, 15, 30, 60, 120, 300, 900, 3_600, 14_400, 86_400)
"""Upper ends of the histogram's columns. One more column has what took longer."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from publication to Slack, sorted."""

    seconds: tuple[float, ...]

    def quantile_s(self, share: float) -> float | None:
        """The value below which `share` of them are; None without any."""
        values = self.seconds
        return values[min(int(share * len(values)), len(values) - 1)] if values else None

    def histogram(self) -> list[int]:
        """How many fall into each column of EDGES_S, the last one open."""
        counts = [0] * (len(EDGES_S) + 1)
        for value in self.seconds:
            counts[next((at for at, edge in enumerate(EDGES_S) if value <= edge), len(EDGES_S))] += 1
        return counts


async def read_latency(services: Services) -> Latency:
    """Measure the newest alerts that were sent and whose feed has dates. Raises RedisUnavailable.

    A publication date in the future counts as the time of sending.
    """
    with redis_errors():
        places = await archive.alerts_before(services.redis, None, LOOKED_AT)
        found = await messages.read_stored_alerts(services.redis, [place.alert_id for place in places])
        stored = [one for one in found if not one.muted]
        sent = await messages.sent_times(services.redis, [one.message_id for one in stored])
    pairs = ((one.alert.published, sent.get(one.message_id)) for one in stored)
    return Latency(
        tuple(sorted(max(0.0, (last - first).total_seconds()) for first, last in pairs if first and last))
    )
