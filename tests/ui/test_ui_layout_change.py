"""A page's last layout change on its source's page: what it showed before and after, as text alone."""

import pytest

from feed_server import Document

ROWS = "".join(
    f"<li class=row><a href='/press/{n}'>The governor speaks on matter number {n}</a> <time>2026-11-{n:02}</time></li>"
    for n in range(1, 13)
)
PAGE = f"<html><body><main><h1>Press</h1><ul class=press>{ROWS}</ul></main></body></html>"
LOST = "<html><body><script>alert(1)</script><img src=x onerror=alert(2)><p>Back soon \u202egnp</p></body></html>"


def serve(room, html):
    room.site.documents["/press"] = Document(
        html.encode(), headers={"Content-Type": "text/html; charset=utf-8"}
    )
    room.poll()


@pytest.fixture
def shown(visit, newsroom):
    """The source's page as a reader sees it."""
    newsroom.write(
        "feeds.yaml",
        "defaults: {every: 1m, allow_private: true}\n"
        f"feeds:\n  - {{id: press, url: {newsroom.site.url}/press, type: page}}\n",
    )
    serve(newsroom, PAGE)
    client = visit("ada")
    return lambda: client.get("/newswatch/feeds/press").text


def change(text):
    """The section about the change, "" if there is none."""
    return text.partition('<section id="layout-change">')[2].partition("</section>")[0]


def test_page_that_did_not_change_has_no_such_section(shown):
    assert "Last layout change" not in shown()


def test_lost_list_is_shown_with_the_items_before_and_the_document_after(newsroom, shown):
    serve(newsroom, LOST)
    section = change(shown())
    assert "layout changed" in section
    assert "The governor speaks on matter number 12" in section
    assert "No list of items was found in this document." in section
    assert "Back soon" in section


def test_documents_are_shown_as_text(newsroom, shown):
    serve(newsroom, LOST)
    section = change(shown())
    assert "<script>" not in section
    assert "<img" not in section
    assert "\u202e" not in section
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in section


def test_redesign_that_was_followed_is_shown_with_both_lists(newsroom, shown):
    cards = "".join(
        f"<article class=card><h3><a href='/press/{n}'>The governor speaks on matter number {n}</a></h3><p>2026-11-{n:02}</p></article>"
        for n in range(2, 14)
    )
    serve(newsroom, f"<html><body><div id=app><section class=grid>{cards}</section></div></body></html>")
    section = change(shown())
    assert "the list was found again by its items, in another form" in section
    assert section.count("The governor speaks on matter number 7<") == 2
    assert section.count("– only") == 2
