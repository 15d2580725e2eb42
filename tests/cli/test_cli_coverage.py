"""`newswatch coverage`: what a feed's outages and lags come to."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from feed_server import Document, story
from newsroom import OPS
from newswatch.pipeline.oversight.housekeeping import run_housekeeping
from newswatch.store.coverage import FeedFigures, days_of


def step(newsroom, minutes: float) -> None:
    newsroom.pass_time(timedelta(minutes=minutes))
    newsroom.poll()


def look(newsroom, *words: str):
    from newswatch.pipeline.base.configuration import in_force  # noqa: PLC0415
    from newswatch.pipeline.oversight import coverage  # noqa: PLC0415

    async def work(services):
        return await coverage.read(services, await in_force(services), 7 * 86_400)

    (row,) = newsroom._do(work)
    return row


def serve(newsroom, *ages_s: int) -> None:
    now = newsroom.clock()
    items = [
        story(
            n,
            f"Story {n} of {now:%H:%M:%S}",
            now=now,
            age=timedelta(seconds=age),
            guid=f"{now} {n}",
            link=f"https://news.example/{now.timestamp()}/{n}",
        )
        for n, age in enumerate(ages_s)
    ]
    newsroom.site.serve("/wire", *items)


def test_outage_counts_while_it_lasts_and_after(newsroom):
    serve(newsroom, 60)
    newsroom.poll()
    for _ in range(6):
        step(newsroom, 5)
    assert look(newsroom).readable == pytest.approx(1.0)
    fine = newsroom.site.documents["/wire"]
    newsroom.site.documents["/wire"] = Document(b"", status=403)
    step(newsroom, 0)
    newsroom.pass_time(timedelta(minutes=30))
    row = look(newsroom)
    assert row.readable == pytest.approx(0.5, abs=0.02)
    assert "HTTP 403" in row.blocked_by
    assert row.blocked_since is not None
    newsroom.site.documents["/wire"] = fine
    step(newsroom, 0)
    row = look(newsroom)
    assert (row.blocked_since, row.blocked_by) == (None, "")
    assert row.readable == pytest.approx(0.5, abs=0.02)
    assert row.unread_s == pytest.approx(1_800, abs=30)


def test_time_without_polls_counts_as_not_read(newsroom):
    serve(newsroom, 60)
    newsroom.poll()
    step(newsroom, 240)
    assert look(newsroom).readable == pytest.approx(4 / 240, abs=0.01)


def test_lags_are_of_new_items_only(newsroom):
    serve(newsroom, 5_000)
    newsroom.poll()
    newsroom.pass_time(timedelta(minutes=2))
    serve(newsroom, 30, 30, 30, 600)
    newsroom.poll()
    row = look(newsroom)
    assert row.items == 4
    assert row.lag_p50_s == pytest.approx(30, rel=0.15)
    assert row.lag_p95_s == pytest.approx(600, rel=0.11)


def test_command_prints_table_json_and_csv(newsroom):
    serve(newsroom, 60)
    newsroom.poll()
    (row,) = newsroom.json("coverage", "--since", "7d")
    assert (row["feed_id"], row["blocked_since"]) == ("wire", None)
    assert newsroom.command("coverage")[1].startswith("wire\t")
    (line,) = csv.DictReader(io.StringIO(newsroom.command("coverage", "--csv")[1]))
    assert list(line) == list(row)
    assert newsroom.command("coverage", "--since", "soon")[0] == 2


def test_polls_that_bring_nothing_store_nothing(newsroom):
    serve(newsroom, 60)
    newsroom.poll()
    for _ in range(3):
        step(newsroom, 1)
    assert newsroom.redis.keys("newswatch:coverage:*") == []


def test_time_is_divided_at_midnight():
    assert list(days_of(86_000, 2 * 86_400 + 5)) == [(0, 400), (1, 86_400), (2, 5)]
    assert FeedFigures().lag_s(0.5) is None


def test_gaps_are_counted_with_the_interval_that_closes_them_and_ops_can_have_a_daily_line(newsroom):
    serve(newsroom, *range(60, 600, 60))
    newsroom.poll()
    newsroom.pass_time(timedelta(hours=3))
    serve(newsroom, *range(60, 600, 60))
    newsroom.poll()
    (row,) = newsroom.json("coverage")
    assert (row["gaps"], row["closing_every_s"]) == (1, 240)
    newsroom._do(run_housekeeping, env={"NEWSWATCH_COVERAGE_LINE": "on"})
    newsroom.deliver()
    (line,) = [post["text"] for post in newsroom.posts(OPS) if "Coverage" in post["text"]]
    assert "0 of 1 feed could be read" in line
    assert "missed in wire (every: 240s would do)" in line
