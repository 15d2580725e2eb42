"""Finding stories by titles: its cost in µs and bytes an item, and its results on pairs that people labelled.

    python -m bench.stories_titles [--items 10000] [--json]

The titles are those of the measuring data, if it is beside the repository, else invented words with Zipf's
frequencies. All of them are from the last 48 hours, from 40 feeds, so the index is as full as possible.
Targets: 100 µs and 200 bytes an item, at most 2% of the pairs attached wrongly.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

import redis

from devtools.redis_server import RunningRedis
from newswatch.models import short_hash
from newswatch.pipeline.match.run import title_stems
from newswatch.store import keys
from newswatch.stories.titles import WINDOW_S, KnownTitle, Titles

NEWS = Path(__file__).resolve().parents[2] / "shared" / "data" / "news"
FEEDS = 40
TARGET_US, TARGET_BYTES, TARGET_WRONG = 100.0, 200.0, 0.02


def some_titles(count: int) -> list[tuple[str, str]]:
    """(title, language), `count` of them."""
    if (NEWS / "items.jsonl").exists():
        rows = [json.loads(line) for line in (NEWS / "items.jsonl").open(encoding="utf-8")]
        found = [(row["title"], row.get("lang", "en")) for row in rows if row["title"]]
        return [found[number % len(found)] for number in range(count)]
    chance = random.Random(7)
    words = [
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randrange(3, 10)))
        for _ in range(20_000)
    ]
    weights = [1 / (rank + 2) for rank in range(len(words))]
    return [(" ".join(chance.choices(words, weights, k=11)), "en") for _ in range(count)]


def attach_all(rows: list[tuple[str, str]]) -> tuple[list[KnownTitle], float, int]:
    """Find the story of each title in turn. Returns the titles, µs an item, and how many were attached."""
    titles, known, attached = Titles(), [], 0
    started = time.process_time()
    for number, (title, lang) in enumerate(rows):
        stems = title_stems(title, lang)
        link, feed, at = (
            short_hash("link", str(number)),
            f"feed-{number % FEEDS}",
            number * WINDOW_S / len(rows),
        )
        found = titles.story_of(link, feed, stems, at)
        attached += found is not None
        one = KnownTitle(found.story if found else link, link, feed, stems, at)
        titles.add(one)
        known.append(one)
    return known, (time.process_time() - started) / len(rows) * 1e6, attached


def bytes_an_item(known: list[KnownTitle]) -> float:
    """The memory that Redis needs for a title, as Redis measures it."""
    with RunningRedis() as server, redis.Redis.from_url(server.url) as client:
        client.zadd(keys.TITLES, {one.to_json(): one.at * 1000 for one in known})
        return float(client.memory_usage(keys.TITLES, samples=0)) / len(known)


def pairs() -> dict[str, float]:
    """For labelled pairs: the share attached wrongly, and the share of the true pairs attached."""
    file = NEWS / "same_story_pairs.jsonl"
    if not file.exists():
        return {}
    rows = [json.loads(line) for line in file.open(encoding="utf-8")]
    wrong = right = same = 0
    for row in rows:
        first = KnownTitle("a", "a", "one", title_stems(row["a_title"], row["lang"]), 0.0)
        found = Titles([first]).story_of("b", "two", title_stems(row["b_title"], row["lang"]), 3600.0)
        same += row["label"] == "OK"
        right += found is not None and row["label"] == "OK"
        wrong += found is not None and row["label"] != "OK"
    return {"pairs": len(rows), "attached_wrongly": wrong / len(rows), "true_pairs_attached": right / same}


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, default=10_000)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    known, us, attached = attach_all(some_titles(chosen.items))
    found = {
        "items": len(known),
        "us_an_item": us,
        "bytes_an_item": bytes_an_item(known),
        "attached": attached,
    }
    found |= pairs()
    if chosen.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:24} {value:12.3f}")
    met = us <= TARGET_US and found["bytes_an_item"] <= TARGET_BYTES
    return 0 if met and found.get("attached_wrongly", 0.0) <= TARGET_WRONG else 1


if __name__ == "__main__":
    sys.exit(main())
