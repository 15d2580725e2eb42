"""Configuration: files → checked draft → the bundle in force that every stage reads from Redis.

A broken configuration changes nothing: the last good one stays in force, ops is told once, and
the caller gets every problem with file, line and column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newswatch import __version__
from newswatch.config.codec import bundle_from_json, bundle_to_json, draft_to_bundle
from newswatch.config.draft import Draft, Loaded
from newswatch.config.load import fingerprint, load_config
from newswatch.errors import Problem
from newswatch.models import Bundle
from newswatch.pipeline import health, notices
from newswatch.pipeline.check import RulesChecker
from newswatch.pipeline.services import Services
from newswatch.pipeline.shelf import Shelf
from newswatch.settings import Settings
from newswatch.store import configuration, feeds
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

CAUSE = "configuration"
_SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Adoption:
    """What taking up the files came to. `bundle` is what is in force afterwards, if anything."""

    bundle: Bundle | None
    changed: bool
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that kept the files from being taken up."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


_cache: dict[tuple[int, str], Bundle] = {}


async def in_force(services: Services) -> Bundle | None:
    """The bundle in force, None before the first adoption. Decoded once per version and process."""
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


async def adopt_config(services: Services) -> Adoption:
    """Take up the files if they are valid and changed; otherwise leave what is in force.

    Raises RedisUnavailable only.
    """
    files = _fingerprint(services.config_dir)
    bundle = await in_force(services)
    with redis_errors():
        unchanged = bundle is not None and files == await configuration.read_files(services.redis)
    if unchanged:
        await _sound(services, bundle)
        return Adoption(bundle, changed=False, problems=())
    loaded = check_files(services.settings, services.clock().date())
    if loaded.draft is None:
        await notices.raise_notice(services, CAUSE, _broken_text(loaded.problems))
        return Adoption(bundle, changed=False, problems=loaded.problems)
    bundle, changed = await _put_in_force(services, loaded.draft, files)
    await _sound(services, bundle)
    return Adoption(bundle, changed, loaded.problems)


def _fingerprint(directory: Path) -> str:
    """Names the files' bytes and the release that judged them; "" where they cannot be read."""
    try:
        return f"{__version__}:{fingerprint(directory)}"
    except OSError:
        return ""


async def _put_in_force(services: Services, draft: Draft, files: str) -> tuple[Bundle, bool]:
    """The bundle now in force, and whether this made it so."""
    while True:
        previous = await in_force(services)
        bundle = draft_to_bundle(draft, previous)
        with redis_errors():
            if previous is not None and bundle.version == previous.version:
                await configuration.note_files(services.redis, files)
                return previous, False
            stored = configuration.Stored(bundle.version, bundle.digest, bundle_to_json(bundle), files)
            replaces = previous.version if previous else 0
            now_ms = to_ms(services.clock())
            if await configuration.put_in_force(services.redis, replaces, stored, now_ms):
                await feeds.recall(services.redis, _added(previous, bundle))
                kept_s = services.settings.seen_retention_s
                gone = await feeds.forget(services.redis, [feed.id for feed in bundle.feeds], kept_s)
                await notices.drop(services, [cause for name in gone for cause in health.causes(name)])
                await feeds.make_due(services.redis, _at_new_urls(previous, bundle))
                return bundle, True


def _added(previous: Bundle | None, bundle: Bundle) -> list[str]:
    """Feeds that the previous configuration did not have."""
    before = {feed.id for feed in previous.feeds} if previous else set()
    return [feed.id for feed in bundle.feeds if feed.id not in before]


def _at_new_urls(previous: Bundle | None, bundle: Bundle) -> list[str]:
    """Feeds whose URL was edited: what the old one asked for, or failed with, says nothing about the new."""
    before = {feed.id: feed.url for feed in previous.feeds} if previous else {}
    return [feed.id for feed in bundle.feeds if before.get(feed.id, feed.url) != feed.url]


async def _sound(services: Services, bundle: Bundle | None) -> None:
    label = bundle.label if bundle else "none"
    text = f"The configuration is valid again; version {label} is in force."
    await notices.clear_notice(services, CAUSE, text)


def _broken_text(problems: tuple[Problem, ...]) -> str:
    errors = [str(problem) for problem in problems if problem.severity == "error"]
    shown = "\n".join(errors[:_SHOWN_PROBLEMS])
    more = f"\n… and {len(errors) - _SHOWN_PROBLEMS} more" if len(errors) > _SHOWN_PROBLEMS else ""
    return (
        "The configuration files are broken; the last good configuration stays in force. "
        f"Mend them and `newswatch check` will be quiet:\n{shown}{more}"
    )
