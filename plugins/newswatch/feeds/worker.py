"""Parsing in processes that can be killed, for feeds and for web pages.

A document may cost seconds or gigabytes in any parser. So child processes
(`newswatch.feeds.parse_process`) do the parsing, with limits of CPU time and memory. They live for
many documents. When one exceeds its limits or crashes, only its own document fails, and another one
takes its place. Children are plain subprocesses: Airflow's task processes are daemonic and may not use
multiprocessing. They get none of our environment, so none of our secrets.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newswatch.document import ParsedFeed
from newswatch.errors import ParseFailed
from newswatch.feeds import wire
from newswatch.feeds.reduce import HASH_BYTES
from newswatch.selector import Selector

if TYPE_CHECKING:
    from newswatch.feeds.article import Article
    from newswatch.feeds.pages.find import PageLists
    from newswatch.feeds.pages.fingerprint import Fingerprint
    from newswatch.feeds.pages.follow import Followed
    from newswatch.feeds.sitemap import Sitemap

_SOURCE_ROOT = Path(__file__).resolve().parents[2]
_PYTHON_SETTINGS = ("PATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")
_DYING_S = 5.0
_PIPE_BYTES = 1 << 20
_PATIENCE_S = 0.3
"""How long to wait for an idle process before starting another one. Starting a process takes 0.1 s;
parsing a usual document takes some milliseconds."""
_ENDED_BY_LIMIT = {
    -signal.SIGPROF: "processor time",
    -signal.SIGXCPU: "processor time",
    -signal.SIGKILL: "killed from outside, as a system does that is short of memory",
    wire.EXIT_MEMORY: "memory",
}


class ParserPool:
    """A small pool of parser processes, started when first needed.

    `cpu_s` is the CPU time that one document may take, `memory_bytes` the address space beyond that of
    an idle parser. With the owner's own work and the start of a new process after a kill, a document
    costs at most 2 s and 200 MB. `wall_s` ends a document whose process makes no progress. `remedy` says what
    to do about a document that costs too much. An async context manager; `close` ends all processes.
    """

    def __init__(
        self,
        *,
        size: int = 1,
        cpu_s: float = 1.4,
        memory_bytes: int = 150_000_000,
        wall_s: float = 30.0,
        remedy: str = "ask its publisher for a shorter document",
    ) -> None:
        self._command = (
            sys.executable, "-m", "newswatch.feeds.parse_process", str(cpu_s), str(memory_bytes)
        )  # fmt: skip
        self._cpu_s = cpu_s
        self._memory_bytes = memory_bytes
        self._wall_s = wall_s
        self._remedy = remedy
        self._slots = asyncio.Semaphore(size)
        self._idle: list[asyncio.subprocess.Process] = []
        self._busy: set[asyncio.subprocess.Process] = set()
        self._starting = False
        self._freed = asyncio.Event()

    async def __aenter__(self) -> ParserPool:  # noqa: PYI034 - typing.Self is Python 3.11's
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def parse(self, body: bytes, *, url: str, headers: Mapping[str, str]) -> ParsedFeed:
        """The whole document. Raises ParseFailed: not_a_feed, limit or crashed."""
        return (await self._parse(body, url, headers, None)).feed

    async def parse_new(
        self, body: bytes, *, url: str, headers: Mapping[str, str], seen: Collection[bytes]
    ) -> wire.ParsedDocument:
        """The document without the elements whose hashes are in `seen`, and the hashes of all elements.

        Raises ParseFailed as `parse` does. See `wire.ParsedDocument`.
        """
        return await self._parse(body, url, headers, seen)

    async def read_page(self, body: bytes, *, url: str, headers: Mapping[str, str]) -> Article:
        """The article on a web page. Raises ParseFailed: no_text, limit or crashed."""
        return wire.read_article(await self._run({"page": True, "url": url, "headers": dict(headers)}, body))

    async def find_lists(self, body: bytes, *, url: str, headers: Mapping[str, str]) -> PageLists:
        """The lists of news on a web page. Raises ParseFailed: no_text, limit or crashed."""
        from newswatch.feeds.pages import wire_form  # noqa: PLC0415 - loads what reads pages; feeds do not need it

        return wire_form.lists_of(await self._lists({"how": wire_form.FIND}, body, url, headers))

    async def select_list(
        self, body: bytes, *, url: str, headers: Mapping[str, str], selector: Selector
    ) -> PageLists:
        """The list on a web page that a selector names. Raises ParseFailed: selector, no_text, limit or crashed."""
        from newswatch.feeds.pages import wire_form  # noqa: PLC0415 - as above

        ask = {"how": wire_form.SELECT, "selector": asdict(selector)}
        return wire_form.lists_of(await self._lists(ask, body, url, headers))

    async def follow_lists(
        self,
        body: bytes,
        *,
        url: str,
        headers: Mapping[str, str],
        patterns: Sequence[Fingerprint],
        known: Collection[str],
    ) -> Followed:
        """The lists with the learned patterns on a web page. Raises ParseFailed: no_text, limit or crashed."""
        from newswatch.feeds.pages import wire_form  # noqa: PLC0415 - as above

        ask = {
            "how": wire_form.FOLLOW,
            "patterns": [wire_form.pattern_data(pattern) for pattern in patterns],
            "known": sorted(known),
        }
        return wire_form.followed_of(await self._lists(ask, body, url, headers))

    async def read_sitemap(self, body: bytes, *, url: str, headers: Mapping[str, str]) -> Sitemap:
        """The entries of a sitemap, or the children of an index. Raises ParseFailed: not_a_feed, limit or crashed."""
        from newswatch.feeds.sitemap import Sitemap  # noqa: PLC0415 - feeds do not need it

        data = await self._run(self._source(wire.SITEMAP, url, headers), body)
        return Sitemap(wire.read_document(data, HASH_BYTES).feed, wire.read_children(data))

    async def read_json(
        self, body: bytes, *, url: str, headers: Mapping[str, str], selector: Selector | None
    ) -> ParsedFeed:
        """The list in a JSON document. Raises ParseFailed: not_a_feed, limit or crashed."""
        job = self._source(wire.JSON, url, headers) | {"selector": asdict(selector) if selector else None}
        return wire.read_document(await self._run(job, body), HASH_BYTES).feed

    async def json_paths(self, body: bytes, *, url: str, headers: Mapping[str, str]) -> Selector:
        """The paths by which `read_json` reads a document without a selector. Raises ParseFailed as that does."""
        paths = await self._run(self._source(wire.JSON_PATHS, url, headers), body)
        return Selector(**{name: str(path) for name, path in paths.items()})

    async def close(self) -> None:
        """Ends every process; documents being parsed fail as crashed."""
        processes = [*self._idle, *self._busy]
        self._idle.clear()
        for process in processes:
            await _end(process)

    @staticmethod
    def _source(what: str, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
        return {"page": False, "source": what, "url": url, "headers": dict(headers)}

    async def _lists(
        self, ask: Mapping[str, Any], body: bytes, url: str, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        return await self._run({"page": True, "lists": ask, "url": url, "headers": dict(headers)}, body)

    async def _parse(
        self, body: bytes, url: str, headers: Mapping[str, str], seen: Collection[bytes] | None
    ) -> wire.ParsedDocument:
        known = None if seen is None else wire.join_hashes(seen)
        job = {"page": False, "url": url, "headers": dict(headers), "seen": known}
        return wire.read_document(await self._run(job, body), HASH_BYTES)

    async def _run(self, head: Mapping[str, Any], body: bytes) -> dict[str, Any]:
        """The answer to one job. Raises ParseFailed."""
        async with self._slots:
            answer = await self._ask(wire.frame(head, body))
        if "failed" not in answer:
            return answer
        kind, text = str(answer["failed"]), str(answer["text"])
        raise ParseFailed(
            {"limit": self._limit_text(text), "crashed": _crash_text(text)}.get(kind, text), kind=kind
        )

    async def _ask(self, job: bytes) -> dict[str, Any]:
        """The answer to one job. A process that fails or takes too long is ended, not used again."""
        process = await self._take()
        self._busy.add(process)
        reusable = False
        try:
            answer = await asyncio.wait_for(_exchange(process, job), self._wall_s)
            reusable = answer.get("failed") != "limit"
            return answer
        except asyncio.TimeoutError:
            raise ParseFailed(self._limit_text(f"{self._wall_s:g} s"), kind="limit") from None
        except (asyncio.IncompleteReadError, OSError, ValueError):
            raise await self._autopsy(process) from None
        finally:
            self._busy.discard(process)
            if reusable:
                self._idle.append(process)
                self._freed.set()
            else:
                await _end(process)

    async def _take(self) -> asyncio.subprocess.Process:
        """An idle process. Another one is started only if none gets idle within `_PATIENCE_S`."""
        patient = True
        while True:
            while self._idle:
                process = self._idle.pop()
                if process.returncode is None:
                    return process
            if not self._starting and not (self._busy and patient):
                return await self._start()
            self._freed.clear()
            try:
                await asyncio.wait_for(self._freed.wait(), None if self._starting else _PATIENCE_S)
            except asyncio.TimeoutError:
                patient = False

    async def _start(self) -> asyncio.subprocess.Process:
        """A new process, when it is ready. Until then no other one is started."""
        self._starting = True
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=_SOURCE_ROOT,
                env=_child_environment(),
            )
            await self._until_ready(process)
            return process
        finally:
            self._starting = False
            self._freed.set()

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        """Wait until the process is ready. If it does not get ready, end it and raise ParseFailed."""
        self._busy.add(process)
        ready = False
        try:
            _widen(process)
            await asyncio.wait_for(_read_answer(process), self._wall_s)
            ready = True
        except asyncio.TimeoutError:
            raise ParseFailed(_crash_text(f"not ready within {self._wall_s:g} s"), kind="crashed") from None
        except (asyncio.IncompleteReadError, OSError, ValueError):
            raise await self._autopsy(process) from None
        finally:
            if not ready:
                self._busy.discard(process)
                await _end(process)

    async def _autopsy(self, process: asyncio.subprocess.Process) -> ParseFailed:
        """Why a process gave no usable answer, judged by its exit code."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), _DYING_S)
        code = process.returncode
        if code in _ENDED_BY_LIMIT:
            return ParseFailed(self._limit_text(_ENDED_BY_LIMIT[code]), kind="limit")
        return ParseFailed(_crash_text(f"exit code {code}"), kind="crashed")

    def _limit_text(self, which: str) -> str:
        return (
            f"the document costs too much to parse ({which}; the limits are {self._cpu_s:g} s of processor time"
            f" and {self._memory_bytes // 1_000_000} MB): {self._remedy}"
        )


async def _exchange(process: asyncio.subprocess.Process, job: bytes) -> dict[str, Any]:
    """Sends a job and reads its answer. Raises OSError, IncompleteReadError or ValueError."""
    if process.stdin is None:
        raise ValueError("the parser process has no pipes")
    process.stdin.write(job)
    await process.stdin.drain()
    return await _read_answer(process)


def _widen(process: asyncio.subprocess.Process) -> None:
    """Makes the pipe large enough for a usual document, which would otherwise pass in pieces (Linux only)."""
    pipe = process.stdin.transport.get_extra_info("pipe") if process.stdin is not None else None
    if pipe is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


async def _read_answer(process: asyncio.subprocess.Process) -> dict[str, Any]:
    if process.stdout is None:
        raise ValueError("the parser process has no pipes")
    head_bytes, _ = wire.LENGTHS.unpack(await process.stdout.readexactly(wire.LENGTHS.size))
    if head_bytes > wire.MAX_HEAD_BYTES:
        raise ValueError("the parser process answered with an impossible length")
    answer = json.loads(await process.stdout.readexactly(head_bytes))
    if not isinstance(answer, dict):
        raise ValueError("the parser process answered with something other than an object")  # noqa: TRY004
    return answer


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    # Nobody hears of the end of a process that somebody else has waited for.
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(process.wait(), _DYING_S)


def _crash_text(how: str) -> str:
    return f"the parser failed on the document ({how}); others are not affected"


def _child_environment() -> dict[str, str]:
    """What Python needs to find itself and this package; nothing else of ours, least of all secrets."""
    mine = os.environ  # noqa: TID251 - where Python is: no setting of ours
    kept = {name: mine[name] for name in _PYTHON_SETTINGS if name in mine}
    known = mine.get("PYTHONPATH", "")
    return {**kept, "PYTHONPATH": f"{_SOURCE_ROOT}{os.pathsep}{known}" if known else str(_SOURCE_ROOT)}
