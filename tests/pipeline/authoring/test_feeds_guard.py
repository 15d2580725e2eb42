"""What a page may not change in feeds.yaml: hosts inside the own network, and where secrets go."""

from dataclasses import replace

import pytest

from newswatch.models import Feed
from newswatch.pipeline.authoring.feeds_guard import all_private, refused_changes

PLAIN = Feed(id="plain", url="https://news.example/rss")
SECRET = Feed(id="secret", url="https://paid.example/rss", auth="NEWSWATCH_FEED_PAID")
INSIDE = Feed(id="inside", url="http://10.0.0.5/rss", allow_private=True)
BEFORE = (PLAIN, SECRET, INSIDE)


def refused(*after, private=False):
    return refused_changes(BEFORE, after, all_private=private)


def test_ordinary_edits_are_free():
    after = (
        replace(PLAIN, url="https://other.example/rss", every_s=120),
        replace(SECRET, url="https://paid.example/new.xml", tags=("paid",)),
        replace(INSIDE, url="http://10.0.0.5/new.xml"),
        Feed(id="new", url="https://new.example/"),
    )
    assert refused(*after) == []
    assert refused() == []  # removing feeds


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (replace(SECRET, url="https://evil.example/rss"), "auth"),
        (replace(SECRET, url="http://paid.example/rss"), "auth"),
        (replace(SECRET, headers=(("X-Key", "NEWSWATCH_FEED_OTHER"),)), "auth"),
        (replace(PLAIN, cookies=(("sid", "NEWSWATCH_FEED_PAID"),)), "cookies of plain"),
        (replace(SECRET, id="renamed"), "renamed"),
        (replace(PLAIN, allow_private=True), "allow_private of plain"),
        (replace(INSIDE, id="also"), "allow_private of also"),
        (replace(INSIDE, url="http://10.0.0.6/rss"), "the host of inside"),
        (replace(INSIDE, fallback=("http://169.254.169.254/",)), "the host of inside"),
    ],
)
def test_edit_that_reaches_further_is_refused(feed, said):
    (found,) = refused(feed)
    assert said in found


def test_where_all_feeds_may_be_private_only_secrets_are_guarded():
    new = Feed(id="new", url="http://10.0.0.7/", allow_private=True)
    assert refused(new, private=True) == []
    assert refused(replace(SECRET, url="https://evil.example/"), private=True)


def test_default_counts_only_if_it_is_the_files_own():
    private = "defaults: {allow_private: true}\nfeeds: []\n"
    public = "feeds: []\n"
    assert all_private(private, private)
    assert not all_private(public, private)
    assert not all_private(private, public)
