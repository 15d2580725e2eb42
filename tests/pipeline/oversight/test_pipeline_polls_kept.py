"""What the page of a feed tells of its polls: each that changed something or failed, the others counted."""

from feed_server import Document, story
from newswatch.models import Feed
from newswatch.pipeline.oversight import feeds as overview
from newswatch.store import keys


def told(newsroom):
    """(outcome, status, new, times) of each row, newest first."""

    async def work(services):
        return await overview.read_feed(services, Feed("wire", f"{newsroom.site.url}/wire"))

    rows = newsroom._do(work).polls
    assert all(row.at is None or row.took_ms is not None for row in rows)
    return [(row.outcome, row.status, row.new, row.times) for row in rows]


def test_polls_are_told_by_what_they_came_to(newsroom):
    newsroom.site.serve("/wire", story(1), story(2), etag='"1"')
    newsroom.poll()
    for _ in range(3):
        newsroom.poll()
    assert told(newsroom) == [("not changed", 304, 0, 3), ("new items", 200, 2, 1)]
    newsroom.site.serve("/wire", story(1), story(2), story(3), etag='"2"')
    newsroom.poll()
    assert told(newsroom) == [("new items", 200, 1, 1), ("not changed", 0, 0, 3), ("new items", 200, 2, 1)]


def test_failures_count_up_in_one_row_and_their_end_is_told(newsroom):
    newsroom.site.serve("/wire", story(1))
    newsroom.poll()
    newsroom.poll()
    good = newsroom.site.documents["/wire"]
    newsroom.site.documents["/wire"] = Document(b"", status=503)
    newsroom.poll()
    newsroom.poll()
    past = [("failed", 503, 0, 2), ("not changed", 0, 0, 1), ("new items", 200, 1, 1)]
    assert told(newsroom) == past
    newsroom.site.documents["/wire"] = good
    newsroom.poll()
    newsroom.poll()
    assert told(newsroom) == [
        ("not changed", 200, 0, 1),
        ("nothing new", 200, 0, 1),
        *past,
    ]


def test_poll_that_brings_nothing_writes_no_entry(newsroom):
    newsroom.site.serve("/wire", story(1), etag='"1"')
    newsroom.poll()
    before = newsroom.redis.lrange(keys.polls("wire"), 0, -1)
    newsroom.poll()
    assert newsroom.redis.lrange(keys.polls("wire"), 0, -1) == before
