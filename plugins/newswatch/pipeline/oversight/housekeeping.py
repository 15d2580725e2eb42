"""Daily housekeeping: notes what the rules catch, says how well feeds could be read, removes what is past its retention, and what was left behind."""

from __future__ import annotations

from newswatch.pipeline.authoring.index_upkeep import drop_idle, index_folder
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight import coverage
from newswatch.pipeline.oversight.pack_upgrade import note_hits
from newswatch.store import dump_restore, labelled, mutes, retention
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

DAY_S = 86_400


async def run_housekeeping(services: Services) -> dict[str, int]:
    """Returns how much was removed, by kind. Raises RedisUnavailable."""
    now_ms = to_ms(services.clock())
    settings = services.settings
    await note_hits(services)
    if (folder := index_folder(settings.cache)) is not None:
        drop_idle(folder)
    if settings.coverage_line == "on" and (bundle := await in_force(services)) is not None:
        text = coverage.summary(await coverage.read(services, bundle, DAY_S))
        await notices.notify_once(services, "coverage", text)
    with redis_errors():
        await dump_restore.tidy(services.redis)
        return {
            "items": await retention.trim_items(services.redis, now_ms, settings.item_retention_s),
            "articles": await retention.trim_articles(services.redis, now_ms),
            "alerts": await retention.trim_alerts(services.redis, now_ms, settings.alert_retention_s),
            "mutes": await mutes.tidy(services.redis, services.clock()),
            **{
                label: await labelled.tidy_labelled(services.redis, label, now_ms, settings.alert_retention_s)
                for label in labelled.LABELS
            },
            "acknowledged": await labelled.tidy_acknowledged(
                services.redis, now_ms, settings.alert_retention_s
            ),
            "dead_letters": await retention.trim_dead(services.redis, now_ms, settings.alert_retention_s),
        }
