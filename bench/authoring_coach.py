"""What the coach makes of thirty marks: a broad enforcement rule, edited proposal by proposal.

    python -m bench.authoring_coach [--event] [--items N] [--steps N] [--json]

Readers see half of the labelled headlines of the measuring data, where that lies beside the repository, and leave
thirty marks on them: hits that are not relevant, hits that they acknowledge, and misses. The stored items are the 14
days of headlines (repeated up to N). Then the coach's best proposal is applied, again and again, until none is left.
After each step, recall and precision are measured over the marked headlines, over the other half, which the coach never
saw, and the hits among the stored items are counted.

The rule is a query of lists of its own; with `--event`, an event of packs.

The time is that of one call: labels, stored items, candidates, the diffs and their check.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import redis

from bench.rules_signal import DATA, UNCLEAR, WANTED, share
from devtools.redis_server import RunningRedis
from newswatch.assembly import services_of
from newswatch.models import Item, Mark
from newswatch.pipeline.authoring.coach.apply import apply_proposal
from newswatch.pipeline.authoring.coach.report import effects
from newswatch.pipeline.authoring.coach.run import Advice, coach
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.match.run import run_match
from newswatch.rules import ItemText, compile_watchlist
from newswatch.settings import Settings
from newswatch.store import archive, keys, labelled, marks, messages
from newswatch.store.client import connect
from newswatch.store.codec import item_to_json, to_ms
from newswatch.store.labelled import Labelled

RULE = "enforcement"
MARKS = 30
Say = Callable[[str], None]
FILES = ("precision", "recall", "recall_oos")

WATCHLIST = """\
lists:
  authorities:
    - "'SEC'"
    - "'CFTC'"
    - "'FCA'"
    - "'DOJ'"
    - "'FTC'"
    - Justice Department
    - European Commission
    - antitrust authority
    - watchdog
    - regulator
    - prosecutor
  enforces: # what they do
    [fine, charge, sue, penalise, indict, prosecute, raid, probe, investigate, investigation, settle charges]
rules:
  - id: enforcement
    query: >-
      $authorities ONEAR/4 $enforces
      OR $enforces ONEAR/4 $authorities
    notify: [desk]
"""
EVENT = """\
rules:
  - id: enforcement
    event:
      who: [$regulators, $prosecutors, $courts, $governments]
      does: [$fines, $probes, $sues, $settles]
    notify: [desk]
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A headline with its label."""

    item: Item
    wanted: bool


@dataclass(frozen=True, slots=True)
class Score:
    """How a rule does on some headlines: `right` of its `hits` are wanted, of `wanted` in all."""

    right: int
    hits: int
    wanted: int

    def __str__(self) -> str:
        return f"recall {share(self.right, self.wanted)}  precision {share(self.right, self.hits)}"


@dataclass(frozen=True, slots=True)
class Step:
    """One edit and what it came to; `about` is "" for the rule as it was at first."""

    about: str
    effects: str
    diff: str
    marked: Score
    kept_back: Score
    other_hits: int
    took_s: float
    cpu_s: float


def item(number: int, title: str, summary: str, seen: datetime, feed: str = "wire") -> Item:
    return Item(
        id=f"{feed}:{number:016x}",
        feed_id=feed,
        revision=0,
        guid=str(number),
        link=f"https://news.example/{feed}/{number}",
        canonical_link=f"https://news.example/{feed}/{number}",
        title=title,
        summary=summary,
        body="",
        author="",
        tags=(),
        lang="en",
        published=seen,
        first_seen=seen,
        config_version=1,
    )


def rows(now: datetime) -> list[Row]:
    """Every labelled headline on enforcement, each once."""
    found: dict[str, Row] = {}
    for file in FILES:
        for line in (DATA / "signal" / f"{file}.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            if row["rule"] == "enforcement-actions" and row["label"] != UNCLEAR:
                number = len(found)
                # Minutes apart, so that no two of them are one burst.
                seen = now - timedelta(minutes=30 * (number + 1))
                made = item(number, row["text"], row["summary"], seen)
                found.setdefault(row["text"], Row(made, row["label"] == WANTED))
    return list(found.values())


def stream(now: datetime, most: int) -> Iterator[Item]:
    """The headlines of 14 days, within the last six, repeated until there are enough."""
    number = 0
    while number < most:
        with gzip.open(DATA / "news" / "stream-14-days.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                if number == most:
                    return
                row = json.loads(line)
                seen = now - timedelta(seconds=6 * 86_400 * (1 - number / most))
                yield item(number, row["title"], row["summary"], seen, "stream")
                number += 1


def write_config(folder: Path, watchlist: str) -> None:
    (folder / "feeds.yaml").write_text(
        "feeds:\n  - {id: wire, url: 'https://news.example/wire.xml'}\n"
        "  - {id: stream, url: 'https://news.example/stream.xml'}\n",
        encoding="utf-8",
    )
    (folder / "watchlist.yaml").write_text(watchlist, encoding="utf-8")
    (folder / "receivers.yaml").write_text(
        "receivers:\n  - {id: desk, channel: C0123456789}\n  - {id: ops, channel: C0999999999}\n",
        encoding="utf-8",
    )


def add(url: str, items: Iterator[Item] | Sequence[Item]) -> int:
    count = 0
    with redis.Redis.from_url(url) as client, client.pipeline(transaction=False) as pipe:
        for one in items:
            pipe.xadd(keys.ITEMS, {"v": "1", "item": item_to_json(one)})
            count += 1
            if count % 1_000 == 0:
                pipe.execute()
        pipe.execute()
    return count


async def readers_mark(services: Services, seen: Sequence[Row]) -> dict[str, int]:
    """Thirty marks on the rule's alerts and on what it missed, in turn, as far as there are such."""
    redis, now = services.redis, services.clock()
    alerts = {
        one.alert.item_id: one
        for one in await messages.read_stored_alerts(
            redis,
            [place.alert_id for place in await archive.alerts_before(redis, None, 10_000)],
        )
    }
    bad = [row for row in seen if row.item.id in alerts and not row.wanted]
    good = [row for row in seen if row.item.id in alerts and row.wanted]
    missing = [row for row in seen if row.item.id not in alerts and row.wanted]
    counts = {"not relevant": 0, "acknowledged": 0, "missed": 0}
    for number in range(MARKS):
        for label, waiting in (("not relevant", bad), ("acknowledged", good), ("missed", missing)):
            if not waiting or sum(counts.values()) == MARKS:
                continue
            one = waiting.pop(0).item
            counts[label] += 1
            at = now + timedelta(seconds=number)
            mark = Mark(True, "reader", "U1", at)
            if label == "missed":
                await labelled.put_missed(redis, RULE, Labelled(one, "reader", at))
            elif label == "acknowledged":
                await marks.put_ack(redis, alerts[one.id].message_id, mark, to_ms(at), [alerts[one.id].alert])
            else:
                await marks.put_irrelevant(redis, alerts[one.id].message_id, mark, to_ms(at), [(RULE, one)])
    return counts


def score(settings: Settings, given: Sequence[Row]) -> Score:
    """The rule of the files on these headlines."""
    draft = check_files(settings, datetime.now(timezone.utc).date()).sound_draft()
    watchlist = compile_watchlist(draft.rules, draft.lists, draft.default_lang)
    texts = [
        (ItemText(title=row.item.title, summary=row.item.summary, lang="en"), row.wanted) for row in given
    ]
    hits = [wanted for text, wanted in texts if watchlist.match(text)]
    return Score(sum(hits), len(hits), sum(wanted for _, wanted in texts))


async def session(url: str, folder: Path, items: int, steps: int, say: Say) -> list[Step]:
    now = datetime.now(timezone.utc)
    settings = replace(Settings(config_dir=folder), rule_cap=10_000, cache=folder / "cache")
    every = rows(now)
    seen, kept_back = every[::2], every[1::2]
    async with services_of(settings, connect(url), None) as services:
        await adopt_config(services)
        add(url, [row.item for row in seen])
        await run_match(services)
        counts = await readers_mark(services, seen)
        stored = add(url, stream(now, items))
        say(f"{sum(counts.values())} marks: {counts}; {stored:,} stored items")
        done: list[Step] = []
        advice, about, effect, diff = None, "", "", ""
        for _ in range(steps + 1):
            started, used = time.perf_counter(), time.process_time()
            advice = await coach(services, RULE, most=5)
            took_s, cpu_s = time.perf_counter() - started, time.process_time() - used
            step = Step(
                *(about, effect, diff, score(settings, seen), score(settings, kept_back)),
                other_hits=advice.texts.all_others,
                took_s=took_s,
                cpu_s=cpu_s,
            )
            done.append(step)
            print_step(len(done) - 1, step, advice, say)
            if not advice.proposals:
                break
            best = advice.proposals[0]
            about, effect, diff = best.weighed.candidate.about, effects(advice, best), best.diff
            apply_proposal(settings, advice, best.id, by="bench", now=now)
        return done


def print_step(number: int, step: Step, advice: Advice, say: Say) -> None:
    if number:
        say(f"\n{number}. {step.about}\n   {step.effects}")
        for row in step.diff.splitlines()[2:]:
            say(f"   {row}")
    else:
        say("\n0. the rule as it was")
    say(f"   marked headlines  {step.marked}")
    say(f"   kept back         {step.kept_back}")
    say(
        f"   other hits among the stored items: {step.other_hits:,}; next proposals in {step.took_s:.1f} s ({step.cpu_s:.1f} s of CPU):"
    )
    for one in advice.proposals:
        say(f"     {one.weighed.effect.score:5.1f}  {one.weighed.candidate.about}")


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--event", action="store_true", help="a rule that is an event of packs")
    options.add_argument("--items", type=int, default=24_462)
    options.add_argument("--steps", type=int, default=8)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    if not (DATA / "signal").is_dir():
        print(f"skipped: the labelled headlines are not in {DATA / 'signal'}")
        return 0
    say: Say = (lambda _text: None) if chosen.json else print
    with tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name, RunningRedis() as server:
        folder = Path(name)
        write_config(folder, EVENT if chosen.event else WATCHLIST)
        steps = asyncio.run(session(server.url, folder, chosen.items, chosen.steps, say))
        if chosen.json:
            print(json.dumps({"steps": [asdict(step) for step in steps]}, ensure_ascii=False))
        else:
            print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
            print((folder / "watchlist.yaml").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
