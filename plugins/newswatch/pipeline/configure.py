"""Configuration: files → checked draft → the bundle in force that every stage reads from Redis.

A broken configuration changes nothing: the last good one stays in force, ops is told once, and
the caller gets every problem with file, line and column.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newswatch.config.codec import bundle_from_json, bundle_to_json, draft_to_bundle
from newswatch.config.load import Loaded, load_config
from newswatch.errors import Problem
from newswatch.models import Bundle
from newswatch.pipeline import notices
from newswatch.pipeline.check import RulesChecker
from newswatch.pipeline.services import Services
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


def check_files(directory: Path, services: Services) -> Loaded:
    """Read and check the files; says nothing to anyone."""
    return load_config(directory, RulesChecker(), today=services.clock().date())


async def adopt_config(services: Services) -> Adoption:
    """Take up the files if they are valid and changed; otherwise leave what is in force.

    Raises RedisUnavailable only.
    """
    loaded = check_files(services.config_dir, services)
    if loaded.draft is None:
        await notices.raise_notice(services, CAUSE, _broken_text(loaded.problems))
        return Adoption(await in_force(services), changed=False, problems=loaded.problems)
    with redis_errors():
        for _ in range(5):
            previous = await in_force(services)
            bundle = draft_to_bundle(loaded.draft, previous)
            if previous is not None and bundle.version == previous.version:
                break
            stored = configuration.Stored(bundle.version, bundle.digest, bundle_to_json(bundle))
            replaces = previous.version if previous else 0
            if await configuration.put_in_force(services.redis, replaces, stored, to_ms(services.clock())):
                await feeds.forget(services.redis, [feed.id for feed in bundle.feeds])
                break
    changed = previous is None or previous.version != bundle.version
    await notices.clear_notice(
        services, CAUSE, f"The configuration is valid again; version {bundle.label} is in force."
    )
    return Adoption(bundle, changed, loaded.problems)


def _broken_text(problems: tuple[Problem, ...]) -> str:
    errors = [str(problem) for problem in problems if problem.severity == "error"]
    shown = "\n".join(errors[:_SHOWN_PROBLEMS])
    more = f"\n… and {len(errors) - _SHOWN_PROBLEMS} more" if len(errors) > _SHOWN_PROBLEMS else ""
    return (
        "The configuration files are broken; the last good configuration stays in force. "
        f"Mend them and `newswatch check` will be quiet:\n{shown}{more}"
    )
