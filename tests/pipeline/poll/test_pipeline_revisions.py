"""Real feeds through the revisions that the wild makes: nothing alerts twice, nothing is lost.

Every revision goes through a real HTTP server, the poller, a real claim and matching. What the
rules say of an item is not the point here, so one rule matches everything.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest

import feed_revisions as wild
from feed_server import Document
from newsroom import Newsroom
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.parse import parse_document

pytestmark = [pytest.mark.shared, pytest.mark.slow]
ANYTHING = "rules:\n  - id: anything\n    query: '/\\S/'\n    notify: [policy]\n"


class Replay:
    """The real feeds as the desk follows them, one revision after the other."""

    def __init__(self, newsroom, bodies: dict[str, bytes]) -> None:
        self._room = newsroom
        self.bodies = bodies
        newsroom.feeds(*bodies, extra=", first_sight: 36500d, max_age: 36500d")
        newsroom.watchlist(ANYTHING)
        self._at = 0

    def show(self, bodies: dict[str, bytes]) -> tuple[list[dict], int]:
        """Serve, poll, match: the items that came to the stream, and how many alerts that made."""
        self.bodies = bodies
        for name, body in bodies.items():
            self._room.site.documents[f"/{name}"] = Document(
                body, headers={"Content-Type": "application/xml"}
            )
        counts = self._room.poll()
        assert counts.failed == 0
        stream = [json.loads(values["item"]) for _, values in self._room.redis.xrange("newswatch:items")]
        new, self._at = stream[self._at :], len(stream)
        assert counts.new == len(new)
        return new, self._room.match().alerts

    def change(self, revision) -> tuple[list[dict], int]:
        """Every feed's document, changed by the same hand."""
        return self.show({name: revision(body) for name, body in self.bodies.items()})


@pytest.fixture
def replay(tmp_path, redis_url, simulator, shared_data):
    folder = shared_data / "feeds" / "real"
    bodies = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.xml"))}
    if not bodies:
        pytest.skip(f"{folder} holds no feeds")
    newsroom = Newsroom(tmp_path, redis_url, simulator, grace="60s")
    started = Replay(newsroom, bodies)
    started.first, started.alerts = started.show(bodies)
    yield started
    newsroom.close()


def parsed(body: bytes):
    return parse_document(body, url="https://wire.example/", headers={}).entries


def told_apart(body: bytes) -> set[str]:
    """The canonical links that are one entry's alone."""
    links = Counter(canonical_link(entry.link) for entry in parsed(body))
    return {link for link, times in links.items() if link and times == 1}


UNCHANGED = {
    "rebuilt": lambda body: wild.rebuilt(body, "Mon, 23 Nov 2026 10:00:00 GMT"),
    "laid out anew": wild.laid_out_anew,
    "reordered": wild.reordered,
    "oldest dropped": wild.without_oldest,
    "links tracked": lambda body: wild.links_tracked(body, "rss"),
    "links secured": wild.links_secured,
    "dates bumped": lambda body: wild.dates_bumped(body, timedelta(hours=1)),
}


def test_revisions_without_a_changed_item_bring_nothing_and_lose_nothing(replay):
    original = dict(replay.bodies)
    assert_first_versions_brought_every_entry(replay)
    for name, revision in UNCHANGED.items():
        before = dict(replay.bodies)
        assert replay.change(revision) == ([], 0), name
        assert sum(replay.bodies[feed] != body for feed, body in before.items()) > 20, name
    assert replay.show(original) == ([], 0), "as it was"
    new, alerts = replay.change(lambda body: wild.with_new_entry(body, "after-all"))
    # A twin of an entry that has but a text is that entry once more.
    named = [name for name, body in original.items() if is_named(parsed(body)[0])]
    assert Counter(item["feed"] for item in new) == dict.fromkeys(named, 1)
    assert all(item["title"].endswith("after-all") and item["revision"] == 0 for item in new)
    assert alerts == sum(1 for item in new if not item["silent"])


def is_named(entry) -> bool:
    """Whether it has a guid, a link or a title that is not just its first words."""
    text = entry.summary or entry.body
    return bool(entry.guid or entry.link) or not text.startswith(entry.title.rstrip("…"))


def assert_first_versions_brought_every_entry(replay):
    of_feed = Counter(item["feed"] for item in replay.first)
    assert len({item["id"] for item in replay.first}) == len(replay.first)
    for name, body in replay.bodies.items():
        ids = {(entry.guid, canonical_link(entry.link), entry.title) for entry in parsed(body)}
        assert of_feed[name] == len(ids), name
    dated = sum(1 for item in replay.first if not item["silent"])
    assert replay.alerts == dated > 1_000


GUIDS_REWRITTEN = {
    "guids": lambda body: wild.guids_rewritten(body, "again"),
    "guids and tracking": lambda body: wild.links_tracked(wild.guids_rewritten(body, "once more"), "app"),
}


def test_rewritten_guids_bring_only_what_nothing_else_tells_apart(replay):
    apart = {name: told_apart(body) for name, body in replay.bodies.items()}
    for name, revision in GUIDS_REWRITTEN.items():
        new, _ = replay.change(revision)
        assert [item for item in new if item["canonical"] in apart[item["feed"]]] == [], name
        assert len(new) < len(replay.first) / 50, name
    assert replay.change(lambda body: wild.rebuilt(body, "Mon, 23 Nov 2026 11:00:00 GMT")) == ([], 0)


@pytest.mark.parametrize("edit", [wild.title_edited, wild.summary_edited])
def test_edit_is_a_revision_of_its_item_and_alerts_nobody_again(replay, edit):
    known = {item["id"] for item in replay.first}
    before = dict(replay.bodies)
    apart = {name: told_apart(body) for name, body in before.items()}
    new, alerts = replay.change(lambda body: edit(body, 0, "and so much more"))
    edited = {feed for feed, body in before.items() if replay.bodies[feed] != body}
    assert len(edited) > 50
    assert {item["feed"] for item in new} <= edited
    assert Counter(item["feed"] for item in new).most_common(1)[0][1] == 1
    revisions = [item for item in new if item["revision"] == 1]
    assert {item["id"] for item in revisions} <= known
    # What goes by nothing but its words, or shares guid and link with another, is told apart by title.
    others = [item for item in new if item not in revisions]
    assert [item for item in others if item["canonical"] in apart[item["feed"]]] == []
    assert alerts == sum(1 for item in others if not item["silent"]) <= 3
    assert all("and so much more" in item["title"] + item["summary"] + item["body"] for item in new)
    assert replay.change(wild.reordered) == ([], 0)
