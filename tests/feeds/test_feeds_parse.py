import json
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newswatch.errors import ParseFailed
from newswatch.feeds import charset, limits
from newswatch.feeds.parse import parse_document
from newswatch.feeds.web_page import alternate_feeds

DATA = Path(__file__).parent / "data" / "documents"
URL = "https://gazette.example/feed/rss.xml"
DOCUMENTS = sorted(path for path in DATA.iterdir() if not path.name.endswith(".expected.json"))


def parse(body, **headers):
    body = body.encode() if isinstance(body, str) else body
    return parse_document(
        body, url=URL, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def rss(item, channel=""):
    return f"<rss version='2.0'><channel><title>t</title>{channel}<item>{item}</item></channel></rss>"


def only(body, **headers):
    (entry,) = parse(body, **headers).entries
    return entry


def shown(value):
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_golden_document_is_read_as_expected(path):
    feed = parse(path.read_bytes())
    entries = [
        {name: shown(value) for name, value in entry._asdict().items() if value not in ("", None, (), False)}
        for entry in feed.entries
    ]
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text("utf-8"))
    assert {"title": feed.title, "lang": feed.lang, "ttl_s": feed.ttl_s, "entries": entries} == expected


def test_body_that_is_a_path_opens_no_file(tmp_path):
    bait = tmp_path / "bait.xml"
    bait.write_text(rss("<title>read from disk</title>"))
    with pytest.raises(ParseFailed):
        parse(str(bait))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("plain words", "neither RSS nor Atom nor JSON Feed"),
        ("<opml version='2.0'><body/></opml>", "neither RSS"),
        ('{"items": []}', "not a JSON Feed"),
        ('{"version": ', "cannot be read"),
        ("{" + '"a":[' * 50_000, "cannot be read"),
        ("<html><title>Just a moment...</title></html>", 'titled "Just a moment...".*block programs'),
        (
            "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><title>X</title></html>",
            'titled "X"',
        ),
        ("<!-- x --><!DOCTYPE HTML><p>News", "an HTML page, not a feed, and it announces none"),
        (
            "<html><head><link rel='alternate' type='application/rss+xml' href='/all.xml?a=1&amp;b=2'></head></html>",
            r"it announces https://gazette.example/all.xml\?a=1&b=2",
        ),
    ],
)
def test_document_that_is_not_a_feed_is_refused_with_the_reason(body, says):
    with pytest.raises(ParseFailed, match=says) as caught:
        parse(body)
    assert caught.value.kind == "not_a_feed"


@pytest.mark.parametrize(
    "body", ["<rss version='2.0'><channel/></rss>", "<feed xmlns='http://www.w3.org/2005/Atom'/>"]
)
def test_feed_without_entries_is_a_feed(body):
    assert parse(body).entries == ()


def test_alternate_feeds_of_a_page_in_its_order():
    page = b"""<LINK href=/a.xml TYPE="application/atom+xml" rel="alternate home"><link rel=alternate hreflang=de href=/de>
    <link rel="alternate" type="application/feed+json" href="https://o.example/f.json">
    <link rel="alternate" type="application/rss+xml" href="javascript:x"><link rel=stylesheet href=x.css>"""
    assert alternate_feeds(page, URL) == ("https://gazette.example/a.xml", "https://o.example/f.json")


CYRILLIC = rss("<title>Банк против</title>")


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "", "text/xml; charset=ISO-8859-1"),
        ("utf-8", "windows-1251", "text/xml"),
        ("utf-8", "", "text/html"),
        ("utf-8-sig", "iso-8859-1", "application/rss+xml"),
        ("windows-1251", "windows-1251", "text/xml; charset=utf-8"),
        ("windows-1251", "windows-1251", "text/xml; charset=iso-8859-1"),
        ("windows-1251", "", 'text/xml; charset="windows-1251"'),
        ("koi8-r", "KOI8-R", ""),
        ("utf-16", "utf-16", "text/xml"),
        ("utf-16-le", "utf-16", ""),
        ("utf-32", "", ""),
        ("windows-1251", "windows-1251", "text/xml; charset=no-such-charset"),
        ("windows-1251", "windows-1251", "text/xml; charset=unicode_escape"),
        ("windows-1251", "windows-1251", "text/xml; charset=base64"),
        ("utf-8", "utf-16", "text/xml; charset=utf-8"),
    ],
)
def test_charset_comes_from_the_bytes_when_the_declaration_is_wrong(encoding, declared, content_type):
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    entry = only((declaration + CYRILLIC).encode(encoding), content_type=content_type)
    assert entry.title == "Банк против"


def test_windows_punctuation_labelled_latin1_is_read():
    body = b'<?xml version="1.0" encoding="iso-8859-1"?>' + rss(
        "<title>caf\u00e9 \u201cx\u201d</title>"
    ).encode("cp1252")
    assert only(body).title == "café “x”"


def test_single_bytes_declared_as_utf16_are_read():
    assert only('<?xml version="1.0" encoding="utf-16"?>' + rss("<title>plain</title>")).title == "plain"


def test_seven_bit_encoding_is_decoded_by_its_declaration():
    body = b'<?xml version="1.0" encoding="iso-2022-jp"?>' + rss("<title>中央銀行</title>").encode(
        "iso-2022-jp"
    )
    assert only(body).title == "中央銀行"


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_become_utf8(body, content_type):
    charset.to_utf8(body, {"content-type": f"text/xml; charset={content_type}"}).decode("utf-8")


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
def test_any_bytes_are_a_feed_or_refused(soup):
    with suppress(ParseFailed):
        parse_document(soup, url=URL, headers={})
    parse_document(b"<rss version='2.0'><channel><item>" + soup, url=URL, headers={})


def test_number_as_permalink_is_an_id_and_no_link():
    entry = only(rss("<guid>1559104147038</guid>"))
    assert (entry.guid, entry.link) == ("1559104147038", "")


def test_summary_and_content_with_the_same_text_appear_once():
    entry = only(
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><item>"
        "<description>Same &amp;amp; equal</description><content:encoded>&lt;p&gt;Same &amp;amp; equal&lt;/p&gt;"
        "</content:encoded></item></channel></rss>"
    )
    assert (entry.summary, entry.body) == ("Same & equal", "")


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "not a date",
        "2026-13-45",
        "2026-02-30T00:00:00Z",
    ],
)
def test_impossible_and_zero_dates_are_missing(date):
    assert only(rss(f"<pubDate>{date}</pubDate>")).published is None


def test_future_date_is_kept_and_in_utc():
    entry = only(rss("<pubDate>Fri, 01 Jan 2100 01:00:00 +0300</pubDate>"))
    assert entry.published == datetime(2099, 12, 31, 22, tzinfo=timezone.utc)
    assert entry.published.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("channel", "ttl_s"),
    [
        ("<ttl>5</ttl>", 300.0),
        ("<ttl>0</ttl>", None),
        ("<ttl>-1</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("", None),
    ],
)
def test_ttl_is_minutes(channel, ttl_s):
    assert parse(rss("", channel)).ttl_s == ttl_s


def test_endless_fields_are_cut_cheaply():
    huge = "word " * 1_000_000
    began = time.process_time()
    entry = only(rss(f"<title>{huge}</title><description>&lt;p&gt;{huge}</description><guid>{huge}</guid>"))
    assert time.process_time() - began < 2
    assert len(entry.title) <= limits.MAX_TITLE_CHARS
    assert len(entry.summary) <= limits.MAX_SUMMARY_CHARS
    assert entry.title.endswith("word")
    assert len(entry.guid) <= limits.MAX_GUID_CHARS


def test_entity_bomb_is_not_expanded():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 10}">' for n in range(12))
    entry = only(f"<?xml version='1.0'?><!DOCTYPE rss [{entities}]>" + rss("<title>&e11;</title>"))
    assert len(entry.title) < 100


def test_external_entity_is_not_read(tmp_path):
    (tmp_path / "secret").write_text("hush")
    doctype = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    assert "hush" not in only(doctype + rss("<title>a &x; b</title>")).title
