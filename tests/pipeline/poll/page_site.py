"""A page that lists news, under a test's control: its items, how it looks, and what it shows instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

MENU = "<nav><ul><li><a href='/about'>About us</a></li><li><a href='/jobs'>Jobs</a></li><li><a href='/contact'>Contact</a></li></ul></nav>"
FOOTER = "<footer><ul><li><a href='/terms'>Terms of use</a></li><li><a href='/privacy'>Privacy</a></li></ul></footer>"
BLOCK = "<h1>Just a moment...</h1><p>Checking your browser before you enter the site.</p>"
MAINTENANCE = "<h1>Maintenance</h1><p>The site is being maintained. Please come back later today.</p>"
EMPTY = "<main><h1>Press releases</h1><ul class='press'></ul><p>No results.</p></main>"


@dataclass(frozen=True)
class Row:
    """One item. `number` is in its link, so an edited headline keeps that."""

    number: int
    title: str
    day: date


Look = Callable[[list[Row]], str]


def _text(row: Row) -> str:
    return f"The office explains in a few words what is behind matter {row.number} and what comes next."


def cards(rows: list[Row]) -> str:
    """Cards with a heading, a date and a summary."""
    return "".join(
        f"<article class='card c-{row.number}'><h2><a href='/press/{row.number}'>{row.title}</a></h2>"
        f"<span class='date'>{row.day:%d %B %Y}</span><p>{_text(row)}</p></article>"
        for row in rows
    )


def undated(rows: list[Row]) -> str:
    """A plain list without dates."""
    links = "".join(f"<li><a href='/press/{row.number}'>{row.title}</a></li>" for row in rows)
    return f"<ul class='press'>{links}</ul>"


def table(rows: list[Row]) -> str:
    """A table whose links lead to PDFs."""
    lines = "".join(
        f"<tr><td>{row.day:%d.%m.%Y}</td><td><a href='/files/{row.number}.pdf'>{row.title}</a></td></tr>"
        for row in rows
    )
    return f"<table><tr><th>Date</th><th>Subject</th></tr>{lines}</table>"


def years(rows: list[Row]) -> str:
    """Headings with the year above rows with day and month."""
    parts = []
    for year in sorted({row.day.year for row in rows}, reverse=True):
        lines = "".join(
            f"<li><span>{row.day:%d %B}</span> <a href='/press/{row.number}'>{row.title}</a></li>"
            for row in rows
            if row.day.year == year
        )
        parts.append(f"<h3>{year}</h3><ul class='rows'>{lines}</ul>")
    return "".join(parts)


def teasers(rows: list[Row]) -> str:
    """What every page looks like after a redesign: other elements, other names, the date in a `time`."""
    return (
        "<section class='stream'>"
        + "".join(
            f"<div class='teaser'><time datetime='{row.day}'>{row.day}</time>"
            f"<div><h4><a class='t' href='/press/{row.number}'>{row.title}</a></h4><div class='lead'>{_text(row)}</div></div></div>"
            for row in rows
        )
        + "</section>"
    )


def undated_teasers(rows: list[Row]) -> str:
    """A redesign without dates."""
    return (
        "<section class='stream'>"
        + "".join(
            f"<div class='teaser'><div><h4><a class='t' href='/press/{row.number}'>{row.title}</a></h4>"
            f"<div class='lead'>{_text(row)}</div></div></div>"
            for row in rows
        )
        + "</section>"
    )


WORDS = (
    "rates",
    "fees",
    "lenders",
    "markets",
    "payments",
    "reserves",
    "reports",
    "licences",
    "funds",
    "insurers",
)


@dataclass
class PageSite:
    """A page with the newest item first, of which it shows `size`."""

    look: Look
    today: Callable[[], datetime]
    size: int = 10
    rows: list[Row] = field(default_factory=list)
    pinned: int = 0
    shuffled: bool = False
    instead: str = ""
    pager: bool = False
    count: int = 0

    def add(self, day: date | None = None) -> str:
        """Publish an item. Returns its title."""
        self.count += 1
        title = f"Decision {self.count} of the board about {WORDS[self.count % 10]} and {WORDS[self.count // 3 % 10]}"
        self.rows.insert(0, Row(self.count, title, day or self.today().date()))
        return title

    def edit(self, place: int) -> None:
        """Change a headline."""
        row = self.rows[place]
        self.rows[place] = replace(row, title=f"Corrected: {row.title}")

    def html(self) -> bytes:
        rows = self.rows[: self.size]
        if self.pinned:
            pinned = [row for row in self.rows if row.number == self.pinned]
            rows = pinned + [row for row in rows if row.number != self.pinned]
        if self.shuffled:
            rows = rows[1::2] + rows[::2]
        pager = (
            "<ul class='pager'><li><a href='?page=2'>2</a></li><li><a href='?page=3'>3</a></li></ul>"
            if self.pager
            else ""
        )
        main = self.instead or f"<main><h1>Press releases</h1>{self.look(rows)}{pager}</main>"
        around = (MENU, FOOTER) if self.instead != BLOCK else ("", "")
        moment = f"<meta name='made' content='{self.today().isoformat()}'>"
        return (
            f"<!doctype html><html lang='en'><head><title>Press</title>{moment}</head>"
            f"<body>{around[0]}{main}{around[1]}</body></html>"
        ).encode()
