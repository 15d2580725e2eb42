"""`newswatch`: check the configuration, run the stages by hand, look after what runs.

Exit status: 0 fine, 1 a problem was found, 2 wrong usage.
"""

from __future__ import annotations

import sys

import click

from newswatch import __version__
from newswatch.cli import alerts, backtest, check, dead, doctor, feeds, match, receivers, stages


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="newswatch")
def newswatch() -> None:
    """News alerting: polls feeds, matches them against a watchlist, alerts in Slack."""


for one in (
    *(check.check, match.match, backtest.backtest),
    *(stages.poll, stages.match_pending, stages.deliver, stages.run),
    *(feeds.feeds, alerts.alerts, dead.dead, receivers.test_receiver, doctor.doctor),
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
