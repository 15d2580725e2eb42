"""A newsroom for each test of the command line."""

from __future__ import annotations

import pytest

from devtools.slack_sim.running import RunningSimulator
from newsroom import Newsroom


@pytest.fixture(scope="session")
def simulator():
    with RunningSimulator(interval_s=0.0) as slack:
        yield slack


@pytest.fixture
def newsroom(tmp_path, redis_url, simulator):
    simulator.reset()
    room = Newsroom(tmp_path, redis_url, simulator)
    yield room
    room.close()
