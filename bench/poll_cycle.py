"""What a whole poll cycle costs, compared with requests + feedparser and with the `reader` library.

    python -m bench.poll_cycle [--feeds 1000] [--scale 100,1000,10000] [--json]

A local server serves feeds of 20 to 200 KB, Redis is a real one, and each contestant runs in a process of
its own. The figures are CPU seconds of that process and its parsers, without the servers. In each cycle 5%
of the feeds have two new items. `reader` is installed into .cache/ when it is first needed. If that fails,
it is left out and the reason is printed. The naive loop is measured on a fifth of the feeds and multiplied.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench._raw_server import WORDS, running, serve

READER = Path(__file__).resolve().parents[1] / ".cache" / "bench-reader"
READER_PACKAGES = ("reader==3.26", "sgmllib3k==1.0.0")
"""The feedparser inside `reader` imports the second one."""
TEMPLATES = 60
_NAMES = (
    "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/'"
    " xmlns:content='http://purl.org/rss/1.0/modules/content/'"
)
NAIVE_SHARE = 5
TARGETS = {"unchanged_304": 1.0, "without_validators": 1.5, "changed_ms": 6.0, "times_reader": 8.0}


def item(number: int, dice: random.Random) -> str:
    """One RSS item. @@ will be replaced by the number of its feed."""
    text = " ".join(dice.choices(WORDS, k=120))
    link = f"https://bench.example/@@/{number}"
    return (
        f"<item><title>{text[:70]} {number}</title><link>{link}</link><guid isPermaLink='false'>@@-{number}</guid>"
        f"<dc:creator>A. Writer</dc:creator><category>markets</category><category>policy</category>"
        f"<pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate><media:content url='{link}.jpg' medium='image'/>"
        f"<description>{text[:200]}</description><content:encoded><![CDATA[<p><img src='{link}.jpg' alt='x'>"
        f"<a href='/{number}'>{text[:40]}</a> <em>{text[40:90]}</em>{text[90:400]}</p><p>{text[400:]}</p>]]>"
        f"</content:encoded></item>"
    )


class SyntheticFeeds:
    """The documents of all feeds, as they are in the current cycle."""

    def __init__(self, shrink: int) -> None:
        self.changed_percent = 5
        self.validators = True
        self.cycle = 0
        self._revisions: dict[int, int] = {}
        self._templates = [self._template(n, shrink) for n in range(TEMPLATES)]

    def _template(self, seed: int, shrink: int) -> str:
        dice = random.Random(seed)
        size, total = dice.randrange(20_000, 200_000) // shrink, 0
        rows: list[str] = []
        while total < size:
            rows.append(item(len(rows), dice))
            total += len(rows[-1])
        return "".join(rows)

    def begin_cycle(self, feeds: int, percent: int) -> None:
        """Give two new items to this percentage of the feeds."""
        self.cycle += 1
        for number in random.Random(self.cycle).sample(range(feeds), feeds * percent // 100):
            self._revisions[number] = self._revisions.get(number, 0) + 1

    def revision(self, number: int) -> int:
        """How many times a feed has changed."""
        return self._revisions.get(number, 0)

    def body(self, number: int) -> bytes:
        """The document of a feed as it is now."""
        new = [item(100_000 + n, random.Random(n)) for n in range(2 * self.revision(number))]
        rows = "".join(reversed(new)) + self._templates[number % TEMPLATES]
        head = f"<rss version='2.0' {_NAMES}><channel><title>Feed {number}</title><link>https://bench.example/</link>"
        return f"{head}{rows}</channel></rss>".replace("@@", str(number)).encode()


def responder(shrink: int) -> Callable[[str, bytes], bytes]:
    """Answers /N with feed N, and begins the next cycle at /cycle/FEEDS/PERCENT/VALIDATORS."""
    site = SyntheticFeeds(shrink)

    def response(path: str, head: bytes) -> bytes:
        if path.startswith("/cycle/"):
            feeds, percent, validators = map(int, path.split("/")[2:])
            site.validators = bool(validators)
            site.begin_cycle(feeds, percent)
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        number = int(path[1:])
        etag = f'"{number}-{site.revision(number)}"'.encode()
        if site.validators and etag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n"
        body = site.body(number)
        shown = b"ETag: " + etag + b"\r\n" if site.validators else b""
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n" + shown + length + body

    return response


Figures = dict[str, dict[str, float]]
"""By cycle: its CPU and wall seconds; and the peak memory."""


def cpu_s() -> float:
    """The CPU time of this process and of its children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def next_cycle(port: int, feeds: int, percent: int, *, validators: bool) -> None:
    import requests  # noqa: PLC0415 - only for contestants

    requests.get(f"http://127.0.0.1:{port}/cycle/{feeds}/{percent}/{int(validators)}", timeout=60)


def peak_memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000


def measured(cycle: Callable[[], object]) -> dict[str, float]:
    began_cpu, began = cpu_s(), time.monotonic()
    cycle()
    return {"cpu_s": cpu_s() - began_cpu, "wall_s": time.monotonic() - began}


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
            return measured(lambda: uvloop.run(work(lambda s: run_poll(s, all_feeds=True, deadline_s=900))))

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


def reader_missing() -> str:
    """Install `reader` if it is missing. Returns why that failed, "" if it is installed."""
    if (READER / "reader").is_dir() and (READER / "sgmllib.py").is_file():
        return ""
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(READER), *READER_PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["pip failed"])[-1]


def tell(label: str, value: float, unit: str, target: float | None = None, *, most: bool = True) -> bool:
    held = target is None or (value <= target if most else value >= target)
    wanted = (
        ""
        if target is None
        else f"   ({'at most' if most else 'at least'} {target:g}{'' if held else ': MISSED'})"
    )
    print(f"  {label:58} {value:9.2f} {unit}{wanted}")
    return held


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
    if chosen.json:
        print(json.dumps({"newswatch": ours, "reader": reader, "naive": naive, "scaled": scaled}))
        return 0
    changed_ms = (ours["half"]["cpu_s"] - ours["unchanged"]["cpu_s"]) / (chosen.feeds / 2) * 1_000
    print(f" {chosen.feeds} feeds, CPU seconds a cycle")
    good = [
        tell("newswatch, 95% answer 304", ours["warm"]["cpu_s"], "s", TARGETS["unchanged_304"]),
        tell("newswatch, without validators", ours["plain"]["cpu_s"], "s", TARGETS["without_validators"]),
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
        good.append(tell(f"{size} feeds: the whole cycle", warm["wall_s"], "s", 60))
        tell(f"{size} feeds: peak memory", found["peak"]["memory_mb"], "MB")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
