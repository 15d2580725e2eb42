"""When an alert is sent: at once, after quiet hours, or with the next digest. Pure.

Local times are in the receiver's time zone. A time that the change to summer time skips is the moment just after
it; a time that occurs twice in autumn is the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

from newswatch.models import SEVERITIES, QuietHours, Receiver, Severity

DEFAULT_DIGEST_AT = "08:00"
QUIET_HEADING = "While it was quiet"


@dataclass(frozen=True, slots=True)
class Route:
    """How one alert goes to one channel.

    `each`: at once, in its story's message. `digest`: with the others of `group`, at `due`, under `heading`.
    """

    channel: str
    kind: Literal["each", "digest"]
    group: str = ""
    due: datetime | None = None
    heading: str = ""


def named_channel(channel: str, receivers: Iterable[Receiver]) -> str:
    """A channel as people know it: "C0123456789 (policy, markets)", with the ids of its receivers."""
    names = ", ".join(one.id for one in receivers if one.channel == channel)
    return f"{channel} ({names})" if names else channel


def routes(receivers: Iterable[Receiver], severity: Severity, now: datetime) -> list[Route]:
    """One route for each channel. If receivers share a channel, the earliest route counts."""
    found: dict[str, Route] = {}
    for receiver in receivers:
        route = _route(receiver, severity, now)
        known = found.get(receiver.channel)
        if known is None or _due(route, now) < _due(known, now):
            found[receiver.channel] = route
    return list(found.values())


def _due(route: Route, now: datetime) -> datetime:
    return route.due or now


def _route(receiver: Receiver, severity: Severity, now: datetime) -> Route:
    quiet_until = None if excepted(receiver.quiet, severity) else quiet_end(receiver.quiet, now)
    if receiver.mode == "digest":
        at = receiver.digest.at if receiver.digest else DEFAULT_DIGEST_AT
        zone = receiver.digest.timezone if receiver.digest else "UTC"
        due = next_local(at, zone, now)
        return Route(receiver.channel, "digest", f"digest:{due.isoformat()}", due, "Digest")
    if quiet_until is not None:
        return Route(
            receiver.channel, "digest", f"quiet:{quiet_until.isoformat()}", quiet_until, QUIET_HEADING
        )
    return Route(receiver.channel, "each")


def excepted(quiet: QuietHours | None, severity: Severity) -> bool:
    """Whether alerts of this severity are sent in the quiet hours too."""
    if quiet is None or quiet.except_severity is None:
        return False
    return SEVERITIES.index(severity) >= SEVERITIES.index(quiet.except_severity)


def quiet_end(quiet: QuietHours | None, now: datetime) -> datetime | None:
    """When the current quiet hours end; None outside of quiet hours. The end itself is not quiet."""
    if quiet is None:
        return None
    if quiet.start == quiet.end:
        return None
    # Not by comparing local times: in autumn an hour is repeated, and quiet hours that ended in it are over.
    end = next_local(quiet.end, quiet.timezone, last_local(quiet.start, quiet.timezone, now))
    return end if end > now else None


def next_local(at: str, zone: str, now: datetime) -> datetime:
    """The next moment after `now` at which clocks in `zone` show `at` (HH:MM), in UTC."""
    tz = ZoneInfo(zone)
    day = now.astimezone(tz).date()
    for offset in range(3):
        local = datetime.combine(day + timedelta(days=offset), time.fromisoformat(at), tz)
        moment = local.astimezone(timezone.utc)
        if moment > now:
            return moment
    raise ValueError(f"no {at} in {zone} within two days of {now}")


def last_local(at: str, zone: str, now: datetime) -> datetime:
    """The latest moment up to `now` at which clocks in `zone` showed `at` (HH:MM), in UTC."""
    tz = ZoneInfo(zone)
    day = now.astimezone(tz).date()
    for offset in range(3):
        local = datetime.combine(day - timedelta(days=offset), time.fromisoformat(at), tz)
        moment = local.astimezone(timezone.utc)
        if moment <= now:
            return moment
    raise ValueError(f"no {at} in {zone} within two days before {now}")


def receivers_named(receivers: Sequence[Receiver], wanted: Iterable[str]) -> list[Receiver]:
    """The receivers with these ids. Unknown ids are left out."""
    by_id = {receiver.id: receiver for receiver in receivers}
    return [by_id[name] for name in wanted if name in by_id]
