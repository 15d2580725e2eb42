"""poll_feeds: fetch each feed when it is due, and queue new items for matching."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, get_current_context, task

from newswatch_airflow.assets import ITEMS
from newswatch_airflow.hooks import sound_settings
from newswatch_airflow.resident import stay, stays

DOC = """
**What it does.** One run works a shift of ten minutes (`NEWSWATCH_SHIFT`) and is followed by the next. Each mapped task is a
shard: it owns the hosts that fall to it (`NEWSWATCH_POLL_SHARDS`), fetches their feeds when each is due (`every`),
and puts new items into the stream `newswatch:items`, where `match_items` waits for them. The first shard starts a
run of `fetch_articles` when an article waits.

**A running task is normal.** The counts are in its XCom when the shift ends. *Trigger* does not help: only one run can
be active, and it is at work. To poll a feed at once, press *Poll now* on its page; that takes two seconds at most.

**What red means.** Infrastructure, not a feed: Redis refused newswatch or is full, a connection is missing, or a process died
many times. A failed shard is tried again while the others go on. Nothing is lost: what was not claimed is fetched again.
While Redis is away, the tasks wait for it and do not turn red.

**What to do.** Open the red task; the last lines of its log say what to change. `newswatch feeds` lists failing feeds,
and ops is notified of a feed that is given up. Run `newswatch doctor`.

The page *newswatch* in the navigation lists every feed with its last error, and says when each shard was last heard
from. Runbook: [feeds are not polled](/newswatch/runbook#feeds-are-not-polled), [Redis](/newswatch/runbook#redis-is-away).
"""

with DAG(
    description="Fetch each feed when it is due, and queue new items for matching",
    doc_md=DOC,
    schedule="@continuous",
    **stays("poll_feeds"),
):

    @task(
        outlets=[ITEMS],
        map_index_template="shard {{ task.op_kwargs['shard'] }}",
        doc_md="Poll a shard's feeds until the shift is over. Red: Redis refused newswatch or is full; the log says why.",
    )
    def poll(shard: int) -> dict[str, Any]:
        """Poll a shard's feeds; a mapped task shows `doc_md` only, not this."""
        return stay(get_current_context(), f"poll-{shard}")

    poll.expand(shard=list(range(1, sound_settings().poll_shards + 1)))
