"""Thirty days of saved pages, which change as living ones do."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from email.utils import format_datetime

import pytest
from page_site import BLOCK, EMPTY, MAINTENANCE
from saved_pages import DATA, SavedPage, saved_pages

from article_pages import stream
from feed_server import Document
from newsroom import OPS

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the measuring data is absent ({DATA})"),
]
UNFIT = {"ap011", "ju-bia", "fl14"}
"""Not easily changed by program: links in a ticker above the list, too; rows with two titles; "10 months ago" in each row."""
RELATIVE = {"fl03", "np-yahoo-main-site"}
"""A new row says "today" forever here. With another headline as well it would be another item, so none is edited."""
BREAKS = {12: BLOCK, 19: MAINTENANCE, 26: EMPTY}
DAYS = 30


def publish(day: int, place: int, page: SavedPage) -> None:
    """What happens to a page on a day, besides new items. Not all pages change on the same day."""
    turn = (day + place) % 10
    if turn == 3:
        page.edit(2)
    elif turn == 5:
        page.swap(1, 3)
    elif turn == 7:
        page.pin(4)
    if day == 16:
        page.redesign()


def alerting(room) -> Counter[tuple[str, str]]:
    return Counter(
        (item["feed"], item["title"]) for item in stream(room) if not item["silent"] and not item["revision"]
    )


def test_thirty_days_of_twenty_saved_pages_give_each_new_item_once_and_report_each_break_once(newsroom):
    pages = [page for page in saved_pages(250) if page.name not in UNFIT][:20]
    assert len(pages) == 20
    feeds = "".join(
        f"  - {{id: {one.name}, url: {newsroom.site.url}/{one.name}, type: page}}\n" for one in pages
    )
    newsroom.write("feeds.yaml", f"defaults: {{every: 1h, allow_private: true}}\nfeeds:\n{feeds}")
    seen: Counter[tuple[str, str]] = Counter()
    first: Counter[tuple[str, str]] = Counter()
    expected: Counter[tuple[str, str]] = Counter()
    for day in range(DAYS + 1):
        for place, page in enumerate(pages):
            page.instead = BREAKS.get(day, BREAKS.get(day - 1, ""))
            if day and page.instead == "":
                publish(day, place, page)
                expected.update((page.name, page.add(newsroom.clock())) for _ in range((day + place) % 3))
            # Relative times are counted from when the server says it answered.
            headers = {"Content-Type": "text/html", "Date": format_datetime(newsroom.clock(), usegmt=True)}
            newsroom.site.documents[f"/{page.name}"] = Document(page.html(), headers=headers)
        newsroom.poll()
        # The stream is trimmed, so what is in it is collected.
        seen |= alerting(newsroom)
        if not day:
            first = seen.copy()
        if not pages[0].instead:
            assert seen - first == expected, day
        newsroom.pass_time(timedelta(days=1))
    # At first sight, three of a page without dates may alert, and what is of today.
    assert all(
        count <= 3 for name, count in Counter(feed for feed, _ in first).items() if name not in RELATIVE
    )
    newsroom.deliver()
    texts = [message["text"] for message in newsroom.slack.messages(OPS)]
    changed = [text for text in texts if "layout changed" in text]
    reported = Counter(
        page.name for page in pages for text in changed for _ in range(text.count(f"Feed {page.name} ("))
    )
    assert reported == dict.fromkeys((page.name for page in pages), len(BREAKS))
