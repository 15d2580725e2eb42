"""A message as lines of text: for screen readers and notifications, and for the minimal resend. Pure.

Everything is escaped for mrkdwn. A line that no longer fits is left out as a whole, so that
no escape and no link is ever cut in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from newswatch.models import SEVERITY_SIGNS
from newswatch.quantity import quantity
from newswatch.redact import redact_text
from newswatch.slack.limits import MAX_TEXT_CHARS
from newswatch.slack.reports import Detail, ShownItem, ShownStory
from newswatch.slack.text import clean, escape, joined, mrkdwn_link, shorten

SEPARATOR = " · "
_FURTHER_REPORT = "↳ Further report"
_MAX_PARENT_CHARS = 80
_MAX_SOURCE_CHARS = 60
_MOST_NAMED = 2
"""Publishers named in the line below the headline."""
_MAX_RULE_CHARS = 80
_MAX_LINK_CHARS = MAX_TEXT_CHARS - 300
_MAX_NOTICE_LINES = 20


def story_text(story: ShownStory, detail: Detail) -> str:
    """The whole message in at most MAX_TEXT_CHARS characters, the headline first."""
    headline, *also = story.reports
    age = f"{_age(headline.when, story.now)} ({clock(headline.when)})"
    lines = [
        f"{SEVERITY_SIGNS[story.severity]} {_text_link(headline, detail.title, detail.text_url)}",
        escape(SEPARATOR.join([*how_severe(story), *whose(story), age, *after_age(story)])),
        *(escape(f"“{joined(quote)}”") for quote in headline.quotes[: detail.quotes]),
        *(escape(joined(event)) for event in headline.events[: detail.quotes]),
        escape(f"Why: {SEPARATOR.join([why(story.rules, detail.rules), *to_receiver(story)])}"),
        *(_also_line(report, detail) for report in also[: detail.also]),
    ]
    return fitting(lines)


def how_severe(story: ShownStory) -> list[str]:
    """The first parts of the line below the headline: how severe, and how sure where the text does not state it."""
    lead = [_FURTHER_REPORT] if story.is_reply and not story.frame.belongs_to else []
    certainty = story.reports[0].certainty
    return [*lead, story.severity.capitalize(), *([certainty] if certainty else [])]


def whose(story: ShownStory) -> list[str]:
    """The parts after those and before the age: how many publishers, and which."""
    publishers = story.publishers + story.further
    return [quantity(publishers, "publisher"), _named(story, publishers)]


def _named(story: ShownStory, publishers: int) -> str:
    """One source of each of the first publishers, and how many more there are, so that all add up to the count."""
    sources: dict[str, str] = {}
    for report in story.reports:
        sources.setdefault(report.publisher, short_source(report))
    shown = list(sources.values())[:_MOST_NAMED]
    more = publishers - len(shown)
    if more <= 0:
        return ", ".join(shown)
    in_thread = " in the thread" if more == story.further and not story.is_reply else ""
    return ", ".join([*shown, f"+{quantity(more, 'publisher')}{in_thread}"])


def after_age(story: ShownStory) -> list[str]:
    """The parts after the age, if there are any: what it rests on, and which story it may belong to."""
    first = story.reports[0]
    notes = [
        f"dated {first.ahead:%Y-%m-%d %H:%M} UTC" if first.ahead else "",
        "headline only" if first.headline_only else "",
        "updated" if first.updated else "",
    ]
    if story.frame.belongs_to:
        notes.append(f"↳ may belong to “{shorten(clean(story.frame.belongs_to), _MAX_PARENT_CHARS)}”")
    return [note for note in notes if note]


def to_receiver(story: ShownStory) -> list[str]:
    """For whom it is, if that is known."""
    return [f"for {shorten(clean(story.frame.receiver), _MAX_RULE_CHARS)}"] if story.frame.receiver else []


def short_source(report: ShownItem) -> str:
    """The source's name, short enough to leave room for the rest of the line."""
    return shorten(report.source, _MAX_SOURCE_CHARS)


def also_lead(report: ShownItem) -> str:
    """The text before the title of an item that is not the headline."""
    return f"Also in: {short_source(report)}{' (updated)' if report.updated else ''} — "


def why(rules: Sequence[str], most: int) -> str:
    """The names of the rules, at most `most` of them."""
    names = [shorten(rule, _MAX_RULE_CHARS) for rule in rules[:most]]
    names += [f"+{len(rules) - most} more"] if len(rules) > most else []
    return ("rule " if len(rules) == 1 else "rules ") + SEPARATOR.join(names)


def clock(when: datetime) -> str:
    """A time in UTC, to the minute."""
    return when.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def notice_lines(text: str) -> list[str]:
    """A notice to ops in clean lines without secrets; never empty."""
    lines = [shorten(clean(line), 400) for line in redact_text(text).splitlines()]
    kept = [line for line in lines if line][:_MAX_NOTICE_LINES]
    return kept or ["A notice without text"]


def notice_text(text: str) -> str:
    """The same, escaped, for the top-level text."""
    return fitting([escape(line) for line in notice_lines(text)])


def fitting(lines: Sequence[str]) -> str:
    """The lines that fit into MAX_TEXT_CHARS together, in order."""
    kept: list[str] = []
    room = MAX_TEXT_CHARS
    for line in lines:
        if len(line) + 1 <= room:
            kept.append(line)
            room -= len(line) + 1
    return "\n".join(kept)


def _also_line(report: ShownItem, detail: Detail) -> str:
    if detail.also_title == 0:
        return escape("Also in: ") + _link(short_source(report), report.link, detail.text_url)
    return escape(also_lead(report)) + _text_link(report, detail.also_title, detail.text_url)


def _text_link(report: ShownItem, max_chars: int, max_url: int) -> str:
    return _link(shorten(joined(report.title), max_chars), report.link, max_url)


def _link(text: str, url: str | None, max_url: int) -> str:
    """A link if the URL leaves room for the other lines, else the text alone."""
    link = mrkdwn_link(url, text) if url is not None and len(url) <= max_url else ""
    return link if 0 < len(link) <= _MAX_LINK_CHARS else escape(text)


def _age(when: datetime, now: datetime) -> str:
    minutes = max(0, int((now - when).total_seconds() // 60))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    return f"{quantity(days, 'day')} ago"
