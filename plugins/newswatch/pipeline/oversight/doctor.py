"""The checks of `newswatch doctor`: configuration, Redis and Slack, each with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from newswatch import feed_secrets
from newswatch.config.draft import Draft, Loaded
from newswatch.errors import NewswatchError
from newswatch.pipeline.base.adoption import not_applied
from newswatch.pipeline.base.configuration import check_files, in_force
from newswatch.pipeline.base.sender import NO_TOKEN
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.workspace import difference
from newswatch.pipeline.oversight.backlog import read_backlog
from newswatch.pipeline.oversight.pack_upgrade import is_outdated
from newswatch.pipeline.oversight.queues import waiting_queues, without_receiver
from newswatch.pipeline.oversight.standstill import read_polling, standstills
from newswatch.quantity import quantity
from newswatch.residents import resident_stages
from newswatch.sending import Identity
from newswatch.settings import Settings
from newswatch.store import breaker, deployment, listening, outbox, pulses
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms
from newswatch.store.server import eviction_fault, judge, try_scripts, try_writing, version_of


@dataclass(frozen=True, slots=True)
class Examined:
    """One check."""

    subject: str
    level: Literal["ok", "warning", "error"]
    message: str


async def examine(services: Services) -> list[Examined]:
    """All checks, in the order in which problems should be fixed. Raises nothing for what it finds."""
    loaded = check_files(services.settings, services.clock().date())
    redis = await _redis(services)
    usable = all(one.level != "error" for one in redis if one.subject == "redis")
    return [
        *examine_files(services.settings, loaded),
        *(await _applied(services) if usable else ()),
        _contact(services),
        *redis,
        *await _slack(services, loaded.draft),
        *_commands(loaded.draft),
        *(await _outage(services) if usable else ()),
        *(await _stages(services) if usable else ()),
        *(await _queues(services) if usable else ()),
        *(await _buttons(services) if usable else ()),
    ]


async def _applied(services: Services) -> list[Examined]:
    """Whether the files here are the ones that are in force."""
    try:
        problem = await not_applied(services)
    except NewswatchError as error:
        return [Examined("configuration in force", "error", str(error))]
    found = [Examined("configuration in force", "warning", problem.message)] if problem is not None else []
    return [*found, *await _packs(services)]


async def _packs(services: Services) -> list[Examined]:
    """Whether an upgrade of the packs was not looked at yet."""
    try:
        outdated = await is_outdated(services)
    except NewswatchError as error:
        return [Examined("packs", "error", str(error))]
    if not outdated:
        return []
    text = "the packs changed: `newswatch housekeeping` notifies ops of the rules that gain or lose hits"
    return [Examined("packs", "warning", text)]


def examine_files(settings: Settings, loaded: Loaded) -> list[Examined]:
    """The credentials of feeds and the configuration files. Needs nothing that is running. Pure."""
    feeds = loaded.draft.feeds if loaded.draft is not None else ()
    bad = feed_secrets.faults(settings.feed_secrets, feeds)
    findings = [Examined("settings", "error", text) for text in bad]
    errors = [problem for problem in loaded.problems if problem.severity == "error"]
    findings += [Examined("configuration", "error", str(problem)) for problem in errors]
    if loaded.draft is not None:
        findings.append(Examined("configuration", "ok", loaded.draft.summary))
    return findings


def _contact(services: Services) -> Examined:
    """Whether publishers can contact the operator; some block pollers that give no contact."""
    if not services.settings.contact:
        text = "publishers do not know whom to contact, and some block such pollers: set NEWSWATCH_CONTACT to your address"
        return Examined("polling", "warning", text)
    return Examined("polling", "ok", f"requests are sent as {services.settings.user_agent}")


async def _redis(services: Services) -> list[Examined]:
    try:
        with redis_errors():
            info: dict[str, Any] = await services.redis.info()
        fault = judge(info)
        if fault is not None:
            raise fault
        await try_scripts(services.redis)
        await try_writing(services.redis)
    except NewswatchError as error:
        return [Examined("redis", "error", str(error))]
    findings = [Examined("redis", "ok", f"reachable, version {version_of(info)}")]
    if not info.get("aof_enabled"):
        text = "the append-only file is off: a crash of Redis would lose data. Set `appendonly yes`"
        findings.append(Examined("redis persistence", "error", text))
    else:
        findings.append(Examined("redis persistence", "ok", "append-only file on"))
    if evicts := eviction_fault(info):
        findings.append(Examined("redis eviction", "error", evicts))
    else:
        findings.append(Examined("redis eviction", "ok", "noeviction"))
    return findings


async def _outage(services: Services) -> list[Examined]:
    """Whether Slack was away when something was last sent, and how many messages wait."""
    try:
        with redis_errors():
            state = await breaker.read(services.redis)
            waiting = sum((await outbox.queue_lengths(services.redis)).values())
    except NewswatchError:
        return []  # reported already
    if not state.is_open:
        return []
    since = from_ms(state.away_since_ms)
    text = (
        f"Slack has been away since {since:%Y-%m-%d %H:%M} UTC, {quantity(waiting, 'message waits', 'messages wait')}:"
        f" {state.why}. All queues are kept; sending resumes automatically"
    )
    return [Examined("slack outage", "error", text)]


async def _stages(services: Services) -> list[Examined]:
    """Whether every stage with waiting work is working."""
    try:
        bundle = await in_force(services)
        polling = await read_polling(services, bundle)
        with redis_errors():
            residents = await pulses.read(services.redis, resident_stages(services.settings.poll_shards))
        still = standstills(await read_backlog(services), polling, services.clock(), residents)
    except NewswatchError:
        return []  # reported already
    return [
        Examined(f"{one.stage} stage", "error" if one.urgent else "warning", f"{one.what} {one.do}")
        for one in still
    ]


async def _queues(services: Services) -> list[Examined]:
    """Queues of channels that no receiver has."""
    try:
        rows = await waiting_queues(services, await in_force(services))
    except NewswatchError:
        return []  # reported already
    return [
        Examined(f"queue {row.channel}", "warning", without_receiver(row))
        for row in rows
        if row.receiver is None
    ]


async def _buttons(services: Services) -> list[Examined]:
    """The listener. Buttons are optional, so no listener is fine."""
    try:
        with redis_errors():
            found = await listening.heard(services.redis)
    except NewswatchError:
        return []  # reported already
    if found is not None:
        return [Examined("buttons", "ok", f"a listener receives clicks over {' and '.join(found.ways)}")]
    settings = services.settings
    if settings.slack_app_token or settings.slack_signing_secret:
        name = "SLACK_APP_TOKEN" if settings.slack_app_token else "SLACK_SIGNING_SECRET"
        text = f"{name} is set, but no listener is running: start `newswatch listen`, or see in its log why it stopped"
        return [Examined("buttons", "warning", text)]
    return [Examined("buttons", "ok", "off: no listener is configured (docs/operations.md, Buttons)")]


def _commands(draft: Draft | None) -> list[Examined]:
    """Who may use /newswatch. It is optional, so nobody is fine."""
    if draft is None:
        return []
    if not draft.editors:
        return [Examined("slack commands", "ok", "off: `editors` in receivers.yaml names nobody")]
    who = "editor" if len(draft.editors) == 1 else "editors"
    return [Examined("slack commands", "ok", f"{len(draft.editors)} {who} may use /newswatch")]


async def _slack(services: Services, draft: Draft | None) -> list[Examined]:
    if services.sender is None:
        return [Examined("slack", "error", f"{NO_TOKEN} (README, Connect your Slack)")]
    receivers = sorted(draft.receivers, key=lambda one: one.channel) if draft else []
    channels = {receiver.channel: receiver.name for receiver in receivers}
    async with services.sender.open() as sender:
        found = await sender.check(channels)
        identity = await sender.identity()
    checks = [Examined(f"slack {one.subject}", one.level, one.message) for one in found]
    return checks + (await _workspace(services, identity) if identity is not None else [])


async def _workspace(services: Services, identity: Identity) -> list[Examined]:
    """Whether messages still go to the workspace that this Redis belongs to."""
    try:
        with redis_errors():
            differs = difference(await deployment.read(services.redis), identity)
    except NewswatchError:
        return []  # reported already
    if differs is None:
        return []
    text = f"{differs.text}. On a terminal: `newswatch adopt --workspace`"
    return [Examined("slack workspace", differs.level, text)]
