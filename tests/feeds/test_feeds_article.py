"""Stories out of web pages: the whole story, and nothing else of the page."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import pytest

from newswatch.document import BLOCK_SEPARATOR
from newswatch.errors import ParseFailed
from newswatch.feeds.article import Article, extract_article

DATA = Path(__file__).parent / "data"
SEED = Path(__file__).parents[2].parent / "shared" / "data" / "seed" / "story.html"
PAGES = sorted(path.name.removesuffix(".expected.json") for path in DATA.glob("article_*.expected.json"))
REFUSED = sorted(path.name for path in DATA.glob("article_refused_*.html"))
STORY = "The council rejects the plan to sell the old market hall, the mayor said on Tuesday."
MORE = "A second vote is due in the autumn, when the new members will have taken their seats."
URL = "https://news.example/story"


def extract(page: str | bytes, *, url: str = URL, **headers: str) -> Article:
    html = page if isinstance(page, bytes) else page.encode()
    return extract_article(html, url=url, headers={k.replace("_", "-"): v for k, v in headers.items()})


def page(body: str, *, head: str = "<title>Hall stays</title>", lang: str = "en") -> str:
    return f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'


def story(*parts: str, head: str = "<title>Hall stays</title>") -> str:
    return page(
        f"<article><h1>Hall stays</h1><p>{STORY}</p>{''.join(parts)}<p>{MORE}</p></article>", head=head
    )


def body_blocks(article: Article) -> list[str]:
    return article.body.split(BLOCK_SEPARATOR)


@pytest.mark.parametrize("name", PAGES)
def test_page_of_a_known_shape_gives_its_story(name: str) -> None:
    expected = json.loads((DATA / f"{name}.expected.json").read_text(encoding="utf-8"))
    html = (DATA / f"{name}.html").read_bytes()

    article = extract_article(html, url=expected["url"], headers=expected["headers"])

    assert body_blocks(article) == expected["body"]
    assert (article.title, article.summary, article.lang) == (
        expected["title"],
        expected["summary"],
        expected["lang"],
    )
    assert article.canonical_link == expected["canonical_link"]
    published = expected["published"]
    assert article.published == (datetime.fromisoformat(published) if published else None)


@pytest.mark.parametrize("name", REFUSED)
def test_page_without_a_story_is_refused(name: str) -> None:
    with pytest.raises(ParseFailed) as failure:
        extract((DATA / name).read_bytes())

    assert failure.value.kind == "no_text"
    assert "news.example" in str(failure.value)
    assert "article: false" in str(failure.value)


@pytest.mark.parametrize(
    ("html", "content_type"),
    [
        (b"", "text/html"),
        (b"  \n ", "text/html"),
        (b"%PDF-1.7 ...", "text/html"),
        (b'{"a": 1}', ""),
        (b"<p>any text</p>", "application/pdf"),
        (b"<!-- only a comment -->", ""),
        (b"\x00\x01\x02", ""),
        (page("").encode(), "text/html"),
    ],
)
def test_document_that_is_no_page_is_refused(html: bytes, content_type: str) -> None:
    with pytest.raises(ParseFailed) as failure:
        extract(html, content_type=content_type)

    assert failure.value.kind == "no_text"


@pytest.mark.shared
@pytest.mark.skipif(not SEED.exists(), reason="the seed story is kept outside the repository, in ../shared")
def test_seed_story_is_whole_and_alone() -> None:
    article = extract(SEED.read_bytes())

    blocks = body_blocks(article)
    assert "does not support this initiative" in article.body
    assert article.summary == "The Russian central bank opposes the measure."
    assert article.summary not in article.body
    assert len(blocks) == 7
    assert blocks[0].startswith("Crypto mining should be legalized")
    assert [block[:10] for block in blocks[1:]] == [
        "The minist", "As of Augu", "The econom", "The instit", "The head o", "Aksakov al",
    ]  # fmt: skip
    strangers = (
        "GoPlus", "Citadel Securities", "securities", "Subscribe", "jwp-player", "Saint Basil",
        "Share this article", "More For You", "Read more: Russia to Treat Crypto", "STORY CONTINUES", "Updated May",
    )  # fmt: skip
    assert [stranger for stranger in strangers if stranger.lower() in article.body.lower()] == []
    assert article.published is not None
    assert article.published.isoformat() == "2021-11-12T19:48:00+00:00"


@pytest.mark.parametrize(
    "clutter",
    [
        '<div class="moreForYou"><p>A teaser that opposes everything in a long sentence.</p></div>',
        "<h2>More For You</h2><p>A teaser that opposes everything in a sentence long enough to look real.</p><h2></h2>",
        "<h3>Related</h3><ul><li>A teaser that opposes everything</li></ul>",
        '<p><a href="/x">A teaser that opposes everything</a></p>',
        "<p>Read more: what the union opposes</p>",
        "<figure><img src=x><figcaption>A man opposes a woman at chess</figcaption></figure>",
        '<p class="wp-caption-text caption">A man opposes a woman at chess</p>',
        "<p>Subscribe to the letter that opposes letters</p>",
        '<div id="jwplayer_7">This video opposes playing</div>',
        '<div class="author-bio"><p>She opposes short biographies and lives by the sea.</p></div>',
        "<aside><p>He opposes boxes at the side of stories, and says so in one.</p></aside>",
        "<noscript>Your reader opposes scripts</noscript>",
    ],
)
def test_what_stands_around_a_story_is_left_out(clutter: str) -> None:
    article = extract(story(clutter))

    assert "oppose" not in article.body
    assert body_blocks(article) == [STORY, MORE]


@pytest.mark.parametrize(
    "wrapper",
    [
        '<div class="paywall">',
        '<div class="share-enabled sidebar">',
        '<form id="form1">',
        '<section class="video-player">',
    ],
)
def test_story_inside_an_element_with_a_suspicious_name_is_kept(wrapper: str) -> None:
    closing = f"</{wrapper[1:].split(maxsplit=1)[0]}>"
    html = page(f"<h1>Hall stays</h1>{wrapper}<p>{STORY}</p><p>{MORE}</p>{closing}")

    assert body_blocks(extract(html)) == [STORY, MORE]


@pytest.mark.parametrize(
    "block",
    [
        "Subscribers object to the new tariff, the operator admits in its report.",
        "Advertisement spending fell, and the regulator opposes a tax on it.",
        "Copyright law is opposed by two of the three parties in the chamber.",
        "Related parties do not support the sale, the auditors wrote on Friday.",
    ],
)
def test_paragraph_that_only_begins_like_clutter_is_kept(block: str) -> None:
    assert block in extract(story(f"<p>{block}</p>")).body


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Hall stays | News Example</title>", "Hall stays"),
        (
            '<meta property="og:title" content="Hall stays - Daily Ox"><meta property="og:site_name" content="Daily Ox">',
            "Hall stays",
        ),
        (
            '<meta property="og:title" content="Council: hall stays - for now">',
            "Council: hall stays - for now",
        ),
        ("<title>Something else entirely</title>", "Hall stays"),
    ],
)
def test_title_is_the_headline_without_the_name_of_the_site(head: str, title: str) -> None:
    assert extract(story(head=head)).title == title


def test_summary_repeated_as_first_paragraph_stands_once() -> None:
    article = extract(story(head=f'<title>Hall stays</title><meta name="description" content="{STORY}">'))

    assert (article.summary, body_blocks(article)) == (STORY, [MORE])


def test_story_of_one_line_is_kept_as_body() -> None:
    head = f'<title>Hall stays</title><meta name="description" content="{STORY}">'
    article = extract(page(f"<main><h1>Hall stays</h1><p>{STORY}</p></main>", head=head))

    assert (article.summary, article.body) == ("", STORY)


@pytest.mark.parametrize(
    ("encoding", "meta", "content_type"),
    [
        ("cp1251", "", "text/html; charset=windows-1251"),
        ("cp1251", '<meta charset="windows-1251">', "text/html"),
        ("cp1251", '<meta charset="windows-1251">', "text/html; charset=ISO-8859-1"),
        ("cp1251", "", ""),
        ("utf-8", "", "text/html; charset=ISO-8859-1"),
        ("utf-8-sig", '<meta charset="windows-1251">', ""),
        ("utf-16", "", "text/html"),
    ],
)
def test_page_in_any_declared_charset_is_read(encoding: str, meta: str, content_type: str) -> None:
    words = "Центробанк выступает против новой меры, сообщили в среду в пресс-службе ведомства."
    html = f'<html lang="ru"><head>{meta}<title>Мера</title></head><body><article><h1>Мера</h1><p>{words}</p><p>{words[:-1]} снова.</p></article></body></html>'

    assert words in extract(html.encode(encoding), content_type=content_type).body


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("/other?utm_source=x", "https://news.example/other"),
        ("https://news.example/", "https://news.example/story"),
        ("javascript:alert(1)", "https://news.example/story"),
        ("", "https://news.example/story"),
    ],
)
def test_canonical_link_is_the_pages_own_unless_it_cannot_be_meant(said: str, canonical: str) -> None:
    head = f'<title>Hall stays</title><link rel="canonical" href="{said}">'

    assert extract(story(head=head)).canonical_link == canonical


def test_teaser_articles_beside_the_story_are_not_joined_to_it() -> None:
    teasers = "".join(
        f"<article><h3>Teaser {n}</h3><p>A union opposes plan {n}.</p></article>" for n in range(9)
    )
    html = page(f"<div><article><h1>Hall stays</h1><p>{STORY}</p><p>{MORE}</p></article>{teasers}</div>")

    assert body_blocks(extract(html)) == [STORY, MORE]


HOSTILE = {
    "tables_10000_deep": "<table><tr><td>" * 10_000,
    "divs_100000_deep": "<div>" * 100_000,
    "unclosed_comments": "<!--" * 1_000_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">",
    "less_than": "<" * 4_000_000,
    "entities": "&amp;&#x;" * 400_000,
    "endless_class": f'<div class="{"more-" * 200_000}">x</div>',
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_hostile_markup_after_a_story_costs_seconds_at_most(hostile: str) -> None:
    html = page(f"<article><h1>Hall stays</h1><p>{STORY}</p><p>{MORE}</p></article>{hostile}")
    start = time.process_time()

    article = extract(html)

    assert STORY in article.body
    assert time.process_time() - start < 10


@pytest.mark.parametrize("piece", ["<b>x</b>", "a<br>", "<p>x"])
def test_page_of_endless_elements_is_refused_at_once(piece: str) -> None:
    start = time.process_time()

    with pytest.raises(ParseFailed) as failure:
        extract(page(f"<article><h1>Hall stays</h1><p>{STORY}{piece * 600_000}</p></article>"))

    assert failure.value.kind == "limit"
    assert time.process_time() - start < 10


def test_page_over_five_megabytes_is_cut() -> None:
    paragraphs = "".join(f"<p>Sentence {n}: {STORY} {MORE * 3}</p>" for n in range(20_000))
    start = time.process_time()

    article = extract(page(f"<article><h1>Hall stays</h1>{paragraphs}</article>"))

    assert article.body.startswith("Sentence 0:")
    assert len(article.body) <= 200_000
    assert time.process_time() - start < 30
