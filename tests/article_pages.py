"""What the tests of pages share: a page, a feed of linked items, and what came of them."""

from __future__ import annotations

import json

from feed_server import Document, story
from newsroom import Newsroom


def page(text: str, *, title: str = "Ministers meet") -> Document:
    """A web page with this main text."""
    filler = "The ministers met in the capital on Monday and talked about the plan for several hours."
    html = (
        f"<!doctype html><html lang='en'><head><title>{title}</title></head><body><main><article>"
        f"<h1>{title}</h1><p>{filler}</p><p>{text}</p></article></main></body></html>"
    )
    return Document(html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def show(room: Newsroom, *items: dict, **pages: Document) -> None:
    """Serve a feed of these items, and pages by name."""
    room.site.serve("/wire", *items)
    room.site.documents.update({f"/{name}": document for name, document in pages.items()})


def linked(room: Newsroom, number: int = 1, title: str = "", summary: str = "", **more) -> dict:
    """An item whose page is `/page{number}` on the feed's own site."""
    return story(number, title, summary, link=f"{room.site.url}/page{number}", **more)


def stream(room: Newsroom) -> list[dict]:
    return [json.loads(values["item"]) for _, values in room.redis.xrange("newswatch:items")]


def row(room: Newsroom) -> dict:
    return room.json("feeds")[0]
