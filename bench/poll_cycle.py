"""What a whole poll cycle costs, beside requests + feedparser and beside the `reader` library.

    python bench/poll_cycle.py [--feeds 1000] [--scale 100,1000,10000] [--json]

One local server in a process of its own serves feeds of 20 to 200 KB, Redis is a real one, and each
contestant runs in a process of its own. Figures are CPU seconds of that process and its parsers; the
servers' are not in them. In each cycle 5% of the feeds have two new items. `reader` is installed into
.cache/ when first needed, and left out with the reason where that cannot be done; the naive loop is
measured on a fifth of the feeds and multiplied.
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
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "plugins"))
sys.path.insert(0, str(ROOT))

READER = ROOT / ".cache" / "bench-reader"
READER_PACKAGES = ("reader==3.26", "sgmllib3k==1.0.0")
"""The second one is what the feedparser inside the first one imports."""
TEMPLATES = 60
_NAMES = (
    "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/'"
    " xmlns:content='http://purl.org/rss/1.0/modules/content/'"
)
NAIVE_SHARE = 5
_WORDS = [
    "the",
    "central",
    "bank",
    "council",
    "market",
    "opposes",
    "plan",
    "rate",
    "levy",
    "harbour",
    "vote",
    "report",
    "on",
    "for",
    "new",
]
TARGETS = {"unchanged_304": 1.0, "without_validators": 1.5, "changed_ms": 6.0, "times_reader": 8.0}


def item(number: int, dice: random.Random) -> str:
    """One RSS item; @@ stands for the feed's number."""
    text = " ".join(dice.choices(_WORDS, k=120))
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
    """The documents of all feeds, as they are in the cycle under way."""

    def __init__(self, shrink: int) -> None:
        self.changed_percent = 5
        self.validators = True
        self.cycle = 0
        self._revisions: dict[int, int] = {}
        self._templates = [self._template(n, shrink) for n in range(TEMPLATES)]

    def _template(self, seed: int, shrink: int) -> str:
        dice = random.Random(seed)
        size, rows, total = dice.randrange(20_000, 200_000) // shrink, [], 0
        while total < size:
            rows.append(item(len(rows), dice))
            total += len(rows[-1])
        return "".join(rows)

    def begin_cycle(self, feeds: int, percent: int) -> None:
        """Give so many of the feeds two new items."""
        self.cycle += 1
        for number in random.Random(self.cycle).sample(range(feeds), feeds * percent // 100):
            self._revisions[number] = self._revisions.get(number, 0) + 1

    def revision(self, number: int) -> int:
        """How often a feed has changed."""
        return self._revisions.get(number, 0)

    def body(self, number: int) -> bytes:
        """Its document as it is now."""
        new = [item(100_000 + n, random.Random(n)) for n in range(2 * self.revision(number))]
        rows = "".join(reversed(new)) + self._templates[number % TEMPLATES]
        head = f"<rss version='2.0' {_NAMES}><channel><title>Feed {number}</title><link>https://bench.example/</link>"
        return f"{head}{rows}</channel></rss>".replace("@@", str(number)).encode()


async def serve(shrink: int) -> None:
    """Serves /N, and /cycle/FEEDS/PERCENT/VALIDATORS to go on; prints its port."""
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

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(response(head.split(b" ", 2)[1].decode(), head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def cpu_s() -> float:
    """CPU of this process and of the children it has waited for."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def next_cycle(port: int, feeds: int, percent: int, *, validators: bool) -> None:
    import requests  # noqa: PLC0415 - a contestant, not a tool of ours

    requests.get(f"http://127.0.0.1:{port}/cycle/{feeds}/{percent}/{int(validators)}", timeout=60)


def measured(cycle: Callable[[], object]) -> dict[str, float]:
    began_cpu, began = cpu_s(), time.monotonic()
    cycle()
    return {"cpu_s": cpu_s() - began_cpu, "wall_s": time.monotonic() - began}


def as_newswatch(port: int, feeds: int, redis_url: str) -> dict[str, object]:
    """Cold, unchanged but 5%, unchanged, half changed, and all of it without validators."""
    from newswatch.pipeline.configure import adopt_config  # noqa: PLC0415 - each contestant its own imports
    from newswatch.pipeline.poll import run_poll  # noqa: PLC0415
    from newswatch.pipeline.services import Services  # noqa: PLC0415
    from newswatch.settings import Settings  # noqa: PLC0415
    from newswatch.store.client import connect  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder)
        rows = "".join(f"  - {{id: f{n}, url: 'http://127.0.0.1:{port}/{n}'}}\n" for n in range(feeds))
        (config / "feeds.yaml").write_text(f"defaults: {{allow_private: true}}\nfeeds:\n{rows}")
        (config / "watchlist.yaml").write_text("rules: [{id: any, query: bank, notify: [ops]}]\n")
        (config / "receivers.yaml").write_text("receivers: [{id: ops, channel: C0123456789}]\n")

        async def work(stage: Callable[[Services], object]) -> object:
            async with Services(Settings(config_dir=config), connect(redis_url), None) as services:
                return await stage(services)  # type: ignore[misc]

        asyncio.run(work(adopt_config))

        def cycle(percent: int, *, validators: bool = True) -> dict[str, object]:
            next_cycle(port, feeds, percent, validators=validators)
            counts = []
            found = measured(
                lambda: counts.append(
                    asyncio.run(work(lambda s: run_poll(s, all_feeds=True, deadline_s=900)))
                )
            )
            return {**found, **counts[0].as_dict()}

        result = {
            "cold": cycle(0),
            "warm": cycle(5),
            "unchanged": cycle(0),
            "half": cycle(50),
            "plain": cycle(5, validators=False),
        }
    result["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    return result


def as_reader(port: int, feeds: int, _redis_url: str) -> dict[str, object]:
    from reader import make_reader  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        reader = make_reader(str(Path(folder) / "db.sqlite"))
        for number in range(feeds):
            reader.add_feed(f"http://127.0.0.1:{port}/{number}")

        def cycle(percent: int, *, validators: bool = True) -> dict[str, float]:
            next_cycle(port, feeds, percent, validators=validators)
            return measured(lambda: reader.update_feeds(scheduled=False))

        result: dict[str, object] = {"cold": cycle(0), "warm": cycle(5), "plain": cycle(5, validators=False)}
        reader.close()
    result["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    return result


def as_naive(port: int, feeds: int, _redis_url: str) -> dict[str, object]:
    """`requests.get`, `feedparser.parse`, a set of ids: what one writes in ten minutes."""
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


def contest(name: str, feeds: int, *, shrink: int = 1) -> dict[str, dict[str, float]]:
    """One contestant against a server and a Redis of its own."""
    from devtools.redis_server import RunningRedis  # noqa: PLC0415

    environment = os.environ | {"PYTHONPATH": str(READER)} if name == "reader" else dict(os.environ)
    command = [sys.executable, __file__, "--shrink", str(shrink)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*command, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        if server.stdout is None:
            sys.exit("the local server has no output")
        port = server.stdout.readline().strip()
        store = RunningRedis(Path(folder) / "redis")
        try:
            options = ["--as", name, "--feeds", str(feeds), "--port", port, "--redis", store.url]
            out = subprocess.run(
                [*command, *options], env=environment, stdout=subprocess.PIPE, check=True, timeout=1_800
            ).stdout
        finally:
            store.stop()
            server.kill()
    found: dict[str, dict[str, float]] = json.loads(out)
    return found


def reader_missing() -> str:
    """Install `reader` where it is not yet; why it cannot be had, "" when it is there."""
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
        asyncio.run(serve(chosen.shrink))
        return 0
    if chosen.contestant:
        print(json.dumps(CONTESTANTS[chosen.contestant](chosen.port, chosen.feeds, chosen.redis)))
        return 0
    return compare(chosen)


def compare(chosen: argparse.Namespace) -> int:
    """Run them all and hold the figures against the targets."""
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
        tell("newswatch, peak memory (parsers apart)", ours["memory_mb"], "MB"),  # type: ignore[arg-type]
    ]
    if reader is None:
        print(f"  reader: left out, {missing}")
    else:
        tell("reader, 95% answer 304", reader["warm"]["cpu_s"], "s")
        tell("reader, without validators", reader["plain"]["cpu_s"], "s")
        tell("reader, peak memory", reader["memory_mb"], "MB")  # type: ignore[arg-type]
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
        tell(f"{size} feeds: peak memory", found["memory_mb"], "MB")  # type: ignore[arg-type]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
