"""The arguments of a call, from a JSON body, form body, multipart body or query string.

Slack docs: "Using the Slack Web API", POST bodies. In forms, structured arguments (blocks, metadata)
are JSON texts, and true is `true` or `1`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from devtools.slack_sim.errors import SlackError, invalid

_STRUCTURED = ("blocks", "metadata", "attachments", "view")
_TIMESTAMP = re.compile(r"\d+(\.\d+)?")
_TRUE = (True, 1, "true", "1", "True")


async def read_arguments(request: web.Request) -> dict[str, Any]:
    """All arguments in one mapping. Raises SlackError, for example invalid_json or invalid_form_data."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        arguments.update(_read_json(await request.read()))
    elif request.method == "POST":
        try:
            arguments.update(await request.post())
        except ValueError as error:
            raise SlackError("invalid_form_data") from error
    for name in _STRUCTURED:
        if isinstance(arguments.get(name), str):
            arguments[name] = _read_structured(name, arguments[name])
    return arguments


def _read_json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except ValueError as error:
        raise SlackError("invalid_json") from error
    if not isinstance(value, dict):
        raise SlackError("json_not_object")
    return value


def _read_structured(name: str, text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        codes = {"metadata": "invalid_metadata_format", "view": "invalid_arguments"}
        raise SlackError(codes.get(name, "invalid_blocks_format")) from error


def flag(arguments: dict[str, Any], name: str) -> bool:
    """A truth value."""
    return arguments.get(name) in _TRUE


def number(arguments: dict[str, Any], name: str, default: int, *, most: int) -> int:
    """A positive whole number of at most `most`. Raises invalid_limit."""
    try:
        value = int(arguments.get(name) or default)
    except (TypeError, ValueError) as error:
        raise SlackError("invalid_limit") from error
    if not 1 <= value <= most:
        raise SlackError("invalid_limit")
    return value


def timestamp(arguments: dict[str, Any], name: str, default: float) -> tuple[int, int]:
    """A message ts or Unix time as (seconds, microseconds), because a float would round it."""
    text = str(arguments.get(name) or default)
    if not _TIMESTAMP.fullmatch(text):
        raise SlackError(f"invalid_ts_{name}")
    return ts_key(text)


def ts_key(ts: str) -> tuple[int, int]:
    """The sort key of a ts."""
    seconds, _, micros = ts.partition(".")
    return int(seconds), int(micros.ljust(6, "0")[:6] or 0)


def required(arguments: dict[str, Any], *names: str) -> None:
    """Raises invalid_arguments with the name of each missing argument."""
    missing = [name for name in names if arguments.get(name) in {None, ""}]
    if missing:
        raise invalid("invalid_arguments", [f"missing required field: {name}" for name in missing])
