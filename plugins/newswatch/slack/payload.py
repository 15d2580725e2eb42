"""What a message looks like. The only module that builds Slack payloads. Pure.

Untrusted text goes only into `rich_text` elements, which Slack shows literally. The top-level
`text` says the same for screen readers and notifications, escaped. A payload always keeps
within Slack's limits: it is built in full first, then with less and less detail until it fits.
Links are dropped last.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from newswatch.models import SEVERITY_SIGNS, Alert, Message, short_hash
from newswatch.slack.buttons import (
    NO_ATTENTION,
    Attention,
    buttons,
    corrected_line,
    said_elements,
    said_text,
)
from newswatch.slack.elements import (
    AGO,
    Element,
    date_element,
    group,
    linked,
    marked,
    section,
    text_element,
    with_commands,
)
from newswatch.slack.limits import check_payload
from newswatch.slack.listing import (
    LISTS,
    Listing,
    ListingLine,
    after_time,
    before_time,
    listing_of,
    listing_plain,
    listing_text,
    title_of,
)
from newswatch.slack.plain import (
    SEPARATOR,
    after_age,
    also_lead,
    fitting,
    how_severe,
    notice_lines,
    notice_text,
    short_source,
    story_text,
    to_receiver,
    whose,
    why,
)
from newswatch.slack.reports import (
    NO_FRAME,
    Detail,
    Frame,
    ShownItem,
    ShownStory,
    reports_of,
    rules_of,
    severity_of,
)
from newswatch.slack.text import Piece, clean, escape, mrkdwn_link, shorten, shorten_pieces

__all__ = [
    "EVENT_TYPE",
    "MAX_ALERT_IDS",
    "block_marker",
    "check_payload",
    "render_correction",
    "render_listing",
    "render_minimal",
    "render_ops",
    "render_reply",
    "render_story",
]

Payload = dict[str, Any]

EVENT_TYPE = "newswatch_message"
BLOCK_MARKER = "newswatch"
"""The first part of every block_id; the second is the message id. Colons separate them."""
MAX_ALERT_IDS = 200
"""More alert ids than this do not fit into one message's metadata; the rest needs another message."""

_MAX_WHY_CHARS = 2_000
_MOST_CORRECTION_CHARS = 600
_GONE = "The alerts of this message are no longer stored"

_ALL = 1_000
_LEAN = Detail(title=100, quotes=0, also=_ALL, also_title=0, rules=3, text_url=0)
_DETAILS = (
    Detail(title=300, quotes=3, also=_ALL, also_title=150, rules=20),
    Detail(title=200, quotes=1, also=_ALL, also_title=60, rules=10),
    Detail(title=150, quotes=0, also=_ALL, also_title=0, rules=5),
    *(replace(_LEAN, also=also) for also in (_ALL, 40, 30, 20, 15, 10, 7, 5, 3, 2, 1, 0)),
)
"""From everything to the headline alone; the first that fits is sent."""
_MINIMAL = Detail(title=200, quotes=1, also=10, also_title=80, rules=5, text_url=3_000)


def render_story(
    message: Message,
    alerts: Sequence[Alert],
    *,
    sources: Mapping[str, str],
    now: datetime,
    further: int = 0,
    headline: Alert | None = None,
    attention: Attention = NO_ATTENTION,
    frame: Frame = NO_FRAME,
) -> Payload:
    """A story's message: `sources` maps feed ids to names, `further` counts publishers in the thread, `headline` comes first."""
    return _render(message, _story(alerts, sources, now, further, headline, frame), attention)


def render_reply(
    message: Message,
    alerts: Sequence[Alert],
    *,
    sources: Mapping[str, str],
    now: datetime,
    further: int = 0,
    headline: Alert | None = None,
    attention: Attention = NO_ATTENTION,
    frame: Frame = NO_FRAME,
) -> Payload:
    """A later report of a story, for its thread. The caller adds thread_ts and reply_broadcast."""
    return _render(message, _story(alerts, sources, now, further, headline, frame, is_reply=True), attention)


def render_listing(
    message: Message,
    alerts: Sequence[Alert],
    *,
    sources: Mapping[str, str],
    now: datetime,
    attention: Attention = NO_ATTENTION,
) -> Payload:
    """A digest, a surge or a catch-up: a heading, then one line per item, the most severe first.

    A surge is about one rule and has buttons. The others have none: they could not say which item they mean.
    """
    if not alerts:
        return _render(message, None, attention)
    listing = listing_of(message, alerts, sources, now)
    corrected = Attention(corrected=attention.corrected)
    asked = [attention, corrected] if message.kind == "surge" else [corrected]
    for shown, max_title in itertools.product(asked, (160, 120, 80, 40)):
        heading, lines = _listing_blocks(listing, max_title)
        blocks = [_rich_text(message, 0, [heading, *_corrected(shown), lines])]
        blocks += _attention_blocks(message, rules_of(alerts), shown)
        payload = _payload(message, _with_said(listing_text(listing), shown, above=1), blocks)
        if not check_payload(payload):
            return payload
    return _text_only(message, listing_plain(listing))


def render_minimal(
    message: Message,
    alerts: Sequence[Alert] = (),
    *,
    sources: Mapping[str, str],
    now: datetime,
    further: int = 0,
    headline: Alert | None = None,
    attention: Attention = NO_ATTENTION,
    frame: Frame = NO_FRAME,
) -> Payload:
    """The one resend after Slack refused the full payload: text and metadata, no blocks."""
    if message.kind in ("ops", "reminder"):
        return _text_only(message, notice_text(message.text))
    if message.kind in LISTS and alerts:
        return _text_only(message, listing_plain(listing_of(message, alerts, sources, now)))
    story = _story(alerts, sources, now, further, headline, frame, is_reply=message.kind == "reply")
    return _text_only(message, _GONE if story is None else _with_said(story_text(story, _MINIMAL), attention))


def render_correction(message: Message, *, plain: bool = False) -> Payload:
    """What changed in an item after its alert, for the thread: a line for each change, its kind in bold."""
    lines = [
        shorten(clean(line), _MOST_CORRECTION_CHARS) for line in message.text.split("\n") if line.strip()
    ]
    text = fitting([escape(line) for line in lines])
    if plain or not lines:
        return _text_only(message, text or _GONE)
    sections = []
    for line in lines:
        kind, colon, rest = line.partition(":")
        sections.append(
            section([text_element(kind + colon, bold=True), *([text_element(rest)] if rest else [])])
        )
    return _payload(message, text, [_rich_text(message, 0, sections)])


def render_ops(message: Message, pages: str = "") -> Payload:
    """A notice for operators: `message.text`, its first line in bold, secrets removed, and a link to the page Status.

    `pages` is the address of our pages, "" if it is not known.
    """
    first, *rest = notice_lines(message.text)
    notice = with_commands(first, bold=True)
    if rest:
        notice += with_commands("\n" + "\n".join(rest))
    blocks = [_rich_text(message, 0, [section(notice)])]
    if pages and message.kind == "ops":
        link = mrkdwn_link(f"{pages.rstrip('/')}/", "Status of newswatch")
        blocks.append(
            {
                "type": "context",
                "block_id": f"{block_marker(message.id)}status",
                "elements": [{"type": "mrkdwn", "text": link}],
            }
        )
    payload = _payload(message, notice_text(message.text), blocks)
    return payload if not check_payload(payload) else _text_only(message, notice_text(message.text))


def block_marker(message_id: str) -> str:
    """The start of every block_id of this message, by which it is found in the history."""
    name = message_id if 0 < len(message_id) <= 64 and message_id.isascii() else short_hash(message_id)
    return f"{BLOCK_MARKER}:{name}:"


# ── the whole ─────────────────────────────────────────────────────────────────────────────────


def _story(
    alerts: Sequence[Alert],
    sources: Mapping[str, str],
    now: datetime,
    further: int,
    headline: Alert | None,
    frame: Frame,
    *,
    is_reply: bool = False,
) -> ShownStory | None:
    if not alerts:
        return None
    reports = reports_of(alerts, sources, now, headline)
    publishers = len({alert.published_by for alert in alerts})
    return ShownStory(
        reports, severity_of(alerts), rules_of(alerts), now, publishers, further, is_reply, frame
    )


def _render(message: Message, story: ShownStory | None, attention: Attention) -> Payload:
    if story is None:
        return _payload(message, _GONE, [_rich_text(message, 0, [section([text_element(_GONE)])])])
    after = _mention_blocks(message, story.frame.mention) + _attention_blocks(message, story.rules, attention)
    for detail in _DETAILS:
        text = _with_said(story_text(story, detail), attention)
        payload = _payload(message, text, [*_story_blocks(message, story, detail, attention), *after])
        if not check_payload(payload):
            return payload
    return _text_only(message, _with_said(story_text(story, _MINIMAL), attention))


def _payload(message: Message, text: str, blocks: list[Element]) -> Payload:
    event = {"message_id": message.id, "alert_ids": list(message.alert_ids[:MAX_ALERT_IDS])}
    return {
        "channel": message.channel,
        "text": text,
        "blocks": blocks,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": event},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _text_only(message: Message, text: str) -> Payload:
    """Without blocks Slack shows `text`. A headline's *stars* must not format it."""
    payload = _payload(message, text, [])
    del payload["blocks"]
    return {**payload, "mrkdwn": False}


def _mention_blocks(message: Message, group: str) -> list[Element]:
    """An element of its own: no text of a feed can become a mention, and a mention cannot be part of such a text."""
    if not group:
        return []
    return [_rich_text(message, 3, [section([{"type": "usergroup", "usergroup_id": group}])])]


# ── what readers did, and the buttons for it ────────────────────────────────────────────────────


def _attention_blocks(message: Message, rules: Sequence[str], attention: Attention) -> list[Element]:
    lines = said_elements(attention)
    elements = buttons(message.id, rules, attention)
    blocks = [_rich_text(message, 2, [section(line) for line in lines])] if lines else []
    if elements:
        block_id = f"{block_marker(message.id)}actions"
        blocks.append({"type": "actions", "block_id": block_id, "elements": elements})
    return blocks


def _corrected(attention: Attention) -> list[Element]:
    """That the thread has a correction: above what is corrected, where it is read first."""
    line = corrected_line(attention)
    return [section([text_element(line, bold=True)])] if line else []


def _with_said(text: str, attention: Attention, *, above: int = 2) -> str:
    """`text` with what readers did below it, and the correction after its first `above` lines."""
    lines, corrected = text.split("\n"), corrected_line(attention)
    if corrected:
        lines.insert(above, escape(corrected))
    return fitting([*lines, *said_text(attention)])


# ── a story's blocks ──────────────────────────────────────────────────────────────────────────


def _story_blocks(message: Message, story: ShownStory, detail: Detail, attention: Attention) -> list[Element]:
    headline, *also = story.reports
    title = shorten_pieces(headline.title, detail.title)
    sign = text_element(f"{SEVERITY_SIGNS[story.severity]} ")
    body = [section([sign, *linked(title, headline.link, bold=True)]), section(_meta(story))]
    body += _corrected(attention)
    body += [group("rich_text_quote", marked(one)) for one in headline.quotes[: detail.quotes]]
    body += [section(_event(event)) for event in headline.events[: detail.quotes]]
    blocks = [_rich_text(message, 0, body)]
    if tail := _also(also, detail):
        blocks.append(_rich_text(message, 1, tail))
    return [*blocks, _why(message, story, detail)]


def _why(message: Message, story: ShownStory, detail: Detail) -> Element:
    """The rules, linked to their pages, and the receiver, in small type. Rules and receivers are named by our own side."""
    told = to_receiver(story)
    plain = escape(SEPARATOR.join([why(story.rules, detail.rules), *told]))
    shown = story.rules[: detail.rules]
    linked = SEPARATOR.join(
        [
            ("rule " if len(story.rules) == 1 else "rules ")
            + SEPARATOR.join(
                mrkdwn_link(f"{story.frame.pages}/watchlist/rules/{quote(rule, safe='')}", rule)
                for rule in shown
            ),
            *([f"+{len(story.rules) - len(shown)} more"] if len(story.rules) > len(shown) else []),
            *map(escape, told),
        ]
    )
    text = linked if story.frame.pages and len(linked) <= _MAX_WHY_CHARS else plain
    block_id = f"{block_marker(message.id)}why"
    return {"type": "context", "block_id": block_id, "elements": [{"type": "mrkdwn", "text": f"Why: {text}"}]}


def _event(pieces: Sequence[Piece]) -> list[Element]:
    """Who does what, who and whom in bold, on a line of its own."""
    return [text_element(piece.text, bold=piece.marked) for piece in pieces]


def _meta(story: ShownStory) -> list[Element]:
    when = story.reports[0].when
    age = date_element(when, AGO)
    after = "".join(SEPARATOR + note for note in after_age(story))
    before, certainty = SEPARATOR.join(how_severe(story)), story.reports[0].certainty
    start = [
        text_element(before.removesuffix(certainty)),
        *([text_element(certainty, bold=True)] if certainty else []),
    ]
    line = [*start, text_element(SEPARATOR.join(["", *whose(story), ""])), age]
    return [*line, text_element(after)] if after else line


def _also(reports: Sequence[ShownItem], detail: Detail) -> list[Element]:
    """The story's other items, each with its own link."""
    if not reports:
        return []
    entries = [section(_also_entry(report, detail.also_title)) for report in reports[: detail.also]]
    left = len(reports) - detail.also
    if left > 0:
        entries.append(section([text_element(f"… and {left} more")]))
    return [{**group("rich_text_list", entries), "style": "bullet"}]


def _also_entry(report: ShownItem, max_chars: int) -> list[Element]:
    if max_chars == 0:
        return [text_element("Also in: "), *linked([Piece(short_source(report))], report.link)]
    title = shorten_pieces(report.title, max_chars)
    return [text_element(also_lead(report)), *linked(title, report.link)]


def _listing_blocks(listing: Listing, max_title: int) -> list[Element]:
    entries = [section(_listing_entry(line, max_title)) for line in listing.lines]
    first, stop, rest = listing.heading.partition(". ")
    more = [text_element(f"\n{rest}")] if rest else []
    heading = section([text_element(first + stop.strip(), bold=True), *more])
    return [heading, {**group("rich_text_list", entries), "style": "bullet"}]


def _listing_entry(line: ListingLine, max_title: int) -> list[Element]:
    title = [Piece(title_of(line, max_title))]
    when = date_element(line.report.when)
    certainty = line.report.certainty
    sure = [text_element(SEPARATOR), text_element(certainty, bold=True)] if certainty else []
    tail = [
        *sure,
        text_element(before_time(line)),
        when,
        *([text_element(after_time(line))] if line.rules else []),
    ]
    return [text_element(f"{line.sign} "), *linked(title, line.report.link), *tail]


def _rich_text(message: Message, number: int, elements: list[Element]) -> Element:
    return {"type": "rich_text", "block_id": f"{block_marker(message.id)}{number}", "elements": elements}
