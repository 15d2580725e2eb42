"""The page at `/`: a few static files, with headers that forbid everything else."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).parent / "static"
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {f"/{path.name}": path for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS}
_FILES["/"] = _FILES.pop("/index.html")
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
    path = _FILES[request.path]
    return web.Response(
        body=path.read_bytes(), content_type=_KINDS[path.suffix], charset="utf-8", headers=_HEADERS
    )


ROUTES = [web.get(path, serve) for path in _FILES]
