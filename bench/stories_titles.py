"""What telling stories apart costs: µs and bytes an item, and how well it does on pairs that people labelled.

    python bench/stories_titles.py [--items 10000] [--json]

Titles are those of the measuring data where it lies beside the repository, else made of invented words with
Zipf's frequencies. All of them are told within the window of 48 hours, from 40 feeds, so the index is as full
as it gets. Targets: 100 µs and 200 bytes an item, at most 2% of the pairs attached wrongly.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import redis

from devtools.redis_server import RunningRedis
from newswatch.models import short_hash
from newswatch.pipeline.match import title_stems
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


def told_all(rows: list[tuple[str, str]]) -> tuple[list[KnownTitle], float, int]:
    """Every title in turn finds its story and is remembered: the titles, µs an item, how many attached."""
    titles, told, attached = Titles(), [], 0
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
        told.append(one)
    return told, (time.process_time() - started) / len(rows) * 1e6, attached


def bytes_an_item(told: list[KnownTitle]) -> float:
    """What Redis keeps of them, as it measures itself."""
    with tempfile.TemporaryDirectory() as folder:
        server = RunningRedis(Path(folder) / "redis")
        try:
            with redis.Redis.from_url(server.url) as client:
                client.zadd(keys.TITLES, {one.to_json(): one.at * 1000 for one in told})
                return float(client.memory_usage(keys.TITLES, samples=0)) / len(told)
        finally:
            server.stop()


def pairs() -> dict[str, float]:
    """Of labelled pairs: the share attached wrongly, and of the true ones the share attached."""
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
    told, us, attached = told_all(some_titles(chosen.items))
    found = {"items": len(told), "us_an_item": us, "bytes_an_item": bytes_an_item(told), "attached": attached}
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
