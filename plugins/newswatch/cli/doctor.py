"""`newswatch doctor`: is everything there that alerts depend on, and if not, what to do."""

from __future__ import annotations

from dataclasses import asdict

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import FINE, PROBLEM, as_json
from newswatch.errors import NewswatchError
from newswatch.pipeline.examine import Examined, examine

_SIGN = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


@click.command(
    epilog="""
    JSON: a list of {"subject", "level", "message"}. "level" is "ok", "warning" or "error".

    Exit: 1 if any level is "error".
    """
)
@command
def doctor(call: Invocation) -> None:
    """Check configuration, Redis and Slack. Each line says what to do."""
    findings = call.run(examine, checked=False) if call.settings.redis_url else [_no_redis(call)]
    if call.json:
        as_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{_SIGN[finding.level]} {finding.subject}: {finding.message}")
    raise SystemExit(PROBLEM if any(finding.level == "error" for finding in findings) else FINE)


def _no_redis(call: Invocation) -> Examined:
    try:
        call.services()
    except NewswatchError as error:
        return Examined("redis", "error", str(error))
    return Examined("redis", "ok", "named")
