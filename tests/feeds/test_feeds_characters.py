"""Characters: which encoding a document has, and what a damaged byte costs."""

from __future__ import annotations

import json

import pytest

from newswatch.feeds.charset import to_utf8
from newswatch.feeds.parse import parse_document

URL = "https://gazette.example/feed/rss.xml"
TITLE = "Центробанк выступает против плана"


def document(title: bytes, declared: str = "", *more: bytes) -> bytes:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    items = b"".join(b"<item><title>%b</title></item>" % text for text in (title, *more))
    return declaration.encode() + b"<rss version='2.0'><channel>" + items + b"</channel></rss>"


def titles(body: bytes, **headers: str) -> list[str]:
    served = {name.replace("_", "-"): value for name, value in headers.items()}
    return [entry.title for entry in parse_document(body, url=URL, headers=served).entries]


@pytest.mark.parametrize(
    ("label", "codec", "title"),
    [
        ("Shift_JIS", "cp932", "特集① ㈱日銀 髙橋"),
        ("x-sjis", "cp932", "日銀は反対"),
        ("MS_Kanji", "cp932", "～日銀"),
        ("euc-kr", "cp949", "똠방각하 한국은행"),
        ("ks_c_5601-1987", "cp949", "뷁"),
        ("gb2312", "gb18030", "镕基 央行反对 €"),
        ("gbk", "gb18030", "央行𠀀"),
        ("x-gbk", "gbk", "央行"),
        ("Big5", "big5hkscs", "嘅 碁 金管局"),
        ("iso-8859-1", "cp1252", "café “x” €5"),
        ("us-ascii", "cp1252", "café – x"),
        ("iso-8859-9", "cp1254", "Merkez Bankası karşı"),
        ("tis-620", "cp874", "ธนาคาร"),
        ("dos-874", "cp874", "ธนาคาร"),
        ("x-cp1251", "cp1251", TITLE),
        ("koi8-u", "koi8_u", "банк"),
        ("x-mac-cyrillic", "mac_cyrillic", "банк"),
        ("unicode-1-1-utf-8", "utf-8", TITLE),
        ("EUC-JP", "euc_jp", "日銀は反対"),
        ("iso-2022-jp", "iso2022_jp", "日銀は反対"),
    ],
)
def test_label_means_what_it_means_to_browsers(label, codec, title):
    body = document(title.encode(codec), label)
    assert titles(body) == [title]
    assert titles(document(title.encode(codec)), content_type=f"text/xml; charset={label}") == [title]


def test_row_of_vendor_characters_in_euc_jp_is_read():
    assert titles(document(b"\xad\xa1 \xad\xea \xc6\xfc", "euc-jp")) == ["① ㈱ 日"]


@pytest.mark.parametrize(
    ("label", "codec", "title"),
    [
        ("utf-8", "utf-8", TITLE),
        ("euc-kr", "cp949", "한국은행 반대"),
        ("shift_jis", "cp932", "日銀は反対"),
        ("big5", "big5", "金管局反對"),
        ("gb2312", "gbk", "央行反对"),
    ],
)
@pytest.mark.parametrize("served", ["text/xml", "text/xml; charset=ISO-8859-1", "application/rss+xml"])
def test_one_damaged_byte_costs_one_character(label, codec, title, served):
    whole = title.encode(codec)
    damaged = document(whole[:4] + b"\xff" + whole[4:], label, whole)
    assert titles(damaged, content_type=served) == [
        whole[:4].decode(codec) + "\ufffd" + whole[4:].decode(codec),
        title,
    ]


@pytest.mark.parametrize("declared", ["utf-8", "", "windows-1251", "no-such-charset"])
def test_text_cut_within_a_letter_leaves_the_rest_of_a_utf8_document(declared):
    cut = TITLE.encode()[:-1] + b"..."
    assert titles(document(cut, declared, TITLE.encode())) == [f"{TITLE[:-1]}\ufffd...", TITLE]


def test_declared_utf8_with_a_foreign_byte_is_utf8():
    assert titles(document("Société".encode("latin-1"), "utf-8")) == ["Soci\ufffdt\ufffd"]


def test_document_without_a_label_may_be_latin():
    assert titles(document("Société".encode("latin-1"))) == ["Société"]


def test_mark_wins_over_http_and_http_over_the_declaration():
    body = document(TITLE.encode("cp1251"), "koi8-r")
    assert titles(body, content_type="text/xml; charset=windows-1251") == [TITLE]
    marked = b"\xef\xbb\xbf" + document(TITLE.encode() + b"\xff", "koi8-r")
    assert titles(marked, content_type="text/xml; charset=windows-1251") == [f"{TITLE}\ufffd"]


@pytest.mark.parametrize("served", ["text/xml; charset=utf-8", "text/xml; charset=us-ascii", "text/xml"])
@pytest.mark.parametrize("bad", [b"", b"\xff"])
def test_japanese_with_escapes_is_read_whatever_http_says(served, bad):
    body = document("日銀は反対".encode("iso-2022-jp"), "iso-2022-jp", bad + b"cut")
    assert titles(body, **{"content-type": served})[0] == "日銀は反対"


def test_zero_byte_before_a_document_does_not_make_it_utf_16():
    assert titles(b"\x00" + document(b"Central bank")) == ["Central bank"]


@pytest.mark.parametrize("label", ["utf-7", "unicode_escape", "base64", "replacement", "hz-gb-2312", "x"])
def test_label_that_is_no_encoding_of_the_web_is_ignored(label):
    assert titles(document(TITLE.encode(), label)) == [TITLE]
    assert to_utf8(document(b"plain", label), {}).endswith(b"<title>plain</title></item></channel></rss>")


def test_json_feed_with_a_damaged_byte_loses_one_character():
    body = '{"version":"https://jsonfeed.org/version/1","items":[{"id":1,"title":"%s"}]}' % TITLE  # noqa: UP031
    assert titles(body.encode().replace(" выступает".encode(), b" \xff")) == [
        "Центробанк \ufffd против плана"
    ]


def test_ampersands_of_a_json_feed_stay_as_they_are():
    link = "https://a.example/x?utm_source=daily&utm_medium=feed&copy=1"
    body = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1",
            "items": [{"id": "1", "url": link, "title": "AT&T &amp; more"}],
        }
    )
    (entry,) = parse_document(body.encode(), url="https://a.example/feed.json", headers={}).entries
    assert entry.link == link
    assert entry.title.startswith("AT&T &")
