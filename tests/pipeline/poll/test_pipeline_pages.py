"""Web pages as sources: thirty days of a page, and what each change of it means."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from page_site import (
    BLOCK,
    EMPTY,
    MAINTENANCE,
    PageSite,
    cards,
    table,
    teasers,
    undated,
    undated_teasers,
    years,
)

from article_pages import stream
from feed_server import Document
from newsroom import OPS

HALF_A_DAY = timedelta(hours=12)
LOOKS = {"cards": cards, "plain": undated, "files": table, "years": years}


class Desk:
    """A newsroom that reads one page for each look."""

    def __init__(self, newsroom, looks=LOOKS, keys="type: page"):
        self.room = newsroom
        self.pages = {name: PageSite(look, newsroom.clock) for name, look in looks.items()}
        self.expected: dict[str, list[str]] = {name: [] for name in looks}
        self.alerting: dict[str, tuple[str, str]] = {}
        rows = "".join(f"  - {{id: {name}, url: {newsroom.site.url}/{name}, {keys}}}\n" for name in looks)
        newsroom.write("feeds.yaml", f"defaults: {{every: 1h, allow_private: true}}\nfeeds:\n{rows}")
        for page in self.pages.values():
            for ago in range(30, 0, -1):
                page.add((newsroom.clock() - timedelta(days=1 + ago / 3)).date())

    def publish(self):
        for name, page in self.pages.items():
            self.expected[name].append(page.add())

    def each(self, change):
        for page in self.pages.values():
            change(page)

    def set(self, **values):
        for page in self.pages.values():
            for name, value in values.items():
                setattr(page, name, value)

    def poll(self, passed=HALF_A_DAY):
        self.room.pass_time(passed)
        for name, page in self.pages.items():
            page.today = self.room.clock
            self.room.site.documents[f"/{name}"] = Document(
                page.html(), headers={"Content-Type": "text/html"}
            )
        return self.room.poll()

    def new(self) -> dict[str, list[str]]:
        """The titles that may alert, by feed. The stream is trimmed, so they are collected."""
        for item in stream(self.room):
            if not item["silent"] and not item["revision"]:
                self.alerting[item["id"]] = item["feed"], item["title"]
        found: dict[str, list[str]] = {name: [] for name in self.pages}
        for name, title in self.alerting.values():
            found[name].append(title)
        return found

    def missed_and_false(self):
        new = self.new()
        missed = {name: Counter(self.expected[name]) - Counter(new[name]) for name in new}
        false = {name: Counter(new[name]) - Counter(self.expected[name]) for name in new}
        return (
            {name: [*titles] for name, titles in missed.items() if titles},
            {name: [*titles] for name, titles in false.items() if titles},
        )

    def notices(self) -> list[str]:
        self.room.deliver()
        return [message["text"] for message in self.room.slack.messages(OPS)]

    def check(self, when):
        assert self.missed_and_false() == ({}, {}), when


@pytest.fixture
def desk(newsroom):
    """Pages that were read for the first time; of those without dates the first three items may alert."""
    made = Desk(newsroom)
    made.poll(timedelta(0))
    made.expected["plain"] += [row.title for row in made.pages["plain"].rows[:3]]
    made.check("first sight")
    return made


@pytest.mark.slow
def test_thirty_days_of_pages_give_each_new_item_once_and_report_each_break_once(desk):  # noqa: C901 - a script
    def redesign():
        desk.set(look=teasers, size=60)
        desk.pages["plain"].look = undated_teasers

    def other_site():
        desk.before = {name: page.rows for name, page in desk.pages.items()}
        for page in desk.pages.values():
            page.look, page.rows, page.count = cards, [], page.count + 500
            for _ in range(8):
                page.add()

    def own_site():
        redesign()
        for name, page in desk.pages.items():
            page.rows, page.count = desk.before[name], page.count - 508

    script = {
        1: lambda: desk.each(lambda page: page.rows.pop(4)),
        2: lambda: desk.set(size=16),
        3: lambda: desk.each(lambda page: page.edit(1)),
        5: lambda: desk.each(lambda page: setattr(page, "pinned", page.rows[8].number)),
        7: lambda: desk.set(shuffled=True),
        8: lambda: desk.set(shuffled=False, pinned=0),
        9: lambda: desk.set(size=6, pager=True),
        11: lambda: desk.set(size=12),
        12: lambda: desk.set(instead=MAINTENANCE),
        13: lambda: desk.set(instead=""),
        14: lambda: desk.each(lambda page: page.rows.pop(3)),
        15: redesign,
        17: lambda: desk.set(instead=BLOCK),
        18: lambda: desk.set(instead=""),
        20: lambda: desk.set(instead=MAINTENANCE),
        21: lambda: desk.set(instead=""),
        23: lambda: desk.set(instead=EMPTY),
        24: lambda: desk.set(instead=""),
        26: other_site,
        27: own_site,
    }
    quiet = {26}
    for day in range(1, 31):
        script.get(day, lambda: None)()
        for half in range(2):
            if day not in quiet and (half == 0 or day % 4 == 0):
                desk.publish()
            desk.poll()
            if not any(page.instead for page in desk.pages.values()):
                desk.check(f"day {day}, half {half}")
    texts = desk.notices()
    changed = [text for text in texts if "layout changed" in text]
    found = [text for text in texts if "is found again" in text]
    # Five breaks of four pages: maintained twice, blocked, emptied, replaced. Slack joins notices that come together.
    assert Counter(
        name for text in changed for name in desk.pages for _ in range(text.count(f"Feed {name} ("))
    ) == dict.fromkeys(desk.pages, 5)
    assert found
    assert not any("has failed since" in text for text in texts)
    assert all(row["state"] == "ok" for row in desk.room.json("feeds"))
