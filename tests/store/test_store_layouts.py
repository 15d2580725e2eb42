"""What is kept of a page's layout change is bounded, is replaced only by another change, and ends by itself."""

from __future__ import annotations

from newswatch.store import keys, layouts
from newswatch.store.client import connect


def seen(at_ms: int, *titles: str, body: bytes = b"<p>x</p>") -> layouts.PageSight:
    return layouts.sight(at_ms, body, [(title, f"https://a.example/{title}") for title in titles])


def test_what_is_kept_of_a_document_is_bounded():
    kept = layouts.sight(1, "é".encode() * 5_000_000, [("t" * 9_999, "l" * 9_999)] * 9_999)
    assert len(kept.items) == layouts.MOST_ITEMS
    assert len(kept.items[0][0]) == layouts.MOST_TITLE_CHARS
    assert len(kept.items[0][1]) == layouts.MOST_LINK_CHARS
    assert len(kept.head) == layouts.MOST_HEAD_CHARS


async def test_first_document_without_the_list_is_kept_while_it_stays_lost(redis_url):
    async with connect(redis_url) as redis:
        await layouts.keep(redis, "a", seen(1, "one"))
        await layouts.note_change(redis, "a", "lost", "why", seen(2))
        await layouts.note_change(redis, "a", "lost", "why", seen(3))
        change = await layouts.read_change(redis, "a")
        assert change == layouts.LayoutChange("lost", "why", seen(1, "one"), seen(2))
        await layouts.keep(redis, "a", seen(4, "two"))
        await layouts.note_change(redis, "a", "lost", "again", seen(5))
        change = await layouts.read_change(redis, "a")
        assert change is not None
        assert change.before == seen(4, "two")


async def test_change_is_kept_14_days_and_what_cannot_be_read_is_none(redis_url):
    async with connect(redis_url) as redis:
        await layouts.note_change(redis, "a", "moved", "why", seen(2, "one"))
        assert 13 * 86_400 < await redis.ttl(keys.layout("a")) <= 14 * 86_400
        assert await layouts.read_change(redis, "b") is None
        assert await layouts.read_change(redis, "a") == layouts.LayoutChange(
            "moved", "why", None, seen(2, "one")
        )
