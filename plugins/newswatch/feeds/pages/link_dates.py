"""Dates in the links of a list whose rows show none: `/2026/11/26/title`, `pr20261126.pdf`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from newswatch.feeds import dates

_DAY = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-/_.]?)(0[1-9]|1[0-2]|(?<=[-/_.])[1-9](?!\d))\2(0[1-9]|[12]\d|3[01]|(?<=[-/_.])[1-9])(?!\d)"
)
_MOST = 0.9
_MIN_ITEMS, _MIN_DAYS = 3, 2


def of_links(links: Sequence[str]) -> list[datetime | None]:
    """The day in each link, if nearly all have one and not all the same: else a number in them is something else."""
    found: list[datetime | None] = []
    without = len(links) - max(_MIN_ITEMS, _MOST * len(links))
    for link in links:
        day = _day(link)
        without -= day is None
        if without < 0:
            return [None] * len(links)
        found.append(day)
    return found if len({day for day in found if day}) >= _MIN_DAYS else [None] * len(links)


def _day(link: str) -> datetime | None:
    found = None
    for found in _DAY.finditer(urlsplit(link).path[-300:] if link else ""):  # noqa: B007 - the last one counts
        pass
    reading = dates.read_date(f"{found[1]}-{int(found[3]):02}-{int(found[4]):02}") if found else None
    return reading.moment if reading else None
