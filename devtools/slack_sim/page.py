"""The page at `/`: three static files and headers that let nothing else in."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).parent / "static"
_FILES = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
_FILES |= {
    "/message.js": ("message.js", "text/javascript"),
    "/blocks.js": ("blocks.js", "text/javascript"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


async def serve(request: web.Request) -> web.Response:
    """One of the page's files."""
    name, kind = _FILES[request.path]
    body = (_FOLDER / name).read_bytes()
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=_HEADERS)


ROUTES = [web.get(path, serve) for path in _FILES]
