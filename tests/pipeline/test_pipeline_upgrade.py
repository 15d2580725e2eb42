"""What the release before schemas had in Redis is read: nothing is repeated, nothing is lost, nothing is forgotten.

`data/schema-0.jsonl.gz` is a backup of its Redis: two stories sent, one with an edit and marks of a reader, one muted, one
held by a threshold, one queued, and one in the stream. `schema-0.json` says what the feed published. When a schema
changes, another pair is added, made by the release before.
"""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from feed_server import story
from newsroom import Newsroom
from newswatch.pipeline.authoring.muting import muted_now
from newswatch.pipeline.authoring.rule_stats import read_stats
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import in_force
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


@pytest.fixture
def upgraded(newsroom: Newsroom, tmp_path):
    """The newsroom as it is right after the upgrade, at the time of the backup."""
    world = json.loads((DATA / "schema-0.json").read_text("utf-8"))
    lines = gzip.decompress((DATA / "schema-0.jsonl.gz").read_bytes()).decode()
    taken = datetime.fromisoformat(json.loads(lines.partition("\n")[0])["taken"])
    begun = datetime.now(timezone.utc)
    newsroom.clock = lambda: taken + (datetime.now(timezone.utc) - begun)
    file = tmp_path / "newswatch-1.jsonl.gz"
    file.write_bytes(gzip.compress(lines.replace(world["site"], newsroom.site.url).encode()))
    newsroom.watchlist(WATCHLIST)
    newsroom._do(lambda services: restore(services, file, replace=False))
    rows = [{**row, "published": datetime.fromisoformat(row["published"])} for row in world["stories"]]
    newsroom.site.serve("/wire", *rows)
    # The files are those of the machine that applied them; here they are in another folder.
    newsroom._do(adopt_config, env={"NEWSWATCH_APPLY_CONFIG": "yes"})
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
    upgraded._do(adopt_config, env={"NEWSWATCH_APPLY_CONFIG": "yes"})
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
    rows = [{**row, "published": datetime.fromisoformat(row["published"])} for row in (first, *others)]
    rows[0] |= {"summary": "The central bank opposes the whole plan. It says so for the third time."}
    upgraded.site.serve("/wire", *rows)
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
