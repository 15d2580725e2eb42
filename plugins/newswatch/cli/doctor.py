"""`newswatch doctor`: checks everything that alerts depend on, and says what to do."""

from __future__ import annotations

import click

from newswatch.cli.context import Invocation, examination
from newswatch.cli.output import FINE, PROBLEM, as_json
from newswatch.errors import NewswatchError
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.oversight.doctor import Examined, examine, examine_files

_SIGN = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


@click.command(
    epilog="""
    JSON: {"checks": [{"name", "level", "text"}]}. `level` is "ok", "warning" or "error".

    Exit: 1 if any level is "error".
    """
)
@examination
def doctor(call: Invocation) -> None:
    """Check settings, configuration, Redis and Slack. Each line says what to do."""
    findings = _findings(call)
    if call.json:
        as_json(
            {"checks": [{"name": one.subject, "level": one.level, "text": one.message} for one in findings]}
        )
    else:
        for finding in findings:
            click.echo(f"{_SIGN[finding.level]} {finding.subject}: {finding.message}")
    raise SystemExit(PROBLEM if any(finding.level == "error" for finding in findings) else FINE)


def _findings(call: Invocation) -> list[Examined]:
    if call.bad_settings:
        # Nothing is done with settings that may name the wrong Redis or Slack.
        bad = [Examined("settings", "error", text) for text in call.bad_settings]
        loaded = check_files(call.settings, utc_now().date())
        return [*bad, *examine_files(call.settings, loaded)]
    try:
        ends = call.ends(slack=True)
    except NewswatchError as error:
        return [Examined("redis", "error", str(error))]
    named = [
        ("redis connection", ends.redis.origin),
        ("slack connection", ends.slack.origin if ends.slack else ""),
    ]
    origins = [Examined(subject, "ok", f"from {origin}") for subject, origin in named if origin]
    return [*origins, *call.run(examine, checked=False, slack=True), *_slots(call)]


def _slots(call: Invocation) -> list[Examined]:
    """Whether Airflow has enough task slots. Where no Airflow is set up there is nothing to say."""
    try:
        too_low = call.connections.slots(call.settings.poll_shards)
    except NewswatchError as error:
        return [Examined("task slots", "warning", f"not checked: {error}")]
    if too_low is None:
        return []
    return [Examined("task slots", "error" if too_low else "ok", too_low or "enough for all stages")]
