"""Applying the configuration: files → checked draft → the bundle in force, which every stage reads from Redis.

A broken configuration changes nothing: the last valid one stays in force, ops is notified once, and the
caller gets every problem with file, line and column. The new bundle and its effects on feeds are stored in one
step. If several machines have copies of the files, only one copy is applied (`pipeline.base.config_copy`).
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from newswatch import __version__
from newswatch.config import parts
from newswatch.config.codec import UnreadableBundle
from newswatch.config.draft import Loaded
from newswatch.config.load import fingerprint
from newswatch.config.shown_names import shown_folder
from newswatch.errors import Problem
from newswatch.models import Bundle
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.config_copy import (
    AWAY_S,
    RENEW_S,
    ConfigCopy,
    copy_from_json,
    copy_in,
    differing_text,
    may_apply,
    not_applied_text,
    replaced_text,
)
from newswatch.pipeline.base.configuration import check_files, in_force, past_bundle, to_store
from newswatch.pipeline.base.feed_causes import causes
from newswatch.pipeline.base.services import Services
from newswatch.store import configuration, feeds
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

log = logging.getLogger("newswatch.configure")

CAUSE, ORIGIN_CAUSE, REPLACED_CAUSE = "configuration", "configuration-origin", "configuration-replaced"
_SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Adoption:
    """The result of applying the files. `bundle` is what is in force afterwards, if anything."""

    bundle: Bundle | None
    changed: bool
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The errors because of which the files were not applied."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


async def not_applied(services: Services) -> Problem | None:
    """A warning for the author of these files if another machine's copy is applied instead. Changes nothing.

    Raises RedisUnavailable or RedisRefused.
    """
    me = copy_in(services.config_dir)
    with redis_errors():
        look = _Look.of(services, me, await configuration.read_head(services.redis))
    if look.applies or look.owner is None or _bytes(look.files) == _bytes(look.head.files):
        return None
    return Problem(shown_folder(services.config_dir), 1, 1, not_applied_text(look.owner), "warning")


async def adopt_config(services: Services) -> Adoption:
    """Apply the files if they are valid, changed, and may be applied. Otherwise the configuration in force stays.

    Raises RedisUnavailable, RedisRefused and NewerBundle.
    """
    me = copy_in(services.config_dir)
    while True:
        with redis_errors():
            head = await configuration.read_head(services.redis)
        adoption = await _adopt(services, _Look.of(services, me, head))
        if adoption is not None:
            return adoption


@dataclass(frozen=True, slots=True)
class _Look:
    """The state of the files and of Redis at one moment. `files` is "" if the files cannot be read."""

    me: ConfigCopy
    files: str
    head: configuration.Head
    owner: ConfigCopy | None
    away_s: float
    applies: bool

    @classmethod
    def of(cls, services: Services, me: ConfigCopy, head: configuration.Head) -> _Look:
        owner = copy_from_json(head.owner)
        away_s = (to_ms(services.clock()) - head.owner_seen_ms) / 1000
        applies = may_apply(services.settings.apply_config, me, owner, away_s)
        return cls(
            me, _fingerprint(services.config_dir, services.clock().date()), head, owner, away_s, applies
        )


async def _adopt(services: Services, look: _Look) -> Adoption | None:
    """Returns None if another process changed the configuration meanwhile: look again."""
    bundle, previous = await _previous(services)
    if not look.applies and not (bundle is None and previous is not None and _may_make_again(services, look)):
        return await _leave(services, look, bundle)
    if bundle is not None and look.files == look.head.files:
        await _renew(services, look)
        await _clear_notices(services, look, bundle)
        return Adoption(bundle, changed=False, problems=())
    loaded = check_files(services.settings, services.clock().date())
    if loaded.draft is None:
        if look.owner is None or look.me.same(look.owner):
            await _renew(services, look)
        await notices.raise_notice(services, CAUSE, _broken_text(loaded.problems, bundle))
        return Adoption(bundle, changed=False, problems=loaded.problems)
    return await _put_in_force(services, look, loaded, bundle, previous)


def _may_make_again(services: Services, look: _Look) -> bool:
    """Whether these files may replace a bundle that this release cannot read: if they are the same as its files.

    Otherwise every stage would wait for the owner, which an upgrade may have replaced.
    """
    return services.settings.apply_config != "no" and _bytes(look.files) == _bytes(look.head.files)


async def _previous(services: Services) -> tuple[Bundle | None, Bundle | None]:
    """The bundle in force, and the bundle that the next one follows.

    They differ if this release cannot read the stored bundle. Then the second is what is kept of that version whole, or
    has at least its version and the age of its rules: rules that counted as new would not alert on waiting items.
    """
    try:
        bundle = await in_force(services)
    except UnreadableBundle as error:
        with redis_errors():
            (version, _), rules = await configuration.read_part(services.redis, parts.RULES)
        if not version:
            return None, None
        log.warning("%s", error)
        with contextlib.suppress(UnreadableBundle):
            if (kept := await past_bundle(services, version)) is not None:
                return None, replace(kept, digest="")  # so that it is stored as another version
        return None, Bundle(version, "", rules=(), receivers=(), rule_since=parts.rules_since(rules or ""))
    return bundle, bundle


async def _leave(services: Services, look: _Look, bundle: Bundle | None) -> Adoption:
    """The files may not be applied: the configuration in force stays, and a copy that differs is reported."""
    if bundle is None:
        text = "there is no configuration that this release can read, and the files here may not be applied"
        do = "let a machine with NEWSWATCH_APPLY_CONFIG=yes poll first, or set that here"
        return Adoption(
            None, changed=False, problems=(Problem(shown_folder(services.config_dir), 1, 1, f"{text}: {do}"),)
        )
    if _bytes(look.files) == _bytes(look.head.files):
        await _clear_notices(services, look, bundle)
        return Adoption(bundle, changed=False, problems=())
    if look.owner is None or services.settings.apply_config == "no":
        return Adoption(bundle, changed=False, problems=())
    with redis_errors():
        await configuration.note_rival(services.redis, look.me.to_json(), to_ms(services.clock()))
    await notices.raise_notice(services, ORIGIN_CAUSE, differing_text(look.me, look.owner))
    warning = Problem(shown_folder(services.config_dir), 1, 1, not_applied_text(look.owner), "warning")
    return Adoption(bundle, changed=False, problems=(warning,))


async def _renew(services: Services, look: _Look) -> None:
    """Renew this copy's right to be applied, or take the right over if the files are the same."""
    if look.away_s < RENEW_S and look.owner is not None and look.me.same(look.owner):
        return
    with redis_errors():
        # If another copy was put in force meanwhile, the next look finds it.
        await configuration.note_owner(services.redis, look.head, look.me.to_json(), to_ms(services.clock()))


def _fingerprint(directory: Path, today: date) -> str:
    """A fingerprint of the files' bytes and of the release that checked them; "" if they cannot be read."""
    try:
        return f"{__version__}:{fingerprint(directory, today)}"
    except OSError:
        return ""


def _bytes(files: str) -> str:
    """The part of a fingerprint that depends on the bytes only, not on the release."""
    return files.rpartition(":")[2]


async def _put_in_force(
    services: Services, look: _Look, loaded: Loaded, bundle: Bundle | None, previous: Bundle | None
) -> Adoption | None:
    """Store the new bundle and its effects in one step. Returns None if another process was first."""
    if loaded.draft is None:
        return None
    made = loaded.draft.to_bundle(previous)
    stored = to_store(made, look.files)
    with redis_errors():
        change = _feed_changes(
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
        await notices.notify_once(services, REPLACED_CAUSE, replaced_text(look.me, look.owner, look.away_s))
    await _clear_notices(services, look, made)
    return Adoption(made, changed, loaded.problems)


def _feed_changes(
    previous: Bundle | None, bundle: Bundle, scheduled: Collection[str], kept_s: float
) -> configuration.FeedChange:
    """What a new bundle changes for the feeds. Pure.

    A feed whose URL was edited is due at once: pauses and failures of the old URL do not apply to the new one.
    """
    configured = {feed.id for feed in bundle.feeds}
    before = {feed.id: feed.url for feed in previous.feeds} if previous else {}
    return configuration.FeedChange(
        added=tuple(feed.id for feed in bundle.feeds if feed.id not in scheduled),
        moved=tuple(feed.id for feed in bundle.feeds if before.get(feed.id, feed.url) != feed.url),
        gone={name: causes(name) for name in sorted(set(scheduled) - configured)},
        kept_s=kept_s,
    )


async def _clear_notices(services: Services, look: _Look, bundle: Bundle) -> None:
    """End the notices whose cause is over.

    Copies still differ only if another copy was seen lately that is not this one.
    """
    if look.applies:
        text = f"The configuration is valid again; version {bundle.label} is in force."
        await notices.clear_notice(services, CAUSE, text)
    rival = copy_from_json(look.head.rival)
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
    stays = "the last valid configuration stays in force" if bundle else "no configuration is in force"
    return f"The configuration files are broken in these places; {stays}.\n{shown}{more}"
