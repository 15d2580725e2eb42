"""The configuration in force, and checking the files that it is made from. `pipeline.base.adoption` applies them.

Redis has it in parts (`config.parts`), and each stage reads those it needs: with 50,000 feeds it costs seconds to read
everything, and there are many shards. Each part is decoded once per version and process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, TypeVar

from newswatch.config import parts
from newswatch.config.codec import bundle_from_json, bundle_to_json, unreadable
from newswatch.config.draft import Loaded
from newswatch.config.load import load_config
from newswatch.config.shown_names import with_shown_names
from newswatch.models import Bundle, Feed, Receiver, Ruleset
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.pipeline.base.rules_checker import RulesChecker
from newswatch.pipeline.base.services import Services
from newswatch.settings import Settings
from newswatch.store import configuration
from newswatch.store.client import redis_errors
from newswatch.store.configuration import Version

_cache: dict[str, tuple[Version, Any]] = {}
_TRIES = 5
"""How often the configuration is read again if it changes meanwhile."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Share:
    """Shard `number` of `of`, counted from 1: the buckets of feeds, and so the hosts, that fall to it."""

    number: int
    of: int

    def has(self, feed: Feed) -> bool:
        """Whether the feed's host is one of them."""
        return self.has_bucket(parts.bucket_of(feed.url))

    def has_bucket(self, bucket: int) -> bool:
        """Whether it is one of them."""
        return bucket % self.of == self.number - 1

    def buckets(self) -> Iterable[int]:
        """The numbers of its buckets."""
        return range(self.number - 1, parts.BUCKETS, self.of)


# All raise RedisUnavailable and RedisRefused, and UnreadableBundle or NewerBundle if another release wrote it. They return
# None before the first configuration, and the same object while the configuration is the same.


async def in_force(services: Services) -> Bundle | None:
    """All of it: for people's questions, and for applying the next one."""

    async def read() -> tuple[Version, Bundle | None]:
        rules = await rules_in_force(services)
        version, feeds = await _feeds(services, None)
        if rules is None or version != (rules.version, rules.digest):
            return version, None
        values = {name: getattr(rules, name) for name in rules.__dataclass_fields__}
        return version, Bundle(**values, feeds=feeds)

    return await _cached(services, "all", read)


async def rules_in_force(services: Services) -> Ruleset | None:
    """All but the feeds."""

    async def read() -> tuple[Version, Ruleset | None]:
        receivers = await receivers_in_force(services)
        version, text = await _part(services, parts.RULES)
        if receivers is None or text is None:
            return version, None
        return version, parts.ruleset_from(text, *version, receivers)

    return await _cached(services, parts.RULES, read)


async def receivers_in_force(services: Services) -> tuple[Receiver, ...] | None:
    """The receivers only."""

    async def read() -> tuple[Version, tuple[Receiver, ...] | None]:
        version, text = await _part(services, parts.RECEIVERS)
        return version, None if text is None else parts.receivers_from(text)

    return await _cached(services, parts.RECEIVERS, read)


async def windows_in_force(services: Services) -> tuple[parts.FeedWindow, ...]:
    """The release windows of all feeds, in the order of their times."""

    async def read() -> tuple[Version, tuple[parts.FeedWindow, ...] | None]:
        version, text = await _part(services, parts.WINDOWS)
        return version, None if text is None else parts.windows_from(text)

    return await _cached(services, parts.WINDOWS, read) or ()


async def shard_in_force(services: Services, share: Share) -> tuple[Feed, ...] | None:
    """The feeds of a shard, in the order of the configuration."""

    async def read() -> tuple[Version, tuple[Feed, ...]]:
        return await _feeds(services, share.buckets())

    return await _cached(services, f"shard {share.number} of {share.of}", read)


class FeedsById(Protocol):
    """Where a feed is found by its id; a dict is one."""

    def get(self, feed_id: str, /) -> Feed | None:
        """The feed, None if it is not configured."""


class FeedsInForce:
    """The feeds of one version by their ids, read before they are needed. A stage that meets few feeds reads few."""

    def __init__(self, services: Services, version: Version) -> None:
        self._services = services
        self._version = version
        self._known: dict[str, Feed | None] = {}

    async def read(self, feed_ids: Iterable[str]) -> bool:
        """Read these, with the others of their hosts. False if another configuration is in force by now."""
        unknown = sorted(set(feed_ids) - self._known.keys())
        if not unknown:
            return True
        with redis_errors():
            version, buckets = await configuration.places_of(self._services.redis, unknown)
        if version != self._version:
            return False
        version, found = await _feeds(self._services, buckets)
        if version != self._version:
            return False
        self._known |= dict.fromkeys(unknown) | {feed.id: feed for feed in found}
        return True

    def get(self, feed_id: str, /) -> Feed | None:
        """The feed, None if it is not configured or was not read."""
        return self._known.get(feed_id)


async def version_in_force(services: Services) -> Version:
    """Version and digest of the configuration in force, (0, "") before the first one."""
    with redis_errors():
        return await configuration.read_version(services.redis)


async def past_bundle(services: Services, version: int) -> Bundle | None:
    """The bundle of an earlier version, None if it is not among those kept."""
    with redis_errors():
        stored = await configuration.read_past(services.redis, version)
    return None if stored is None else bundle_from_json(stored)


def to_store(bundle: Bundle, files: str) -> configuration.Stored:
    """The bundle as it is put in force: whole, and in parts. `files` is the fingerprint of its files. Pure."""
    split = parts.parts_of(bundle)
    whole = bundle_to_json(bundle)
    return configuration.Stored(
        bundle.version, bundle.digest, files, whole, split.named, split.buckets, split.places
    )


def forget() -> None:
    """Forget what was decoded, as another process has not decoded it."""
    _cache.clear()


def check_files(settings: Settings, today: date) -> Loaded:
    """Read and check the files. Problems name them as the user knows them. Notifies no one."""
    folder = settings.config_dir
    loaded = load_config(folder, RulesChecker(), today=today, cache=DiskCache(settings.cache))
    return replace(loaded, problems=with_shown_names(folder, loaded.problems))


async def _cached(
    services: Services, name: str, read: Callable[[], Awaitable[tuple[Version, T | None]]]
) -> T | None:
    """What `read` gives for the version in force, which is remembered. It gives None if that changed meanwhile."""
    for _ in range(_TRIES):
        in_redis = await version_in_force(services)
        if not in_redis[0]:
            return None
        known = _cache.get(name)
        if known is not None and known[0] == in_redis:
            found: T = known[1]
            return found
        version, made = await read()
        if made is not None and version == in_redis:
            _cache[name] = (version, made)
            return made
    raise unreadable("its parts are of different versions")


async def _part(services: Services, name: str) -> tuple[Version, str | None]:
    with redis_errors():
        version, text = await configuration.read_part(services.redis, name)
    if version[0] and text is None:
        raise unreadable(f"it has no {name}, so another release wrote it")
    return version, text


async def _feeds(services: Services, buckets: Iterable[int] | None) -> tuple[Version, tuple[Feed, ...]]:
    with redis_errors():
        version, found = await configuration.read_buckets(services.redis, buckets)
    return version, parts.feeds_from(found)
