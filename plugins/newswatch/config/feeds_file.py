"""feeds.yaml, read into feeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import cssselect

from newswatch.config.records import CheckedMapping
from newswatch.config.release_windows import WindowsPart, read_windows
from newswatch.config.report import FileReport
from newswatch.config.shapes import AT_MOST_CAP_S, FEEDS_FILE, SHORT_EVERY_S, SHORTEST_EVERY_S
from newswatch.config.unique import UniqueNames
from newswatch.durations import format_duration
from newswatch.models import JSON, PAGE, Feed
from newswatch.publisher import publisher_of
from newswatch.selector import Selector

Value = TypeVar("Value")

_NO_DEFAULTS = Feed(id="", url="")


@dataclass(slots=True)
class FeedsPart:
    """The content of feeds.yaml. `ids` and `tags` include those of feeds with errors."""

    feeds: list[Feed] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    default_lang: str = "en"
    windows: WindowsPart = field(default_factory=WindowsPart)
    complete: bool = False
    """Whether every feed's id and tags could be read. If so, a name that is not among them is unknown."""


def read_feeds(report: FileReport, today: date, folder: Path | None = None) -> FeedsPart:
    """The feeds of the document. Problems go to the report.

    Windows before `today` (UTC) are left out. Calendars are in `folder`; None reads none.
    """
    part = FeedsPart()
    root = report.document.root
    reading = None if root is None else FEEDS_FILE.read(root, "", report)
    if root is None or reading is None or "feeds" not in reading.givens:
        return part
    defaults: CheckedMapping | None = reading.get("defaults")
    part.default_lang = _NO_DEFAULTS.lang if defaults is None else defaults.get("lang", _NO_DEFAULTS.lang)
    part.complete = True
    ids = UniqueNames("feed id")
    urls: dict[str, str] = {}
    if not reading.get("feeds"):
        report.warning(reading.node, "there are no feeds, so nothing will be polled")
    for given in reading.get("feeds"):
        _read_feed(given, defaults, part, report, today, folder)
        ids.add(given, report)
        _warn_of_url(given, urls, report)
        _warn_of_fallback(given, report)
    return part


def _read_feed(
    given: CheckedMapping,
    defaults: CheckedMapping | None,
    part: FeedsPart,
    report: FileReport,
    today: date,
    folder: Path | None,
) -> None:
    part.complete = part.complete and "id" in given.givens
    part.ids.add(given.get("id", ""))
    part.tags.update(given.get("tags", ()))
    every_s = _either(given, defaults, "every", _NO_DEFAULTS.every_s)
    errors = report.errors
    allow_private = _either(given, defaults, "allow_private", _NO_DEFAULTS.allow_private)
    if every_s < SHORTEST_EVERY_S and not allow_private:
        node = given.node_of("every") if given.get("every") else (defaults or given).node_of("every")
        report.error(
            node,
            f"feed {given.get('id', '')!r}: every must be at least {format_duration(SHORTEST_EVERY_S)}, or the feed one of"
            " your own network (allow_private: true)",
        )
    at_most_s = _at_most(given, defaults, every_s, report)
    windows = read_windows(given, part.windows, report, today, folder)
    selector = _selector(given, report)
    if not given.sound or report.errors > errors:
        return
    part.feeds.append(
        Feed(
            id=given.get("id"),
            url=given.get("url"),
            tags=given.get("tags", ()),
            lang=_either(given, defaults, "lang", _NO_DEFAULTS.lang),
            every_s=every_s,
            at_most_s=at_most_s,
            first_sight_s=_either(given, defaults, "first_sight", _NO_DEFAULTS.first_sight_s),
            max_age_s=_either(given, defaults, "max_age", _NO_DEFAULTS.max_age_s),
            article=given.get("article", False),
            recheck=given.get("recheck", False),
            auth=given.get("auth"),
            allow_private=allow_private,
            publisher=given.get("publisher") or publisher_of(given.get("url")),
            headers=given.get("headers", ()),
            user_agent=given.get("user_agent", ""),
            cookies=given.get("cookies", ()),
            fallback=given.get("fallback", ()),
            windows=windows,
            kind=given.get("type", ""),
            selector=selector,
            list_number=given.get("list", 0),
        )
    )


def _either(given: CheckedMapping, defaults: CheckedMapping | None, name: str, default: Value) -> Value:
    """The feed's own value, else the file's default, else newswatch's default."""
    inherited = default if defaults is None else defaults.get(name, default)
    value: Value = given.get(name, inherited)
    return value


def _at_most(
    given: CheckedMapping, defaults: CheckedMapping | None, every_s: float, report: FileReport
) -> float:
    """How far hints may stretch the interval: at most 15 minutes, at least the interval itself."""
    cap_s = max(AT_MOST_CAP_S, every_s)
    own: float | None = given.get("at_most")
    if own is None:
        stretched_s = every_s if every_s < SHORT_EVERY_S else 4 * every_s
        inherited = stretched_s if defaults is None else defaults.get("at_most", stretched_s)
        return min(max(inherited, every_s), cap_s)
    label = f"feed {given.get('id', '')!r}: at_most"
    if own < every_s:
        report.error(
            given.node_of("at_most"), f"{label}: must not be below every ({format_duration(every_s)})"
        )
    elif own > cap_s:
        report.error(given.node_of("at_most"), f"{label}: must be at most {format_duration(cap_s)}")
    return own


def _selector(given: CheckedMapping, report: FileReport) -> Selector | None:
    """Where the feed's list is. Keys that do not go with the feed's type are errors."""
    label, kind = f"feed {given.get('id', '')!r}", given.get("type", "")
    if given.get("list") and kind != PAGE:
        report.error(given.node_of("list"), f"{label}: list is for a page: add `type: page`")
    parts: CheckedMapping | None = given.get("selector")
    if parts is None or not parts.sound:
        return None
    if kind not in (PAGE, JSON):
        report.error(
            parts.node, f"{label}: selector is for a page or a JSON list: add `type: page` or `type: json`"
        )
    if given.get("list"):
        report.error(given.node_of("list"), f"{label}: selector names one list, so list must not be there")
    for name in parts.givens if kind == PAGE else ():
        fault = _css_fault(parts.get(name))
        if fault:
            report.error(
                parts.node_of(name), f"{label}: selector: {name}: this is not a CSS selector ({fault})"
            )
    return Selector(**{name: parts.get(name) for name in parts.givens})


def _css_fault(text: str) -> str:
    try:
        cssselect.parse(text)
    except cssselect.SelectorError as error:
        return str(error)
    return ""


def _warn_of_fallback(given: CheckedMapping, report: FileReport) -> None:
    url, others = given.get("url"), given.get("fallback", ())
    if url in others:
        report.warning(
            given.node_of("fallback"),
            f"feed {given.get('id', '')!r}: fallback has the feed's own url: name other addresses of the source",
        )


def _warn_of_url(given: CheckedMapping, urls: dict[str, str], report: FileReport) -> None:
    url = given.get("url")
    if url is None:
        return
    label, node = f"feed {given.get('id', '')!r}", given.node_of("url")
    first = urls.setdefault(url, given.get("id", ""))
    if first != given.get("id", ""):
        report.warning(node, f"{label}: has the same url as feed {first!r}; both are polled")
    if urlsplit(url).password is not None:
        report.warning(
            node, f"{label}: the url holds a password: move it out of the file and name it with auth"
        )
