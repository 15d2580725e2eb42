"""The site over HTTP: feeds with validators, articles, and tools below /site/."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from aiohttp import web

from devtools.news_site import pages
from devtools.news_site.edition import FEEDS, Edition, FeedName, SampleArticle
from devtools.news_site.press import Press
from devtools.news_site.syndication import atom, json_feed, link_of, rss

PRESS: web.AppKey[Press] = web.AppKey("press", Press)
ROOT_URL: web.AppKey[str] = web.AppKey("root_url", str)
_FORMATS: dict[FeedName, tuple[str, str, Callable[[Sequence[SampleArticle], str], bytes]]] = {
    "wire": ("/wire/rss.xml", "application/rss+xml", rss),
    "markets": ("/markets/atom.xml", "application/atom+xml", atom),
    "daily": ("/daily/feed.json", "application/feed+json", json_feed),
}
LONGEST_STORY = 4_000
"""Characters of a story in one's own words."""
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
}


def build(press: Press, root_url: str, *, every_s: float) -> web.Application:
    """The application. With `every_s` 0 it publishes only on request."""
    app = web.Application(middlewares=[_same_origin_only])
    app[PRESS], app[ROOT_URL] = press, root_url
    for feed in FEEDS:
        app.router.add_get(_FORMATS[feed][0], _feed_handler(feed))
    app.router.add_post("/site/publish", publish)
    app.router.add_get("/site/log", log)
    app.router.add_get("/style.css", style)
    app.router.add_get("/", front)
    app.router.add_get("/{path:.+}", article)
    if every_s > 0:
        app.cleanup_ctx.append(_publisher(every_s))
    return app


def _publisher(every_s: float) -> Callable[[web.Application], AsyncIterator[None]]:
    async def keep_publishing(press: Press) -> None:
        while True:
            press.publish()
            await asyncio.sleep(every_s)

    async def run(app: web.Application) -> AsyncIterator[None]:
        task = asyncio.get_running_loop().create_task(keep_publishing(app[PRESS]))
        yield
        task.cancel()
        await asyncio.wait({task})

    return run


def _feed_handler(feed: FeedName) -> Callable[[web.Request], Any]:
    _, content_type, render = _FORMATS[feed]

    async def handle(request: web.Request) -> web.Response:
        articles = request.app[PRESS].entries(feed)
        body = render(articles, request.app[ROOT_URL])
        newest = datetime.fromtimestamp(int(articles[0].at) if articles else 0, timezone.utc)
        headers = {
            "ETag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"',
            "Last-Modified": format_datetime(newest, usegmt=True),
            "Cache-Control": "max-age=0",
        }
        if _is_known(request, headers["ETag"], newest):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    return handle


def _is_known(request: web.Request, etag: str, newest: datetime) -> bool:
    """RFC 9110, 13.2.2: If-Modified-Since counts only where there is no If-None-Match."""
    given = request.headers.get("If-None-Match")
    if given is not None:
        return given.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in given.split(",")}
    since = request.headers.get("If-Modified-Since")
    try:
        return since is not None and newest <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


async def publish(request: web.Request) -> web.Response:
    """`POST /site/publish`: publishes now. The optional body is an object.

    `{"repeat_after_s": 0}` for an edition, `{"title": …, "summary": …}` for one story in one's own words.
    """
    text = await request.text()
    try:
        wish = json.loads(text) if text.strip() else {}
        delay_s = None if wish.get("repeat_after_s") is None else float(wish["repeat_after_s"])
        title, summary = (" ".join(str(wish.get(key, "")).split()) for key in ("title", "summary"))
    except (AttributeError, TypeError, ValueError) as error:
        raise web.HTTPBadRequest(
            text=f"the body must be an object with repeat_after_s in seconds, or title and summary: {error}\n"
        ) from error
    if len(title) + len(summary) > LONGEST_STORY:
        raise web.HTTPBadRequest(text=f"title and summary have at most {LONGEST_STORY} characters\n")
    press = request.app[PRESS]
    edition = press.publish_own(title, summary) if title else press.publish(delay_s)
    return web.json_response(_described(edition, request.app[ROOT_URL]))


async def log(request: web.Request) -> web.Response:
    """`GET /site/log`: every edition, oldest first, with times in epoch seconds."""
    root = request.app[ROOT_URL]
    return web.json_response([_described(edition, root) for edition in request.app[PRESS].editions])


def _described(edition: Edition, root: str) -> dict[str, Any]:
    lead = edition.lead
    return {
        "id": edition.id,
        "published": edition.at,
        "title": lead.title,
        "link": link_of(lead, root),
        "guid": lead.guid,
        "stories": [
            {
                "feed": article.feed,
                "role": article.role,
                "guid": article.guid,
                "title": article.title,
                "link": link_of(article, root),
                "at": article.at,
            }
            for article in edition.articles
        ],
    }


async def front(request: web.Request) -> web.Response:
    """The front page."""
    press = request.app[PRESS]
    articles = [article for feed in FEEDS for article in press.entries(feed)]
    return web.Response(text=pages.front(articles), content_type="text/html", headers=_PAGE_HEADERS)


async def article(request: web.Request) -> web.Response:
    """The page of an article. The query string does not matter."""
    found = request.app[PRESS].at_path(request.path)
    if not found:
        raise web.HTTPNotFound(text="there is no article at this address\n")
    return web.Response(text=pages.article(found[0]), content_type="text/html", headers=_PAGE_HEADERS)


async def style(_: web.Request) -> web.Response:
    """The style sheet."""
    return web.Response(text=pages.style(), content_type="text/css")


@web.middleware
async def _same_origin_only(request: web.Request, handler: Any) -> web.StreamResponse:
    origin = request.headers.get("Origin")
    if origin and request.method == "POST" and origin.split("://")[-1] != request.host:
        raise web.HTTPForbidden(text="pages of other sites may not publish here\n")
    response: web.StreamResponse = await handler(request)
    return response
