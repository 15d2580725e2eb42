"""Against feeds from the wild, kept outside the repository."""

import calendar
import io
import time
import warnings
from contextlib import suppress
from datetime import datetime, timezone
from urllib.parse import urljoin

import feedparser
import psutil
import pytest
from feeds_server import shared_files

import feed_revisions as wild
from newswatch.errors import ParseFailed
from newswatch.feeds import limits
from newswatch.feeds.links import absolute_link
from newswatch.feeds.parse import parse_document
from newswatch.feeds.text import html_to_text
from newswatch.feeds.worker import ParserPool

pytestmark = [pytest.mark.shared, pytest.mark.heavy]
URL = "https://gazette.example/feed/rss.xml"
INTENDED_DATES = {
    # No zone is 30 hours ahead. The zone is unknown, so it is UTC, marked as unclear.
    "Fri, 11 Mar 2016 01:15:00 +3000": datetime(2016, 3, 11, 1, 15, tzinfo=timezone.utc),
}
"""The dates that we read otherwise than feedparser on purpose, with the reasons."""


@pytest.fixture(autouse=True)
def _plain_feedparser(monkeypatch):
    """feedparser as it is: we take its readers of dates away in `feeds.parse`."""
    names = ("w3dtf", "rfc822", "iso8601", "asctime", "perforce", "hungarian", "greek", "nate", "onblog")
    readers = [getattr(feedparser.datetimes, f"_parse_date_{name}") for name in names]
    monkeypatch.setattr(feedparser.datetimes, "_date_handlers", readers)


INTENDED = {
    "link": {
        "real-0061-0227c3e2.xml": "feedburner:origLink is the page itself; the link only counts clicks",
        "real-0104-5c084d0e.xml": "feedburner:origLink",
        "real-0147-cfef2af6.xml": "feedburner:origLink",
        "real-0419-9d83a6c8.xml": "feedburner:origLink",
        "real-0610-4760dbbc.xml": "feedburner:origLink",
    },
    "title": {
        "real-0448-f1308bff.xml": "notes without a title are headed by their first words",
        "real-0577-7d5355d0.xml": "one entry has no title: its first words",
    },
    "tags": {
        "real-0568-51d026f2.xml": "a category has a term and a label: both are tags",
    },
}
"""Where we differ from plain feedparser on purpose, and why: by field, then by document."""


@pytest.mark.parametrize("path", shared_files("real"))
def test_real_feed_has_the_entries_that_feedparser_finds(path):
    body = path.read_bytes()
    ours = parse_document(body, url=URL, headers={}).entries
    theirs = feedparser.parse(io.BytesIO(body)).entries
    read = {name: [getattr(entry, name) for entry in ours] for name in FIELDS}
    expected = {name: [field(raw) for raw in theirs] for name, field in FIELDS.items()}
    assert {name for name in FIELDS if read[name] != expected[name]} == {
        name for name, documents in INTENDED.items() if path.name in documents
    }


def test_each_intended_difference_is_of_a_document_that_is_there(shared_data):
    names = {name for documents in INTENDED.values() for name in documents}
    assert names <= {path.name for path in (shared_data / "feeds" / "real").iterdir()}


@pytest.mark.parametrize("path", shared_files("real"))
async def test_second_version_read_in_part_by_the_worker_says_what_feedparser_says_of_all(path):
    second = wild.rebuilt(
        wild.title_edited(path.read_bytes(), 3, "corrected"), "Mon, 23 Nov 2026 10:00:00 GMT"
    )
    first = wild.with_entries(path.read_bytes(), lambda found: found[min(2, len(found) - 1) :])
    headers = {"content-type": "application/xml"}
    async with ParserPool() as pool:
        before = await pool.parse_new(first, url=URL, headers=headers, seen=())
        after = await pool.parse_new(second, url=URL, headers=headers, seen=before.hashes)
        order = (await pool.parse_new(second, url=URL, headers=headers, seen=())).hashes
    known = dict(zip(before.hashes, before.feed.entries, strict=False))
    known |= dict(zip(after.hashes, after.feed.entries, strict=False))
    assembled = [known[name] for name in order] if order else after.feed.entries
    ours, theirs = ([*zip(*rows, strict=True)] for rows in (map(said, assembled), said_by_feedparser(second)))
    same = [n for n, name in enumerate(SAID) if path.name not in INTENDED.get(name, ())]
    assert [ours[n] for n in same if ours] == [theirs[n] for n in same if theirs]
    if order and len(wild.entries(first)) > 2:
        assert after.dropped
        assert len(after.feed.entries) <= 4


SAID = ("guid", "link", "title", "published", "updated", "summary", "body")


def said(entry):
    return tuple(getattr(entry, name) for name in SAID)


def said_by_feedparser(body):
    raws = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False).entries
    return [
        (
            " ".join(raw.get("id", "").split()),
            link_of(raw),
            html_to_text(raw.get("title", "")).replace("\n\n", " "),
            date_of(raw, "published"),
            date_of(raw, "updated"),
            *texts_of(raw),
        )
        for raw in raws
    ]


def texts_of(raw):
    contents = [html_to_text(part.value) for part in raw.get("content") or () if "image" not in part.type]
    own_summary = dict.__contains__(raw, "summary_detail") or not contents
    summary = html_to_text(raw.get("summary", "")) if own_summary else ""
    body = max(contents, key=len, default="")
    return summary, "" if body == summary else body


def link_of(raw):
    link = raw.get("link", "")
    if raw.get("guidislink") and link == raw.get("id") and "://" not in link:
        return ""
    return absolute_link(URL, urljoin(URL, link)) if link else ""


def date_of(raw, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = dict.get(raw, f"{name}_parsed")
    if parsed is None or parsed.tm_year < 1971:
        return None
    moment = datetime.fromtimestamp(calendar.timegm(parsed), timezone.utc)
    return INTENDED_DATES.get(dict.get(raw, name), moment)


def tags_of(raw):
    """As a feed reader shows categories: by their labels, or else their terms."""
    labels = (" ".join((tag.label or tag.term or "").split()) for tag in raw.get("tags") or ())
    return tuple(dict.fromkeys(label for label in map(html_to_text, labels) if label))[: limits.MAX_TAGS]


FIELDS = {
    "guid": lambda raw: " ".join(raw.get("id", "").split()),
    "link": link_of,
    "title": lambda raw: html_to_text(raw.get("title", "")).replace("\n\n", " "),
    "summary": lambda raw: texts_of(raw)[0],
    "body": lambda raw: texts_of(raw)[1],
    "published": lambda raw: date_of(raw, "published"),
    "updated": lambda raw: date_of(raw, "updated"),
    "tags": tags_of,
}


async def test_nasty_feeds_stay_within_their_limits_and_leave_good_ones_unharmed():
    paths = [param.values[0] for param in shared_files("nasty")]
    if paths == [None]:
        pytest.skip("the nasty feeds are kept outside the repository")
    good = b"<rss version='2.0'><channel><item><title>good</title></item></channel></rss>"
    others = psutil.Process().children()  # servers of the session
    async with ParserPool() as pool:
        await pool.parse(good, url=URL, headers={})
        for path in paths:
            began = time.monotonic()
            with suppress(ParseFailed):
                await pool.parse(path.read_bytes(), url=URL, headers={"content-type": "text/xml"})
            assert time.monotonic() - began < 10, path.name
            assert (await pool.parse(good, url=URL, headers={})).entries[0].title == "good"
            (process,) = set(psutil.Process().children()).difference(others)
            assert process.memory_info().rss < 300_000_000, path.name
