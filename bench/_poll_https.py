"""What a minute of polling over https costs, with connections that are kept or not, and `reader` on the same work.

    python -m bench._poll_https [--feeds 1000] [--hosts 500] [--json]

A shard polls all feeds three times, and the third time is measured: 95% answer 304, the others have two new items. One
server closes connections that were idle (as many do after 15 s, so before the next minute), the other never does. The
figures are CPU seconds of the poller with its parsers, and of Redis, and the poller's memory. `reader` is left out, with
the reason, if it cannot be installed; it also does documents of 2 to 20 KB over http. The exit status is 1 if a target is
missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bench._contest import READER, Figures, cpu_s, peak_memory_mb, reader_missing, redis_cpu_s, tell
from bench._raw_server import running, serve
from bench._synthetic_feeds import responder

DOMAIN = "bench.example"
IDLE_S = 0.5
"""When the server that closes idle connections does so. Between two polls there is twice this time."""
PERCENT = 5
POLLS = 3
TARGETS = {"closing": 1.6, "keeping": 1.1}
MEMORY_MB = 220.0
TIMES = {"https": 20.0, "small": 5.0}
"""How many times the CPU of newswatch `reader` takes, at least."""


@contextmanager
def at_loopback() -> Iterator[None]:
    """All hosts of the benchmark are this machine."""
    before = socket.getaddrinfo

    def here(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return before("127.0.0.1" if name and name.endswith(DOMAIN) else host, *args, **options)

    socket.getaddrinfo = here
    try:
        yield
    finally:
        socket.getaddrinfo = before


def url(scheme: str, port: int, number: int, hosts: int) -> str:
    """The address of a feed."""
    return f"{scheme}://host-{number % hosts}.{DOMAIN}:{port}/{number}"


def next_cycle(scheme: str, port: int, feeds: int) -> None:
    import requests  # noqa: PLC0415 - only for contestants

    at = url(scheme, port, 0, 1).rpartition("/")[0]
    requests.get(f"{at}/cycle/{feeds}/{PERCENT}/1", timeout=60)


def all_cpu_s() -> float:
    """The CPU time of this process, of its children, and of those that have ended."""
    import psutil  # noqa: PLC0415

    used = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return cpu_s() + float(sum(one.user + one.system for one in used))


async def as_newswatch(scheme: str, port: int, feeds: int, hosts: int, redis_url: str) -> Figures:
    from newswatch.assembly import services_of  # noqa: PLC0415 - each contestant imports its own
    from newswatch.pipeline.base.adoption import adopt_config  # noqa: PLC0415
    from newswatch.pipeline.poll.run import polling  # noqa: PLC0415
    from newswatch.settings import settings_from  # noqa: PLC0415
    from newswatch.store.client import connect  # noqa: PLC0415
    from newswatch.store.feeds import read_states  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder)
        rows = "".join(f"  - {{id: f{n}, url: '{url(scheme, port, n, hosts)}'}}\n" for n in range(feeds))
        (config / "feeds.yaml").write_text(f"defaults: {{allow_private: true}}\nfeeds:\n{rows}")
        (config / "watchlist.yaml").write_text("rules: [{id: any, query: bank, notify: [ops]}]\n")
        (config / "receivers.yaml").write_text("receivers: [{id: ops, channel: C0123456789}]\n")
        settings = settings_from({**os.environ, "NEWSWATCH_CONFIG": folder}, config)
        async with services_of(settings, connect(redis_url), None) as services:
            bundle = (await adopt_config(services)).bundle
            if bundle is None:
                raise RuntimeError("the configuration is broken")
            found = (0.0, 0.0)
            async with polling(services, lambda: False, lambda *_: None) as cycle:
                for _ in range(POLLS):
                    await asyncio.to_thread(next_cycle, scheme, port, feeds)
                    await asyncio.sleep(2 * IDLE_S)
                    began = all_cpu_s(), redis_cpu_s(redis_url)
                    await cycle.take(bundle.feeds, {}, 0)
                    await cycle.wait()
                    found = all_cpu_s() - began[0], redis_cpu_s(redis_url) - began[1]
            counts = cycle.counts()
            if counts.failed or counts.polled != POLLS * feeds:
                states = await read_states(services.redis, [feed.id for feed in bundle.feeds])
                errors = {one.polling.error for one in states.values()} - {""}
                raise RuntimeError(f"feeds failed: {counts}, {'; '.join(errors) or 'then they were read'}")
        return {"warm": {"cpu_s": found[0], "redis_cpu_s": found[1]}, "peak": {"memory_mb": peak_memory_mb()}}


def as_reader(scheme: str, port: int, feeds: int, hosts: int) -> Figures:
    from reader import make_reader  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        reader = make_reader(str(Path(folder) / "db.sqlite"))
        for number in range(feeds):
            reader.add_feed(url(scheme, port, number, hosts))
        used = 0.0
        for _ in range(2):
            next_cycle(scheme, port, feeds)
            began = cpu_s()
            reader.update_feeds(scheduled=False)
            used = cpu_s() - began
        reader.close()
    return {"warm": {"cpu_s": used}, "peak": {"memory_mb": peak_memory_mb()}}


def contest(name: str, feeds: int, hosts: int, *, scheme: str = "https", closing: bool = True) -> Figures:
    """The figures of one contestant, with a server and a Redis of its own."""
    from certificates import write_ca_and_server  # noqa: PLC0415 - in tests
    from devtools.redis_server import RunningRedis  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder, RunningRedis() as redis:
        made = write_ca_and_server(Path(folder), f"*.{DOMAIN}")
        options = ["--serve", "--closing", str(int(closing))]
        options += ["--certificate", str(made.server)] if scheme == "https" else ["--shrink", "10"]
        environment = os.environ | dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(made.bundle))
        if name == "reader":
            environment["PYTHONPATH"] = os.pathsep.join([str(READER), environment.get("PYTHONPATH", "")])
        with running("bench._poll_https", options) as port:
            command = [sys.executable, "-m", "bench._poll_https", "--as", name, "--scheme", scheme]
            command += [
                "--feeds",
                str(feeds),
                "--hosts",
                str(hosts),
                "--port",
                str(port),
                "--redis",
                redis.url,
            ]
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=1_800)
    found: Figures = json.loads(done.stdout)
    return found


def contests(feeds: int, hosts: int) -> dict[str, Any]:
    """The figures of all, and why `reader` is missing."""
    missing = reader_missing()
    return {
        **{name: contest("newswatch", feeds, hosts, closing=name == "closing") for name in TARGETS},
        "small": contest("newswatch", feeds, hosts, scheme="http"),
        "missing": missing,
        "reader": {}
        if missing
        else {
            "https": contest("reader", feeds, hosts),
            "small": contest("reader", feeds, hosts, scheme="http"),
        },
    }


def report(found: dict[str, Any], feeds: int, hosts: int) -> bool:
    """Print the figures. Returns whether the targets are met, which are for 1,000 feeds on 500 hosts."""
    print(f" {feeds} feeds on {hosts} https hosts, 95% answer 304")
    good = []
    for name, target in TARGETS.items():
        figures = found[name]
        good.append(tell(f"server {name} idle connections", figures["warm"]["cpu_s"], "CPU-s", target))
        tell("   Redis", figures["warm"]["redis_cpu_s"], "CPU-s")
        good.append(tell("   memory of the poller", figures["peak"]["memory_mb"], "MB", MEMORY_MB))
    tell("small documents over http", found["small"]["warm"]["cpu_s"], "CPU-s")
    if found["missing"]:
        print(f"  reader: left out, {found['missing']}")
    for name, figures in found["reader"].items():
        against = found["closing" if name == "https" else "small"]
        tell(f"reader, {name}", figures["warm"]["cpu_s"], "CPU-s")
        times = figures["warm"]["cpu_s"] / against["warm"]["cpu_s"]
        good.append(tell("   newswatch is cheaper, times", times, "", TIMES[name], most=False))
    return all(good)


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--feeds", type=int, default=1_000)
    options.add_argument("--hosts", type=int, default=500)
    options.add_argument("--json", action="store_true")
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--closing", type=int, default=0, help=argparse.SUPPRESS)
    options.add_argument("--shrink", type=int, default=1, help=argparse.SUPPRESS)
    options.add_argument("--certificate", help=argparse.SUPPRESS)
    options.add_argument("--as", dest="contestant", choices=("newswatch", "reader"), help=argparse.SUPPRESS)
    options.add_argument("--scheme", default="https", help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options.add_argument("--redis", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        tls = None
        if chosen.certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(chosen.certificate)
        asyncio.run(serve(responder(chosen.shrink), tls, IDLE_S if chosen.closing else None))
        return 0
    if chosen.contestant:
        work = (chosen.scheme, chosen.port, chosen.feeds, chosen.hosts)
        with at_loopback():
            found = (
                as_reader(*work)
                if chosen.contestant == "reader"
                else uvloop.run(as_newswatch(*work, chosen.redis))
            )
        print(json.dumps(found))
        return 0
    found = contests(chosen.feeds, chosen.hosts)
    if chosen.json:
        print(json.dumps(found))
        return 0
    return 0 if report(found, chosen.feeds, chosen.hosts) else 1


if __name__ == "__main__":
    sys.exit(main())
