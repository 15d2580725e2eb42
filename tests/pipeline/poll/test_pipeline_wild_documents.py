"""Documents as the wild sends them, from the server to Slack: what matches alerts, and odd entries cost only themselves."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from feed_server import Document
from newsroom import OPS

WORDS = "Central bank opposes plan"
RULES = """\
rules:
  - id: central-bank-opposes
    query: central bank opposes
    severity: high
    notify: [policy]
  - id: banks-abroad
    query: "'Центробанк выступает' OR 日銀は反対 OR 한국은행 OR 央行反对 OR 'Société Générale opposes' OR tag:8-K"
    notify: [policy]
"""


def now() -> str:
    return format_datetime(datetime.now(timezone.utc) - timedelta(minutes=5))


def item(title: str, more: str = "", number: int = 1) -> str:
    return (
        f"<item><title>{title}</title><guid isPermaLink='false'>g{number}</guid>"
        f"<pubDate>{now()}</pubDate>{more}</item>"
    )


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>', root: str = "") -> str:
    return f"{head}<rss version='2.0'{root}><channel><title>Desk</title>{''.join(items)}</channel></rss>"


def serve(newsroom, document: str | bytes, content_type: str = "application/rss+xml") -> None:
    body = document.encode() if isinstance(document, str) else document
    newsroom.site.documents["/wire"] = Document(body, headers={"Content-Type": content_type})


def alerts(newsroom, document: str | bytes, **how: str) -> list[str]:
    """The texts in the channel after the document was polled, matched and delivered."""
    newsroom.watchlist(RULES)
    serve(newsroom, document, **how)
    assert newsroom.poll().failed == 0
    newsroom.match()
    newsroom.deliver()
    return [message["text"] for message in newsroom.posts()]


GML = " xmlns:gml='http://www.opengis.net/gml' xmlns:psc='http://podlove.org/simple-chapters'"
ODD = {
    "surrogates": rss(item("Cat &#55357;&#56832;"), item(WORDS, number=2)),
    "surrogate": rss(item("Cat &#xD83D;"), item(WORDS, number=2)),
    "out-of-range": rss(item("Odd &#99999999;"), item(WORDS, number=2)),
    "backslash": rss(item("Path &p;"), item(WORDS, number=2), head='<!DOCTYPE rss [\n<!ENTITY p "C:\\data">\n]>'),
    "gml": rss(item("Map", "<gml:pos>1 2</gml:pos>"), item(WORDS, number=2), root=GML),
    "chapters": rss(
        item("Cast", "<psc:chapters><psc:chapter/></psc:chapters>"), item(WORDS, number=2), root=GML
    ),
    "no-parser": rss(item("Form", "<textinput><link>x</link></textinput>"), item(WORDS, number=2)),
    "itself": rss(item(f"{WORDS} &#55357;&#56832; &#xDFFF; &copy; AT&T")),
    "itself-on-a-map": rss(item(WORDS, "<gml:pos>1 2</gml:pos><psc:chapters><psc:chapter/></psc:chapters>"), root=GML),
    "soft-hyphen": rss(item("Central bank op&#173;po&amp;shy;ses&#8203; plan")),
    "form-feed": rss(item("Central&#12;bank\x0bopposes plan")),
    "no-title": rss(f"<item><guid>1</guid><pubDate>{now()}</pubDate><description>{WORDS}</description></item>"),
    "full-text": rss(
        item("News", f"<yandex:full-text>{WORDS}</yandex:full-text>"), root=" xmlns:yandex='http://news.yandex.ru'"
    ),
    "entities": rss(item("Soci&eacute;t&eacute;&nbsp;G&eacute;n&eacute;rale opposes"),
                    head='<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://n.example/x.dtd">'),
    "edgar": f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>urn:1</id><title>Filing</title>"
             f"<updated>{datetime.now(timezone.utc).isoformat()}</updated>"
             f"<category label='form type' term='8-K'/></entry></feed>",
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_entry_that_matches_alerts_in_an_odd_document(newsroom, name):
    assert len(alerts(newsroom, ODD[name])) == 1


@pytest.mark.parametrize(
    ("label", "codec", "title"),
    [
        ("utf-8", "utf-8", "Центробанк выступает против плана"),
        ("Shift_JIS", "cp932", "日銀は反対 ①"),
        ("euc-kr", "cp949", "똠방각하 한국은행"),
        ("gb2312", "gb18030", "央行反对 镕"),
    ],
)
def test_entry_beside_a_damaged_byte_alerts_with_its_letters(newsroom, label, codec, title):
    head = f'<?xml version="1.0" encoding="{label}"?>'
    body = rss(item("#"), item(title, number=2), head=head).encode(codec).replace(b"#", b"\xff cut")
    (text,) = alerts(newsroom, body, content_type="text/xml; charset=ISO-8859-1")
    assert title in text


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("<link>https://n.example/s?id=2&lang=en&copy=1&para=3</link>", "https://n.example/s?id=2&lang=en&copy=1&para=3"),
        ("<enclosure url='https://n.example/minutes.pdf' type='application/pdf'/>", "https://n.example/minutes.pdf"),
        (
            "<link>https://feeds.example/~r/1</link><f:origLink>https://n.example/real</f:origLink>",
            "https://n.example/real",
        ),
    ],
)  # fmt: skip
def test_link_of_the_entry_is_in_the_message(newsroom, link, shown):
    alerts(newsroom, rss(item(WORDS, link), root=" xmlns:f='http://rssnamespace.org/feedburner/ext/1.0'"))
    assert f'"{shown}"' in str(newsroom.posts()).replace("'", '"')


def told(newsroom) -> list[str]:
    newsroom.deliver()
    return [message["text"] for message in newsroom.slack.messages(OPS)]


def test_entry_that_no_parser_reads_is_counted_named_and_reported_once(newsroom):
    bad = item("Form seven", "<textinput><link>x</link></textinput>", number=7)
    for number in range(3):
        serve(newsroom, rss(bad, item(f"Story {number}", number=100 + number)))
        assert newsroom.poll().failed == 0
    (text,) = told(newsroom)
    assert '1 entry ("Form seven") cannot be read. All others are read.' in text
    (row,) = newsroom.json("feeds")
    assert row["state"] == "ok"
    assert '1 entry ("Form seven") cannot be read' in str(row)
    assert len(newsroom.redis.xrange("newswatch:items")) == 3
    serve(newsroom, rss(item("Form repaired", number=7)))
    newsroom.poll()
    assert "All entries of feed wire are read again." in told(newsroom)[-1]
    assert "cannot be read" not in str(newsroom.json("feeds"))


def test_preview_names_what_it_cannot_read(newsroom):
    serve(newsroom, rss(item("Form", "<textinput><link>x</link></textinput>"), item(WORDS, number=2)))
    assert newsroom.json("feeds", "preview", "wire")["unread"] == ['"Form"']
    assert '1 entry ("Form") cannot be read' in newsroom.command("feeds", "preview", "wire")[1]


@pytest.mark.shared
def test_each_case_of_the_wild_is_read_and_what_matches_alerts(newsroom, shared_data):
    folder = shared_data.parent / "cases" / "feeds"
    paths = sorted(path for path in folder.glob("*.xml") if path.name[0] in "013")
    if not paths:
        pytest.skip(f"{folder} holds no cases")
    newsroom.feeds(*(path.stem for path in paths), extra=", first_sight: 36500d")
    for path in paths:
        newsroom.site.documents[f"/{path.stem}"] = Document(
            path.read_bytes(), headers={"Content-Type": "application/xml"}
        )
    assert newsroom.poll().failed == 0
    assert {row["state"] for row in newsroom.json("feeds")} == {"ok"}
    assert not [row for row in newsroom.json("feeds") if "cannot be read" in str(row)]


def short_stories(count: int, words: str = "Short words") -> list[str]:
    return [item(f"Story {n}", f"<description>{words}</description>", 1_000 + n) for n in range(count)]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("count", "words"), [(5_000, "Short words"), (4_950, "&lt;p&gt;Words of the article. " * 58)]
)
def test_long_feed_is_read_at_first_sight_and_its_news_later(newsroom, count, words):
    known = [item(WORDS), *short_stories(count - 1, words)]
    (text,) = alerts(newsroom, rss(*known))
    assert WORDS in text
    serve(newsroom, rss(item(f"{WORDS} again", number=2), *known))
    counts = newsroom.poll()
    assert (counts.failed, counts.new) == (0, 1)


@pytest.mark.heavy
def test_feed_that_is_too_long_is_refused_with_the_limit_and_its_setting(newsroom):
    newsroom.watchlist(RULES)
    serve(newsroom, rss(*short_stories(8_000)))
    assert newsroom.poll().failed == 1
    (row,) = newsroom.json("feeds")
    assert "has 8,000 entries, and at most 5,000 are read at once" in row["error"]
    assert "NEWSWATCH_FIRST_ENTRIES" in row["error"]
    long_ms = newsroom.redis.hget("newswatch:feed:wire", "long_ms")
    newsroom.poll()
    assert newsroom.redis.hget("newswatch:feed:wire", "long_ms") == long_ms
    assert "1.4 s of processor time" in newsroom.json("feeds")[0]["error"]
