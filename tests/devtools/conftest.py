"""A simulator for each test module, empty for each test, and the workspace of the contract tests."""

import pytest

from devtools.slack_sim.running import RunningSimulator


@pytest.fixture(scope="module")
def shared_slack():
    with RunningSimulator(interval_s=0) as simulator:
        yield simulator


@pytest.fixture
def slack(shared_slack):
    shared_slack.reset()
    return shared_slack
