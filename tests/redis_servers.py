"""Redis servers that newswatch cannot use, or can only just: real ones, and one that plays what none here can be."""

from __future__ import annotations

import contextlib
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis

from devtools.redis_server import RunningRedis, free_port, server_binary

ROOT = Path(__file__).resolve().parent.parent
LEAST_PERMISSIONS = (
    *("~newswatch:*", "resetchannels", "-@all", "+@read", "+@write", "+@connection", "+@transaction"),
    *("-@dangerous", "+info", "+evalsha", "+script|load"),
)
"""What docs/operations.md asks for."""


@contextmanager
def running(folder: Path, *extra: str) -> Iterator[RunningRedis]:
    """A server with further settings."""
    server = RunningRedis(folder, *extra)
    try:
        yield server
    finally:
        server.stop()


def backup(server: RunningRedis) -> dict[bytes, tuple[int, bytes]]:
    """All that the server knows: each key with its time to live (ms, 0 for ever) and its value."""
    with redis.Redis.from_url(server.url) as client:
        found = {key: (max(client.pttl(key), 0), client.dump(key)) for key in client.scan_iter()}
    return {key: value for key, value in found.items() if value[1] is not None}


def restore(server: RunningRedis, kept: Mapping[bytes, tuple[int, bytes]], *, restart: bool = True) -> None:
    """The server knows only what was kept, as after a failover that lost writes. With `restart` it is another run of it."""
    with redis.Redis.from_url(server.url) as client:
        pipe = client.pipeline(transaction=True)
        pipe.flushall()
        for key, (left_ms, value) in kept.items():
            pipe.restore(key, left_ms, value, replace=True)
        pipe.execute()
    if restart:
        server.kill()
        server.start()


@contextmanager
def replica(folder: Path) -> Iterator[str]:
    """The URL of a read-only replica whose primary is up."""
    with (
        running(folder / "primary") as primary,
        running(folder / "replica", "--replicaof", f"127.0.0.1 {primary.port}") as copy,
    ):
        yield copy.url


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The URL of a cluster of one node that serves all slots."""
    settings = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    with running(folder / "cluster", *settings) as server:
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
        yield server.url


@contextmanager
def sentinel(folder: Path) -> Iterator[str]:
    """The URL of a Sentinel that watches a server."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    with running(folder / "watched") as server:
        settings = folder / "sentinel.conf"
        settings.write_text(f"port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {server.port} 1\n")
        process = subprocess.Popen(
            [server_binary(), str(settings), "--sentinel"], stdout=subprocess.DEVNULL, cwd=folder
        )
        try:
            url = f"redis://127.0.0.1:{port}/0"
            answers(url)
            yield url
        finally:
            process.kill()
            process.wait()


@contextmanager
def wrong_password(folder: Path) -> Iterator[str]:
    """A URL with another password than the server's."""
    with running(folder / "locked", "--requirepass", "right") as server:
        yield as_user(server.url, "default", "wrong")


@contextmanager
def no_password(folder: Path) -> Iterator[str]:
    """A URL without the password that the server asks for."""
    with running(folder / "locked", "--requirepass", "right") as server:
        yield server.url


@contextmanager
def without_info(folder: Path) -> Iterator[str]:
    """A user who may do everything but what Redis calls dangerous."""
    with running(folder / "acl") as server:
        yield with_user(server.url, "~newswatch:*", "+@all", "-@dangerous")


@contextmanager
def foreign_keys(folder: Path) -> Iterator[str]:
    """A user whose keys are others."""
    with running(folder / "acl") as server:
        yield with_user(server.url, "~other:*", "+@all")


@contextmanager
def without_scripts(folder: Path) -> Iterator[str]:
    """A user who may run no script."""
    with running(folder / "acl") as server:
        yield with_user(server.url, "~newswatch:*", "+@all", "-@scripting")


def client(url: str) -> redis.Redis:
    """A client that reads text."""
    return redis.Redis.from_url(url, decode_responses=True)


def with_user(url: str, *permissions: str) -> str:
    """Make a user and return the URL to log in with."""
    with redis.Redis.from_url(url) as client:
        client.execute_command("ACL SETUSER", "editor", "on", ">secret", *permissions)
    return as_user(url, "editor", "secret")


def as_user(url: str, name: str, password: str) -> str:
    """The URL with a login."""
    return url.replace("redis://", f"redis://{name}:{password}@")


def answers(url: str, timeout_s: float = 20.0) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + timeout_s
    with redis.Redis.from_url(url) as client:
        while True:
            with contextlib.suppress(redis.exceptions.ConnectionError):
                if client.ping():
                    return
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.02)


@contextmanager
def played(replies: Mapping[str, bytes], otherwise: bytes) -> Iterator[str]:
    """The URL of something that gives fixed replies, by command. Its hashes are empty."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                words = []
                for _ in range(int(line[1:])):
                    size = int(self.rfile.readline()[1:])
                    words.append(self.rfile.read(size + 2)[:-2])
                name, nothing = words[0].decode().upper(), len(words) - 2
                if name == "HMGET":
                    self.wfile.write(b"*%d\r\n" % nothing + b"$-1\r\n" * nothing)
                else:
                    self.wfile.write(replies.get(name, otherwise))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        finally:
            server.shutdown()
            thread.join()


def bulk(text: str) -> bytes:
    """A string as Redis sends it."""
    data = text.encode()
    return b"$%d\r\n%s\r\n" % (len(data), data)


OLD_INFO = bulk("redis_version:6.2.14\r\nredis_mode:standalone\r\nrole:master\r\nloading:0\r\n")
CANNOT_COMPILE = b"-ERR Error compiling script (new function): user_script:1: unexpected symbol near '#'\r\n"


@contextmanager
def too_old(_folder: Path) -> Iterator[str]:
    """A Redis 6, which knows no flags of scripts."""
    replies = {
        "INFO": OLD_INFO,
        "CLIENT": b"+OK\r\n",
        "SCRIPT": CANNOT_COMPILE,
        "EVALSHA": b"-NOSCRIPT No matching script. Please use EVAL.\r\n",
    }
    with played(replies, b"*-1\r\n") as url:
        yield url


@contextmanager
def loading(_folder: Path) -> Iterator[str]:
    """A Redis that reads its data from disk."""
    with played({}, b"-LOADING Redis is loading the dataset in memory\r\n") as url:
        yield url


@contextmanager
def cannot_save(_folder: Path) -> Iterator[str]:
    """A Redis whose disk is full."""
    with played({}, b"-MISCONF Errors writing to the AOF file: No space left on device\r\n") as url:
        yield url


@contextmanager
def nobody(_folder: Path) -> Iterator[str]:
    """A port where nothing listens."""
    yield f"redis://127.0.0.1:{free_port()}/0"
