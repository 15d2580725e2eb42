"""A simulated month of 200 feeds of all kinds: everything planned is claimed once, every gap reported once."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from feed_server import FeedServer
from month_of_feeds import EVERY_H, POLLS, START, Source, month
from newsroom import OPS
from newswatch.store import gaps
from newswatch.store.client import connect

FEEDS = 200
TOKEN = re.compile(r"\bf\d+-\d+x")


@dataclass
class Claims:
    """What reached the stream: how often each story came as a new item, and how many revisions each feed had."""

    news: Counter[str] = field(default_factory=Counter)
    silent: set[str] = field(default_factory=set)
    revisions: Counter[str] = field(default_factory=Counter)
    last: str = "-"

    def take(self, newsroom) -> None:
        """Read what is new in the stream. It is trimmed in the course of the month."""
        start = self.last if self.last == "-" else f"({self.last}"
        for self.last, row in newsroom.redis.xrange("newswatch:items", start):
            claimed = json.loads(row["item"])
            found = TOKEN.search(claimed["title"])
            if found is None:
                continue
            if claimed.get("revision"):
                self.revisions[found[0].partition("-")[0]] += 1
                continue
            self.news[found[0]] += 1
            if claimed.get("silent"):
                self.silent.add(found[0])


def found_gaps(newsroom, names: list[str]) -> dict[str, int]:
    async def read():
        redis = connect(newsroom.redis_url)
        try:
            return {name: len(await gaps.found_since(redis, name, 0)) for name in names}
        finally:
            await redis.aclose()

    return asyncio.run(read())


def configure(newsroom, copies: FeedServer, sources: list[Source]) -> None:
    rows = "".join(
        f"  - {{id: {source.name}, url: {newsroom.site.url}/{source.name}"
        + (f", fallback: [{copies.url}/{source.name}]" if source.kind.fallback else "")
        + "}\n"
        for source in sources
    )
    newsroom.write("feeds.yaml", f"defaults: {{every: 1h, lang: en, allow_private: true}}\nfeeds:\n{rows}")


def serve(newsroom, copies: FeedServer, sources: list[Source], poll: int) -> None:
    now = newsroom.clock()
    for source in sources:
        for address, document in source.documents(poll, now).items():
            (copies if address else newsroom.site).documents[f"/{source.name}"] = document


@pytest.fixture
def copies():
    """Where the fallbacks are."""
    server = FeedServer()
    yield server
    server.stop()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_month_of_feeds_claims_everything_once_and_reports_every_gap(newsroom, copies, capsys):
    kinds = month(FEEDS, seed=int(os.environ.get("MONTH_SEED", "1")))
    sources = [source for group in kinds.values() for source in group]
    configure(newsroom, copies, sources)
    claims, failed = Claims(), 0
    for poll in range(POLLS):
        now = START + timedelta(hours=poll * EVERY_H)
        newsroom.clock = lambda now=now: now
        serve(newsroom, copies, sources, poll)
        failed += newsroom.poll().failed
        claims.take(newsroom)
        newsroom.deliver()
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    told = Counter(
        match[1]
        for message in newsroom.slack.messages(OPS)
        for match in re.finditer(r"Feed (\w+) \([^)]*\) probably published", message["text"])
    )
    gaps_found = found_gaps(newsroom, [source.name for source in sources])
    wrong: list[str] = []
    lines = [f"{'kind':24} feeds stories repeated missed silenced edits revisions gaps found reported"]
    for kind, group in kinds.items():
        planned = [token for source in group for token in source.planned()]
        shown = [token for source in group for token in source.first_shown]
        row = {
            "repeated": [token for token in shown if claims.news[token] > 1],
            "missed": [token for token in planned if not claims.news[token]],
            "silenced": [token for token in planned if token in claims.silent],
        }
        edits, revisions = (
            sum(source.edits for source in group),
            sum(claims.revisions[source.name] for source in group),
        )
        expected, found, reported = (
            sum(len(source.gap_days) for source in group),
            sum(gaps_found[source.name] for source in group),
            sum(told[source.name] for source in group),
        )
        lines.append(
            f"{kind:24} {len(group):5} {len(planned):7} {len(row['repeated']):8} {len(row['missed']):6}"
            f" {len(row['silenced']):8} {edits:5} {revisions:9} {expected:4} {found:5} {reported:8}"
        )
        wrong += [f"{kind}: {what} {tokens[:5]}" for what, tokens in row.items() if tokens]
        if not expected == found == reported:
            wrong.append(f"{kind}: {expected} gaps planned, {found} found, {reported} reported")
        if revisions != edits:
            wrong.append(f"{kind}: {edits} edits planned, {revisions} revisions")
    with capsys.disabled():
        print("\n" + "\n".join(lines) + f"\n{failed} polls failed as planned\n")
    assert wrong == []
