"""What the release before schemas had in Redis is read: nothing is repeated, nothing is lost, nothing is forgotten.

`data/schema-0.jsonl.gz` is a backup of its Redis: two stories sent, one with an edit and marks of a reader, one muted, one
held by a threshold, one queued, and one in the stream. `schema-0.json` says what the feed published.
`schema-0-waiting` is what was half done in another one; `data/make_waiting.py` says how it was made. When a schema
changes, others are added, made by the release before.
"""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from article_pages import page
from devtools.slack_sim.running import RunningSimulator
from feed_server import story
from newsroom import Newsroom
from newswatch.pipeline.authoring.muting import muted_now
from newswatch.pipeline.authoring.rule_stats import read_stats
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.deliver.dead_letters import read_dead_letters, retry_dead_letters
from newswatch.pipeline.match.dead_items import read_dead_items, retry_dead_items
from newswatch.pipeline.oversight.alert_search import AlertFilter, list_alerts
from newswatch.pipeline.oversight.backup import restore
from newswatch.pipeline.oversight.coverage import read as read_coverage
from newswatch.pipeline.oversight.feeds import read_feed
from newswatch.pipeline.oversight.status import read_status
from newswatch.pipeline.oversight.why import explain
from newswatch.store import hops, labelled
from newswatch.store.client import text

DATA = Path(__file__).parent / "data"
WATCHLIST = """\
lists: {}
rules:
  - {id: central-bank-opposes, query: central bank opposes, severity: high, notify: [policy]}
  - {id: strikes, query: strike, notify: [policy]}
  - {id: surge, query: outage, notify: [policy], threshold: {stories: 3, sources: 2, within: 1h}}
"""


def put_back(newsroom: Newsroom, name: str, folder: Path) -> dict[str, Any]:
    """The backup with this name, as if it was taken just now. Returns what the feeds published."""
    text_of_all = (DATA / f"{name}.json").read_text("utf-8")
    site = json.loads(text_of_all)["site"]
    world: dict[str, Any] = json.loads(text_of_all.replace(site, newsroom.site.url))
    lines = gzip.decompress((DATA / f"{name}.jsonl.gz").read_bytes()).decode()
    taken = datetime.fromisoformat(json.loads(lines.partition("\n")[0])["taken"])
    begun = datetime.now(timezone.utc)
    newsroom.clock = lambda: taken + (datetime.now(timezone.utc) - begun)
    file = folder / "newswatch-1.jsonl.gz"
    file.write_bytes(gzip.compress(lines.replace(site, newsroom.site.url).encode()))
    newsroom._do(lambda services: restore(services, file, replace=False))
    for row in world["stories"]:
        row["published"] = datetime.fromisoformat(row["published"])
    return world


def adopt(newsroom: Newsroom) -> None:
    """The files are those of the machine that applied them; here they are in another folder."""
    newsroom._do(adopt_config, env={"NEWSWATCH_APPLY_CONFIG": "yes"})


@pytest.fixture
def upgraded(newsroom: Newsroom, tmp_path):
    """The newsroom as it is right after the upgrade, at the time of the backup."""
    newsroom.watchlist(WATCHLIST)
    world = put_back(newsroom, "schema-0", tmp_path)
    newsroom.site.serve("/wire", *world["stories"])
    adopt(newsroom)
    newsroom.sent_before = set(world["sent"])
    newsroom.world = world
    return newsroom


def test_data_of_the_release_before_goes_on_where_it_was(upgraded):
    upgraded.poll()
    upgraded.match()
    upgraded.deliver()
    upgraded.poll()
    upgraded.match()
    upgraded.deliver()
    sent = upgraded.alert_ids()
    titles = " ".join(post["text"] for post in upgraded.posts())
    assert len(sent) == len(set(sent)) == 2, "the queued one and the one in the stream"
    assert not set(sent) & upgraded.sent_before
    assert "Fifth plan" in titles
    assert "Sixth plan" in titles
    assert upgraded.redis.zcard("newswatch:alerts") == 6
    assert upgraded.redis.hget("newswatch:schema", "schema") == "1"


def test_mutes_marks_labels_and_history_of_the_release_before_are_read(upgraded):
    async def look(services):
        upgraded_bundle = await in_force(services)
        return (
            {one.rule_id for one in await muted_now(services)},
            [
                one.by
                for one in await labelled.read_labelled(services.redis, "irrelevant", "central-bank-opposes")
            ],
            len(await labelled.read_labelled(services.redis, "missed", "central-bank-opposes")),
            (await explain(services, "https://news.example/story/1")).state,
            (await explain(services, "https://news.example/story/3")).state,
            (await explain(services, "https://news.example/story/4")).state,
            upgraded_bundle is not None and len(upgraded_bundle.rules),
            text(await services.redis.hget("newswatch:deployment", "team")),
        )

    muted, irrelevant, missed, one, three, four, rules, team = upgraded._do(look)
    assert muted == {"strikes"}
    assert irrelevant == ["Ann"]
    assert missed == 1
    assert (one, three, four) == ("sent", "muted", "held")
    assert rules == 3
    assert team


def test_surge_that_began_before_the_upgrade_counts_on(upgraded):
    upgraded.feeds("wire", "second", "third")
    adopt(upgraded)
    now = upgraded.clock()
    for number, feed in enumerate(("second", "third"), start=21):
        upgraded.site.serve(f"/{feed}", story(number, f"Outage in district {number}", now=now))
    upgraded.run()
    upgraded.run()
    (surge,) = [post for post in upgraded.posts() if "Outage" in json.dumps(post)]
    thread = [reply for reply in upgraded.replies() if reply["thread_ts"] == surge["ts"]]
    text_of_all = json.dumps([surge, *thread])
    assert "Outage in the north" in text_of_all, "the alert that the release before held"
    assert "Outage in district 22" in text_of_all


def test_edit_of_an_item_that_the_release_before_alerted_gives_no_second_alert(upgraded):
    (first, *others) = upgraded.world["stories"]
    first |= {"summary": "The central bank opposes the whole plan. It says so for the third time."}
    upgraded.site.serve("/wire", first, *others)
    for _ in range(2):
        upgraded.poll()
        upgraded.match()
        upgraded.deliver()
    assert upgraded.redis.zcard("newswatch:alerts") == 6
    assert not set(upgraded.alert_ids()) & upgraded.sent_before


def test_figures_of_the_release_before_are_shown(upgraded):
    async def look(services):
        bundle = await in_force(services)
        status = await read_status(services)
        life = await read_feed(services, bundle.feeds[0])
        (covered,) = await read_coverage(services, bundle, 86_400.0)
        stats = await read_stats(services, "central-bank-opposes")
        page = await list_alerts(services, AlertFilter(rule="central-bank-opposes"), before=None, limit=50)
        times = await hops.read(services.redis)
        return status.figures, life, covered, stats, page, times

    figures, life, covered, stats, page, times = upgraded._do(look)
    assert (figures.feeds, figures.alerts_today) == (1, 5)
    assert figures.queued == 2, "the alert, and the notice that the files are in another folder"
    assert figures.items_today == 7
    assert len(life.polls) == 5
    assert life.remembered == 6
    assert covered.feed_id == "wire"
    assert (stats.alerted, stats.irrelevant, stats.missed) == (3, 1, 1)
    assert len(page.lines) == 3
    assert sum(times["seen_to_matched"].counts) > 0


# ── what was half done ────────────────────────────────────────────────────────────────────────

WORDS = "The central bank opposes the plan."
LONG = "The minister spoke to the press about the budget, the weather and the harvest. " * 6
MINUTES = timedelta(minutes=1)


@pytest.fixture
def half_done(tmp_path, redis_url):
    """The newsroom and its Slack right after the upgrade, with what the release before left half done."""
    workspace = tmp_path / "slack" / "slack_sim.jsonl"
    workspace.parent.mkdir()
    workspace.write_bytes(gzip.decompress((DATA / "schema-0-waiting.slack.gz").read_bytes()))
    with RunningSimulator(
        data=workspace.parent, interval_s=0.0, posts_per_minute=0, tier3_per_minute=0, strict_channels=False
    ) as slack:
        room = Newsroom(tmp_path, redis_url, slack)
        feeds = f"  - {{id: wire, url: {room.site.url}/wire, recheck: true}}\n  - {{id: long, url: {room.site.url}/long, article: true}}\n"
        room.write("feeds.yaml", f"defaults: {{every: 1m, lang: en, allow_private: true}}\nfeeds:\n{feeds}")
        stories = put_back(room, "schema-0-waiting", tmp_path)["stories"]
        for number in range(1, 8):
            room.site.documents[f"/page{number}"] = page(f"{WORDS} {LONG}")
        room.site.serve("/wire", *(row for row in stories if not row["title"].endswith("report")))
        room.site.serve("/long", *(row for row in stories if row["title"].endswith("report")))
        adopt(room)
        yield room
        room.close()


def titles(room: Newsroom) -> list[str]:
    """The stories in the channel, by the first words of their headlines."""
    return sorted(
        post["text"].partition("|")[2].split()[0]
        for post in room.posts()
        if post["metadata"]["event_payload"]["alert_ids"]
    )


def reads(room: Newsroom, name: str) -> int:
    return sum(request.path == f"/{name}" for request in room.site.requests)


def test_dead_letters_and_items_set_aside_by_the_release_before_are_listed_and_tried_again(half_done):
    (letter,) = half_done._do(read_dead_letters)
    (item,) = half_done._do(read_dead_items)
    assert (letter.title, item.title) == ("Fifth plan", "Sixth plan")
    assert "invalid_blocks" in letter.error
    assert "a defect" in item.error
    assert half_done._do(retry_dead_letters) == half_done._do(retry_dead_items) == 1
    half_done.run()
    half_done.run()
    assert titles(half_done) == ["Fifth", "Ministers", "Second", "Seventh", "Sixth"]
    assert half_done.slack.doubles() == {}
    assert half_done._do(read_dead_items) == []
    assert half_done.redis.smembers("newswatch:notices") & {"dead-letters", "item-unmatched"} == set()


def test_message_that_the_release_before_left_in_doubt_is_found_in_the_history(half_done):
    assert half_done.redis.zcard("newswatch:outbox:C0123456789") == 1
    half_done.pass_time(MINUTES)
    half_done.deliver()
    assert half_done.redis.zcard("newswatch:outbox:C0123456789") == 0
    assert titles(half_done) == ["Ministers", "Second", "Seventh"]
    assert half_done.slack.doubles() == {}


def test_web_pages_that_the_release_before_queued_are_read_and_tried_again(half_done):
    half_done.articles()
    assert (reads(half_done, "page4"), reads(half_done, "page3")) == (1, 1)
    half_done.run()
    assert [name for name in titles(half_done) if name in ("Third", "Fourth")] == ["Fourth", "Third"]
    assert half_done.redis.zcard("newswatch:articles") == 0


def test_links_of_alerts_of_the_release_before_are_read_again(half_done):
    half_done.pass_time(MINUTES)
    half_done.deliver()
    half_done.articles()
    assert (reads(half_done, "page1"), reads(half_done, "page2")) == (0, 1)
    half_done.site.documents["/page1"] = page(LONG)
    half_done.pass_time(31 * MINUTES)
    half_done.articles()
    half_done.deliver()
    assert (reads(half_done, "page1"), reads(half_done, "page2")) == (1, 1)
    (said,) = half_done.replies()
    assert said["text"] == f"Passage removed: “{WORDS}”", (
        "compared with the text that the release before had read"
    )
    (above,) = [post for post in half_done.posts() if post["ts"] == said["thread_ts"]]
    assert "Ministers meet" in above["text"]
