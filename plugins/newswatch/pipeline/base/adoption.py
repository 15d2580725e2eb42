"""Configuration: files → checked draft → the bundle in force that every stage reads from Redis.

A broken configuration changes nothing: the last good one stays in force, ops is notified once, and
the caller gets every problem with file, line and column. A new one comes into force together with all
that follows from it for the feeds. Of several machines' copies of the files one is applied (`pipeline.base.origin`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from newswatch import __version__
from newswatch.config.codec import (
    UnreadableBundle,
    bundle_to_json,
    draft_to_bundle,
    rules_since,
)
from newswatch.config.draft import Loaded
from newswatch.config.load import fingerprint
from newswatch.errors import Problem
from newswatch.models import Bundle
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import check_files, in_force
from newswatch.pipeline.base.feed_causes import causes
from newswatch.pipeline.base.origin import (
    AWAY_S,
    RENEW_S,
    Origin,
    differing_text,
    may_apply,
    not_applied_text,
    origin_from_json,
    origin_of,
    replaced_text,
)
from newswatch.pipeline.base.services import Services
from newswatch.store import configuration, feeds
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

log = logging.getLogger("newswatch.configure")

CAUSE, ORIGIN_CAUSE, REPLACED_CAUSE = "configuration", "configuration-origin", "configuration-replaced"
_SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Adoption:
    """What applying the files came to. `bundle` is what is in force afterwards, if anything."""

    bundle: Bundle | None
    changed: bool
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that kept the files from being applied."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


async def not_applied(services: Services) -> Problem | None:
    """What the author of these files has to know: that another machine's are applied. Changes nothing.

    Raises RedisUnavailable or RedisRefused.
    """
    me = origin_of(services.config_dir)
    with redis_errors():
        look = _Look.of(services, me, await configuration.read_head(services.redis))
    if look.applies or look.owner is None or _bytes(look.files) == _bytes(look.head.files):
        return None
    return Problem(str(services.config_dir), 1, 1, not_applied_text(look.owner), "warning")


async def adopt_config(services: Services) -> Adoption:
    """Apply the files if they are valid and changed and may be applied; otherwise leave what is in force.

    Raises RedisUnavailable, RedisRefused and NewerBundle.
    """
    me = origin_of(services.config_dir)
    while True:
        with redis_errors():
            head = await configuration.read_head(services.redis)
        adoption = await _adopt(services, _Look.of(services, me, head))
        if adoption is not None:
            return adoption


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at the files and at what Redis has. `files` is "" where the files cannot be read."""

    me: Origin
    files: str
    head: configuration.Head
    owner: Origin | None
    away_s: float
    applies: bool

    @classmethod
    def of(cls, services: Services, me: Origin, head: configuration.Head) -> _Look:
        owner = origin_from_json(head.owner)
        away_s = (to_ms(services.clock()) - head.owner_seen_ms) / 1000
        applies = may_apply(services.settings.apply_config, me, owner, away_s)
        return cls(me, _fingerprint(services.config_dir), head, owner, away_s, applies)


async def _adopt(services: Services, look: _Look) -> Adoption | None:
    """None: another process changed the configuration meanwhile, look again."""
    bundle, previous = await _previous(services)
    if not look.applies:
        return await _leave(services, look, bundle)
    if bundle is not None and look.files == look.head.files:
        await _renew(services, look)
        await _sound(services, look, bundle)
        return Adoption(bundle, changed=False, problems=())
    loaded = check_files(services.settings, services.clock().date())
    if loaded.draft is None:
        if look.owner is None or look.me.same(look.owner):
            await _renew(services, look)
        await notices.raise_notice(services, CAUSE, _broken_text(loaded.problems, bundle))
        return Adoption(bundle, changed=False, problems=loaded.problems)
    return await _put_in_force(services, look, loaded, bundle, previous)


async def _previous(services: Services) -> tuple[Bundle | None, Bundle | None]:
    """The bundle in force, and what the next one builds upon.

    Of a bundle that this release cannot read that is its version and the age of its rules: a rule that
    was new again would not alert on what waits.
    """
    try:
        bundle = await in_force(services)
    except UnreadableBundle as error:
        with redis_errors():
            stored = await configuration.read_stored(services.redis)
        if stored is None:
            return None, None
        log.warning("%s", error)
        since = rules_since(stored.bundle)
        return None, Bundle(stored.version, "", feeds=(), rules=(), receivers=(), rule_since=since)
    return bundle, bundle


async def _leave(services: Services, look: _Look, bundle: Bundle | None) -> Adoption:
    """These files may not be applied: what is in force stays, and a copy that differs is reported."""
    if bundle is None:
        text = (
            "no configuration is in force that this release can read, and the files here may not be applied"
        )
        do = "let a machine with NEWSWATCH_APPLY_CONFIG=yes poll first, or set that here"
        return Adoption(
            None, changed=False, problems=(Problem(str(services.config_dir), 1, 1, f"{text}: {do}"),)
        )
    if _bytes(look.files) == _bytes(look.head.files):
        await _sound(services, look, bundle)
        return Adoption(bundle, changed=False, problems=())
    if look.owner is None or services.settings.apply_config == "no":
        return Adoption(bundle, changed=False, problems=())
    with redis_errors():
        await configuration.note_rival(services.redis, look.me.to_json(), to_ms(services.clock()))
    await notices.raise_notice(services, ORIGIN_CAUSE, differing_text(look.me, look.owner))
    told = Problem(str(services.config_dir), 1, 1, not_applied_text(look.owner), "warning")
    return Adoption(bundle, changed=False, problems=(told,))


async def _renew(services: Services, look: _Look) -> None:
    """Keep the right to apply files, or take it over where the files are the same."""
    if look.away_s < RENEW_S and look.owner is not None and look.me.same(look.owner):
        return
    with redis_errors():
        await configuration.note_owner(services.redis, look.me.to_json(), to_ms(services.clock()))


def _fingerprint(directory: Path) -> str:
    """Names the files' bytes and the release that judged them; "" where they cannot be read."""
    try:
        return f"{__version__}:{fingerprint(directory)}"
    except OSError:
        return ""


def _bytes(files: str) -> str:
    """The part of a fingerprint that names the bytes, whichever release judged them."""
    return files.rpartition(":")[2]


async def _put_in_force(
    services: Services, look: _Look, loaded: Loaded, bundle: Bundle | None, previous: Bundle | None
) -> Adoption | None:
    """The new bundle and all that follows from it, in one step; None where something came in meanwhile."""
    if loaded.draft is None:
        return None
    made = draft_to_bundle(loaded.draft, previous)
    stored = configuration.Stored(made.version, made.digest, bundle_to_json(made), look.files)
    with redis_errors():
        change = _follows(
            previous, made, await feeds.read_due(services.redis), services.settings.seen_retention_s
        )
        if not await configuration.put_in_force(
            services.redis,
            look.head,
            stored,
            change,
            owner=look.me.to_json(),
            now_ms=to_ms(services.clock()),
        ):
            return None
    changed = bundle is None or made.version != bundle.version
    if changed and look.owner is not None and not look.me.same(look.owner):
        await notices.tell_once(services, REPLACED_CAUSE, replaced_text(look.me, look.owner, look.away_s))
    await _sound(services, look, made)
    return Adoption(made, changed, loaded.problems)


def _follows(
    previous: Bundle | None, bundle: Bundle, scheduled: Collection[str], kept_s: float
) -> configuration.FeedChange:
    """What a bundle changes for the feeds. Pure.

    A feed whose URL was edited is due at once: what the old one asked for, or failed with, says nothing
    about the new.
    """
    configured = {feed.id for feed in bundle.feeds}
    before = {feed.id: feed.url for feed in previous.feeds} if previous else {}
    return configuration.FeedChange(
        added=tuple(feed.id for feed in bundle.feeds if feed.id not in scheduled),
        moved=tuple(feed.id for feed in bundle.feeds if before.get(feed.id, feed.url) != feed.url),
        gone={name: causes(name) for name in sorted(set(scheduled) - configured)},
        kept_s=kept_s,
    )


async def _sound(services: Services, look: _Look, bundle: Bundle) -> None:
    """End the notices that no longer hold. Another copy is one that was seen lately, and is not this one."""
    if look.applies:
        text = f"The configuration is valid again; version {bundle.label} is in force."
        await notices.clear_notice(services, CAUSE, text)
    rival = origin_from_json(look.head.rival)
    silent_s = (to_ms(services.clock()) - look.head.rival_seen_ms) / 1000
    if rival is not None and not rival.same(look.me) and silent_s <= AWAY_S:
        return
    if look.head.rival:
        with redis_errors():
            await configuration.drop_rival(services.redis)
    await notices.clear_notice(
        services, ORIGIN_CAUSE, "All copies of the configuration files are the same again."
    )


def _broken_text(problems: tuple[Problem, ...], bundle: Bundle | None) -> str:
    errors = [str(problem) for problem in problems if problem.severity == "error"]
    shown = "\n".join(errors[:_SHOWN_PROBLEMS])
    more = f"\n… and {len(errors) - _SHOWN_PROBLEMS} more" if len(errors) > _SHOWN_PROBLEMS else ""
    stays = "the last good configuration stays in force" if bundle else "no configuration is in force"
    return f"The configuration files are broken; {stays}. Correct these places:\n{shown}{more}"
