"""Parsing only what changed must decide exactly what parsing everything decides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.feeds.parse_process import parse_job
from newswatch.models import Feed
from newswatch.pipeline.poll import changed_entries, identity
from newswatch.store.elements import pack_elements, unpack_elements

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
URL = "https://wire.example/rss"
FEED = Feed(id="wire", url=URL)


@dataclass(frozen=True)
class Row:
    """One item of a document; None leaves an element out."""

    guid: str | None = None
    link: str | None = None
    title: str | None = None
    summary: str | None = None
    age_h: int | None = None

    def xml(self) -> str:
        date = None if self.age_h is None else format_datetime(NOW - timedelta(hours=self.age_h))
        parts = {
            "guid": self.guid,
            "link": self.link,
            "title": self.title,
            "description": self.summary,
            "pubDate": date,
        }
        inner = "".join(f"<{k}>{escape(v)}</{k}>" for k, v in parts.items() if v is not None)
        return f"<item>{inner}</item>"


def document(rows, base: str = "") -> bytes:
    root = f"<rss version='2.0'{base}>"
    return f"{root}<channel><title>Wire</title>{''.join(r.xml() for r in rows)}</channel></rss>".encode()


@dataclass
class Follower:
    """A feed as one poller lives through it: records, elements, and what it brought."""

    reducing: bool
    known: dict = field(default_factory=dict)
    elements: bytes = b""
    seen: int = 0
    parsed: int = 0

    def show(self, body: bytes, now: datetime, url: str = URL):
        seconds = int(now.timestamp())
        remembered = (
            unpack_elements(self.elements, changed_entries.circumstances(url)) if self.reducing else {}
        )
        for given_elements in (remembered, {}):
            found = parse_job(body, url=url, headers={}, seen=set(given_elements))
            reading = changed_entries.read(found, given_elements, self.known)
            if reading is not None:
                break
        self.parsed = len(found.feed.entries)
        context = identity.PollContext(
            feed=FEED,
            now=seconds,
            first_sight=not self.known,
            config_version=1,
            document_time=self.seen,
            confirmed_time=self.seen,
        )
        decision = identity.decide(self.known, reading.document, context, reading.unchanged)
        self.known = {record.id: record for record in decision.whole}
        self.elements = pack_elements(changed_entries.circumstances(url), reading.elements(decision.ids))
        self.seen = seconds
        return [item for item, _ in decision.items]


few = st.sampled_from
rows = st.builds(
    Row,
    guid=st.one_of(st.none(), few(["a", "b", "c", "d"])),
    link=st.one_of(
        st.none(), few(["/1", "/2", "https://wire.example/2?utm_source=x", "https://wire.example/3"])
    ),
    title=st.one_of(st.none(), few(["Statement", "Rate decision", "Minutes"])),
    summary=st.one_of(st.none(), few(["one", "two"])),
    age_h=st.one_of(st.none(), few([1, 30, 80])),
)


@st.composite
def revisions(draw):
    """A document and what becomes of it: kept, edited, re-identified, moved, dropped, repeated rows."""
    current = draw(st.lists(rows, max_size=6))
    history = [current]
    for _ in range(draw(st.integers(1, 5))):
        following = []
        for old in current:
            row = old
            fate = draw(few(["keep", "keep", "keep", "drop", "guid", "edit", "twice", "other"]))
            if fate == "guid":
                row = replace(old, guid=draw(few(["x", "y", "z"])))
            elif fate == "edit":
                row = replace(old, summary=draw(few(["one", "two", "three"])))
            elif fate == "other":
                row = draw(rows)
            following += {"drop": [], "twice": [row, row]}.get(fate, [row])
        following += draw(st.lists(rows, max_size=2))
        current = draw(st.permutations(following)) if draw(st.booleans()) else following
        history.append(current)
    return history


@settings(max_examples=100)
@given(
    revisions(),
    st.lists(st.integers(1, 40), min_size=6, max_size=6),
    st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_reading_the_changed_entries_decides_what_reading_all_decides(history, hours, elsewhere):
    part, whole = Follower(reducing=True), Follower(reducing=False)
    now = NOW
    for shown, passed, away in zip(history, hours, elsewhere, strict=False):
        now += timedelta(hours=passed)
        url = "https://elsewhere.example/feed/rss" if away else URL
        assert part.show(document(shown), now, url) == whole.show(document(shown), now, url)
        assert part.known == whole.known


def row(number: int, **changes) -> Row:
    values = {
        "guid": f"g{number}",
        "link": f"https://wire.example/{number}",
        "title": f"Story {number}",
        "age_h": 1,
    }
    return Row(**(values | changes))


def test_only_new_and_edited_entries_are_parsed():
    feed = Follower(reducing=True)
    feed.show(document([row(n) for n in range(40)]), NOW)
    new = feed.show(document([row(99), *(row(n) for n in range(39)), row(39, title="Edited")]), NOW)
    assert feed.parsed == 2
    assert {(item.title, item.revision) for item in new} == {("Story 99", 0), ("Edited", 1)}


def test_entry_that_takes_the_guid_of_an_unchanged_one_is_told_apart():
    feed = Follower(reducing=True)
    feed.show(document([row(1), row(2)]), NOW)
    (item,) = feed.show(document([row(1), row(2), row(3, guid="g1")]), NOW)
    assert item.title == "Story 3"


def test_base_of_relative_links_is_part_of_what_an_entry_says():
    feed = Follower(reducing=True)
    shown = [row(1, guid=None, link="story")]
    feed.show(document(shown, " xml:base='https://wire.example/a/'"), NOW)
    (before,) = feed.known.values()
    feed.show(document(shown, " xml:base='https://wire.example/b/'"), NOW)
    (after,) = feed.known.values()
    assert feed.parsed == 1
    assert before.link != after.link


def test_entries_that_say_nothing_are_nobodys_item():
    feed = Follower(reducing=True)
    assert feed.show(document([Row(), Row(age_h=1)]), NOW) == []
    assert feed.known == {}
