"""What real documents get wrong: references, document types, single entries, links, authors, tags."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.document import LostEntry
from newswatch.errors import ParseFailed
from newswatch.feeds import parse, salvage
from newswatch.feeds.mend import mended
from newswatch.feeds.parse import parse_document
from newswatch.feeds.parse_process import parse_job

URL = "https://gazette.example/feed/rss.xml"
GOOD = "<item><title>Central bank opposes plan</title><guid>good</guid></item>"


def rss(*items: str, head: str = "", root: str = "") -> bytes:
    return (
        f"{head}<rss version='2.0'{root}><channel><title>t</title>{''.join(items)}</channel></rss>".encode()
    )


def atom(*entries: str) -> bytes:
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>{''.join(entries)}</feed>".encode()


def read(body: bytes):
    return parse_document(body, url=URL, headers={})


def only(body: bytes):
    (entry,) = read(body).entries
    return entry


# ── references ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("cat &#55357;&#56832;", "cat 😀"),
        ("cat &#xD83D;&#xDE00; &#xd83d;&#56832;", "cat 😀 😀"),
        ("half &#xD83D; &#57343;", "half \ufffd \ufffd"),
        ("two &#xD83D;&#xD83D;&#xDE00;", "two \ufffd😀"),
        ("odd &#x110000; &#99999999; &#99999999999999999999; &#0;", "odd \ufffd \ufffd \ufffd \ufffd"),
        ("a&#8;b &#xFFFE;", "ab \ufffd"),
        ("central&#11;bank&#x0c;opposes", "central bank opposes"),
        ("central\x0bbank\x0copposes", "central bank opposes"),
        ("no semicolon &#8217 &#x2019.", "no semicolon ’ ’."),
        ("Soci&eacute;t&eacute; G&eacute;n&eacute;rale&nbsp;&mdash; &Zcaron;", "Société Générale — Ž"),
        ("AT&T R&D a & b &", "AT&T R&D a & b &"),
        ("&unknown; &amp;amp; &lt;b&gt;x&lt;/b&gt; &#128512;", "&unknown; & x 😀"),
        ("<![CDATA[a &eacute; &#55357;&#56832; & b]]> &eacute;", "a é \ufffd\ufffd & b é"),
    ],
)
def test_reference_that_xml_does_not_allow_costs_no_more_than_itself(written, title):
    feed = read(rss(f"<item><title>{written}</title></item>", GOOD))
    assert [entry.title for entry in feed.entries] == [title, "Central bank opposes plan"]
    assert feed.lost == ()


@pytest.mark.parametrize(
    ("head", "written", "title"),
    [
        ('<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY p "C:\\data">\n]>', "Path &p;", "Path C:\\data"),
        ("<!DOCTYPE rss [<!ENTITY p 'say \"no\" &#x2014; 1 > 0'>]>", "&p;", 'say "no" — 1 > 0'),
        ('<?xml version="1.0"?><!DOCTYPE rss SYSTEM "x.dtd">', "Soci&eacute;t&eacute;&nbsp;x", "Société x"),
        ('<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "rss.dtd" [ <!-- ]> --> ]>', "&copy;", "©"),
        ("<!DOCTYPE rss [<!ENTITY eacute 'E'>]>", "&eacute;&agrave;", "Eà"),
        ("<!DOCTYPE rss [<!ENTITY a '<b>x</b>'><!ENTITY b '&a;&a;'>]>", "-&a;-&b;-", "-&a;-&b;-"),
        ("<!DOCTYPE rss [<!ENTITY % p SYSTEM 'file:///etc/passwd'>%p;]>", "&p;", "&p;"),
        ("<!doctype rss \\0 \\1 \\g<9>>", "&eacute;", "é"),
    ],
)
def test_document_type_leaves_the_letters(head, written, title):
    feed = read(rss(f"<item><title>{written}</title></item>", GOOD, head=head))
    assert [entry.title for entry in feed.entries] == [title, "Central bank opposes plan"]


def test_declared_entities_cannot_blow_a_document_up():
    head = f"<!DOCTYPE rss [<!ENTITY a '{'x' * 1000}'>]>"
    assert len(mended(rss(f"<item><title>{'&a;' * 100_000}</title></item>", head=head))) < 2_000_000


@pytest.mark.parametrize(
    "piece", ["&", "&#", "<![CDATA[", "<!--", "<?", "<!DOCTYPE [", "&a", "&#1", "\x0b&x;"]
)
def test_repair_takes_time_in_proportion_to_the_document(piece):
    body = ("<rss>" + piece * (4_000_000 // len(piece))).encode()
    began = time.process_time()
    mended(body)
    assert time.process_time() - began < 8


@given(st.binary(max_size=200))
def test_repair_is_done_once(soup):
    text = soup.decode("utf-8", "replace").encode()
    assert mended(mended(text)) == mended(text)


def test_document_that_needed_repair_is_still_read_in_part():
    odd = "<item><title>Soci&eacute;t&eacute; &#55357;&#56832;</title><guid>a</guid></item>"
    body = rss(odd, GOOD, head="<?xml version='1.0'?><!DOCTYPE rss SYSTEM 'x'>")
    first = parse_job(body, url=URL, headers={}, seen=())
    second = parse_job(body, url=URL, headers={}, seen=first.hashes[:1])
    assert [entry.guid for entry in second.feed.entries] == ["good"]
    assert second.dropped == first.hashes[:1]


# ── entries that cannot be read ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "odd",
    [
        "<gml:pos>45 7</gml:pos>",
        "<gml:posList>45 7</gml:posList>",
        "<georss:where><gml:Point srsName='EPSG:x'><gml:pos>a b</gml:pos></gml:Point></georss:where>",
        "<gml:Polygon><gml:posList>1</gml:posList></gml:Polygon>",
        "</georss:point>",
    ],
)
def test_position_on_the_map_costs_nothing(odd):
    names = " xmlns:gml='http://www.opengis.net/gml' xmlns:georss='http://www.georss.org/georss'"
    feed = read(rss(f"<item><title>Map</title>{odd}</item>", GOOD, root=names))
    assert [entry.title for entry in feed.entries] == ["Map", "Central bank opposes plan"]


class Picky:
    """A parser that fails on some entries, as parsers do."""

    def __init__(self, fails_on: bytes, error: type[Exception] = ValueError) -> None:
        self.fails_on, self.error, self.calls = fails_on, error, 0
        self.read = parse.dialects.read

    def __call__(self, document: bytes):
        self.calls += 1
        if self.fails_on in document:
            raise self.error
        return self.read(document)


def items(count: int, odd: dict[int, str]) -> bytes:
    return rss(*(odd.get(n, f"<item><title>t{n}</title><guid>{n}</guid></item>") for n in range(count)))


def test_entry_that_cannot_be_read_costs_only_itself(monkeypatch):
    odd = {3: "<item><title>A &lt;b&gt;bad&lt;/b&gt; one</title>BAD</item>", 30: "<item>BAD</item>"}
    picky = Picky(b"BAD")
    monkeypatch.setattr(parse.dialects, "read", picky)
    feed = read(items(200, odd))
    assert [entry.guid for entry in feed.entries] == [str(n) for n in range(200) if n not in odd]
    assert feed.lost == (LostEntry(3, "A bad one"), LostEntry(30))
    assert [str(one) for one in feed.lost] == ['"A bad one"', "entry 31"]
    assert picky.calls < 50


def test_lost_entry_is_tried_again_while_the_others_are_known(monkeypatch):
    monkeypatch.setattr(parse.dialects, "read", Picky(b"BAD"))
    body = items(5, {3: "<item><title>x</title>BAD</item>"})
    first = parse_job(body, url=URL, headers={}, seen=())
    assert len(first.hashes) == 4
    again = parse_job(body, url=URL, headers={}, seen=first.hashes)
    assert (again.feed.entries, again.feed.lost) == ((), (LostEntry(3, "x"),))
    assert again.dropped == first.hashes
    monkeypatch.undo()
    assert [e.title for e in parse_job(body, url=URL, headers={}, seen=first.hashes).feed.entries] == ["x"]


def test_element_of_another_namespace_that_fails_is_left_out(monkeypatch):
    monkeypatch.setattr(parse.dialects, "read", Picky(b"<odd:thing", RecursionError))
    feed = read(items(3, {1: "<item><title>Map</title><odd:thing a='b'>1</odd:thing></item>"}))
    assert [entry.title for entry in feed.entries] == ["t0", "Map", "t2"]


def test_head_that_fails_is_read_without_other_namespaces(monkeypatch):
    monkeypatch.setattr(parse.dialects, "read", Picky(b"<odd:thing"))
    body = items(3, {}).replace(b"<title>t</title>", b"<title>Desk</title><odd:thing/>")
    assert (read(body).title, len(read(body).entries)) == ("Desk", 3)


def test_document_without_entries_that_can_be_cut_out_fails_as_before(monkeypatch):
    monkeypatch.setattr(parse.dialects, "read", Picky(b"BAD"))
    with pytest.raises(ValueError):
        read(rss("<item>BAD"))


@pytest.mark.parametrize(
    "odd",
    [
        "<description>never closed",
        "<description><p>a<br>b",
        "<!-- never closed",
        "<description><![CDATA[never closed",
        "<de&sc>a</de&sc><description>x",
    ],
)
def test_element_that_is_not_closed_costs_only_its_own_entry(odd):
    between = f"<item><title>Odd</title><guid>1</guid>{odd}</item>"
    feed = read(rss("<item><title>First</title></item>", between, GOOD))
    assert [entry.title for entry in feed.entries] == ["First", "Odd", "Central bank opposes plan"]
    assert feed.lost == ()


def test_entries_in_comments_and_texts_are_no_entries_of_a_malformed_document():
    comment = "<!-- <item><title>Draft</title></item> -->"
    text = "<description><![CDATA[a <item><title>Example</title></item>]]></description>"
    feed = read(rss(comment, f"<item><title>Odd<br></title>{text}</item>", GOOD))
    assert [entry.title for entry in feed.entries] == ["Odd", "Central bank opposes plan"]


def test_lack_of_memory_is_not_taken_for_an_odd_entry(monkeypatch):
    monkeypatch.setattr(parse.dialects, "read", Picky(b"BAD", MemoryError))
    with pytest.raises(MemoryError):
        read(items(3, {1: "<item>BAD</item>"}))


def test_value_of_an_entry_that_cannot_be_read_costs_only_that_entry(monkeypatch):
    real = parse.entry_of

    def picky(raw, url, hints, **more):
        if raw.title == "bad":
            raise OverflowError
        return real(raw, url, hints, **more)

    monkeypatch.setattr(parse, "entry_of", picky)
    feed = read(rss("<item><title>bad</title></item>", GOOD))
    assert ([e.guid for e in feed.entries], feed.lost) == (["good"], (LostEntry(0, "bad"),))


def test_json_item_that_is_none_costs_only_itself():
    body = (
        b'{"version":"https://jsonfeed.org/version/1","items":[7,{"id":1,"title":"a"},{"id":2,"title":[]}]}'
    )
    feed = read(body)
    assert ([e.guid for e in feed.entries], feed.lost) == (["1", "2"], (LostEntry(0),))


@given(st.lists(st.sampled_from([b"<item>", b"</item>", b"<x:y>", b"<title>", b"&#xD83D;", b"BAD", b" a "])))
def test_any_pieces_are_read_or_refused(pieces):
    body = b"<rss version='2.0'><channel>" + b"".join(pieces)
    try:
        found = salvage.read_whole_or_salvage(body, Picky(b"BAD"))
    except ValueError:
        return
    assert len({place for place, _ in found.entries}) == len(found.entries)


def test_web_page_with_odd_references_is_still_a_web_page():
    with pytest.raises(ParseFailed, match="an HTML page"):
        read(b"<!DOCTYPE html><html><title>a &eacute; & b</title><p>&#55357;</html>")


# ── links ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("item", "link"),
    [
        ("<link>https://n.example/s?id=2&lang=en&copy=1&para=3</link>", "https://n.example/s?id=2&lang=en&copy=1&para=3"),
        ("<link><![CDATA[https://n.example/s?a=1&copy=2]]></link>", "https://n.example/s?a=1&copy=2"),
        ("<link>https://n.example/s?a=1&amp;copy=2</link>", "https://n.example/s?a=1&copy=2"),
        ("<guid>https://n.example/g</guid>", "https://n.example/g"),
        ("<guid isPermaLink='True'>https://n.example/g</guid>", "https://n.example/g"),
        ("<link/><guid>https://n.example/g</guid>", "https://n.example/g"),
        ("<guid isPermaLink='true'>https://n.example/g</guid><link></link>", "https://n.example/g"),
        ("<guid isPermaLink='false'>https://n.example/g</guid>", ""),
        ("<guid>g-7</guid>", ""),
        ("<link>https://n.example/l</link><guid>https://n.example/g</guid>", "https://n.example/l"),
        ("<enclosure url='/minutes.pdf?a=1&b=2' type='application/pdf'/>", "https://gazette.example/minutes.pdf?a=1&b=2"),
        ("<enclosure url='/a.mp3'/><guid>https://n.example/g</guid>", "https://n.example/g"),
        (
            "<link>https://feeds.example/~r/1</link><feedburner:origLink>https://n.example/real?a=1&amp;b=2</feedburner:origLink>",
            "https://n.example/real?a=1&b=2",
        ),
        (
            "<feedburner:origLink>javascript:x</feedburner:origLink><link>https://feeds.example/~r/1</link>",
            "https://feeds.example/~r/1",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("malformed", ["", "<br>"])
def test_link_is_the_page_of_the_entry(item, link, malformed):
    names = " xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'"
    body = rss(f"<item><title>x</title>{item}<description>y</description></item>", malformed, root=names)
    assert only(body).link == link


def test_raw_ampersand_in_the_link_of_an_atom_entry_survives():
    assert only(atom("<entry><link href='/s?id=2&lang=en&copy=1'/></entry>")).link == (
        "https://gazette.example/s?id=2&lang=en&copy=1"
    )


@pytest.mark.parametrize("malformed", ["", "<br>"])
def test_references_mean_the_same_in_a_malformed_document(malformed):
    link = "https://n.example/s?id=2&amp;copy=1"
    item = (
        f"<item><title>T{malformed}</title><guid isPermaLink='true'>{link}</guid><author>A &amp; B</author>"
        "<category>R&amp;D &lt;x&gt;</category></item>"
        f"<item><title>U</title><link><![CDATA[{link}]]></link></item>"
    )
    first, second = read(rss(item)).entries
    assert first.link == first.guid == second.link == "https://n.example/s?id=2&copy=1"
    assert (first.author, first.tags) == ("A & B", ("R&D <x>",))


def test_attached_file_is_the_link_of_an_atom_entry_without_a_page():
    entry = "<entry><id>urn:1</id><link rel='enclosure' href='/a.pdf' type='application/pdf'/></entry>"
    assert only(atom(entry)).link == "https://gazette.example/a.pdf"


# ── texts, authors, tags ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("prefix", ["yandex", "ya"])
def test_full_text_of_yandex_is_the_body(prefix):
    text = f"<{prefix}:full-text>&lt;p&gt;Центробанк&lt;/p&gt;&lt;p&gt;против&lt;/p&gt;</{prefix}:full-text>"
    body = rss(f"<item><title>Новость</title><description>Кратко</description>{text}</item>",
               root=f" xmlns:{prefix}='http://news.yandex.ru'")  # fmt: skip
    assert (only(body).summary, only(body).body) == ("Кратко", "Центробанк\n\nпротив")


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("<author>press@bank.example (Jane Doe)</author><dc:creator>John</dc:creator>", "Jane Doe, John"),
        ("<dc:creator>John</dc:creator><author>press@bank.example (Jane Doe)</author>", "John, Jane Doe"),
        ("<dc:creator>John</dc:creator><dc:creator>Jane</dc:creator>", "John, Jane"),
        ("<dc:creator>John</dc:creator><dc:creator>John</dc:creator>", "John"),
        ("<author>Jane Doe &lt;jane@news.museum&gt;</author>", "Jane Doe"),
        ("<author>desk@bank.example</author>", "desk@bank.example"),
        ("<author>Jane Doe</author>", "Jane Doe"),
    ],
)
def test_every_author_is_named(written, author):
    assert (
        only(rss(f"<item>{written}</item>", root=" xmlns:dc='http://purl.org/dc/elements/1.1/'")).author
        == author
    )


def test_two_authors_of_an_atom_entry_are_named():
    people = "".join(
        f"<author><name>{n}</name><email>{n}@a.example</email><uri>https://a.example/</uri></author>"
        for n in ("Jane", "John")
    )
    assert only(atom(f"<entry><title>x</title>{people}</entry>")).author == "Jane, John"


def test_category_has_its_term_and_its_label():
    category = "<category scheme='https://sec.example/' label='form type' term='8-K'/><category term='x'/>"
    assert only(atom(f"<entry><title>x</title>{category}</entry>")).tags == ("8-K", "form type", "x")


def test_entry_without_a_title_is_headed_by_its_first_words():
    text = "&lt;p&gt;The central bank opposes the plan&lt;/p&gt;&lt;p&gt;More.&lt;/p&gt;"
    entry = only(rss(f"<item><guid>1</guid><description>{text}</description></item>"))
    assert (entry.title, entry.summary) == (
        "The central bank opposes the plan",
        "The central bank opposes the plan\n\nMore.",
    )
    long = only(rss(f"<item><description>{'seven, ' * 50}</description></item>")).title
    assert long.endswith("seven…")
    assert len(long) <= 121
