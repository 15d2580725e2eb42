"""The result of trying a draft on the stored items, and its form for JSON. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from newswatch.pipeline.authoring.backtest_report import example_dict
from newswatch.pipeline.authoring.hit_count import Example


@dataclass(frozen=True, slots=True)
class Hit:
    """An item to show. `mark` is what readers said: "acknowledged", "irrelevant" or ""."""

    example: Example
    mark: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What readers said about the rule's items, and what the draft would do to them.

    Of the acknowledged items among its newest alerts it `keeps` some and `loses` some; the others were not looked at. Of
    all items marked as not relevant it would still catch some.
    """

    acknowledged_kept: int = 0
    acknowledged_lost: int = 0
    irrelevant: int = 0
    irrelevant_still_caught: int = 0


@dataclass(frozen=True, slots=True)
class LiveResults:
    """The result. Counts are of the `checked` entries out of `candidates`; `complete` if that is all of them.

    `days` has a count for each day of the window, the oldest first; of the last `judged` days it is complete. `entries` were looked through in the index, and
    `not_indexed` were not. `gained` and `lost` compare with the rule in force, where `compared` says that there is one
    and that it differs.
    """

    rule_id: str
    since: datetime
    until: datetime
    hits: int
    stories: int
    days: tuple[tuple[str, int], ...]
    first_hits: tuple[Hit, ...]
    compared: bool
    gained: int
    lost: int
    gained_hits: tuple[Hit, ...]
    lost_hits: tuple[Hit, ...]
    marks: Marks
    entries: int
    candidates: int
    checked: int
    judged: int
    not_indexed: int
    took_ms: float

    @property
    def counted(self) -> bool:
        """Whether every candidate was checked; if not, the same question with `more` counts on."""
        return self.checked >= self.candidates

    @property
    def complete(self) -> bool:
        """Whether every stored item of the window was considered."""
        return self.counted and not self.not_indexed


def as_dict(found: LiveResults) -> dict[str, Any]:
    """The result for JSON. An example is as in a backtest, with its `mark`."""
    plain = {
        name: getattr(found, name)
        for name in (
            "hits",
            "stories",
            "compared",
            "gained",
            "lost",
            "entries",
            "candidates",
            "checked",
            "judged",
        )
    }
    return {
        "rule": found.rule_id,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        **plain,
        "days": [{"day": day, "hits": hits} for day, hits in found.days],
        **{
            name: [_hit_dict(one) for one in getattr(found, name)]
            for name in ("first_hits", "gained_hits", "lost_hits")
        },
        "marks": asdict(found.marks),
        "not_indexed": found.not_indexed,
        "complete": found.complete,
        "took_ms": round(found.took_ms, 1),
    }


def _hit_dict(hit: Hit) -> dict[str, Any]:
    return {**example_dict(hit.example), "mark": hit.mark}
