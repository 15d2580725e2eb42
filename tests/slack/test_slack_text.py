from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.slack.text import (
    Piece,
    clean,
    joined,
    mrkdwn_link,
    pieces_of,
    shorten,
    shorten_pieces,
    usable_link,
)


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم",
        "क्‍ष",
        "👩‍🚀 launches",
        "Việt Nam đồng",
        "Café",
        "中央銀行は反対",
        "Центробанк против",
        "‘quoted’ – 5%",
    ],
)
def test_clean_keeps_the_writing_of_the_world(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "ab"),
        ("a\u200b\u2060\ufeffb", "ab"),
        ("a\u200d\u200d\u200db", "a\u200db"),
        ("\u200da \u200d b\u200c", "a b"),
        ("a\r\n\tb\u2028c\u00a0d", "a b c d"),
        ("a\x1b[31mb\x07", "a[31mb"),
        ("\ud800x\uffff", "x"),
        ("\u3164 \u2800", ""),
        ("z" + "\u0300" * 50, "z" + "\u0300" * 4),
        ("a\U000e0041b", "ab"),
    ],
)
def test_clean_removes_what_hides_or_misleads(text, shown):
    assert clean(text) == shown


def test_pieces_keep_marks_on_the_words_when_text_around_them_is_cleaned():
    text = "\u202eThe  cent\u200bral bank\n\nopposes"
    start = text.index("cent")
    pieces = pieces_of(text, [(start, start + 13), (text.index("opp"), len(text))])
    assert joined(pieces) == "The central bank opposes"
    assert [piece.text for piece in pieces if piece.marked] == ["central bank", "opposes"]


def test_pieces_join_overlapping_marks_and_clip_wild_ones():
    assert pieces_of("abcdef", [(1, 3), (2, 4), (-5, 0), (5, 99), (4, 2)]) == (
        Piece("a"),
        Piece("bcd", marked=True),
        Piece("e"),
        Piece("f", marked=True),
    )


@given(text=st.text(), marks=st.lists(st.tuples(st.integers(-3, 60), st.integers(-3, 60)), max_size=6))
def test_pieces_are_never_empty_and_hold_nothing_hidden(text, marks):
    pieces = pieces_of(text, marks)
    assert all(piece.text for piece in pieces)
    hidden = {"Cc", "Cs", "Cf"}
    assert not {unicodedata.category(char) for char in joined(pieces) if char not in "\u200c\u200d"} & hidden


@given(text=st.text(max_size=200), size=st.integers(1, 100))
def test_shorten_never_exceeds_its_room(text, size):
    assert len(shorten(text, size)) <= size


def test_shorten_cuts_between_words_and_within_a_giant_one():
    assert shorten("central bank opposes", 16) == "central bank…"
    assert shorten("Donaudampfschiff", 8) == "Donauda…"
    assert shorten("short", 5) == "short"


def test_shorten_does_not_tear_an_accent_from_its_letter():
    assert shorten("xxxxe\u0301yyy", 6) == "xxxx…"


def test_shorten_pieces_keeps_marks():
    pieces = (Piece("the "), Piece("central bank", marked=True), Piece(" opposes"))
    assert shorten_pieces(pieces, 18) == (Piece("the "), Piece("central bank", marked=True), Piece("…"))
    assert shorten_pieces(pieces, 99) == pieces


def test_link_is_verbatim_when_usable():
    assert usable_link("HTTPS://Ex.example/ä?q=1&r='2'") == "HTTPS://Ex.example/ä?q=1&r='2'"
    assert usable_link("https://ex.example/?q=<a|b>") == "https://ex.example/?q=%3Ca%7Cb%3E"
    assert usable_link("https://ex.example/\u202e") is None


def test_mrkdwn_link_cannot_be_ended_early():
    assert (
        mrkdwn_link("https://x.example/?a>b|c&d", "<b> & |")
        == "<https://x.example/?a%3Eb%7Cc&amp;d|&lt;b&gt; &amp; |>"
    )
