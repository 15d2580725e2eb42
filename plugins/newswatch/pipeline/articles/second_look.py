"""What follows when the link of an alert is read again. Pure.

It is read 10 minutes, 1, 6 and 24 hours after the alert. "Withdrawn" is said only if newswatch itself read this very
address before, it answers 404 or 410 twice at least an hour apart with nothing else in between, and another page of the
host can be read. Anything else that keeps the page from being read says nothing: 401, 403, 429, errors of the server or
the network, redirects, pages without an article. A passage counts as changed only if the texts before and after overlap
by 80%, since a consent page, a paywall or a redesign is another text as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Literal, NamedTuple

from newswatch.errors import FetchRefused, NewswatchError
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.host import host_name
from newswatch.models import Alert, Excerpt
from newswatch.pipeline.base.past_alerts import GONE, MARKS, Concerns, Line, Past, passage_lines, shortened
from newswatch.store.corrections import Correction
from newswatch.store.rechecks import Recheck
from newswatch.stories.passage import PassageChange, change_of
from newswatch.stories.rewording import overlap

STEPS_MS = (600_000, 3_600_000, 21_600_000, 86_400_000)
"""When a link is read again, counted from its alert."""
APART_MS = 3_600_000
"""How long a page must be gone."""
LIKE = 0.8
_GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the address answered. `unclear` says nothing about the article."""

    what: Literal["read", "gone", "unclear"]
    text: str = ""
    status: int = 0


UNCLEAR = Reading("unclear")


class Step(NamedTuple):
    """What follows from a reading. `due_ms` None: it was the last one."""

    after: Recheck
    due_ms: int | None
    confirm: bool = False
    """The page is gone, if another page of its host can be read."""
    compare: bool = False
    """The article's text can be compared with the one before."""


def is_same_address(one: str, other: str) -> bool:
    """Whether two addresses lead to the same page. A redirect from http to https is not a redirect elsewhere."""
    return canonical_link(one) == canonical_link(other)


def of_answer(recheck: Recheck, url: str, text: str) -> Reading:
    """A web page was read at `url`, after redirects."""
    return Reading("read", text) if text.strip() and is_same_address(url, recheck.link) else UNCLEAR


def of_error(recheck: Recheck, error: NewswatchError) -> Reading:
    """The address could not be read. Only a 404 or 410 of that very address means that the page is gone."""
    if isinstance(error, FetchRefused) and error.status in _GONE and is_same_address(error.url, recheck.link):
        return Reading("gone", status=error.status or 0)
    return UNCLEAR


def follows(before: Recheck, reading: Reading, now_ms: int) -> Step:
    """What is known after a reading, and when the next one is due."""
    step = next((n for n, after in enumerate(STEPS_MS) if before.since_ms + after > now_ms), len(STEPS_MS))
    due_ms = before.since_ms + STEPS_MS[step] if step < len(STEPS_MS) else None
    after = replace(before, step=step)
    if reading.what == "gone" and before.read:
        if not before.gone_ms:
            return Step(replace(after, gone_ms=now_ms), now_ms + APART_MS)
        if now_ms - before.gone_ms < APART_MS:
            return Step(after, before.gone_ms + APART_MS)
        return Step(after, due_ms, confirm=True)
    after = replace(after, gone_ms=0)
    if reading.what != "read":
        return Step(after, due_ms)
    like = not before.article or overlap(before.article, reading.text) >= LIKE
    kept = reading.text if like else before.article
    return Step(replace(after, read=True, article=kept), due_ms, compare=bool(before.article) and like)


def withdrawn(recheck: Recheck, past: Past, concerns: Concerns, status: int) -> list[Correction]:
    """What the threads say when the page is gone."""
    since = datetime.fromtimestamp(recheck.gone_ms / 1000, timezone.utc)
    title = shortened(recheck.title) or recheck.link
    line = f"Withdrawn: “{title}” is no longer on {host_name(recheck.link)} (HTTP {status} since {since:%H:%M} UTC)"
    return [Correction(alerts[0].message_id, (line,), GONE) for alerts in past.in_slack(concerns).values()]


def changes(
    before: Recheck, now: str, past: Past, concerns: Concerns
) -> tuple[list[Correction], list[tuple[str, str]]]:
    """What the threads say of passages that the article had and does not have any more, and what is remembered."""

    def change(_alert: Alert, _excerpt: Excerpt, passage: str) -> PassageChange | None:
        had = change_of(passage, (before.article,)) is None
        return change_of(passage, (now,)) if had else None

    found: list[Correction] = []
    remembered: list[tuple[str, str]] = []
    for channel, alerts in past.in_slack(concerns).items():
        lines: Sequence[Line] = passage_lines(channel, alerts, past.item.said, change)
        if lines:
            mark = max((line.mark for line in lines), key=MARKS.index)
            found.append(Correction(alerts[0].message_id, tuple(line.text for line in lines), mark))
            remembered += [(line.about, line.now) for line in lines]
    return found, remembered


def other_pages(recheck: Recheck, links: Iterable[str]) -> list[str]:
    """Pages of the same host that show whether it can be read: two other items' (`links`), and its front page."""
    host = host_name(recheck.link)
    others = [link for link in links if host_name(link) == host and not is_same_address(link, recheck.link)]
    scheme, _, rest = recheck.link.partition("://")
    authority = rest.partition("/")[0].rpartition("@")[2]
    return [*others[:2], f"{scheme}://{authority}/"]
