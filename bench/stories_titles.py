"""Finding stories by titles: its cost in µs and bytes an item, and its results on what people labelled.

    python -m bench.stories_titles [--items 10000] [--json]

The titles, with their summaries, are those of the measuring data if it is beside the repository, else headlines made of the
names and verbs of the packs. All of them are from the last 48 hours, from 40 feeds, so the index is as full as possible.
Targets: 150 µs and 250 bytes an item; of labelled stories at least 85% of further reports attached, 1 wrongly at most, and
1.1 messages a story at most.

With the measuring data it also counts the messages a day that the shipped rules bring over its 14 days of headlines.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import redis

from devtools.redis_server import RunningRedis
from newswatch.config.load import load_config
from newswatch.models import SEVERITIES, short_hash
from newswatch.packs import PackKind, Part, load_pack, pack_names
from newswatch.pipeline.base.rules_checker import RulesChecker
from newswatch.pipeline.match.wording import wording
from newswatch.rules import ItemText, compile_watchlist
from newswatch.store import keys
from newswatch.stories.titles import WINDOW_S, Attachment, KnownTitle, Titles

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
FEEDS = 40
TARGET_US, TARGET_BYTES = 150.0, 250.0
TARGET_ATTACHED, TARGET_WRONG, TARGET_MESSAGES = 0.85, 1, 1.1
SUMMARY_WORDS = 40
"""How much of an article is used where its feed gives no summary."""

Row = dict[str, Any]


def some_items(count: int) -> list[tuple[str, str, str]]:
    """(title, summary, language), `count` of them."""
    rows = [row for row in _rows("news/items.jsonl") if row["title"]]
    found = [(row["title"], row["summary"], row.get("lang", "en")) for row in rows] or list(_made_of_packs())
    return [found[number % len(found)] for number in range(count)]


def _made_of_packs(count: int = 10_000) -> Iterator[tuple[str, str, str]]:
    """Headlines and summaries that say who does what to whom, the first entries of each pack most often."""
    chance = random.Random(7)
    actors, deeds = _texts("names", "entries"), _texts("stance", "verbs")
    chance.shuffle(actors)
    weights = [1 / (rank + 2) for rank in range(len(actors))]
    for _ in range(count):
        who, whom, where, also = chance.choices(actors, weights, k=4)
        title = f"{who} {chance.choice(deeds)} {whom}, {chance.choice(deeds)} {where}"
        yield title, f"{title} after {also} said it would {chance.choice(deeds)} {whom}", "en"


def _texts(kind: PackKind, part: Part) -> list[str]:
    """The English entries of one kind of packs, without gaps."""
    packs = [pack for pack in map(load_pack, pack_names()) if pack.kind == kind]
    texts = [one.text.strip("'\"") for pack in packs for one in pack.part(part) if not one.lang]
    return [text for text in texts if text.isascii() and "~" not in text]


class Stories:
    """Titles that come one after the other, as the match stage sees them."""

    def __init__(self) -> None:
        self.titles = Titles()
        self.known: list[KnownTitle] = []

    def add(
        self, link: str, feed: str, title: str, summary: str, lang: str, at: float
    ) -> tuple[str, Attachment | None]:
        """The story that the title belongs to, and how it was found."""
        words = wording(title, summary, lang)
        found = self.titles.story_of(link, feed, words, at)
        one = KnownTitle(found.story if found else link, link, feed, self.titles.remembered(words), at)
        self.titles.add(one)
        self.known.append(one)
        return one.story, found

    def forget(self, before: float) -> None:
        """Begin a new run, as the stage does, with the titles since then."""
        self.known = [one for one in self.known if one.at >= before]
        self.titles = Titles(self.known)


def cost(count: int) -> Row:
    """µs and bytes an item with the index as full as it gets, and µs with a tenth of it."""
    rows = some_items(count)
    stories, us = _attach_all(rows)
    _, us_of_few = _attach_all(rows[: count // 10])
    return {
        "items": count,
        "us_an_item": us,
        "us_an_item_at_a_tenth": us_of_few,
        "bytes_an_item": bytes_an_item(stories.known),
        "attached": sum(not one.first for one in stories.known),
    }


def _attach_all(rows: list[tuple[str, str, str]]) -> tuple[Stories, float]:
    stories = Stories()
    started = time.process_time()
    for number, (title, summary, lang) in enumerate(rows):
        link = short_hash("link", str(number))
        stories.add(link, f"feed-{number % FEEDS}", title, summary, lang, number * WINDOW_S / len(rows))
    return stories, (time.process_time() - started) / len(rows) * 1e6


def bytes_an_item(known: list[KnownTitle]) -> float:
    """The memory that Redis needs for a title, as Redis measures it."""
    with RunningRedis() as server, redis.Redis.from_url(server.url) as client:
        for first in range(0, len(known), 1000):
            client.zadd(keys.TITLES, {one.to_json(): one.at * 1000 for one in known[first : first + 1000]})
        return float(client.memory_usage(keys.TITLES, samples=0)) / len(known)


def labelled_stories() -> Row:
    """Hits in dense hours: how many further reports reach their story, and how many get into another saga."""
    windows: dict[str, list[Row]] = {}
    for row in sorted(_rows("signal/stories.jsonl"), key=lambda row: float(row["at"])):
        windows.setdefault(row["window"], []).append(row)
    further = attached = wrong = messages = events = 0
    for rows in windows.values():
        stories, seen = Stories(), set()
        topics: dict[str, set[str]] = {}
        for number, row in enumerate(rows):
            story, found = stories.add(
                str(number), row["host"], row["text"], row["summary"], "en", float(row["at"])
            )
            further += row["label"] in seen
            attached += row["label"] in seen and found is not None
            wrong += found is not None and row["topic"] not in topics[story]
            messages += found is None
            topics.setdefault(story, set()).add(row["topic"])
            seen.add(row["label"])
        events += len(seen)
    if not further:
        return {}
    return {
        "further_reports": further,
        "further_reports_attached": attached / further,
        "attached_to_another_saga": wrong,
        "messages_a_story": messages / events,
    }


def labelled_pairs() -> Row:
    """For each language, with and without a summary: pairs of one story that attach, and others that do."""
    found: Row = {}
    for row in _rows("news/same_story_pairs.jsonl"):
        for name, most in (("titles", 0), ("summaries", SUMMARY_WORDS)):
            pair = [(row[f"{one}_title"], " ".join(row[f"{one}_text"].split()[:most])) for one in "ab"]
            stories = Stories()
            first, _ = stories.add("a", "one", *pair[0], row["lang"], 0.0)
            second, _ = stories.add("b", "two", *pair[1], row["lang"], 3600.0)
            what = (
                f"pairs_{row['lang']}_{name}_{'one_story' if row['label'] == 'OK' else 'labelled_different'}"
            )
            found[what] = found.get(what, 0)
            found[f"{what}_attached"] = found.get(f"{what}_attached", 0) + (first == second)
            found[what] += 1
    return found


def messages_a_day() -> Row:
    """What the shipped rules would post over 14 days of headlines, a story's broadcast replies among them."""
    shipped = load_config(ROOT / "config", RulesChecker(), today=date(2026, 11, 23)).draft
    if shipped is None:
        raise SystemExit("the shipped configuration has errors: newswatch check says which")
    severities = {rule.id: SEVERITIES.index(rule.severity) for rule in shipped.rules}
    watchlist = compile_watchlist(shipped.rules, shipped.lists, shipped.default_lang)
    stories, last = Stories(), 0.0
    named: dict[str, Counter[str]] = {}
    counts: Counter[str] = Counter()
    for row in _rows("news/stream-14-days.jsonl.gz"):
        at = float(row["at"])
        matches = watchlist.match(ItemText(title=row["title"], summary=row["summary"], lang=row["lang"]))
        if not matches:
            continue
        if at - last > 6 * 3600:
            stories.forget(at - WINDOW_S)
            last = at
        story, found = stories.add(row["link"], row["host"], row["title"], row["summary"], row["lang"], at)
        rules = {one.rule_id for one in matches}
        rank = max(severities[rule] for rule in rules)
        loud = rules - set(named.get(story, ())) or rank > max(named[story].values(), default=-1)
        high = rank == len(SEVERITIES) - 1
        counts["items"] += 1
        counts["messages"] += found is None
        counts["broadcasts"] += found is not None and bool(loud or (high and not found.certain))
        named.setdefault(story, Counter()).update(
            {rule: severities[rule] for rule in rules - set(named.get(story, ()))}
        )
    return {f"{name}_a_day": count / 14 for name, count in counts.items()}


def _rows(name: str) -> Iterable[Row]:
    file = SHARED / name
    if not file.exists():
        return []
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [json.loads(line) for line in text.decode("utf-8").splitlines() if line]


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, default=10_000)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    found = cost(chosen.items) | labelled_stories() | labelled_pairs() | messages_a_day()
    if chosen.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:48} {value:12.3f}")
    met = found["us_an_item"] <= TARGET_US and found["bytes_an_item"] <= TARGET_BYTES
    return 0 if met and _good_enough(found) else 1


def _good_enough(found: Row) -> bool:
    """Whether the labelled stories come out well, where they are there to measure."""
    return bool(
        found.get("further_reports_attached", 1.0) >= TARGET_ATTACHED
        and found.get("attached_to_another_saga", 0) <= TARGET_WRONG
        and found.get("messages_a_story", 0.0) <= TARGET_MESSAGES
    )


if __name__ == "__main__":
    sys.exit(main())
