"""Feeds of all kinds over a simulated month: what each publishes, and how its document looks at each poll.

A `Source` plans its stories and knows which of its documents had which of them, so a test can compare what was
claimed with what was planned. Every title contains the story's token, which survives all edits.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape

from feed_server import Document

START = datetime(2026, 11, 1, 6, 0, tzinfo=timezone.utc)
DAYS, EVERY_H = 30, 15
POLLS = DAYS * 24 // EVERY_H
WINDOW = 10
WORDS = [
    "rates",
    "bank",
    "plan",
    "vote",
    "market",
    "oil",
    "trade",
    "court",
    "rail",
    "energy",
    "housing",
    "budget",
    "press",
    "court",
    "minister",
    "strike",
]


@dataclass
class Story:
    """One planned story."""

    token: str
    at: datetime
    words: str
    edits: int = 0
    """How often it was edited so far."""


@dataclass(frozen=True)
class Kind:
    """How the feeds of a kind behave. `entry` makes one entry of the document at a poll."""

    entry: Callable[[Source, Story, int], str]
    dated: bool = True
    edits: bool = False
    window: int | None = WINDOW
    bursts: bool = False
    fallback: Callable[[Source, Story, int], str] | None = None
    body: Callable[[Source, list[str]], bytes] | None = None
    order: str = "newest"
    silent_days: tuple[int, int] = (0, 0)
    fault: Callable[[Source, int], Document | None] = lambda _source, _poll: None


@dataclass
class Source:
    """One feed of a kind, with its stories of the month."""

    name: str
    kind: Kind
    dice: random.Random
    stories: list[Story] = field(default_factory=list)
    first_shown: dict[str, int] = field(default_factory=dict)
    """The poll in which a story was shown first."""
    edits: int = 0
    gap_days: list[int] = field(default_factory=list)
    _last: list[Story] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = START - timedelta(days=6)
        burst_days = set(range(3, DAYS, 5)) if self.kind.bursts else set()
        while at < START + timedelta(days=DAYS):
            day = (at - START).days
            begin, end = self.kind.silent_days
            if day in burst_days:
                burst_days.discard(day)
                # Within one interval, so that nothing of the last document is left.
                at = START + timedelta(days=day, hours=12, minutes=self.dice.randrange(5, 60))
                for _ in range(WINDOW + 5):
                    self._plan(at)
                    at += timedelta(seconds=self.dice.randrange(60, 600))
            elif not begin <= day < end:
                self._plan(at)
            at += timedelta(seconds=self.dice.randrange(2 * 3600, 8 * 3600))

    def _plan(self, at: datetime) -> None:
        token = f"{self.name}-{len(self.stories)}x"
        words = " ".join(self.dice.choices(WORDS, k=5))
        self.stories.append(Story(token, at, words))

    def documents(self, poll: int, now: datetime) -> dict[str, Document]:
        """What the feed's addresses show at a poll: by "" for its own, by "copy" for the fallback."""
        shown = [story for story in self.stories if story.at <= now]
        shown = shown[-self.kind.window :] if self.kind.window else shown
        fault = self.kind.fault(self, poll)
        if fault is None or self.kind.fallback is not None:
            self._note(poll, shown)
        own = fault or self._document(self.kind.entry, shown, poll)
        if self.kind.fallback is None:
            return {"": own}
        return {"": own, "copy": self._document(self.kind.fallback, shown, poll)}

    def _note(self, poll: int, shown: list[Story]) -> None:
        if self.kind.edits and poll and self.dice.random() < 0.3:
            # One that was shown before: an edit before the first poll shows nothing.
            known = [story for story in shown if story.token in self.first_shown]
            if known:
                self.dice.choice(known[-5:]).edits += 1
                self.edits += 1
        before = {story.token for story in self._last}
        if self._last and self.kind.dated and len(shown) >= 5 and not before & {one.token for one in shown}:
            self.gap_days.append((poll * EVERY_H) // 24)
        for story in shown:
            self.first_shown.setdefault(story.token, poll)
        if shown:
            self._last = shown

    def _document(
        self, entry: Callable[[Source, Story, int], str], shown: list[Story], poll: int
    ) -> Document:
        ordered = shown[::-1]
        if self.kind.order == "oldest":
            ordered = shown
        elif self.kind.order == "any":
            ordered = self.dice.sample(shown, len(shown))
        rows = [entry(self, story, poll) for story in ordered]
        body = (self.kind.body or rss)(self, rows)
        return Document(body, headers={"Content-Type": "application/xml"})

    def planned(self) -> list[str]:
        """The stories that must be claimed once: those that the first document did not have yet."""
        return [token for token, poll in self.first_shown.items() if poll]


def rss(source: Source, rows: list[str]) -> bytes:
    """An RSS document of these items."""
    head = f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{source.name}</title>"
    return f"{head}<link>https://n.example/</link>{''.join(rows)}</channel></rss>".encode()


def title(story: Story) -> str:
    """The headline as it is now."""
    return f"{story.token} {story.words}" + (f" (revised {story.edits})" if story.edits else "")


def item(
    story: Story, *, date: str = "", link: str = "", guid: str = "", text: str = "", more: str = ""
) -> str:
    """One RSS item; what is empty is left out."""
    return (
        f"<item><title>{escape(title(story))}</title>"
        + (f"<link>{escape(link)}</link>" if link else "")
        + (f"<guid isPermaLink='false'>{escape(guid)}</guid>" if guid else "")
        + (f"<pubDate>{date}</pubDate>" if date else "")
        + f"<description>{text or 'About ' + story.words}</description>{more}</item>"
    )


def _mail(story: Story) -> str:
    return format_datetime(story.at)


def _link(story: Story) -> str:
    return f"https://n.example/news/{story.token}"


def _plain(_source: Source, story: Story, _poll: int) -> str:
    return item(story, date=_mail(story), link=_link(story), guid=f"id-{story.token}")


def _churning(_source: Source, story: Story, poll: int) -> str:
    return item(story, date=_mail(story), link=_link(story), guid=f"{poll}-{story.token}")


def _churning_undated(_source: Source, story: Story, poll: int) -> str:
    return item(story, link=_link(story), guid=f"{poll}-{story.token}")


def _undated(_source: Source, story: Story, _poll: int) -> str:
    return item(story, link=_link(story), guid=f"id-{story.token}")


def _bare(_source: Source, story: Story, _poll: int) -> str:
    return item(story)


def _jsessionid(source: Source, story: Story, _poll: int) -> str:
    return item(story, link=f"{_link(story)};jsessionid={source.dice.randbytes(16).hex().upper()}?id=7")


def _phpsessid(source: Source, story: Story, _poll: int) -> str:
    link = f"{_link(story)}?PHPSESSID={source.dice.randbytes(13).hex()}&id=7"
    return item(story, date=_mail(story), link=link, guid=link)


def _twice(_source: Source, story: Story, _poll: int) -> str:
    number = int(story.token.rpartition("-")[2][:-1])
    return item(story, date=_mail(story), link=_link(story), guid=f"pair-{number // 2}")


def _one_guid(_source: Source, story: Story, _poll: int) -> str:
    return item(story, date=_mail(story), link=_link(story), guid="https://n.example/")


def _one_link(_source: Source, story: Story, _poll: int) -> str:
    return item(story, date=_mail(story), link="https://n.example/news/")


def _one_link_undated(_source: Source, story: Story, _poll: int) -> str:
    return item(story, link="https://n.example/news/")


def _reused_guid(_source: Source, story: Story, _poll: int) -> str:
    number = int(story.token.rpartition("-")[2][:-1])
    return item(story, date=_mail(story), link=_link(story), guid=f"place-{number % WINDOW}")


def _reused_guid_and_link(_source: Source, story: Story, _poll: int) -> str:
    number = int(story.token.rpartition("-")[2][:-1])
    place = f"place-{number % WINDOW}"
    return item(story, date=_mail(story), link=f"https://n.example/{place}", guid=place)


def _link_forms(_source: Source, story: Story, poll: int) -> str:
    scheme, host = ("http", "https")[poll % 2], ("n.example", "www.n.example", "N.example")[poll % 3]
    tail = ("", "/", f"?utm_source=rss{poll}", "#top", f"?utm_campaign=x&utm_medium={poll}")[poll % 5]
    return item(story, date=_mail(story), link=f"{scheme}://{host}/news/{story.token}{tail}")


def _slug(_source: Source, story: Story, _poll: int) -> str:
    slug = f"{story.edits}-{story.words.replace(' ', '-')}-{story.token}" if story.edits else story.token
    link = f"https://n.example/news/{slug}"
    return item(story, date=_mail(story), link=link, guid=link)


def _edited(_source: Source, story: Story, _poll: int) -> str:
    text = f"About {story.words}. Correction {story.edits}." if story.edits else ""
    return item(story, date=_mail(story), link=_link(story), guid=f"id-{story.token}", text=text)


def _edited_linked(_source: Source, story: Story, _poll: int) -> str:
    return item(story, date=_mail(story), link=_link(story))


def _edited_undated(_source: Source, story: Story, _poll: int) -> str:
    return item(story, link=_link(story), guid=f"id-{story.token}")


def _zoneless(_source: Source, story: Story, _poll: int) -> str:
    local = story.at + timedelta(hours=9)
    return item(story, date=f"{local:%Y-%m-%d %H:%M:%S}", guid=f"id-{story.token}", link=_link(story))


def _day_only(_source: Source, story: Story, _poll: int) -> str:
    return item(story, date=f"{story.at:%d.%m.%Y}", link=_link(story))


def _odd(source: Source, story: Story, poll: int) -> str:
    number = int(story.token.rpartition("-")[2][:-1])
    text = ("&#55357;&#56832;", "&#x110000; sign", "&nosuch; AT&T &copy=1", "cut @@", "<![CDATA[a ]] b]]>")[
        number % 5
    ]
    form = "" if number % 7 else "<textinput><link>x</link></textinput>"
    row = item(story, date=_mail(story), link=f"{_link(story)}?a=1", guid=f"id-{story.token}", text=text)
    return row + (f"<item><title>Form {number}</title><guid>f{number}</guid>{form}</item>" if form else "")


def _damaged(source: Source, rows: list[str]) -> bytes:
    return rss(source, rows).replace(b"@@", b"\xd0... \xff")


def _cyrillic(_source: Source, story: Story, _poll: int) -> str:
    return item(story, date=_mail(story), link=_link(story), text="Центробанк выступает против плана @@")


def _cp1251(source: Source, rows: list[str]) -> bytes:
    text = rss(source, rows).decode().replace("encoding='utf-8'", "encoding='windows-1251'")
    return text.encode("cp1251").replace(b"@@", b"\x98")


def _atom(_source: Source, story: Story, poll: int) -> str:
    return (
        f"<entry><id>urn:x:{story.token}</id><title>{title(story)}</title><link href='{_link(story)}'/>"
        f"<published>{story.at.isoformat()}</published><updated>{(START + timedelta(hours=poll)).isoformat()}"
        "</updated></entry>"
    )


def _atom_feed(source: Source, rows: list[str]) -> bytes:
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>{source.name}</title>{''.join(rows)}</feed>".encode()


def _json(_source: Source, story: Story, _poll: int) -> str:
    row = {"id": story.token, "url": _link(story), "title": title(story), "content_text": story.words}
    return json.dumps({**row, "date_published": format_datetime(story.at)})


def _json_feed(source: Source, rows: list[str]) -> bytes:
    version = "https://jsonfeed.org/version/1.1"
    return f'{{"version": "{version}", "title": "{source.name}", "items": [{", ".join(rows)}]}}'.encode()


def _copy(_source: Source, story: Story, _poll: int) -> str:
    """The same story as another address of the source shows it: other ids and links, dates to the minute."""
    date = format_datetime(story.at.replace(second=0))
    return item(
        story, date=date, link=f"https://mirror.example/a?n={story.token}", guid=f"mirror:{story.token}"
    )


def _down_for_days(source: Source, poll: int) -> Document | None:
    return Document(b"no", status=500) if poll and (poll + len(source.name)) % 11 < 5 else None


PAGE = b"<!doctype html><html><head><title>Just a moment...</title></head><body>Checking</body></html>"
FAULTS = (
    Document(b"no", status=500),
    Document(b"no", status=403),
    Document(b"no", status=404),
    Document(PAGE, headers={"Content-Type": "text/html"}),
    Document(b""),
    Document(b"<rss version='2.0'><channel><title>x</title><item><titl"),
)


def _flaky(source: Source, poll: int) -> Document | None:
    return source.dice.choice(FAULTS[:5]) if poll and source.dice.random() < 0.3 else None


def _emptied(source: Source, poll: int) -> Document | None:
    return Document(rss(source, [])) if poll and source.dice.random() < 0.3 else None


KINDS: dict[str, Kind] = {
    "plain": Kind(_plain),
    "atom": Kind(_atom, body=_atom_feed),
    "json": Kind(_json, body=_json_feed),
    "unordered": Kind(_plain, order="any"),
    "growing": Kind(_plain, window=None),
    "growing, oldest first": Kind(_edited_undated, window=None, order="oldest", dated=False),
    "churning": Kind(_churning),
    "churning, undated": Kind(_churning_undated, dated=False),
    "undated": Kind(_undated, dated=False),
    "bare titles": Kind(_bare, dated=False),
    "session links, undated": Kind(_jsessionid, dated=False),
    "session links": Kind(_phpsessid),
    "guid twice, then once": Kind(_twice),
    "one guid for all": Kind(_one_guid),
    "one link for all": Kind(_one_link),
    "one link, undated": Kind(_one_link_undated, dated=False),
    "reused guids": Kind(_reused_guid),
    "reused guids and links": Kind(_reused_guid_and_link),
    "forms of one link": Kind(_link_forms),
    "slug edits": Kind(_slug, edits=True),
    "edits": Kind(_edited, edits=True),
    "edits, by link": Kind(_edited_linked, edits=True),
    "edits, undated": Kind(_edited_undated, edits=True, dated=False),
    "zoneless, bursts": Kind(_zoneless, bursts=True),
    "day only": Kind(_day_only),
    "bursts": Kind(_plain, bursts=True),
    "churning, bursts": Kind(_churning, bursts=True),
    "odd references": Kind(_odd, body=_damaged),
    "bad bytes": Kind(_cyrillic, body=_cp1251),
    "gone silent": Kind(_plain, silent_days=(9, 20)),
    "flaky": Kind(_plain, fault=_flaky),
    "emptied": Kind(_churning, fault=_emptied),
    "switching": Kind(_plain, fallback=_copy, fault=_down_for_days),
}


def month(feeds: int, seed: int) -> dict[str, list[Source]]:
    """The sources by kind, `feeds` in all."""
    names = list(KINDS)
    made: dict[str, list[Source]] = {name: [] for name in names}
    for number in range(feeds):
        kind = names[number % len(names)]
        source = Source(f"f{number}", KINDS[kind], random.Random(f"{seed} {number}"))
        made[kind].append(source)
    return made
