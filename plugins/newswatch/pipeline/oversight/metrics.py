"""Metrics for Prometheus, written by prometheus_client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from newswatch.pipeline.base.silence import state_of
from newswatch.pipeline.oversight.alerts import State
from newswatch.pipeline.oversight.queues import Queues
from newswatch.pipeline.oversight.status import Status
from newswatch.store.hops import EDGES_S, Hop, HopTimes

__all__ = ["CONTENT_TYPE_PLAIN_0_0_4", "Measured", "exposition"]


@dataclass(frozen=True, slots=True)
class Measured:
    """All figures. `items_total` counts from the creation of the stream, revisions included."""

    status: Status
    queues: Queues
    hops: Mapping[Hop, HopTimes]
    feeds: Mapping[str, int]
    states: Mapping[State, int]
    items_total: int
    matches_today: int


class _Figures(Collector):
    """The figures of one request, as prometheus_client asks for them."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        return _families(self._measured)


def exposition(measured: Measured) -> bytes:
    """The page, in exposition format 0.0.4 (CONTENT_TYPE_PLAIN_0_0_4)."""
    registry = CollectorRegistry()  # its own, so that nothing about this process is reported
    registry.register(_Figures(measured))
    return generate_latest(registry)


def _families(measured: Measured) -> Iterator[Metric]:
    status, figures, lines = measured.status, measured.status.figures, measured.queues.lines
    levels = {level: sum(one.level == level for one in status.findings) for level in ("error", "warning")}
    yield _gauge("up", "1 if nothing needs immediate action.", status.ok)
    yield _gauges("findings", "Problems found, by level.", "level", levels.items())
    yield CounterMetricFamily(
        "newswatch_items", "Items and revisions added to the stream.", value=measured.items_total
    )
    yield _gauge("items_24h", "New items within 24 hours.", figures.items_today)
    yield _gauge("items_waiting", "Items that wait for matching.", figures.items_waiting)
    yield _gauge("items_oldest_seconds", "Age of the oldest of them.", figures.oldest_item_s)
    yield _gauge(
        "matches_today",
        "Matches since 00:00 UTC, one for each rule, item and channel.",
        measured.matches_today,
    )
    yield _gauge("alerts_24h", "Alerts within 24 hours.", figures.alerts_today)
    yield _gauges(
        "recent_alerts", "The newest alerts (500 at most) by state.", "state", measured.states.items()
    )
    yield _gauges("feeds", "Feeds by state.", "state", measured.feeds.items())
    yield _gauges(
        "queue_messages",
        "Messages queued by channel.",
        "channel",
        ((line.channel, line.queued) for line in lines),
    )
    yield _gauges(
        "queue_oldest_seconds",
        "How long the first message of a channel has been due.",
        "channel",
        (
            (line.channel, max(0.0, (status.now - line.next_due).total_seconds()))
            for line in lines
            if line.next_due is not None
        ),
    )
    yield _gauges(
        "pulse_age_seconds",
        "How long ago a resident stage was last heard from, unless it is idle.",
        "stage",
        (
            (one.stage, one.age_s(status.now))
            for one in status.residents
            if state_of(one, status.now) != "idle"
        ),
    )
    yield _gauge("dead_letters", "Messages that could not be delivered.", figures.dead)
    yield _hops(measured.hops)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"newswatch_{name}", about, value=value)


def _gauges(name: str, about: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(f"newswatch_{name}", about, labels=(label,))
    for key, value in values:
        family.add_metric((key,), value)
    return family


def _hops(hops: Mapping[Hop, HopTimes]) -> Metric:
    family = HistogramMetricFamily(
        "newswatch_hop_seconds",
        "How long alerts took from each point of their way to the next.",
        labels=("hop",),
    )
    for hop, times in hops.items():
        ends = [*(f"{edge:g}" for edge in EDGES_S), "+Inf"]
        buckets = list(zip(ends, accumulate(times.counts), strict=True))
        family.add_metric((hop,), buckets, times.sum_s)
    return family
