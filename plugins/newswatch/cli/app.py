"""`newswatch`: check the configuration, run the stages by hand, operate what runs.

Exit status: 0 all is well, 1 a problem was found, 2 wrong usage.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from newswatch import __version__
from newswatch.cli import (
    adopt,
    alerts,
    backtest,
    backup,
    check,
    coach,
    coverage,
    dags,
    dead,
    demo,
    doctor,
    drain,
    feeds,
    housekeeping,
    listen,
    match,
    missed,
    mute,
    queue,
    receivers,
    rule,
    setup,
    stages,
    why,
)
from newswatch.cli.context import common_options, remember


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="newswatch")
@common_options
def newswatch(*, config_dir: Path | None, as_json_: bool) -> None:
    """News alerting: polls feeds, matches them against a watchlist, alerts in Slack."""
    remember(config_dir, as_json=as_json_)


for one in (
    *(check.check, match.match, backtest.backtest, coach.coach_command, missed.missed),
    *(stages.poll, stages.match_pending, stages.deliver, stages.articles, stages.run),
    *(
        rule.rule,
        feeds.feeds,
        coverage.coverage,
        alerts.alerts,
        why.why,
        queue.queue,
        dead.dead,
        mute.mute,
        mute.unmute,
    ),
    *(
        demo.demo,
        setup.setup,
        receivers.test_receiver,
        doctor.doctor,
        drain.drain,
        adopt.adopt,
        housekeeping.housekeeping,
    ),
    *(listen.listen, dags.dags, backup.backup, backup.restore),
):
    newswatch.add_command(one)


def main() -> None:
    """The entry point."""
    try:
        newswatch(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
