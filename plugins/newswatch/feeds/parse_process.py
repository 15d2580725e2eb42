"""The process that parses feeds and pages: `python -m newswatch.feeds.parse_process CPU_S MEMORY_BYTES`.

It reads jobs from stdin and writes results to stdout, one at a time. A hostile document may take any
amount of time or memory, also in C code, so the kernel enforces the limits: an interval timer on CPU
time ends the process, and a limit of the address space leads to MemoryError. Then the owner
(`newswatch.feeds.worker`) starts another process.

The process ends with its owner: at the end of input, or when its parent process is no longer the owner
(another child of the owner may have inherited the other end of the pipe).
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any, BinaryIO

from newswatch.errors import ParseFailed
from newswatch.feeds import wire
from newswatch.feeds.charset import to_utf8
from newswatch.feeds.mend import mended
from newswatch.feeds.parse import parse_readable
from newswatch.feeds.reduce import HASH_BYTES, reduce_document

_PARENT_CHECK_S = 5.0
_WARM_UP = b"<rss version='2.0'><channel><title>a</title><item><title>b</title></item></channel></rss>"
"""Parsed once at the start, so that imports do not count towards the limits of a job."""
_NO_LIMIT = -1
_ARTICLE, _LISTS = "newswatch.feeds.article", "newswatch.feeds.pages.wire_form"
_JSON_LIST = "newswatch.feeds.json_list"
_SOURCES = {wire.SITEMAP: "newswatch.feeds.sitemap", wire.JSON: _JSON_LIST, wire.JSON_PATHS: _JSON_LIST}


def parse_job(
    body: bytes, *, url: str, headers: Mapping[str, str], seen: Collection[bytes] | None
) -> wire.ParsedDocument:
    """Reduce by `seen` (None: do not reduce), then parse. Raises ParseFailed."""
    document = to_utf8(body, headers)
    reduced = None if seen is None else reduce_document(document, seen.__contains__)
    if reduced is None:
        # What can be reduced is well-formed. Only what is not may need repair.
        repaired = mended(document)
        if seen is not None and repaired != document:
            reduced = reduce_document(repaired, seen.__contains__)
        document = repaired
    if reduced is None:
        return wire.ParsedDocument(parse_readable(document, url=url, headers=headers))
    feed = parse_readable(reduced.document, url=url, headers=headers, whole=document)
    if len(feed.entries) + len(feed.lost) != len(reduced.kept):
        return wire.ParsedDocument(feed, (), reduced.dropped)
    lost = {one.place for one in feed.lost}
    hashes = tuple(name for place, name in enumerate(reduced.kept) if place not in lost)
    feed = feed._replace(lost=tuple(one._replace(place=reduced.places[one.place]) for one in feed.lost))
    return wire.ParsedDocument(feed, hashes, reduced.dropped)


def serve(jobs: int, results: BinaryIO, *, cpu_s: float, memory_bytes: int) -> None:
    """Answers the jobs read from file descriptor `jobs` until its end."""
    owner = os.getppid()
    while _wait_for_job(jobs, owner):
        lengths = _read(jobs, wire.LENGTHS.size)
        if len(lengths) < wire.LENGTHS.size:
            return
        head_bytes, body_bytes = wire.LENGTHS.unpack(lengths)
        head, body = _read(jobs, head_bytes), _read(jobs, body_bytes)
        job = json.loads(head)
        if job["page"]:
            _get_ready_with(_LISTS if job.get("lists") else _ARTICLE, memory_bytes)
        elif job.get("source"):
            _get_ready_with(_SOURCES[job["source"]], memory_bytes)
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        answer = _answer(job, body)
        signal.setitimer(signal.ITIMER_PROF, 0)
        results.write(answer)
        results.flush()


def _get_ready_with(module: str, memory_bytes: int) -> None:
    """Imports what reads other documents than feeds, once, so that it does not count towards the limits of a job."""
    if module not in sys.modules:
        limit_memory(_NO_LIMIT)
        importlib.import_module(module)
        limit_memory(memory_bytes)


def _answer(job: Mapping[str, Any], body: bytes) -> bytes:
    """The frame that answers one job."""
    try:
        if job.get("lists"):
            from newswatch.feeds.pages import wire_form  # noqa: PLC0415 - loaded by now

            return wire.frame(wire_form.answer(job["lists"], body, url=job["url"], headers=job["headers"]))
        if job["page"]:
            from newswatch.feeds.article import extract_article  # noqa: PLC0415 - loaded by now

            article = extract_article(body, url=job["url"], headers=job["headers"])
            return wire.frame(wire.article_head(article))
        if job.get("source"):
            return wire.frame(_source_answer(job, body))
        seen = None if job["seen"] is None else frozenset(wire.split_hashes(job["seen"], HASH_BYTES))
        document = parse_job(body, url=job["url"], headers=job["headers"], seen=seen)
        return wire.frame(wire.document_head(document))
    except ParseFailed as error:
        return _failure(error.kind, str(error))
    except MemoryError:
        return _failure("limit", "memory")
    except RecursionError:
        return _failure("limit", "nesting")
    except Exception as error:  # noqa: BLE001 - an error in a library over hostile bytes concerns one feed
        return _failure("crashed", type(error).__name__)


def _source_answer(job: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """What a sitemap or a JSON list has. Raises ParseFailed."""
    what: dict[str, Any] = {"url": job["url"], "headers": job["headers"]}
    if job["source"] == wire.SITEMAP:
        from newswatch.feeds import sitemap  # noqa: PLC0415 - loaded by now

        return wire.sitemap_head(sitemap.parse(body, **what))
    from newswatch.feeds import json_list  # noqa: PLC0415 - loaded by now
    from newswatch.selector import Selector  # noqa: PLC0415 - as above

    if job["source"] == wire.JSON_PATHS:
        return asdict(json_list.selector_of(body, **what))
    paths = Selector(**job["selector"]) if job["selector"] else None
    return wire.document_head(wire.ParsedDocument(json_list.parse(body, **what, paths=paths)))


def _failure(kind: str, text: str) -> bytes:
    return wire.frame({"failed": kind, "text": text})


def _read(source: int, size: int) -> bytes:
    """Exactly `size` bytes, fewer only at the end of input. Unbuffered, as `select` needs it."""
    data = bytearray()
    while len(data) < size and (piece := os.read(source, min(size - len(data), 1 << 20))):
        data += piece
    return bytes(data)


def _wait_for_job(jobs: int, owner: int) -> bool:
    """True when there is input (or its end), False when the owner has ended."""
    while not select.select([jobs], [], [], _PARENT_CHECK_S)[0]:
        if os.getppid() != owner:
            return False
    return True


def limit_memory(extra_bytes: int) -> None:
    """Allow at most `extra_bytes` of address space beyond what the process uses now (Linux only).

    This sets the soft limit, which the process can raise again itself.
    """
    import resource  # noqa: PLC0415 - POSIX only

    with suppress(OSError, ValueError):
        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        if extra_bytes == _NO_LIMIT:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
            return
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - a kernel file
            used = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + extra_bytes, most))


def main() -> None:
    """Entry point of the process."""
    cpu_s, memory_bytes = float(sys.argv[1]), int(sys.argv[2])
    # Ctrl-C goes to the whole process group; the owner decides when its parsers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with os.fdopen(os.dup(1), "wb") as results:
        # Nothing that a library prints may get between the frames.
        os.dup2(2, 1)
        parse_job(_WARM_UP, url="", headers={}, seen=())
        limit_memory(memory_bytes)
        try:
            results.write(wire.frame({}))
            results.flush()
            serve(0, results, cpu_s=cpu_s, memory_bytes=memory_bytes)
        except BrokenPipeError:
            pass
        except MemoryError:
            # Not even the job could be read. In the rest of the pipe, jobs can no longer be separated.
            sys.exit(wire.EXIT_MEMORY)


if __name__ == "__main__":
    main()
