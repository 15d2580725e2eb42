"""The configuration in force, and the check of the files it is made from. Applying them is `pipeline.base.adoption`."""

from __future__ import annotations

from datetime import date

from newswatch.config.codec import bundle_from_json
from newswatch.config.draft import Loaded
from newswatch.config.load import load_config
from newswatch.models import Bundle
from newswatch.pipeline.base.disk_cache import Shelf
from newswatch.pipeline.base.rules_checker import RulesChecker
from newswatch.pipeline.base.services import Services
from newswatch.settings import Settings
from newswatch.store import configuration
from newswatch.store.client import redis_errors

_cache: dict[tuple[int, str], Bundle] = {}


async def in_force(services: Services) -> Bundle | None:
    """The bundle in force, None before the first adoption. Decoded once per version and process.

    Raises RedisUnavailable, RedisRefused, and UnreadableBundle or NewerBundle where another release wrote it.
    """
    with redis_errors():
        key = await configuration.read_version(services.redis)
        if key in _cache:
            return _cache[key]
        stored = await configuration.read_stored(services.redis)
    if stored is None:
        return None
    bundle = bundle_from_json(stored.bundle)
    _cache.clear()
    _cache[stored.version, stored.digest] = bundle
    return bundle


def check_files(settings: Settings, today: date) -> Loaded:
    """Read and check the files; says nothing to anyone."""
    return load_config(settings.config_dir, RulesChecker(), today=today, shelf=Shelf(settings.cache))
