"""The HTML pages: the front page and the articles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from html import escape

from devtools.news_site.edition import SampleArticle

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #777; }
body { max-width: 42rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; font: 18px/1.6 Georgia, "Liberation Serif", serif; }
header a { color: inherit; text-decoration: none; font-weight: 700; letter-spacing: .02em; }
header { border-bottom: 3px double var(--line); padding-bottom: .75rem; margin-bottom: 1.5rem; }
h1 { font-size: 2rem; line-height: 1.2; } .standfirst { font-size: 1.2rem; font-style: italic; }
time, nav, footer { color: var(--quiet); font: 14px/1.6 system-ui, sans-serif; }
article + article { border-top: 1px solid var(--line); } article h2 { font-size: 1.15rem; margin-bottom: 0; }
"""
_NOTE = "Everything on this site is invented, countries included. It is for trying newswatch out."


def front(articles: Sequence[SampleArticle]) -> str:
    """The newest articles of all feeds, each link once."""
    seen: dict[str, SampleArticle] = {}
    for one in sorted(articles, key=lambda one: one.at, reverse=True):
        seen.setdefault(one.path, one)
    teasers = "".join(
        f'<article><h2><a href="{escape(one.path)}">{escape(one.title)}</a></h2>{_when(one)}'
        f"<p>{escape(one.summary)}</p></article>"
        for one in list(seen.values())[:40]
    )
    feeds = '<nav>Feeds: <a href="/wire/rss.xml">Wire (RSS)</a> · <a href="/markets/atom.xml">Markets (Atom)</a> · <a href="/daily/feed.json">Daily (JSON Feed)</a></nav>'
    return _page("Sample news", f"{feeds}<main><h1>Latest</h1>{teasers}</main>")


def article(shown: SampleArticle) -> str:
    """The page of an article."""
    standfirst = f'<p class="standfirst">{escape(shown.summary)}</p>' if shown.summary else ""
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in shown.body)
    return _page(
        shown.title,
        f"<main><article><h1>{escape(shown.title)}</h1>{standfirst}{_when(shown)}{text}</article></main>",
    )


def _when(shown: SampleArticle) -> str:
    moment = datetime.fromtimestamp(shown.at, timezone.utc)
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{moment:%d %B %Y, %H:%M} UTC</time>'


def _page(title: str, content: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/style.css">'
        f'</head><body><header><a href="/">Sample news</a></header>{content}<footer><p>{_NOTE}</p></footer></body></html>'
    )


def style() -> str:
    """The style sheet of all pages."""
    return _STYLE
