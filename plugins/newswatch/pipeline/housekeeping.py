"""Daily tidying: what is past its retention goes, and what is left over is found."""

from __future__ import annotations

from newswatch.pipeline.configure import in_force
from newswatch.pipeline.services import Services
from newswatch.store import feeds, marks, mutes, retention
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms


async def run_housekeeping(services: Services) -> dict[str, int]:
    """Counts of what was removed. Raises RedisUnavailable."""
    now_ms = to_ms(services.clock())
    settings = services.settings
    bundle = await in_force(services)
    with redis_errors():
        counts = {
            "items": await retention.trim_items(services.redis, now_ms, settings.item_retention_s),
            "articles": await retention.trim_articles(services.redis, now_ms),
            "alerts": await retention.trim_alerts(services.redis, now_ms, settings.alert_retention_s),
            "mutes": await mutes.tidy(services.redis, services.clock()),
            "irrelevant": await marks.tidy(services.redis, now_ms, settings.alert_retention_s),
            "dead_letters": await retention.trim_dead(services.redis, now_ms, settings.alert_retention_s),
        }
        if bundle is not None:
            await feeds.recall(services.redis, [feed.id for feed in bundle.feeds])
            in_use = [feed.id for feed in bundle.feeds]
            gone = await feeds.forget(services.redis, in_use, settings.seen_retention_s)
            counts["feeds"] = len(gone)
    return counts
