"""The configuration in force and the ones before it, against a real Redis."""

from __future__ import annotations

from newswatch.store import keys
from newswatch.store.client import connect
from newswatch.store.configuration import Stored, put_in_force, read_past, read_stored


def bundle(version: int) -> Stored:
    return Stored(
        version, f"digest-{version}", f'{{"version": {version}, "name": "Zürich"}}', f"files-{version}"
    )


async def test_last_twenty_bundles_can_be_read_by_their_version(redis_url):
    async with connect(redis_url) as redis:
        for version in range(1, 26):
            assert await put_in_force(redis, version - 1, bundle(version), 1_000 + version)
        assert await read_past(redis, 5) is None
        for version in range(6, 26):
            assert await read_past(redis, version) == bundle(version).bundle
        assert await redis.hlen(keys.CONFIG_PAST) == 20
        assert await read_past(redis, 26) is None


async def test_bundle_that_came_too_late_is_not_kept(redis_url):
    async with connect(redis_url) as redis:
        assert await put_in_force(redis, 0, bundle(1), 1_000)
        late = Stored(1, "other", '{"version": 1}', "other")
        assert not await put_in_force(redis, 0, late, 1_001)
        assert await read_past(redis, 1) == bundle(1).bundle
        assert await read_stored(redis) == bundle(1)
