"""When feeds are asked again, told by what real answers say of themselves."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from feed_server import Document, FeedServer, rss, story
from newsroom import OPS

SYNDICATION = b"xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
NOW = datetime.now(timezone.utc)


def with_channel(extra: bytes) -> Document:
    """A feed whose channel says this besides."""
    body = rss(story(1)).replace(b"<rss ", b"<rss " + SYNDICATION + b" ")
    return Document(body.replace(b"<channel>", b"<channel>" + extra))


def with_headers(status: int = 200, **headers: str) -> Document:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Document(rss(story(1)) if status == 200 else b"", status=status, headers=named)


def http_date(**ahead: float) -> str:
    return format_datetime(NOW + timedelta(**ahead), usegmt=True)


MINUTE, SLACK = 60, 6
ANSWERS = {
    "nothing": (Document(rss(story(1))), MINUTE),
    "ttl": (with_channel(b"<ttl>2</ttl>"), 2 * MINUTE),
    "ttl-of-a-day": (with_channel(b"<ttl>1440</ttl>"), 4 * MINUTE),
    "ttl-absurd": (with_channel(b"<ttl>-9999999999999</ttl>"), MINUTE),
    "sy-hourly": (with_channel(b"<sy:updatePeriod>hourly</sy:updatePeriod>"), 4 * MINUTE),
    "sy-often": (
        with_channel(b"<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>30</sy:updateFrequency>"),
        2 * MINUTE,
    ),
    "sy-zero": (
        with_channel(b"<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>"),
        4 * MINUTE,
    ),
    "max-age": (with_headers(Cache_Control="public, max-age=180"), 3 * MINUTE),
    "max-age-of-a-year": (with_headers(Cache_Control="max-age=31536000"), 4 * MINUTE),
    "no-cache": (with_headers(Cache_Control="no-cache, max-age=600", Expires=http_date(days=1)), MINUTE),
    "expires": (with_headers(Date=http_date(), Expires=http_date(seconds=150)), 150),
    "expires-past": (with_headers(Expires="0"), MINUTE),
    "unavailable": (with_headers(503, Retry_After="900"), 900),
    "unavailable-date": (with_headers(503, Date=http_date(), Retry_After=http_date(seconds=700)), 700),
    "unavailable-fraction": (with_headers(503, Retry_After="99.5"), 99.5),
    "unavailable-negative": (with_headers(503, Retry_After="-40"), MINUTE),
    "unavailable-for-ever": (with_headers(503, Retry_After="99999999999999999999"), 86_400),
    "slow-down": (with_headers(429), MINUTE),
    "not-found": (with_headers(404), MINUTE),
    "broken": (with_headers(500), MINUTE),
    "gone": (with_headers(410), 7 * 86_400),
}


@pytest.fixture
def hosts():
    """One for each answer: some of them speak for the whole host."""
    made = {name: FeedServer() for name in ANSWERS}
    yield made
    for host in made.values():
        host.stop()


def waits_s(newsroom) -> dict[str, float]:
    """By feed, from its poll to the next one, as `newswatch feeds` tells them."""
    return {
        row["id"]: (
            datetime.fromisoformat(row["next_poll"]) - datetime.fromisoformat(row["last_polled"])
        ).total_seconds()
        for row in newsroom.json("feeds")
    }


def test_next_poll_is_as_the_answer_allows_within_what_the_editor_was_promised(newsroom, hosts):
    for name, (document, _) in ANSWERS.items():
        hosts[name].documents["/rss"] = document
    rows = "".join(f"  - {{id: {name}, url: {host.url}/rss}}\n" for name, host in hosts.items())
    newsroom.write("feeds.yaml", f"defaults: {{every: 1m, allow_private: true}}\nfeeds:\n{rows}")
    newsroom.poll()
    found = waits_s(newsroom)
    assert {
        name: (wait_s, found[name])
        for name, (_, wait_s) in ANSWERS.items()
        if not wait_s * 0.89 - SLACK <= found[name] <= wait_s * 1.11 + SLACK
    } == {}


def test_at_most_of_the_feed_holds_against_any_hint(newsroom):
    newsroom.site.documents["/wire"] = with_channel(b"<ttl>1440</ttl>")
    newsroom.feeds("wire", every="1m", extra=", at_most: 90s")
    newsroom.poll()
    assert 60 <= waits_s(newsroom)["wire"] <= 90


def test_host_that_asks_for_hours_is_told_once_with_what_to_do(newsroom):
    newsroom.feeds("one", "two", "three")
    for name in ("one", "two", "three"):
        newsroom.site.documents[f"/{name}"] = with_headers(429, Retry_After="7200")
    newsroom.poll()
    newsroom.poll()
    newsroom.deliver()
    (told,) = [post["text"] for post in newsroom.posts(OPS)]
    assert told.startswith(f"Host 127.0.0.1:{newsroom.site.port} asked for a pause until")
    assert "Raise `every`" in told
