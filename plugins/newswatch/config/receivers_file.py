"""receivers.yaml, read into receivers."""

from __future__ import annotations

from dataclasses import dataclass, field

from newswatch.config.records import CheckedMapping
from newswatch.config.report import FileReport
from newswatch.config.shapes import RECEIVERS_FILE
from newswatch.config.unique import UniqueNames
from newswatch.models import Digest, Mention, QuietHours, Receiver

OPS_ID = "ops"
_NO_DEFAULTS = Receiver(id="", channel="")


@dataclass(slots=True)
class ReceiversPart:
    """The content of receivers.yaml. `ids` includes those of receivers with errors."""

    receivers: list[Receiver] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    editors: tuple[str, ...] = ()
    complete: bool = False
    """Whether every id could be read. If so, a name that is not among them is unknown."""


def read_receivers(report: FileReport) -> ReceiversPart:
    """The receivers of the document. Problems go to the report."""
    part = ReceiversPart()
    root = report.document.root
    reading = None if root is None else RECEIVERS_FILE.read(root, "", report)
    if reading is None or "receivers" not in reading.givens:
        return part
    part.complete = True
    part.editors = reading.get("editors", ())
    names = UniqueNames("receiver id")
    for given in reading.get("receivers"):
        part.complete = part.complete and "id" in given.givens
        part.ids.add(given.get("id", ""))
        names.add(given, report)
        _check_digest(given, report)
        if given.sound:
            part.receivers.append(_receiver(given, reading.get("defaults")))
    if part.complete and OPS_ID not in part.ids:
        report.warning(
            reading.node, "there is no receiver 'ops': problems will be reported in logs and pages only"
        )
    return part


def _check_digest(given: CheckedMapping, report: FileReport) -> None:
    """Mode digest needs a time. A time is also allowed without that mode, so that the mode can be switched on later."""
    if given.sound and given.get("mode") == "digest" and "digest" not in given.givens:
        message = 'mode digest needs its time, digest: {at: "08:00", timezone: Europe/Zurich}'
        report.error(given.node_of("mode"), f"receiver {given.get('id')!r}: {message}")


def _receiver(given: CheckedMapping, defaults: CheckedMapping | None) -> Receiver:
    interval_s, grace_s = _NO_DEFAULTS.per_channel_interval_s, _NO_DEFAULTS.grace_s
    if defaults is not None:
        interval_s = defaults.get("per_channel_interval", interval_s)
        grace_s = defaults.get("grace", grace_s)
    return Receiver(
        id=given.get("id"),
        channel=given.get("channel"),
        name=given.get("name", ""),
        mode=given.get("mode", "each"),
        digest=_digest(given.get("digest")),
        quiet=_quiet(given.get("quiet")),
        alive=_digest(given.get("alive")),
        per_channel_interval_s=interval_s,
        grace_s=grace_s,
        remind_after_s=given.get("remind_after"),
        mention=_mention(given.get("mention")),
        stale_after_s=given.get("stale_after", _NO_DEFAULTS.stale_after_s),
    )


def _digest(given: CheckedMapping | None) -> Digest | None:
    return None if given is None else Digest(at=given.get("at"), timezone=given.get("timezone"))


def _mention(given: CheckedMapping | None) -> Mention | None:
    return None if given is None else Mention(**{name: given.get(name, "") for name in given.givens})


def _quiet(given: CheckedMapping | None) -> QuietHours | None:
    if given is None:
        return None
    return QuietHours(
        start=given.get("from"),
        end=given.get("to"),
        timezone=given.get("timezone"),
        except_severity=given.get("except"),
    )
