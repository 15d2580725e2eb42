"""A primary, its replica, and a Sentinel that watches them: real servers, with a user of newswatch's own."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

import redis

from devtools.redis_server import RunningRedis, free_port, server_binary
from redis_servers import LEAST_PERMISSIONS

SERVICE = "newswatch-primary"
PASSWORD, SECRET = "of-redis", "of-newswatch"


class WatchedRedis:
    """`primary` and `replica` as they are at first. The URL names a Sentinel that is down before the one that is up."""

    def __init__(self, folder: Path) -> None:
        own = ("--requirepass", PASSWORD, "--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0")
        user = ("--user", "newswatch", "on", f">{SECRET}", *LEAST_PERMISSIONS)
        self.primary = RunningRedis(folder / "one", *own, *user)
        of = ("--replicaof", f"127.0.0.1 {self.primary.port}")
        self.replica = RunningRedis(folder / "two", *own, *user, *of)
        self.port = free_port()
        settings = folder / "sentinel.conf"
        settings.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {folder}\nrequirepass of-sentinel\n"
            f"sentinel monitor {SERVICE} 127.0.0.1 {self.primary.port} 1\n"
            f"sentinel auth-pass {SERVICE} {PASSWORD}\n"
            f"sentinel down-after-milliseconds {SERVICE} 1000\n"
            f"sentinel failover-timeout {SERVICE} 4000\n"
        )
        log = (folder / "sentinel.log").open("wb")
        self._sentinel = subprocess.Popen(
            [server_binary(), str(settings), "--sentinel"], stdout=log, stderr=log
        )
        log.close()
        self.until(lambda: self.knows()["num-slaves"] == 1)

    @property
    def url(self) -> str:
        """What goes into REDIS_URL."""
        hosts = f"127.0.0.1:{free_port()},127.0.0.1:{self.port}"
        return f"redis+sentinel://newswatch:{SECRET}@{hosts}/{SERVICE}/0?sentinel_password=of-sentinel"

    def knows(self) -> dict:
        """What the Sentinel says of the primary."""
        with redis.Redis(port=self.port, password="of-sentinel") as client:
            return client.sentinel_master(SERVICE)

    def client(self) -> redis.Redis:
        """A client of the present primary that reads text."""
        watcher = redis.sentinel.Sentinel(
            [("127.0.0.1", self.port)], sentinel_kwargs={"password": "of-sentinel"}
        )
        return watcher.master_for(SERVICE, password=PASSWORD, decode_responses=True)

    def kill_primary(self) -> None:
        """As in a crash. Returns when the replica has taken over."""
        self.primary.kill()
        self.until(lambda: self.knows()["port"] == self.replica.port)

    def until(self, condition, timeout_s: float = 90.0) -> None:
        """Wait until it holds. What is not up yet does not hold."""
        deadline = time.monotonic() + timeout_s
        while True:
            with contextlib.suppress(redis.exceptions.ConnectionError, redis.exceptions.ResponseError):
                if condition():
                    return
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self) -> None:
        self._sentinel.kill()
        self._sentinel.wait()
        self.replica.stop()
        self.primary.stop()
