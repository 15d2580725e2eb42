"""Figures in the text format that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from newswatch.pipeline.overview.latency import STEPS, Latency
from newswatch.pipeline.overview.queues import Queues
from newswatch.pipeline.overview.status import Status

QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that is told. `items_total` counts since the stream was made, revisions included."""

    status: Status
    queues: Queues
    latency: Latency
    feeds: Mapping[str, int]
    states: Mapping[str, int]
    items_total: int
    oldest_item_s: float
    matches_today: int


Sample = tuple[Mapping[str, str], float]


def exposition(measured: Measured) -> str:
    """The page. Pure."""
    return "\n".join(line for family in _families(measured) for line in family) + "\n"


def _families(measured: Measured) -> Iterator[list[str]]:
    status, figures = measured.status, measured.status.figures
    now = status.now
    yield _family("up", "gauge", "1 when nobody has to act at once.", [({}, float(status.ok))])
    yield _family(
        "findings",
        "gauge",
        "Things that are not as they should be, by level.",
        [
            ({"level": level}, float(sum(one.level == level for one in status.findings)))
            for level in ("error", "warning")
        ],
    )
    yield _family(
        "items_total", "counter", "Items and revisions put into the stream.", [({}, measured.items_total)]
    )
    yield _family("items_24h", "gauge", "New items within 24 hours.", [({}, figures.items_today)])
    yield _family("items_waiting", "gauge", "Items to be matched.", [({}, figures.items_waiting)])
    yield _family(
        "items_oldest_seconds", "gauge", "Age of the oldest of them.", [({}, measured.oldest_item_s)]
    )
    yield _family(
        "matches_today",
        "gauge",
        "Matches (one a rule, item and channel) since 00:00 UTC.",
        [({}, measured.matches_today)],
    )
    yield _family("alerts_24h", "gauge", "Alerts within 24 hours.", [({}, figures.alerts_today)])
    yield _family(
        "recent_alerts",
        "gauge",
        "The newest alerts (500 at most) by state.",
        [({"state": state}, count) for state, count in measured.states.items()],
    )
    yield _family(
        "feeds",
        "gauge",
        "Feeds by state.",
        [({"state": state}, count) for state, count in measured.feeds.items()],
    )
    yield _family(
        "queue_messages",
        "gauge",
        "Messages queued by channel.",
        [({"channel": line.channel}, line.queued) for line in measured.queues.lines],
    )
    yield _family(
        "queue_oldest_seconds",
        "gauge",
        "How long the first message of a channel has been due.",
        [
            ({"channel": line.channel}, max(0.0, (now - line.next_due).total_seconds()))
            for line in measured.queues.lines
            if line.next_due is not None
        ],
    )
    yield _family("dead_letters", "gauge", "Messages that could not be delivered.", [({}, figures.dead)])
    yield _family(
        "latency_seconds",
        "gauge",
        "Quantiles over the newest alerts (500 at most) by step.",
        [
            ({"step": step, "quantile": f"{share:g}"}, value)
            for step in STEPS
            for share in QUANTILES
            if (value := measured.latency.quantile_s(step, share)) is not None
        ],
    )


def _family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> list[str]:
    head = [f"# HELP newswatch_{name} {about}", f"# TYPE newswatch_{name} {kind}"]
    return head + [f"newswatch_{name}{_labels(labels)} {value:.10g}" for labels, value in samples]


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
