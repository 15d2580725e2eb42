"""Faults to order: what goes wrong, where, when and how often.

A fault is `{"method", "channel"?, "kind", "when", "times", "retry_after"?, "delay_s"?, "rate"?}`.

- `when`: `before` – the request is not carried out; `after` – it is carried out, then the answer is
  lost or wrong; `late` – the client gets nothing and the request is carried out `delay_s` later, as
  when a proxy holds a request back and the client has given up on it.
- `times`: how many requests it hits, default 1; 0 means until it is removed.
- `rate`: the probability that it hits a matching request, default 1.
- `kind`: a fault of the network (WIRE_KINDS), any error code that the method may answer with
  (`reference`), or `unlisted:CODE` for a code that Slack does not document.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from devtools.slack_sim.reference import listed

WIRE_KINDS = frozenset(["timeout", "reset", "http_500", "http_502", "http_503", "html", "garbled", "delay"])
WHENS = frozenset({"before", "after", "late"})
UNLISTED = "unlisted:"
HOLD_S = 60.0
_DEFAULT_RETRY_AFTER_S = 1.5


class BadFault(ValueError):
    """A fault that is not valid; the text says why."""


@dataclass(slots=True)
class Fault:
    """One fault. `left` is how many more requests it hits; None means without end."""

    method: str
    kind: str
    when: str = "before"
    channel: str | None = None
    left: int | None = 1
    rate: float = 1.0
    retry_after_s: float = _DEFAULT_RETRY_AFTER_S
    delay_s: float | None = None

    @property
    def code(self) -> str | None:
        """Slack's error code, None for a fault of the network."""
        return None if self.kind in WIRE_KINDS else self.kind.removeprefix(UNLISTED)

    @property
    def hold_s(self) -> float:
        """How long to wait: `delay_s` if given, else a minute for `timeout` and nothing otherwise."""
        if self.delay_s is not None:
            return self.delay_s
        return HOLD_S if self.kind == "timeout" and self.when != "late" else 0.0

    def hits(self, method: str, channel: str | None) -> bool:
        """Whether it matches this request; `*` is any method."""
        return self.method in {"*", method} and self.channel in {None, channel} and self.left != 0


def read_fault(order: Any) -> Fault:
    """A fault from its JSON form. Raises BadFault."""
    if not isinstance(order, dict):
        raise BadFault(f"a fault must be an object, not {order!r}")
    known = {"method", "channel", "kind", "when", "times", "retry_after", "delay_s", "rate"}
    if set(order) - known:
        raise BadFault(f"unknown keys {sorted(set(order) - known)}; known: {sorted(known)}")
    kind, when = order.get("kind"), order.get("when", "before")
    method = str(order.get("method", "*"))
    if not _possible(method, kind):
        raise BadFault(
            f"unknown kind {kind!r}; known: {sorted(WIRE_KINDS)}, the error codes of {method} in Slack's reference, "
            f"and {UNLISTED}CODE for any other code"
        )
    if when not in WHENS:
        raise BadFault(f"when must be one of {sorted(WHENS)}, not {when!r}")
    times = int(order.get("times", 1))
    return Fault(
        method=method,
        kind=str(kind),
        when=when,
        channel=order.get("channel"),
        left=times if times > 0 else None,
        rate=float(order.get("rate", 1.0)),
        retry_after_s=float(order.get("retry_after", _DEFAULT_RETRY_AFTER_S)),
        delay_s=None if order.get("delay_s") is None else float(order["delay_s"]),
    )


def _possible(method: str, kind: Any) -> bool:
    if not isinstance(kind, str):
        return False
    return kind in WIRE_KINDS or kind.startswith(UNLISTED) or listed(method, kind)


class FaultBook:
    """The faults that are ordered. The first one that matches a request hits it."""

    def __init__(self, orders: Sequence[Fault] = (), *, seed: int = 0) -> None:
        self._faults = list(orders)
        self._random = random.Random(seed)
        self.spent: Counter[str] = Counter()

    def add(self, fault: Fault) -> None:
        """Adds a fault after the others."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Removes every fault."""
        self._faults.clear()

    def take(self, method: str, channel: str | None) -> Fault | None:
        """The fault that hits this request, if any; counts it."""
        for fault in self._faults:
            if not fault.hits(method, channel) or (fault.rate < 1 and self._random.random() >= fault.rate):
                continue
            if fault.left is not None:
                fault.left -= 1
            self.spent[f"{fault.when}:{fault.kind}"] += 1
            return fault
        return None

    def describe(self) -> list[dict[str, Any]]:
        """The faults that can still hit a request, as JSON."""
        return [
            {name: getattr(fault, name) for name in Fault.__slots__}
            for fault in self._faults
            if fault.left != 0
        ]
