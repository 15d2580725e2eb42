"""Red runs of residents whose causes are over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newswatch.pipeline.oversight.mended_runs import mended
from newswatch.store import pulses
from newswatch.store.codec import to_ms


@pytest.mark.parametrize(
    ("causes", "ended_after", "over"),
    [
        ((), timedelta(seconds=3), {"deliver_alerts"}),
        (("channel:C1",), timedelta(seconds=3), set()),
        ((), timedelta(minutes=5), set()),  # red for another reason, later
    ],
)
def test_red_run_is_mended_once_its_causes_are_over(newsroom, causes, ended_after, over):
    newsroom.run()
    red_at = newsroom.clock()

    async def judged(services):
        await pulses.record_red(services.redis, "deliver", frozenset({"channel:C1"}), to_ms(red_at))
        await pulses.record_red(services.redis, "deliver", frozenset(causes), None)
        return await mended(services, {"deliver_alerts": red_at + ended_after, "housekeeping": red_at})

    assert newsroom._do(judged) == over
