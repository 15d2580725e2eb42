"""The configuration in force, and checking the files that it is made from. `pipeline.base.adoption` applies them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from newswatch.config.codec import bundle_from_json
from newswatch.config.draft import Loaded
from newswatch.config.load import load_config
from newswatch.config.shown_names import with_shown_names
from newswatch.models import Bundle
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.pipeline.base.rules_checker import RulesChecker
from newswatch.pipeline.base.services import Services
from newswatch.settings import Settings
from newswatch.store import configuration
from newswatch.store.client import redis_errors

_cache: dict[tuple[int, str], Bundle] = {}


async def in_force(services: Services) -> Bundle | None:
    """The bundle in force, None before the first one. Decoded once per version and process.

    Raises RedisUnavailable and RedisRefused, and UnreadableBundle or NewerBundle if another release wrote it.
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


async def past_bundle(services: Services, version: int) -> Bundle | None:
    """The bundle of an earlier version, None if it is not among those kept.

    Raises RedisUnavailable, and UnreadableBundle or NewerBundle if another release wrote it.
    """
    with redis_errors():
        stored = await configuration.read_past(services.redis, version)
    return None if stored is None else bundle_from_json(stored)


def check_files(settings: Settings, today: date) -> Loaded:
    """Read and check the files. Problems name them as the user knows them. Notifies no one."""
    folder = settings.config_dir
    loaded = load_config(folder, RulesChecker(), today=today, cache=DiskCache(settings.cache))
    return replace(loaded, problems=with_shown_names(folder, loaded.problems))
