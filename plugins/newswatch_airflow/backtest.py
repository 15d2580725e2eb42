"""The body of `backtest_rule`: turns the form into a question, and writes the report to the log and to XCom.

Heavy modules are imported inside functions, because Airflow keeps parsing the DAG file, which imports
this module.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from newswatch.durations import format_duration
from newswatch_airflow.hooks import sound_settings
from newswatch_airflow.stages import in_stage

if TYPE_CHECKING:
    from newswatch.pipeline.authoring.backtest import BacktestQuestion, BacktestReport
    from newswatch.pipeline.base.services import Services

log = logging.getLogger("newswatch.backtest")

MAX_REPORT_BYTES = 64_000
"""Limit for the report in XCom, which is a row of the metadata database and a page in the browser."""

MAX_EXAMPLES = 50
LOGGED_RULES = 200
"""Rows of the overview of all rules in the log."""

_DURATION = r"^[0-9]{1,9}(\.[0-9]{1,9})?[smhd]$"


def form() -> dict[str, Param]:
    """The fields of the trigger dialog. Airflow refuses a run whose values do not fit them."""
    kept = format_duration(sound_settings().item_retention_s)
    return {
        "rule": Param(
            None,
            type=["null", "string"],
            maxLength=200,
            title="Rule",
            description="Id of a rule in the watchlist. It is tried as it is in the files now, and compared "
            "with the one in force. Leave this and the query empty for all rules.",
        ),
        "query": Param(
            None,
            type=["null", "string"],
            format="multiline",
            maxLength=10_000,
            title="Query",
            description="Or a query to try before it becomes a rule, e.g. $central_bank ONEAR/6 $opposes",
        ),
        "since": Param(
            "7d",
            type="string",
            pattern=_DURATION,
            title="Look back",
            description=f"A number and s, m, h or d, e.g. 12h or 7d. Items are kept for {kept}.",
        ),
        "limit": Param(
            10,
            type="integer",
            minimum=0,
            maximum=MAX_EXAMPLES,
            title="Hits to show",
            description="How many hits, gains and losses to list; the counts are always complete.",
        ),
    }


def backtest(params: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the form: readable lines to the log; returns the report, at most MAX_REPORT_BYTES of JSON.

    Raises PermanentError for a rule or query that cannot be tried, and ConfigError for broken files.
    """
    from newswatch.pipeline.authoring.backtest import run_backtest  # noqa: PLC0415
    from newswatch.pipeline.authoring.backtest_report import bounded  # noqa: PLC0415

    question = _question(params)

    async def stage(services: Services) -> BacktestReport:
        return await run_backtest(services, question)

    report = in_stage(stage)
    for line in _lines(report):
        log.info("%s", line)
    return bounded(report, MAX_REPORT_BYTES)


def _question(params: Mapping[str, Any]) -> BacktestQuestion:
    from newswatch.durations import parse_duration  # noqa: PLC0415
    from newswatch.pipeline.authoring.backtest import BacktestQuestion  # noqa: PLC0415

    return BacktestQuestion(
        since_s=parse_duration(params["since"]),
        rule_id=(params["rule"] or "").strip() or None,
        query=(params["query"] or "").strip() or None,
        limit=int(params["limit"]),
    )


def _lines(report: BacktestReport) -> list[str]:
    from newswatch.pipeline.authoring.backtest_report import note_lines, overview_lines, report_lines  # noqa: PLC0415
    from newswatch.pipeline.authoring.highlight import bracketed  # noqa: PLC0415

    if report.question.rule_id is not None or report.question.is_lone:
        return [bracketed(line) for line in report_lines(report)]
    return [*overview_lines(report, LOGGED_RULES), *(bracketed(line) for line in note_lines(report))]
