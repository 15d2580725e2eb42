"""Feeds that are read from another host than the configured one: that host's shard polls them, so that its pace holds.

Redis knows them. A shard that finds that a feed is read elsewhere by now leaves it to the other one, which sees it with
its next look.
"""

from __future__ import annotations

from collections.abc import Sequence

from newswatch.config.parts import bucket_of
from newswatch.models import Feed
from newswatch.pipeline.base.configuration import FeedsInForce, Share, version_in_force
from newswatch.pipeline.base.services import Services
from newswatch.store import feeds


class HostMoves:
    """The feeds of a shard, by the hosts that they are read from."""

    def __init__(self, services: Services, share: Share) -> None:
        self._services = services
        self._share = share
        self._moved: dict[str, int] = {}
        """The bucket of the host that a feed is read from, if it is another one."""

    async def look(self) -> bool:
        """Read where feeds are read from. Whether that changed since the last look. Raises RedisError."""
        before, self._moved = self._moved, await feeds.read_moved_buckets(self._services.redis)
        return self._moved != before

    def has(self, feed: Feed) -> bool:
        """Whether this shard polls the feed."""
        return self._share.has_bucket(self._moved.get(feed.id, bucket_of(feed.url)))

    async def mine(self, configured: Sequence[Feed]) -> list[Feed]:
        """The shard's feeds: the `configured` ones without those that left, and those that came."""
        known = {feed.id for feed in configured}
        came = [
            feed_id
            for feed_id, bucket in self._moved.items()
            if feed_id not in known and self._share.has_bucket(bucket)
        ]
        others = FeedsInForce(self._services, await version_in_force(self._services))
        await others.read(came)
        found = [feed for feed_id in came if (feed := others.get(feed_id)) is not None]
        return [*filter(self.has, configured), *found]

    async def read_from(self, feed: Feed, url: str) -> None:
        """The feed is read from this URL now. Raises RedisError."""
        bucket = bucket_of(url)
        elsewhere = None if bucket == bucket_of(feed.url) else bucket
        if self._moved.get(feed.id) == elsewhere:
            return
        await feeds.note_moved_bucket(self._services.redis, feed.id, elsewhere)
        if elsewhere is None:
            del self._moved[feed.id]
        else:
            self._moved[feed.id] = elsewhere
