from pathlib import Path

import pytest
from feeds_server import shared_files
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.feeds.charset import to_utf8
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


@pytest.mark.parametrize("hidden", ["<!-- {} -->", "<title><![CDATA[{}]]></title>", "<wrap>{}</wrap>"])
def test_seen_bytes_that_are_no_entry_any_more_are_not_taken_for_one(hidden):
    one, two = hashes(rss(ONE, TWO))
    seen = {one, two}
    assert reduce_document(rss(hidden.format(ONE), TWO), seen.__contains__) is None
    assert reduce_document(rss(TWO, hidden.format(ONE)), seen.__contains__) is None


@pytest.mark.parametrize(
    "head",
    [
        "<rss version='2.0' xmlns:dc='urn:other'>",
        "<rss version='2.0' xml:base='https://elsewhere.example/'>",
        "<rss version='0.91'>",
    ],
)
def test_same_bytes_in_other_surroundings_are_another_entry(head):
    plain = "<rss version='2.0' xmlns:dc='urn:dc'>"
    assert set(hashes(rss(ONE, head=plain))).isdisjoint(hashes(rss(ONE, head=head)))


_MARKUP = """<item> </item> <item&a='1'> <item/> <title> </title> <wrap> </wrap> </channel><channel>
<!-- --> <![CDATA[ ]]> <?go& ?> text""".replace("&", "\x00").split()
pieces = st.lists(st.sampled_from([ONE, TWO] * 4 + [one.replace("\x00", " ") for one in _MARKUP]), max_size=9)


@settings(max_examples=200)
@given(pieces, pieces)
def test_whatever_is_left_out_is_what_the_full_parser_would_have_read(before, after):
    first, second = rss(*before), rss(*after)
    known = named_entries(first)
    reduced = reduce_document(second, known.__contains__)
    if reduced is None:
        return
    entries = parse_document(reduced.document, url=URL, headers={}).entries if reduced.kept else ()
    known |= dict(zip(reduced.kept, entries, strict=True))
    full = parse_document(second, url=URL, headers={}).entries
    assert [known[name] for name in hashes(second)] == list(full)


def named_entries(body):
    reduced = reduce_document(body, lambda name: False)
    if reduced is None:
        return {}
    return dict(zip(reduced.kept, parse_document(body, url=URL, headers={}).entries, strict=True))


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
        rss(ONE, "</channel><channel>", TWO),
        rss("<item><title><![CDATA[</item>]]></title></item>"),
        rss("<item><!-- </item><item> --></item>"),
        rss("<item a='</item>'></item>"),
        rss("<x:item><title>one</title></x:item>", head="<rss version='2.0' xmlns:x='urn:x'>"),
        rss(f"<!-- {ONE} -->", TWO),
        rss(f"<title><![CDATA[{ONE}]]></title>", TWO),
        b"plain",
    ],
)
def test_documents_only_the_full_parser_can_tell_are_left_to_it(body):
    assert reduce_document(body, lambda name: False) is None


def test_declared_charset_survives_reduction():
    head = '<?xml version="1.0" encoding="windows-1251"?><rss version="2.0">'
    body = rss(ONE, "<item><title>Банк</title></item>", head=head).decode().encode("windows-1251")
    first, _ = hashes(to_utf8(body, {}))
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
