"""Pages: one template each, rendered with autoescaping and without undefined names."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from newswatch.models import SEVERITY_SIGNS, Excerpt
from newswatch.slack.text import clean, pieces_of, usable_link
from newswatch.store.codec import from_ms
from newswatch.store.hops import Column
from newswatch_airflow.ui.access import PageVisitor
from newswatch_airflow.ui.charts import time_line
from newswatch_airflow.ui.references import first_place, linked

HERE = Path(__file__).parent
_TICKED = re.compile(r"`([^`\n]{1,300})`")
_FEED_NAMED = re.compile(r"^feed \S+ \(\S+\): ")
STATIC = {
    "newswatch.css": "text/css",
    "newswatch.js": "text/javascript",
    "theme.js": "text/javascript",
    "codemirror.js": "text/javascript",
    "codemirror.licences.txt": "text/plain",
    "code.js": "text/javascript",
    "draft.js": "text/javascript",
    "editor.js": "text/javascript",
    "live.js": "text/javascript",
    "rule_form.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "icon-dark.svg": "image/svg+xml",
}
NAVIGATION = (
    ("", "Status"),
    ("alerts", "Alerts"),
    ("watchlist", "Watchlist"),
    ("feeds", "Feeds"),
    ("delivery", "Delivery"),
)


@cache
def environment() -> Environment:
    """The templates and their filters."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["severity_signs"] = SEVERITY_SIGNS
    made.filters |= {
        "after": after,
        "ago": ago,
        "bare": bare,
        "brief": brief,
        "clean": clean,
        "clock": lambda moment: f"{moment.astimezone(timezone.utc):%d %b %H:%M} UTC",
        "count": lambda number: f"{number:,}",
        "indented": lambda line: " " * (len(line) - len(line.lstrip(" "))) + clean(line),
        "iso": lambda moment: moment.astimezone(timezone.utc).isoformat(timespec="seconds"),
        "isotime": datetime.fromisoformat,
        "moment": from_ms,
        "linked": linked,
        "first_place": first_place,
        "link": lambda url: usable_link(url) or "",
        "sentence": lambda text: text[:1].upper() + text[1:],
        "span": span,
        "ticked": ticked,
        "with_receivers": with_receivers,
        "stamp": lambda moment: f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC",
    }
    made.globals |= {
        "marked": marked,
        "spans": lambda found: [(span.start, span.end) for span in found],
        "static_version": static_version(),
        "time_line": time_line,
        "title_marks": title_marks,
    }
    return made


def render(
    request: Request, visitor: PageVisitor, template: str, *, status_code: int = 200, **values: Any
) -> HTMLResponse:
    """One page. `here` in `values` is its entry in the navigation."""
    context: dict[str, Any] = {
        "base": base_of(request),
        "navigation": NAVIGATION,
        "visitor": visitor,
        "now": datetime.now(timezone.utc),
        "query": dict(request.query_params),
        "here": None,
        "nonce": request.state.nonce,
        **values,
    }
    return HTMLResponse(environment().get_template(template).render(context), status_code)


def base_of(request: Request) -> str:
    """The path the app is mounted at, Airflow's own prefix included, without a closing slash."""
    return str(request.scope.get("root_path", "")).rstrip("/")


@cache
def static_version() -> str:
    """Names the static files' content, so that browsers may cache them forever."""
    digest = hashlib.blake2b(digest_size=6)
    for name in sorted(STATIC):
        digest.update((HERE / "static" / name).read_bytes())
    return digest.hexdigest()


def with_query(values: Mapping[str, Any], **changes: Any) -> str:
    """A query string of these values with some changed; empty ones are left out."""
    merged = {name: value for name, value in {**values, **changes}.items() if value not in ("", None)}
    return f"?{urlencode(merged)}" if merged else "?"


def marked(text: str, ranges: Sequence[tuple[int, int]]) -> tuple[tuple[str, bool], ...]:
    """Untrusted text as clean pieces, each with whether it is highlighted."""
    return tuple((piece.text, piece.marked) for piece in pieces_of(text, ranges))


def title_marks(excerpts: Sequence[Excerpt], title: str) -> list[tuple[int, int]]:
    """The highlighted words of a headline. None if the excerpt is only a part of it."""
    return [
        mark
        for excerpt in excerpts
        if excerpt.field == "title" and excerpt.text == title
        for mark in excerpt.marks
    ]


def span(seconds: float) -> str:
    """A duration in one or two units, e.g. `3 min`, `2 h 5 min`, `4 days`."""
    whole = int(max(seconds, 0))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min"
    if whole < 2 * 86_400:
        hours, minutes = divmod(whole // 60, 60)
        return f"{hours} h {minutes} min" if minutes and hours < 10 else f"{hours} h"
    return f"{whole // 86_400} days"


def ticked(text: str) -> Markup:
    """A text of ours that may contain untrusted text, cleaned. Text between backticks becomes code."""
    return Markup(_TICKED.sub(r"<code>\1</code>", str(escape(clean(text)))))  # noqa: S704 - escaped


def with_receivers(text: str, receivers: Mapping[str, str]) -> str:
    """A text of ours with the receivers' names before the ids of their channels."""
    for channel, name in receivers.items():
        text = text.replace(channel, f"{name} ({channel})")
    return text


def bare(error: str) -> str:
    """A feed's error without the feed's name and address, which the page shows anyway."""
    return _FEED_NAMED.sub("", error)


def brief(ms: int) -> str:
    """A response time: `85 ms`, `1.2 s`."""
    return f"{ms} ms" if ms < 1_000 else f"{ms / 1_000:.1f} s"


def after(lag_s: float) -> str:
    """How much later than the first one, e.g. `+4 min`; below a second it counts as at once."""
    return f"+{span(lag_s)}" if lag_s >= 1 else "at once"


def between(column: Column) -> str:
    """Durations that were counted together: `250–500 ms`, `30 s–1 min`, `under 100 ms`, `over 4 h`."""
    low, high = column
    if high is None:
        return f"over {' '.join(_end(low))}"
    if not low:
        return f"under {' '.join(_end(high))}"
    (first, unit), (last, last_unit) = _end(low), _end(high)
    return f"{first}–{last} {unit}" if unit == last_unit else f"{first} {unit}–{last} {last_unit}"


def _end(seconds: float) -> tuple[str, str]:
    for least, unit in ((3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= least:
            return f"{seconds / least:g}", unit
    return f"{seconds * 1_000:g}", "ms"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago it was, or how long until then. What is to come is rounded up: 24 hours do not read `in 23 h` at once."""
    seconds = (now - moment).total_seconds()
    return f"in {span(_rounded_up(-seconds))}" if seconds < -0.5 else f"{span(seconds)} ago"


def _rounded_up(seconds: float) -> float:
    """To the unit in which `span` shows it."""
    unit = next(
        (unit for unit, least in ((86_400, 2 * 86_400), (3_600, 36_000), (60, 60)) if seconds >= least), 1
    )
    return math.ceil(seconds / unit) * unit
