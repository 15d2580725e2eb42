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


def test_bare_ampersands_of_a_url_are_kept():
    text = b"<opml><body><outline text='A & B &amp; C' xmlUrl='https://a.example/?x=1&y=2&amp;z=3'/></body></opml>"
    assert read_opml(text) == (Outline("https://a.example/?x=1&y=2&z=3", "A & B & C"),)


@pytest.mark.parametrize(
    "rest",
    [
        b"<outline text='x'>" * 100_000,
        b"<outline text='" + b"x" * 11_000_000 + b"' xmlUrl='https://b.example/'/></body></opml>",
        b"<outline xmlUrl='https://b.example/'",
    ],
    ids=["deep", "huge", "cut"],
)
def test_half_of_a_list_is_refused_and_not_taken_for_the_whole(rest):
    with pytest.raises(ParseFailed, match=r"OPML document is damaged"):
        read_opml(b"<opml><body><outline xmlUrl='https://a.example/'/>" + rest)


def test_entities_that_grow_are_not_expanded():
    grow = "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 10}'>" for n in range(12))
    text = f"<!DOCTYPE opml [<!ENTITY e0 'aaaaaaaaaa'>{grow}]><opml><body><outline text='&e12;' xmlUrl='https://a.example/'/></body></opml>"
    (outline,) = read_opml(text.encode())
    assert outline == Outline("https://a.example/", "&e12;")


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
