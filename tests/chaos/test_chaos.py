"""The stages and Redis are killed again and again while news arrives: each alert is posted exactly once."""

from __future__ import annotations

import pytest

from devtools.chaos.run import Chaos, ChaosPlan

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def carry_out(folder, plan: ChaosPlan):
    with Chaos(folder, plan) as chaos:
        return chaos.run()


def test_kills_of_stages_and_redis_lose_nothing_and_double_nothing(tmp_path):
    plan = ChaosPlan(seed=20261123, kills=60, redis_kills=3, freezes=4, alerts=120, channels=10)
    report = carry_out(tmp_path, plan)
    assert report.clean, report
    assert report.delivered == report.expected == 120
    assert sum(report.kills.values()) == 60
    assert report.redis_kills == 3
    assert any(name.startswith("after") for name in report.faults)


def test_without_a_look_into_the_history_there_are_duplicates(tmp_path):
    plan = ChaosPlan(
        seed=20261123, kills=30, redis_kills=0, freezes=0, alerts=120, channels=10, reconcile=False
    )
    assert carry_out(tmp_path, plan).twice > 0
