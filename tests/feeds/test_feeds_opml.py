"""OPML as other readers write it."""

from __future__ import annotations

import pytest

from newswatch.errors import ParseFailed
from newswatch.feeds.opml import Outline, read_opml, write_opml

DOCUMENT = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>Mine</title></head><body>
 <outline text="Banks"><outline title="Europe">
   <outline type="rss" text="ECB &amp; Co" xmlUrl="https://ecb.example/rss" category="/official/press,eu"/>
 </outline></outline>
 <outline text="odd" XMLURL="feed://odd.example/rss"/>
 <outline text="local" xmlUrl="file:///etc/passwd"/>
 <outline text="no url"/>
</body></opml>"""


def test_folders_and_categories_are_tags_and_odd_urls_are_read_or_left_out():
    assert read_opml(DOCUMENT) == (
        Outline("https://ecb.example/rss", "ECB & Co", ("Banks", "Europe", "official", "press", "eu")),
        Outline("https://odd.example/rss", "odd"),
    )


def test_what_is_written_is_read_again():
    outlines = (
        Outline("https://a.example/?x=1&y=2", "A <b>", ("x", "y"), "ru"),
        Outline("http://b.example/"),
    )
    assert read_opml(write_opml("t", outlines)) == outlines


@pytest.mark.parametrize("data", [b"", b"hello", b"<rss version='2.0'/>", b"\xff\xfe"])
def test_what_is_no_opml_is_refused(data):
    with pytest.raises(ParseFailed, match="OPML"):
        read_opml(data)


def test_entities_of_a_document_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("https://leak.example/")
    text = f"<!DOCTYPE opml [<!ENTITY x SYSTEM '{secret.as_uri()}'>]><opml><body><outline text='&x;' xmlUrl='https://a.example/'/></body></opml>"
    (outline,) = read_opml(text.encode())
    assert "leak" not in outline.title
