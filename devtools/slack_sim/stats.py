"""Counts of requests and answers, for tests and benchmarks."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any


class Stats:
    """Counts since the start or the last reset."""

    def __init__(self) -> None:
        self._methods: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._channels: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._in_flight: Counter[str] = Counter()
        self._most_in_flight: Counter[str] = Counter()

    def began(self, channel: str) -> None:
        """Count a request for a channel."""
        self._in_flight[channel] += 1
        self._most_in_flight[channel] = max(self._most_in_flight[channel], self._in_flight[channel])

    def ended(self, method: str, channel: str, answer: str) -> None:
        """Count its answer: `ok`, Slack's error string, or `when:kind` of a fault."""
        self._in_flight[channel] -= 1
        self._methods[method][answer] += 1
        if channel:
            self._channels[channel]["requests"] += 1
            self._channels[channel][f"{method} {answer}"] += 1

    def report(self) -> dict[str, Any]:
        """`{methods: {method: {answer: n}}, channels: {id: {requests: n, …}}, ratelimited: n, …}`."""
        return {
            "methods": {name: dict(answers) for name, answers in self._methods.items()},
            "channels": {name: dict(counts) for name, counts in self._channels.items()},
            "ratelimited": sum(answers["ratelimited"] for answers in self._methods.values()),
            "requests": sum(sum(answers.values()) for answers in self._methods.values()),
            "most_in_flight": dict(self._most_in_flight),
        }
