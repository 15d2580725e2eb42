"""The kill benchmark, smaller: `kill -9` at random instants, each item in the stream exactly once."""

from __future__ import annotations

import importlib.util

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
def test_pollers_killed_at_random_instants_lose_and_double_nothing(poll_kills, tmp_path, redis_url):
    found = poll_kills.torture(tmp_path, redis_url, kills=15, seed=20_261_123)
    assert found["changes"] > 3
    assert (found["lost"], found["twice"]) == ([], [])
