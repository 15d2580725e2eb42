"""What is wrong with feeds: like causes folded into one, the worst first. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from newswatch.models import Feed
from newswatch.pipeline.oversight.feeds import FeedLine
from newswatch.pipeline.poll.health import reason

WORST_FIRST = ("stopped", "given-up", "refused", "layout-changed", "failing", "silent", "slowed")
"""The states of feeds in trouble. In all others a feed is read, or will be."""

_OWN = re.compile(
    r"https?://[^\s,)]+|\d+(?:\.\d+){3}(?::\d+)?|(?<=after )\d+ s\b|\d[\d,.]*(?= (?:s|ms|bytes|[kKM]B)\b)"
)
"""What differs between feeds that have the same trouble: addresses, durations and sizes."""
_WITHOUT_ERROR = {"silent": "answers, but has had no new item for much longer than usual"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Feeds in one state for one cause, at least one."""

    status: str
    cause: str
    lines: tuple[FeedLine, ...]

    @property
    def hint(self) -> str:
        """What to do, "" if it is not the same for all of them."""
        hints = {line.hint for line in self.lines}
        return hints.pop() if len(hints) == 1 else ""


def folded(lines: Iterable[FeedLine]) -> list[Trouble]:
    """These feeds by state and cause: the worst state first, in it the cause of the most feeds."""
    found: dict[tuple[str, str], list[FeedLine]] = {}
    for line in lines:
        if line.status in WORST_FIRST:
            found.setdefault((line.status, cause_of(line)), []).append(line)
    troubles = [Trouble(status, cause, tuple(group)) for (status, cause), group in found.items()]
    return sorted(troubles, key=lambda one: (WORST_FIRST.index(one.status), -len(one.lines), one.cause))


def cause_of(line: FeedLine) -> str:
    """The cause without what is only this feed's own."""
    error = line.state.polling.error
    if not error or line.status in _WITHOUT_ERROR:
        return _WITHOUT_ERROR.get(line.status, "")
    return _OWN.sub("…", reason(line.feed.id, error))


def worst_first(feeds: Sequence[Feed], statuses: Mapping[str, str]) -> list[Feed]:
    """The same feeds, those in trouble first, otherwise in their own order."""
    return sorted(feeds, key=lambda feed: rank(statuses.get(feed.id, "")))


def rank(status: str) -> int:
    """The place of a state, the worst 0."""
    return WORST_FIRST.index(status) if status in WORST_FIRST else len(WORST_FIRST)
