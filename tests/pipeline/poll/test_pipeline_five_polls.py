"""What a feed may do to ids and links: over five polls each story alerts once, dated or not, through all stages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape

import pytest

from feed_server import Document

START = datetime.now(timezone.utc).replace(microsecond=0)
TOPICS = ("mining", "insurance", "fisheries", "railways")
SITE = "https://n.example/news"


def fields(number: int, **more: str) -> dict[str, str]:
    title = f"Central bank opposes the {TOPICS[number]} bill"
    return {"title": title, "description": f"Report {number} about {TOPICS[number]}.", **more}


def page(number: int) -> str:
    return f"{SITE}/{TOPICS[number]}-{number}"


HOSTS = ("http://n.example", "https://www.n.example", "https://n.example", "http://www.N.example:80")
FORMS = {
    "guid per poll": lambda n, poll: fields(n, guid=f"{poll}-{n}", link=page(n)),
    "guid per poll, one link": lambda n, poll: fields(n, guid=f"{poll}-{n}", link=SITE),
    "guid per poll, no link": lambda n, poll: fields(n, guid=f"{poll}-{n}"),
    "guid per poll, session in the link": lambda n, poll: fields(
        n, guid=f"{poll}-{n}", link=f"{page(n)};jsessionid={poll}F"
    ),
    "guid twice, then once": lambda n, poll: fields(
        n, guid=f"pair-{n // 2}" if poll % 2 or n % 2 else f"g{n}", link=page(n)
    ),
    "one guid for all": lambda n, poll: fields(n, guid="https://n.example/", link=page(n)),
    "one guid and link for all": lambda n, poll: fields(n, guid=SITE, link=SITE),
    "no guid, one link": lambda n, poll: fields(n, link=SITE),
    "no guid, no link": lambda n, poll: fields(n),
    "jsessionid": lambda n, poll: fields(n, link=f"{page(n)};jsessionid={poll}A{n}.node{poll}?id={n}"),
    "PHPSESSID": lambda n, poll: fields(n, link=f"{SITE}?PHPSESSID={poll}b{n}&id={n}"),
    "sid": lambda n, poll: fields(n, link=f"{SITE}?id={n}&sid={poll}c{n}"),
    "ASPSESSIONID and CFID": lambda n, poll: fields(
        n, link=f"{SITE}?CFID={poll}&CFTOKEN=9{poll}&ASPSESSIONIDQ={poll}&id={n}"
    ),
    "session in the path": lambda n, poll: fields(
        n, link=f"{SITE}/(S({poll}lit3py55t21z5v55vlm25s5{n}))/{n}.aspx"
    ),
    "guid is a link with a session": lambda n, poll: fields(
        n, guid=f"{page(n)}?PHPSESSID={poll}", link=f"{page(n)}?PHPSESSID={poll}"
    ),
    "hosts": lambda n, poll: fields(n, link=f"{HOSTS[poll % 4]}/news/{n}"),
    "hosts, in guids too": lambda n, poll: fields(
        n, guid=f"{HOSTS[poll % 4]}/news/{n}", link=f"{HOSTS[poll % 4]}/news/{n}"
    ),
    "hosts, in permalinks": lambda n, poll: fields(n, guid=f"{HOSTS[poll % 4]}/news/{n}"),
    "trailing slash": lambda n, poll: fields(n, link=page(n) + "/" * (poll % 2)),
    "utm": lambda n, poll: fields(n, link=f"{page(n)}?utm_source=rss{poll}&utm_content={poll}#{poll}"),
    "cache buster": lambda n, poll: fields(n, link=f"{page(n)}?rnd=0.{poll}{n}77"),
    "order": lambda n, poll: fields(n, guid=f"g{n}", link=page(n)),
    "fragment": lambda n, poll: fields(n, link=f"{SITE}#{n}-{poll}"),
}


def rss(newsroom, rows: list[dict[str, str]], dated: bool, numbers: list[int]) -> None:
    items = ""
    for number, row in zip(numbers, rows, strict=True):
        if dated:
            row["pubDate"] = format_datetime(START + timedelta(minutes=number - 10, seconds=number))
        items += (
            "<item>" + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in row.items()) + "</item>"
        )
    body = f"<rss version='2.0'><channel><title>Desk</title>{items}</channel></rss>"
    newsroom.site.documents["/wire"] = Document(body.encode(), headers={"Content-Type": "text/xml"})


def run(newsroom) -> None:
    assert newsroom.poll().failed == 0
    newsroom.match()
    newsroom.deliver_collected()


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize("form", FORMS)
def test_story_alerts_once_over_five_polls(newsroom, form, dated):
    for poll in range(5):
        if poll:
            newsroom.pass_time(timedelta(minutes=10))
        numbers = [2, 1, 0] if poll < 3 else [3, 2, 1, 0]
        if form == "order" and poll % 2:
            numbers.reverse()
        rss(newsroom, [FORMS[form](number, poll) for number in numbers], dated, numbers)
        run(newsroom)
        alerts = newsroom.alert_ids()
        assert len(alerts) == len(set(alerts)) == len(numbers), f"at poll {poll + 1}"
    revisions = [
        json.loads(row["item"]).get("revision", 0) for _, row in newsroom.redis.xrange("newswatch:items")
    ]
    assert revisions == [0] * 4
