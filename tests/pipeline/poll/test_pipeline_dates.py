"""Dates as feeds write them, from the document to the stream."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import Document

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def _noon(newsroom):
    newsroom.clock = lambda: NOW
    newsroom.feeds("wire", extra=", max_age: 60d")


def published(newsroom) -> dict[str, str | None]:
    rows = newsroom.redis.xrange("newswatch:items")
    return {item["title"]: item.get("published") for item in (json.loads(row["item"]) for _, row in rows)}


def serve(newsroom, *dates: str, about: str = "") -> None:
    items = "".join(
        f"<item><title>{n}</title><guid>g{n}</guid><pubDate>{date}</pubDate></item>"
        for n, date in enumerate(dates)
    )
    body = f"<rss version='2.0'><channel><title>Desk</title>{about}{items}</channel></rss>"
    newsroom.site.documents["/wire"] = Document(body.encode())


@pytest.mark.parametrize(
    "form",
    [
        "%Y/%m/%d %H:%M",
        "%Y.%m.%d %H:%M:%S",
        "%Y年%m月%d日 %H:%M",
        "%d %b, %Y %H:%M +0000",
        "%a, %b %d %Y %I:%M:%S %p",
    ],
)
def test_item_of_an_hour_ago_alerts_at_first_sight_and_an_old_one_does_not(newsroom, form):
    fresh, old = NOW - timedelta(hours=1), NOW - timedelta(days=5)
    serve(newsroom, fresh.strftime(form), old.strftime(form))
    newsroom.poll()
    rows = [json.loads(row["item"]) for _, row in newsroom.redis.xrange("newswatch:items")]
    assert {row["title"]: bool(row.get("silent")) for row in rows} == {"0": False, "1": True}


def test_order_of_day_and_month_is_that_of_the_whole_document_also_for_the_one_new_item(newsroom):
    serve(newsroom, "05-11-2026", "26-11-2026")
    newsroom.poll()
    serve(newsroom, "05-11-2026", "26-11-2026", "06-11-2026")
    newsroom.poll()
    assert published(newsroom)["2"].startswith("2026-11-06")


@pytest.mark.parametrize("escaped", [True, False])
def test_drupals_time_element_gives_the_exact_time(newsroom, escaped):
    element = '<time datetime="2026-11-26T10:00:00Z">Thu, 11/26/2026 - 11:00</time>'
    shown = element.replace("<", "&lt;").replace(">", "&gt;") if escaped else element
    serve(newsroom, shown)
    newsroom.poll()
    assert published(newsroom)["0"].startswith("2026-11-26T10:00")
