"""The app: rooms, error pages, and the headers of every answer."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from functools import cache

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from newswatch import __version__
from newswatch.errors import (
    NewswatchError,
    RedisRefused,
    RedisUnavailable,
    RetryableError,
    SettingsRefused,
)
from newswatch.pipeline.base.services import Services
from newswatch.redact import redact_text
from newswatch.slack.client import SlackSettings
from newswatch_airflow.hooks import task_services, task_slack
from newswatch_airflow.ui.access import PageVisitor, ReaderDep
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.rooms import (
    alerts,
    delivery,
    documents,
    editor,
    feeds,
    files,
    items,
    monitor,
    rule,
    rule_data,
    rule_draft,
    rule_form,
    rule_removal,
    status,
    watchlist,
)
from newswatch_airflow.ui.shared import Shared

log = logging.getLogger("newswatch.ui")

NOBODY = PageVisitor("", writes=False)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""`nonce` is one for each answer: the editor marks its style elements with it."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_TITLES = {
    401: "Not logged in",
    403: "Not allowed",
    404: "Not found",
    409: "Changed in the meantime",
    422: "Not understood",
    503: "Not available at the moment",
}


async def page_services() -> Services:
    """Services for the pages, from the Airflow connections, which are looked up in a thread."""
    return await asyncio.to_thread(task_services)


async def page_slack() -> SlackSettings | None:
    """How to reach Slack, None if there is no connection for it."""
    try:
        return await asyncio.to_thread(task_slack)
    except NewswatchError as error:
        log.info("No links to Slack: %s", redact_text(str(error)))
        return None


def create_app(
    make_services: Callable[[], Awaitable[Services]] = page_services,
    slack: Callable[[], Awaitable[SlackSettings | None]] = page_slack,
) -> FastAPI:
    """The app as the api-server mounts it. Nothing is served without a login or the monitor's token."""
    app = FastAPI(title="newswatch", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.shared = Shared(make_services, slack)
    for room in (
        status,
        alerts,
        items,
        watchlist,
        rule_removal,
        rule,
        rule_data,
        rule_draft,
        rule_form,
        editor,
        feeds,
        delivery,
        monitor,
        documents,
        files,
    ):
        app.include_router(room.router)
    app.add_api_route("/openapi.json", _openapi, methods=["GET"], include_in_schema=False)
    app.middleware("http")(_with_headers)
    app.add_exception_handler(NewswatchError, _of_ours)
    app.add_exception_handler(AnyHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    return app


@cache
def the_app() -> FastAPI:
    """The one app of this process. Airflow asks for it each time the plugins are listed."""
    return create_app()


def _openapi(request: Request, _visitor: ReaderDep) -> JSONResponse:
    """The API, for a logged-in user."""
    app: FastAPI = request.app
    servers = [{"url": str(request.scope.get("root_path", ""))}]
    return JSONResponse(get_openapi(title=app.title, version=app.version, routes=app.routes, servers=servers))


async def _with_headers(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    request.state.nonce = secrets.token_urlsafe(16)
    answer = await go_on(request)
    answer.headers["Content-Security-Policy"] = POLICY.format(nonce=request.state.nonce)
    for name, value in SECURITY_HEADERS.items():
        answer.headers[name] = value
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


async def _of_ours(request: Request, error: Exception) -> Response:
    """An error raised on purpose: its text says what to do."""
    of_redis = isinstance(error, RedisUnavailable | RedisRefused)
    away = of_redis or isinstance(error, RetryableError | SettingsRefused)
    if of_redis:
        await request.app.state.shared.forget()
    text = redact_text(str(error))
    log.warning("%r: %r", redact_text(request.url.path), text)
    return _answer(request, 503 if away else 400, text, _runbook(error))


def _runbook(error: Exception) -> str:
    """The section that says what to do, "" where the text does."""
    if isinstance(error, RedisUnavailable | RedisRefused):
        return "redis-is-away"
    return "a-setting-is-refused" if isinstance(error, SettingsRefused) else ""


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException | AnyHTTPException):
        raise error
    answer = _answer(request, error.status_code, str(error.detail), "")
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _misunderstood(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    said = "; ".join(
        f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors()
    )
    return _answer(request, 422, said, "")


def _answer(request: Request, code: int, text: str, runbook: str) -> Response:
    """A page for people, JSON for everything else."""
    api = request.url.path.removeprefix(str(request.scope.get("root_path", ""))).startswith("/api/")
    if api or "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": text}, code)
    heading = _TITLES.get(code, "That did not work")
    return render(
        request, NOBODY, "message.html", status_code=code, heading=heading, text=text, runbook=runbook
    )
