"""What a whole poll cycle costs, compared with requests + feedparser and with the `reader` library.

    python -m bench.poll_cycle [--feeds 1000] [--scale 100,1000,10000] [--json]

A local server serves feeds of 20 to 200 KB, Redis is a real one, and each contestant runs in a process of
its own. The figures are CPU seconds of that process and its parsers; those of Redis are shown apart. In each cycle 5%
of the feeds have two new items. `reader` is installed into .cache/ when it is first needed. If that fails,
it is left out and the reason is printed. The naive loop is measured on a fifth of the feeds and multiplied.

The last part is polling over https and of small documents, on many hosts; alone: `python -m bench._poll_https`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench import _poll_https
from bench._contest import READER, Figures, cpu_s, peak_memory_mb, reader_missing, redis_cpu_s, tell
from bench._raw_server import running, serve
from bench._synthetic_feeds import responder

NAIVE_SHARE = 5
TARGETS = {"unchanged_304": 1.0, "without_validators": 1.5, "changed_ms": 6.0, "times_reader": 8.0}


def next_cycle(port: int, feeds: int, percent: int, *, validators: bool) -> None:
    import requests  # noqa: PLC0415 - only for contestants

    requests.get(f"http://127.0.0.1:{port}/cycle/{feeds}/{percent}/{int(validators)}", timeout=60)


def measured(cycle: Callable[[], object], redis_url: str = "") -> dict[str, float]:
    began_redis = redis_cpu_s(redis_url) if redis_url else 0.0
    began_cpu, began = cpu_s(), time.monotonic()
    cycle()
    found = {"cpu_s": cpu_s() - began_cpu, "wall_s": time.monotonic() - began}
    return found | ({"redis_cpu_s": redis_cpu_s(redis_url) - began_redis} if redis_url else {})


def as_newswatch(port: int, feeds: int, redis_url: str) -> Figures:
    """Cycles: all feeds new, 5% changed, none changed, half changed, and 5% changed without validators."""
    from newswatch.assembly import services_of  # noqa: PLC0415 - each contestant imports its own
    from newswatch.pipeline.base.adoption import adopt_config  # noqa: PLC0415
    from newswatch.pipeline.base.services import Services  # noqa: PLC0415
    from newswatch.pipeline.poll.run import run_poll  # noqa: PLC0415
    from newswatch.settings import Settings  # noqa: PLC0415
    from newswatch.store.client import connect  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder)
        rows = "".join(f"  - {{id: f{n}, url: 'http://127.0.0.1:{port}/{n}'}}\n" for n in range(feeds))
        (config / "feeds.yaml").write_text(f"defaults: {{allow_private: true}}\nfeeds:\n{rows}")
        (config / "watchlist.yaml").write_text("rules: [{id: any, query: bank, notify: [ops]}]\n")
        (config / "receivers.yaml").write_text("receivers: [{id: ops, channel: C0123456789}]\n")

        async def work(stage: Callable[[Services], Awaitable[object]]) -> None:
            async with services_of(Settings(config_dir=config), connect(redis_url), None) as services:
                await stage(services)

        uvloop.run(work(adopt_config))

        def cycle(percent: int, *, validators: bool = True) -> dict[str, float]:
            next_cycle(port, feeds, percent, validators=validators)
            poll = work(lambda services: run_poll(services, all_feeds=True, deadline_s=900))
            return measured(lambda: uvloop.run(poll), redis_url)

        return {
            "cold": cycle(0),
            "warm": cycle(5),
            "unchanged": cycle(0),
            "half": cycle(50),
            "plain": cycle(5, validators=False),
            "peak": {"memory_mb": peak_memory_mb()},
        }


def as_reader(port: int, feeds: int, _redis_url: str) -> Figures:
    from reader import make_reader  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        reader = make_reader(str(Path(folder) / "db.sqlite"))
        for number in range(feeds):
            reader.add_feed(f"http://127.0.0.1:{port}/{number}")

        def cycle(percent: int, *, validators: bool = True) -> dict[str, float]:
            next_cycle(port, feeds, percent, validators=validators)
            return measured(lambda: reader.update_feeds(scheduled=False))

        result = {"cold": cycle(0), "warm": cycle(5), "plain": cycle(5, validators=False)}
        reader.close()
    return {**result, "peak": {"memory_mb": peak_memory_mb()}}


def as_naive(port: int, feeds: int, _redis_url: str) -> Figures:
    """`requests.get`, `feedparser.parse`, a set of ids: the simplest thing that works."""
    import feedparser  # noqa: PLC0415
    import requests  # noqa: PLC0415

    seen: set[tuple[int, str]] = set()

    def cycle() -> None:
        for number in range(feeds // NAIVE_SHARE):
            answer = requests.get(f"http://127.0.0.1:{port}/{number}", timeout=60)
            seen.update((number, entry.id) for entry in feedparser.parse(answer.content).entries)

    next_cycle(port, feeds, 5, validators=True)
    found = measured(cycle)
    return {"warm": {name: value * NAIVE_SHARE for name, value in found.items()}}


CONTESTANTS = {"newswatch": as_newswatch, "reader": as_reader, "naive": as_naive}


def contest(name: str, feeds: int, *, shrink: int = 1) -> Figures:
    """The figures of one contestant, with a server and a Redis of its own."""
    from devtools.redis_server import RunningRedis  # noqa: PLC0415

    environment = os.environ | {"PYTHONPATH": str(READER)} if name == "reader" else dict(os.environ)
    with running("bench.poll_cycle", ["--shrink", str(shrink), "--serve"]) as port, RunningRedis() as redis:
        command = [sys.executable, "-m", "bench.poll_cycle", "--as", name, "--feeds", str(feeds)]
        command += ["--port", str(port), "--redis", redis.url]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=1_800)
    found: Figures = json.loads(done.stdout)
    return found


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--feeds", type=int, default=1_000)
    options.add_argument("--scale", default="100,1000,10000")
    options.add_argument("--json", action="store_true")
    options.add_argument("--shrink", type=int, default=1, help=argparse.SUPPRESS)
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--as", dest="contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options.add_argument("--redis", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        asyncio.run(serve(responder(chosen.shrink)))
        return 0
    if chosen.contestant:
        print(json.dumps(CONTESTANTS[chosen.contestant](chosen.port, chosen.feeds, chosen.redis)))
        return 0
    return compare(chosen)


def compare(chosen: argparse.Namespace) -> int:
    """Run all contestants, and compare the figures with the targets."""
    ours = contest("newswatch", chosen.feeds)
    missing = reader_missing()
    reader = None if missing else contest("reader", chosen.feeds)
    naive = contest("naive", chosen.feeds)
    scaled = {int(size): contest("newswatch", int(size), shrink=10) for size in chosen.scale.split(",")}
    https = _poll_https.contests(chosen.feeds, chosen.feeds // 2)
    if chosen.json:
        contestants = {"newswatch": ours, "reader": reader, "naive": naive}
        print(json.dumps({**contestants, "scaled": scaled, "https": https}))
        return 0
    changed_ms = (ours["half"]["cpu_s"] - ours["unchanged"]["cpu_s"]) / (chosen.feeds / 2) * 1_000
    print(f" {chosen.feeds} feeds, CPU seconds a cycle")
    good = [
        tell("newswatch, 95% answer 304", ours["warm"]["cpu_s"], "s", TARGETS["unchanged_304"]),
        tell("newswatch, without validators", ours["plain"]["cpu_s"], "s", TARGETS["without_validators"]),
        tell("   Redis", ours["warm"]["redis_cpu_s"], "s"),
        tell("newswatch, all answer 304", ours["unchanged"]["cpu_s"], "s"),
        tell("newswatch, first cycle, every feed new", ours["cold"]["cpu_s"], "s"),
        tell("newswatch, a changed feed with two new items", changed_ms, "ms", TARGETS["changed_ms"]),
        tell("newswatch, peak memory without its parsers", ours["peak"]["memory_mb"], "MB"),
    ]
    if reader is None:
        print(f"  reader: left out, {missing}")
    else:
        tell("reader, 95% answer 304", reader["warm"]["cpu_s"], "s")
        tell("reader, without validators", reader["plain"]["cpu_s"], "s")
        tell("reader, peak memory", reader["peak"]["memory_mb"], "MB")
        times = reader["warm"]["cpu_s"] / ours["warm"]["cpu_s"]
        good.append(
            tell("newswatch is cheaper than reader, times", times, "", TARGETS["times_reader"], most=False)
        )
    tell("requests + feedparser (scaled up)", naive["warm"]["cpu_s"], "s")
    print(" scaling, documents a tenth as large, 95% answer 304")
    for size, found in scaled.items():
        warm = found["warm"]
        tell(f"{size} feeds: CPU a feed", warm["cpu_s"] / size * 1_000, "ms")
        tell("   Redis", warm["redis_cpu_s"] / size * 1_000, "ms")
        good.append(tell(f"{size} feeds: the whole cycle", warm["wall_s"], "s", 60))
        tell(f"{size} feeds: peak memory", found["peak"]["memory_mb"], "MB")
    good.append(_poll_https.report(https, chosen.feeds, chosen.feeds // 2))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
