"""Small invented pages that list news, each with one difficulty."""

from __future__ import annotations

URL = "https://bank.example/press/"

SUBJECTS = (
    "Central bank opposes the legalisation of mining",
    "Statement on the key rate after the November meeting",
    "Regulator fines two lenders for late reports",
    "New rules for payment services come into force",
    "Governor speaks about digital money in Riga",
    "Quarterly bulletin on financial stability published",
    "Consultation on capital buffers opens today",
    "Licence of a small savings bank withdrawn",
)


def page(main: str, *, head: str = "", around: bool = True) -> bytes:
    """A page with a menu, a sidebar and a footer around its main part."""
    menu = "".join(
        f"<li><a href='/{word}'>{word}</a></li>"
        for word in ("About", "Statistics", "Press", "Contact", "Jobs")
    )
    before = f"<header><nav><ul>{menu}</ul></nav></header>" if around else ""
    after = f"<footer><ul>{menu}{menu}</ul><p>All rights reserved</p></footer>" if around else ""
    return (
        f"<!doctype html><html lang='en'><head><title>Press</title>{head}</head>"
        f"<body>{before}<div id='content'><h1>Press releases</h1>{main}</div>{after}</body></html>"
    ).encode()


def slug(title: str) -> str:
    """The address of an item."""
    return f"/press/{'-'.join(title.lower().split())}"


def cards(titles: tuple[str, ...] = SUBJECTS, *, first_day: int = 20) -> str:
    """Cards whose classes alternate and carry numbers, with a category and a link "Read more" each."""
    return (
        "<div class='list'>"
        + "".join(
            f"<article class='post post-{1500 + n} {'odd' if n % 2 else 'even'} category-{n % 3}'>"
            f"<a class='category' href='/category/{n % 2}'>Press</a><h2><a href='{slug(title)}'>{title}</a></h2>"
            f"<span class='date'>{first_day - n} November 2026</span>"
            f"<p class='excerpt'>What the board decided about it, in a sentence that is long enough to be read ({n}).</p>"
            f"<a href='{slug(title)}'>Read more</a></article>"
            for n, title in enumerate(titles)
        )
        + "</div>"
    )


def table(titles: tuple[str, ...] = SUBJECTS) -> str:
    """A table with a head, days as d.m.Y, and links to PDFs."""
    rows = "".join(
        f"<tr><td>{20 - n:02}.11.2026</td><td><a href='/files/{n}a.pdf'>{title}</a></td><td>PDF</td></tr>"
        for n, title in enumerate(titles)
    )
    return f"<table><tr><th>Date</th><th>Title</th><th>File</th></tr>{rows}</table>"


def days_and_years(titles: tuple[str, ...] = SUBJECTS) -> str:
    """Headings with the year above rows with day and month."""
    half = len(titles) // 2
    parts = []
    for year, some in ((2026, titles[:half]), (2025, titles[half:])):
        rows = "".join(
            f"<li><span>{n + 1} March</span> <a href='{slug(t)}'>{t}</a></li>" for n, t in enumerate(some)
        )
        parts.append(f"<h3>{year}</h3><ul class='rows'>{rows}</ul>")
    return "".join(parts)


def days_above(titles: tuple[str, ...] = SUBJECTS) -> str:
    """Headings with a date, each above two rows."""
    parts = []
    for n in range(0, len(titles), 2):
        rows = "".join(f"<li><a href='{slug(title)}'>{title}</a></li>" for title in titles[n : n + 2])
        parts.append(f"<h4>{20 - n} November 2026</h4><ul>{rows}</ul>")
    return "".join(parts)


def definitions(titles: tuple[str, ...] = SUBJECTS) -> str:
    """A definition list: the date, then the item."""
    return (
        "<dl>"
        + "".join(
            f"<dt>{20 - n} November 2026</dt><dd><a href='{slug(title)}'>{title}</a></dd>"
            for n, title in enumerate(titles)
        )
        + "</dl>"
    )


def two_columns(titles: tuple[str, ...] = SUBJECTS) -> str:
    """One list in two columns with different classes."""
    half = len(titles) // 2

    def rows(some: tuple[str, ...]) -> str:
        return "".join(
            f"<div class='teaser'><h3><a href='{slug(t)}'>{t}</a></h3><time datetime='2026-11-{20 - titles.index(t)}'></time>"
            f"<p>More about it in a sentence.</p></div>"
            for t in some
        )

    return f"<div class='left'>{rows(titles[:half])}</div><div class='right'>{rows(titles[half:])}</div>"


def scripted(titles: tuple[str, ...] = SUBJECTS) -> str:
    """Rows that scripts open: their links lead nowhere."""
    return (
        "<ul>"
        + "".join(
            f"<li class='notice'><a href='javascript:open({n})'>{title}</a><span>2026-11-{20 - n}</span></li>"
            for n, title in enumerate(titles)
        )
        + "</ul>"
    )


def article() -> str:
    """An article with a box of related ones."""
    text = "The board of the bank decided at its meeting that it opposes the measure which ministries had proposed. "
    related = "".join(f"<li><a href='{slug(title)}'>{title}</a></li>" for title in SUBJECTS[:5])
    return (
        "<div class='text'>"
        + f"<p>{text * 3}</p>" * 6
        + f"</div><div><h4>More on this</h4><ul>{related}</ul></div>"
    )
