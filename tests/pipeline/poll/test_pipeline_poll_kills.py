"""The kill benchmark, smaller: `kill -9` of shards at random instants, each item in the stream exactly once."""

from __future__ import annotations

import importlib.util
import time

import pytest

from newsroom import ROOT


@pytest.fixture(scope="module")
def poll_kills():
    """The benchmark as a module."""
    spec = importlib.util.spec_from_file_location("poll_kills", ROOT / "bench" / "poll_kills.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_shards_killed_at_random_instants_lose_and_double_nothing(poll_kills, tmp_path, redis_url):
    found = poll_kills.torture(tmp_path, redis_url, kills=8, seed=20_261_123)
    assert found["changes"] > 3
    assert (found["lost"], found["twice"]) == ([], [])


AGAIN_S = 45.0


@pytest.mark.slow
def test_hosts_of_a_killed_worker_are_polled_again_while_the_others_go_on(poll_kills, tmp_path, redis_url):
    """Two workers, each with two of four shards. The one that takes over works the same run, in its next attempt."""
    site = poll_kills.ChangingFeeds()
    config = tmp_path / "config"
    site.configure(config, "0.5s")
    poll_kills.put_in_force(redis_url, config)
    shard = {feed: poll_kills.bucket_of(server.url) % 4 + 1 for feed, server in site.servers.items()}
    lost = [shard["feed-0"], shard["feed-0"] % 4 + 1]
    others = [number for number in range(1, 5) if number not in lost]
    assert len({number in lost for number in shard.values()}) == 2, "the hosts are in one half of the shards"

    def asked(feeds) -> list[int]:
        return [len(site.servers[feed].requests) for feed in feeds]

    def more_than(feeds, before) -> None:
        deadline = time.monotonic() + AGAIN_S
        while not all(now > then for now, then in zip(asked(feeds), before, strict=True)):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    hit = [feed for feed, number in shard.items() if number in lost]
    spared = [feed for feed, number in shard.items() if number in others]
    workers = [poll_kills.in_child(redis_url, config, half, 4, 0) for half in (lost, others)]
    try:
        more_than([*hit, *spared], [0] * 5)
        poll_kills.kill(workers.pop(0))
        before = asked(hit)
        more_than(spared, [count + 2 for count in asked(spared)])
        assert asked(hit) == before
        workers.append(poll_kills.in_child(redis_url, config, lost, 4, 1))
        more_than(hit, [count + 2 for count in before])
    finally:
        for worker in workers:
            poll_kills.kill(worker)
        site.stop()
