"""Fixtures every room's tests share: real servers, started once, cleaned between tests."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

import pytest
import redis.utils
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "plugins", ROOT / "tests"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

# Timings live in bench/; here the machine may be busy.
# Continuous integration repeats the same examples; every other run looks for new ones.
settings.register_profile("newswatch", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("newswatch")

# redis-py reads its version from the package's files for each connection. That takes 4 ms, longer than most of what follows.
redis.utils.get_lib_version = cache(redis.utils.get_lib_version)

from certificates import write_ca_and_server  # noqa: E402
from devtools.redis_server import RunningRedis  # noqa: E402  (the path is set just above)
from devtools.slack_sim.running import RunningSimulator  # noqa: E402
from kept_parsers import kept_parsers  # noqa: E402
from newsroom import Newsroom  # noqa: E402


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """What is derived from files is kept with the tests, not with the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEWSWATCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def one_authority(tmp_path_factory):
    """Clients trust one certificate authority. Those of a system are a hundred, and each client reads them for 35 ms."""
    made = write_ca_and_server(tmp_path_factory.mktemp("authority"), "server.example")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(made.bundle))
        yield


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    """One real server for the whole session; use `redis_url`, which hands it out empty."""
    server = RunningRedis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server):
    """The URL of a real, empty Redis."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture(scope="session")
def simulator():
    """One Slack simulator for the whole session; `newsroom` hands it out empty.

    Tests name any channel and post faster than Slack allows; Tier 3 is in force. A listener on a very busy machine has
    longer for a click than Slack's three seconds.
    """
    with RunningSimulator(
        interval_s=0.0,
        posts_per_minute=0,
        strict_channels=False,
        acknowledge_within_s=20.0,
        trigger_valid_s=20.0,
    ) as slack:
        yield slack


@pytest.fixture
def newsroom(tmp_path, redis_url, simulator):
    """A newsroom for each test: feeds, configuration, an empty Redis and an empty Slack."""
    simulator.reset()
    room = Newsroom(tmp_path, redis_url, simulator)
    with kept_parsers():
        yield room
    room.close()


@pytest.fixture
def resident(newsroom, monkeypatch):
    """Starts resident stages of the newsroom, which beat more often than elsewhere, and ends them."""
    from residents import Resident  # noqa: PLC0415 - few tests need one

    monkeypatch.setattr("newswatch.pipeline.base.shift.BEAT_S", 0.3)
    newsroom.adopt()
    started = []

    def start(stage, **options):
        started.append(Resident(newsroom, stage, **options))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture(scope="module")
def browser():
    """One Chromium for a file of tests."""
    from chromium import open_browser  # noqa: PLC0415 - most tests need no browser

    with open_browser() as made:
        yield made


@pytest.fixture
def own_redis(tmp_path):
    """A server of the test's own, for those that kill or fill it."""
    server = RunningRedis(tmp_path / "own-redis")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared_data():
    """The folder of measuring data beside the repository; skips where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the measuring data beside the repository is absent")
    return folder
