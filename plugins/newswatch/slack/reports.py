"""What one message says, before it is laid out: one report per item of the story. Pure.

A message may carry several alerts: several rules that matched one item, and several items (of
several sources) of one story. The item with the best headline is first; the others are listed as "Also in".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from newswatch.models import SEVERITIES, Alert, Modality, Severity
from newswatch.slack.text import Piece, clean, joined, pieces_of, shorten, usable_link

_EPOCH = datetime(1970, 1, 2, tzinfo=timezone.utc)
_AHEAD = timedelta(hours=1)
"""A date that is less far ahead comes of a clock that is wrong, or of a time zone that is."""
NO_TITLE = "(no title)"
_MAX_QUOTES = 3
_MAX_EVENTS = 2
_MAX_EVENT_CHARS = 80
_NOBODY = "… "
"""Before an event whose rule does not say who does it."""
_CERTAINTY: Mapping[Modality, str] = {"possible": "possible", "denied": "denied", "question": "a question"}
"""How sure the text is of an event that it does not state."""
_ALWAYS_SHOWN = 100
"""Characters of a headline that a message shows, however little room it has."""
_MAX_TITLE_CHARS = 2_000
"""A title of a megabyte is cut before it is cleaned; the message shows 300 characters at most."""


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One item as a message shows it. Texts are clean; `link` is verbatim or None."""

    title: tuple[Piece, ...]
    link: str | None
    source: str
    publisher: str
    """Several sources of one publisher count once."""
    when: datetime
    """The publication time if it is known and plausible, else when newswatch first saw the item."""
    updated: bool
    quotes: tuple[tuple[Piece, ...], ...]
    events: tuple[tuple[Piece, ...], ...] = ()
    """Who does what: "RBI bars crypto firms", who and what marked."""
    certainty: str = ""
    """How sure the text is of what it says, "" where it states it."""
    headline_only: bool = False
    """Only the headline matches, so there is no passage to quote."""
    ahead: datetime | None = None
    """The publication time if it is well ahead of now: an embargo, or a wrong date."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a message says of itself. `pages` is the address of newswatch's pages, for links to rules, "" if unknown."""

    receiver: str = ""
    pages: str = ""
    belongs_to: str = ""
    """The headline of the story that a reply may belong to, if that is not certain."""
    mention: str = ""
    """The user group that it mentions, "" for none."""


NO_FRAME = Frame()


@dataclass(frozen=True, slots=True)
class ShownStory:
    """What one message is to say, before it is cut to size."""

    reports: tuple[ShownItem, ...]
    """Never empty; the first is the headline."""
    severity: Severity
    rules: tuple[str, ...]
    now: datetime
    publishers: int = 1
    """Of the reports."""
    further: int = 0
    """Publishers that are only in the thread; of a reply, those of the story that it does not name."""
    is_reply: bool = False
    frame: Frame = NO_FRAME


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of it is shown, in characters and counts."""

    title: int
    quotes: int
    also: int
    also_title: int
    """0: the source's name carries the link."""
    rules: int
    text_url: int = 500
    """Longer URLs are in the blocks only, not in the top-level text."""


def reports_of(
    alerts: Sequence[Alert], sources: Mapping[str, str], now: datetime, headline: Alert | None = None
) -> tuple[ShownItem, ...]:
    """One report per item: that of the headline, which may be another message's, then as they were first seen."""
    by_item: dict[str, list[Alert]] = {}
    known = {alert.id for alert in alerts}
    for alert in [*alerts, *([headline] if headline is not None and headline.id not in known else [])]:
        by_item.setdefault(alert.item_id, []).append(alert)
    first = headline.item_id if headline is not None else ""
    groups = sorted(
        by_item.values(), key=lambda group: (group[0].item_id != first, min(one.first_seen for one in group))
    )
    return tuple(_report(group, sources, now) for group in groups)


def severity_of(alerts: Iterable[Alert]) -> Severity:
    """The highest severity among the alerts."""
    return max((alert.severity for alert in alerts), key=SEVERITIES.index, default="low")


def rules_of(alerts: Iterable[Alert]) -> tuple[str, ...]:
    """The rules' names, the most severe first, each once."""
    ranked = sorted(alerts, key=lambda alert: -SEVERITIES.index(alert.severity))
    return tuple(dict.fromkeys(clean(alert.rule_id) for alert in ranked))


def certainty_of(group: Sequence[Alert]) -> str:
    """How sure the text is of what these alerts of one item are about; "" if it states it, or if they differ."""
    found = _certainties(group)
    return found.pop() if len(found) == 1 else ""


def _certainties(group: Sequence[Alert]) -> set[str]:
    return {_CERTAINTY.get(alert.modality or "stated", "") for alert in group if alert.deed}


def _report(group: Sequence[Alert], sources: Mapping[str, str], now: datetime) -> ShownItem:
    newest = max(group, key=lambda alert: alert.revision)
    excerpts = [excerpt for alert in group for excerpt in alert.excerpts]
    in_title = any(one.field == "title" and one.text == newest.title and one.marks for one in excerpts)
    title = pieces_of(newest.title[:_MAX_TITLE_CHARS], [])
    quotes = _quotes(group, newest.title)
    certainties = _certainties(group)
    said = [joined(title)[:_ALWAYS_SHOWN], *map(joined, quotes)]
    return ShownItem(
        title=title or (Piece(NO_TITLE),),
        link=usable_link(newest.link),
        source=clean(sources.get(newest.feed_id) or "") or clean(newest.feed_id) or "unknown source",
        publisher=newest.published_by,
        when=_when(newest, now),
        updated=any(alert.updated for alert in group),
        quotes=quotes,
        events=_not_in(said, _events(group, each=len(certainties) > 1)),
        certainty=certainty_of(group),
        headline_only=in_title and not quotes,
        ahead=newest.published if newest.published and newest.published > now + _AHEAD else None,
    )


def _not_in(said: Sequence[str], events: Sequence[tuple[Piece, ...]]) -> tuple[tuple[Piece, ...], ...]:
    """The events that are not already said in the same words."""
    texts = [text.casefold() for text in said]
    return tuple(
        one
        for one in events
        if not any(joined(one).removeprefix(_NOBODY).casefold() in text for text in texts)
    )


def _events(group: Sequence[Alert], *, each: bool) -> tuple[tuple[Piece, ...], ...]:
    """The events of the rules, each once, those of the most severe rule first. `each`: with how sure the text is of it.

    An event that is part of another one, such as "RBI barred" of "RBI barred crypto firms", is left out.
    """
    ranked = sorted(group, key=lambda alert: -SEVERITIES.index(alert.severity))
    said = tuple(dict.fromkeys(_event(alert, certainty=each) for alert in ranked if alert.deed))
    return tuple(one for one in said if _not_in([joined(other) for other in said if other != one], [one]))[
        :_MAX_EVENTS
    ]


def _event(alert: Alert, *, certainty: bool) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for role, words in alert.deed:
        text = shorten(clean(words), _MAX_EVENT_CHARS)
        pieces += [Piece(" ")] * bool(pieces) + [Piece(text, marked=role != "does")]
    if alert.deed[0][0] != "who":
        pieces.insert(0, Piece(_NOBODY))
    said = _CERTAINTY.get(alert.modality or "stated") if certainty else None
    return (*pieces, Piece(f" ({said})")) if said else tuple(pieces)


def _when(alert: Alert, now: datetime) -> datetime:
    """Some feeds date items in the future or in 1900. Neither is shown."""
    published = alert.published
    return published if published is not None and _EPOCH <= published <= now else alert.first_seen


def _quotes(group: Sequence[Alert], title: str) -> tuple[tuple[Piece, ...], ...]:
    """The excerpts below the headline. Those of several rules over the same words become one."""
    marks: dict[str, list[tuple[int, int]]] = {}
    for alert in group:
        for one in alert.excerpts:
            if one.field != "title" or one.text != title:
                marks.setdefault(one.text, []).extend(one.marks)
    quotes = [pieces_of(text, places) for text, places in _without_contained(marks).items()]
    return tuple(quote for quote in quotes if joined(quote))[:_MAX_QUOTES]


def _without_contained(marks: Mapping[str, list[tuple[int, int]]]) -> dict[str, list[tuple[int, int]]]:
    """Merge each excerpt that is part of a longer one into it, with its marks."""
    kept: dict[str, list[tuple[int, int]]] = {text: list(places) for text, places in marks.items()}
    for text in sorted(marks, key=len):
        core = text.strip("… ")
        offset = text.find(core)
        host = next((other for other in kept if len(other) > len(text) and core and core in other), None)
        if host is not None:
            shift = host.find(core) - offset
            kept[host] += [(start + shift, end + shift) for start, end in kept.pop(text)]
    return kept
