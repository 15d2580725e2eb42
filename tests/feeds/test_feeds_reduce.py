from pathlib import Path

import pytest
from feeds_server import shared_files

from newswatch.feeds.parse import parse_document
from newswatch.feeds.parse_process import parse_job
from newswatch.feeds.reduce import reduce_document

URL = "https://gazette.example/feed/rss.xml"
DATA = Path(__file__).parent / "data" / "documents"


def rss(*items, head="<rss version='2.0'>"):
    return (f"{head}<channel><title>t</title>{''.join(items)}</channel></rss>").encode()


ONE, TWO = "<item><title>one</title></item>", "<item><title>two</title></item>\n"


def hashes(body):
    return reduce_document(body, lambda name: False).kept


def test_seen_elements_are_dropped_and_named():
    one, two = hashes(rss(ONE, TWO))
    reduced = reduce_document(rss(ONE, TWO), {one}.__contains__)
    assert (reduced.kept, reduced.dropped) == ((two,), (one,))
    assert [e.title for e in parse_document(reduced.document, url=URL, headers={}).entries] == ["two"]


def test_hash_does_not_depend_on_neighbours_or_position():
    one, two = hashes(rss(ONE, TWO))
    assert hashes(rss(TWO, "<lastBuildDate>now</lastBuildDate>", ONE)) == (two, one)
    assert len(one) == 8


def test_any_edit_makes_a_new_hash():
    assert hashes(rss(ONE)) != hashes(rss("<item><title>one!</title></item>"))
    assert hashes(rss("<item a='1'></item>")) != hashes(rss("<item a='2'></item>"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        rss("<item><title>a & b</title></item>"),
        b"<!DOCTYPE rss [<!ENTITY x 'y'>]>" + rss(ONE),
        b"\n<?xml version='1.0'?>\n<!-- long -->"
        + b" " * 5_000
        + b"<!DOCTYPE rss [<!ENTITY x 'y'>]>"
        + rss(ONE),
        rss("<item><item/></item>"),
        rss(f"<wrap>{ONE}</wrap>"),
        rss("<title>no entries</title>"),
        b"plain",
    ],
)
def test_documents_only_the_full_parser_can_tell_are_left_to_it(body):
    assert reduce_document(body, lambda name: False) is None


def test_declared_charset_survives_reduction():
    head = '<?xml version="1.0" encoding="windows-1251"?><rss version="2.0">'
    body = rss(ONE, "<item><title>Банк</title></item>", head=head).decode().encode("windows-1251")
    first, _ = hashes(body)
    document = parse_job(body, url=URL, headers={}, seen={first})
    assert [entry.title for entry in document.feed.entries] == ["Банк"]


@pytest.mark.parametrize("name", ["rss20.xml", "rss10.xml", "atom10.xml"])
def test_entries_parsed_after_reduction_equal_the_full_parse(name):
    assert_reduction_changes_nothing((DATA / name).read_bytes())


@pytest.mark.shared
@pytest.mark.parametrize("path", shared_files("real"))
def test_real_feed_is_the_same_after_reduction(path):
    assert_reduction_changes_nothing(path.read_bytes())


def assert_reduction_changes_nothing(body):
    full = parse_document(body, url=URL, headers={})
    document = parse_job(body, url=URL, headers={}, seen=())
    assert document.feed == full
    if not document.hashes:
        return
    seen = set(document.hashes[::2])
    rest = parse_job(body, url=URL, headers={}, seen=seen)
    expected = tuple(e for e, name in zip(full.entries, document.hashes, strict=True) if name not in seen)
    assert rest.feed.entries == expected
    assert set(rest.dropped) == seen
    assert (rest.feed.title, rest.feed.lang, rest.feed.ttl_s) == (full.title, full.lang, full.ttl_s)
