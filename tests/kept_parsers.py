"""Parser processes that outlive a stage: the next one of a test takes them over, as a resident stage keeps them for hours.

Starting one takes 0.1 s of processor time, more than the rest of a poll. They are the real ones, with their real limits.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from newswatch.feeds import wire, worker
from newswatch.feeds.worker import ParserPool

_idle: dict[tuple, list[subprocess.Popen[bytes]]] = defaultdict(list)
"""By their command and environment."""


class Process:
    """As much of an `asyncio.subprocess.Process` as a pool needs, over a process that belongs to no event loop."""

    def __init__(self, process: subprocess.Popen[bytes], key: tuple) -> None:
        self._process, self._key = process, key
        self.kill = process.kill

    async def attach(self) -> None:
        """Reads and writes in the loop that runs. The loop closes what it reads from, so it gets copies."""
        loop = asyncio.get_running_loop()
        self.stdout = asyncio.StreamReader()
        answers, jobs = (os.dup(pipe.fileno()) for pipe in (self._process.stdout, self._process.stdin))
        reading = asyncio.StreamReaderProtocol(self.stdout)
        self._answers, _ = await loop.connect_read_pipe(lambda: reading, os.fdopen(answers, "rb", 0))
        writing = asyncio.StreamReaderProtocol(asyncio.StreamReader())
        transport, _ = await loop.connect_write_pipe(lambda: writing, os.fdopen(jobs, "wb", 0))
        self.stdin = asyncio.StreamWriter(transport, writing, None, loop)

    @property
    def returncode(self) -> int | None:
        return self._process.poll()

    async def wait(self) -> None:
        await asyncio.to_thread(self._process.wait)

    def keep(self) -> None:
        """For the next stage."""
        self.stdin.transport.abort()
        self._answers.close()
        _idle[self._key].append(self._process)


def _start(command: tuple[str, ...], cwd: os.PathLike, env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )


async def _exec(*command: str, cwd: os.PathLike, env: dict[str, str], **_pipes: int) -> Process:
    key = (command, tuple(sorted(env.items())))
    while _idle[key]:
        process = _idle[key].pop()
        if process.poll() is None:
            found = Process(process, key)
            await found.attach()
            found.stdout.feed_data(wire.frame({}))  # what a process says when it is ready
            return found
    made = await asyncio.to_thread(_start, command, cwd, env)
    new = Process(made, key)
    await new.attach()
    return new


class _Asyncio:
    """The module, with another way to start a process."""

    create_subprocess_exec = staticmethod(_exec)

    def __getattr__(self, name: str):
        return getattr(asyncio, name)


@contextmanager
def kept_parsers() -> Iterator[None]:
    """Pools inside it keep their idle processes when they close. For one test at a time: threads share it."""
    close = ParserPool.close

    async def keep(pool: ParserPool) -> None:
        while pool._idle:
            pool._idle.pop().keep()
        await close(pool)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "asyncio", _Asyncio())
        patch.setattr(ParserPool, "close", keep)
        yield
