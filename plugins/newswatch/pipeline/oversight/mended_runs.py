"""Red runs of residents whose causes are over: the run stays red in Airflow, but nobody has to act any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.standstill import dag_of
from newswatch.residents import resident_stages
from newswatch.store import pulses
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

ENDS_WITHIN_MS = 60_000
"""A run ends this soon after its stage has recorded why it is red. A run that failed later failed for another reason."""


async def mended(services: Services, failed: Mapping[str, datetime]) -> frozenset[str]:
    """Those of the DAGs, whose last runs failed at these times, that were red for causes which are over. Raises RedisUnavailable."""
    stages = resident_stages(services.settings.poll_shards)
    over = set()
    for dag_id, ended in failed.items():
        own = [stage for stage in stages if dag_of(stage) == dag_id]
        with redis_errors():
            found = [await pulses.red_causes(services.redis, stage) for stage in own]
        red_ms = max((at for _, at in found), default=0)
        lasting = any(causes for causes, _ in found)
        if not lasting and 0 <= to_ms(ended) - red_ms <= ENDS_WITHIN_MS:
            over.add(dag_id)
    return frozenset(over)
