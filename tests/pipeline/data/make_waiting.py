"""Makes `schema-N-waiting`: what a release leaves half done. A backup of its Redis, its Slack, and what its feeds published.

It runs with the code and the tests of the release before, in a checkout of it, and this checkout writes the backup::

    mkdir /tmp/before
    git archive COMMIT plugins/newswatch devtools tests | tar x -C /tmp/before
    PYTHONPATH=/tmp/before/plugins:/tmp/before/tests:/tmp/before \\
        .venv/bin/python tests/pipeline/data/make_waiting.py tests/pipeline/data/schema-N-waiting

`schema-0-waiting` was made by commit 9da1053, the last one without a schema.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from article_pages import linked, page
from devtools.redis_server import RunningRedis
from devtools.slack_sim.running import RunningSimulator
from feed_server import Document
from newsroom import Newsroom
from newswatch.pipeline.match.watch import Watch

HERE = Path(__file__).resolve()
WORDS = "The central bank opposes the plan."
LONG = "The minister spoke to the press about the budget, the weather and the harvest. " * 6
AGO, MINUTES = timedelta(minutes=30), timedelta(minutes=1)
AWAY = Document(b"<p>Try later</p>", status=503)


def leave_half_done(room: Newsroom) -> list[dict]:
    """Everything that the test goes on with. Returns what the feed has published."""
    room.write(
        "feeds.yaml",
        "defaults: {every: 1m, lang: en, allow_private: true}\n"
        "feeds:\n"
        f"  - {{id: wire, url: {room.site.url}/wire, recheck: true}}\n"
        f"  - {{id: long, url: {room.site.url}/long, article: true}}\n",
    )
    start = datetime.now(timezone.utc) - AGO
    room.clock = lambda: start
    wire: list[dict] = []
    long: list[dict] = []

    def publish(where: list[dict], number: int, title: str, summary: str = "", text: str = "") -> None:
        where.append(linked(room, number, title, summary, now=room.clock()))
        room.site.documents[f"/page{number}"] = page(text or f"{WORDS} {LONG}", title=title)
        room.site.serve("/wire", *wire)
        room.site.serve("/long", *long)

    # Links that are read again: one that was read once, one that was not.
    publish(wire, 1, "Ministers meet", WORDS)
    room.run()
    room.pass_time(11 * MINUTES)
    room.articles()
    publish(wire, 2, "Second plan", WORDS)
    room.run()
    # Web pages to be read: one that failed once, one that was not tried.
    publish(long, 3, "Third report", text=WORDS)
    room.site.documents["/page3"] = AWAY
    room.run()
    room.articles()
    publish(long, 4, "Fourth report", text=WORDS)
    room.run()
    # A dead letter.
    room.slack.fault("invalid_blocks", times=2)
    publish(wire, 5, "Fifth plan", WORDS)
    room.run()
    # An item that a defect kept from being matched.
    publish(wire, 6, "Sixth plan", WORDS)
    with patch.object(Watch, "candidates", side_effect=KeyError("a defect")):
        room.run()
    # A message that Slack has, although its answer was lost.
    room.clock = lambda: datetime.now(timezone.utc)
    room.slack.fault("http_500", when="after", channel="C0123456789")
    publish(wire, 7, "Seventh plan", WORDS)
    room.run()
    return [*wire, *long]


def main(out: Path) -> None:
    with TemporaryDirectory() as temporary, RunningRedis() as redis:
        folder = Path(temporary)
        data = folder / "slack"
        slack = RunningSimulator(
            data=data, interval_s=0.0, posts_per_minute=0, tier3_per_minute=0, strict_channels=False
        )
        with slack:
            room = Newsroom(folder, redis.url, slack)
            stories = leave_half_done(room)
            site = room.site.url
            room.close()
        subprocess.run(
            [sys.executable, "-m", "newswatch.cli", "backup", str(folder / "backup")],
            env={
                "PATH": os.environ["PATH"],
                "REDIS_URL": redis.url,
                "PYTHONPATH": str(HERE.parents[3] / "plugins"),
            },
            check=True,
        )
        (made,) = (folder / "backup").iterdir()
        out.with_suffix(".jsonl.gz").write_bytes(made.read_bytes())
        posted = gzip.compress((data / "slack_sim.jsonl").read_bytes(), mtime=0)
        out.with_suffix(".slack.gz").write_bytes(posted)
        world = {"site": site, "stories": stories}
        out.with_suffix(".json").write_text(json.dumps(world, indent=1, default=str) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
