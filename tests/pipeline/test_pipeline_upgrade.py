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

from newsroom import Newsroom
from newswatch.pipeline.authoring.muting import muted_now
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.oversight.backup import restore
from newswatch.pipeline.oversight.why import explain
from newswatch.store import labelled
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
