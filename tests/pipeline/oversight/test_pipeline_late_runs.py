"""DAGs that come and go, and do not come any more."""

from __future__ import annotations

from datetime import timedelta

from newsroom import OPS, POLICY
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.pipeline.oversight.late_runs import cause_of, has_run
from newswatch.store import notices


def late(room) -> list[str]:
    async def active(services) -> list[str]:
        await after_cycle(services)
        return [
            dag_id
            for dag_id in ("check_config", "housekeeping")
            if await notices.is_active(services.redis, cause_of(dag_id))
        ]

    return room._do(active)


def finish(room, dag_id: str) -> None:
    room._do(lambda services: has_run(services, dag_id))


def test_dag_that_has_not_run_is_reported_once_it_is_late(newsroom):
    newsroom.run()
    assert late(newsroom) == []
    newsroom.pass_time(timedelta(minutes=14))
    assert late(newsroom) == []
    newsroom.pass_time(timedelta(minutes=2))
    assert late(newsroom) == ["check_config"]
    newsroom.pass_time(timedelta(hours=25))
    assert late(newsroom) == ["check_config", "housekeeping"]


def test_run_ends_the_notice_and_begins_the_time_again(newsroom):
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s}\n"
        f"receivers:\n  - {{id: policy, channel: {POLICY}}}\n  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.run()
    late(newsroom)
    newsroom.pass_time(timedelta(minutes=16))
    assert late(newsroom) == ["check_config"]
    newsroom.deliver()
    finish(newsroom, "check_config")
    assert late(newsroom) == []
    newsroom.pass_time(timedelta(minutes=14))
    assert late(newsroom) == []
    newsroom.deliver()
    texts = " ".join(message["text"] for message in newsroom.slack.messages(OPS))
    assert "check_config has not finished a run for 16 min" in texts
    assert "check_config finishes in time again." in texts
