import asyncio
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from newswatch.errors import ParseFailed
from newswatch.feeds import wire
from newswatch.feeds.parse import parse_document
from newswatch.feeds.worker import ParserPool

URL = "https://gazette.example/feed/rss.xml"
DATA = Path(__file__).parent / "data" / "documents"
PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
GOOD = b"<rss version='2.0'><channel><item><title>good</title></item></channel></rss>"
HOSTILE = (
    b"<rss><channel><item><title "
    + b" ".join(b'a%d="x"' % n for n in range(40_000))
    + b">x</title></item></channel></rss>"
)


@pytest.fixture
async def pool():
    async with ParserPool() as made:
        yield made


def parsers(of=None):
    children = psutil.Process(of).children(recursive=True)
    return [child for child in children if "newswatch.feeds.parse_process" in child.cmdline()]


async def parse(pool, body):
    return await pool.parse(body, url=URL, headers={})


@pytest.mark.parametrize("name", ["rss20.xml", "rss10.xml", "atom10.xml", "jsonfeed.json", "rss091.xml"])
async def test_pool_gives_what_the_parser_gives(pool, name):
    body = (DATA / name).read_bytes()
    assert await parse(pool, body) == parse_document(body, url=URL, headers={})


async def test_one_process_serves_many_documents_and_ends_with_the_pool():
    async with ParserPool() as pool:
        assert parsers() == []
        await asyncio.gather(*(parse(pool, GOOD) for _ in range(20)))
        (process,) = parsers()
    assert not process.is_running()


async def test_document_that_costs_too_much_time_fails_alone(pool):
    began = time.monotonic()
    hostile, good = await asyncio.gather(parse(pool, HOSTILE), parse(pool, GOOD), return_exceptions=True)
    assert isinstance(hostile, ParseFailed)
    assert hostile.kind == "limit"
    assert "1.4 s of processor time" in str(hostile)
    assert good.entries[0].title == "good"
    assert time.monotonic() - began < 20


async def test_document_that_costs_too_much_memory_fails_alone():
    async with ParserPool(memory_bytes=30_000_000) as pool:
        with pytest.raises(ParseFailed, match="30 MB") as caught:
            await parse(pool, GOOD.replace(b"good", b"x" * 20_000_000))
        assert caught.value.kind == "limit"
        assert (await parse(pool, GOOD)).entries[0].title == "good"


async def test_killed_process_is_replaced(pool):
    await parse(pool, GOOD)
    (process,) = parsers()
    process.send_signal(signal.SIGKILL)
    with suppress(
        ChildProcessError
    ):  # the pool may have waited for it already; else it stays the pool's to wait for
        await asyncio.to_thread(os.waitid, os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    # The pool may meet the dead process once, before it has heard of its end.
    with suppress(ParseFailed):
        await parse(pool, GOOD)
    assert (await parse(pool, GOOD)).entries[0].title == "good"


async def test_process_that_does_not_come_up_fails_its_document_and_is_gone(monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    async with ParserPool() as pool:
        with pytest.raises(ParseFailed) as caught:
            await parse(pool, GOOD)
        assert caught.value.kind == "crashed"
        assert parsers() == []


async def test_process_that_has_read_a_page_keeps_its_limits(pool):
    story = "The council voted on the levy after a long debate in the harbour hall. " * 20
    page = f"<html><title>Vote</title><body><article><p>{story}</p></article></body></html>".encode()
    await parse(pool, GOOD)
    (process,) = parsers()
    assert "levy" in (await pool.read_page(page, url=URL, headers={"content-type": "text/html"})).body
    assert parsers() == [process]
    used = process.memory_info().vms
    assert used < process.rlimit(psutil.RLIMIT_AS)[0] <= used + 200_000_000
    with pytest.raises(ParseFailed, match="s of processor time"):
        await parse(pool, HOSTILE)


async def test_first_page_pays_for_no_import():
    story = "The council voted on the levy after a long debate in the harbour hall. " * 20
    page = f"<html><title>Vote</title><body><article><p>{story}</p></article></body></html>".encode()
    async with ParserPool(memory_bytes=20_000_000) as pool:
        assert "levy" in (await pool.read_page(page, url=URL, headers={"content-type": "text/html"})).body


async def test_crash_in_the_middle_is_reported_as_a_crash(pool):
    task = asyncio.create_task(parse(pool, HOSTILE))
    while not parsers():  # noqa: ASYNC110 - a process is not an event
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    parsers()[0].send_signal(signal.SIGSEGV)
    with pytest.raises(ParseFailed) as caught:
        await task
    assert caught.value.kind == "crashed"


async def test_stopped_process_is_given_up_on():
    async with ParserPool(wall_s=4.0) as pool:
        await parse(pool, GOOD)
        parsers()[0].suspend()
        with pytest.raises(ParseFailed) as caught:
            await parse(pool, GOOD)
        assert caught.value.kind == "limit"
        assert (await parse(pool, GOOD)).entries


async def test_refused_document_keeps_its_process(pool):
    await parse(pool, GOOD)
    before = parsers()
    with pytest.raises(ParseFailed) as caught:
        await parse(pool, b"<html><title>hello</title></html>")
    assert caught.value.kind == "not_a_feed"
    assert parsers() == before


async def test_cancelled_job_ends_its_process(pool):
    await parse(pool, GOOD)
    task = asyncio.create_task(parse(pool, HOSTILE))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await parse(pool, GOOD)).entries


async def test_seen_elements_are_left_out_and_named(pool):
    body = (DATA / "rss20.xml").read_bytes()
    first = await pool.parse_new(body, url=URL, headers={}, seen=())
    again = await pool.parse_new(body, url=URL, headers={}, seen=first.hashes[1:])
    assert again.feed.entries == first.feed.entries[:1]
    assert again.dropped == first.hashes[1:]


async def test_parser_process_gets_none_of_our_secrets(pool, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-hush")
    await parse(pool, GOOD)
    assert "SLACK_BOT_TOKEN" not in parsers()[0].environ()


def _parse_in_daemon(results):
    async def run():
        async with ParserPool() as pool:
            results.put(len((await parse(pool, GOOD)).entries))

    asyncio.run(run())


def test_pool_works_in_a_daemonic_process_as_airflow_tasks_are():
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()
    daemon = fork.Process(target=_parse_in_daemon, args=(results,), daemon=True)
    daemon.start()
    daemon.join(20)
    assert daemon.exitcode == 0
    assert results.get() == 1


def test_parser_process_ends_when_its_owner_is_killed(tmp_path):
    script = tmp_path / "owner.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import asyncio, sys
            from newswatch.feeds.worker import ParserPool
            async def main():
                pool = ParserPool()
                await pool.parse({GOOD!r}, url="", headers={{}})
                print("ready", flush=True)
                await asyncio.sleep(60)
            asyncio.run(main())
            """
        )
    )
    environment = {"PYTHONPATH": str(PLUGINS), "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, env=environment, cwd=tmp_path
    ) as owner:
        assert owner.stdout.readline() == b"ready\n"
        (process,) = parsers(owner.pid)
        owner.kill()
    process.wait(10)


def test_wire_carries_every_field():
    document = wire.ParsedDocument(
        parse_document((DATA / "atom10.xml").read_bytes(), url=URL, headers={}),
        (b"12345678",),
        (b"abcdefgh", b"\x00" * 8),
    )
    frame = wire.frame(wire.document_head(document))
    head_bytes, _ = wire.LENGTHS.unpack(frame[: wire.LENGTHS.size])
    head = frame[wire.LENGTHS.size :]
    assert len(head) == head_bytes
    assert wire.read_document(wire.json.loads(head), 8) == document
