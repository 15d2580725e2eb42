"""Workers of two releases at the same Redis while stories come in: nothing is lost, nothing is sent twice."""

from __future__ import annotations

import pytest

from feed_server import story
from newsroom import ROOT, Newsroom
from releases import Worker, release_after, release_before

pytestmark = pytest.mark.heavy

WORDS = "The central bank opposes the plan."
AT_ONCE = 3
"""Stories that are published together."""


class Wire:
    """A feed that gets more stories while somebody waits for something."""

    def __init__(self, room: Newsroom, grace: str = "20s") -> None:
        self.room, self.stories = room, []
        room.feeds("wire", every="2s")
        room.receivers(interval="0.02s", grace=grace)

    def publish_until(self, condition) -> None:
        """More stories whenever the alerts of those before were sent."""

        def more() -> bool:
            if len(self.room.alert_ids()) >= len(self.stories):
                first = len(self.stories)
                self.stories += [story(n, f"News {n}", WORDS) for n in range(first, first + AT_ONCE)]
                self.room.site.serve("/wire", *self.stories)
            return condition()

        self.room.until(more)

    def settle(self) -> None:
        """Everything is in Slack, once."""
        self.room.until(lambda: len(self.room.alert_ids()) >= len(self.stories))
        ids = self.room.alert_ids()
        assert len(ids) == len(set(ids)) == len(self.stories)
        assert self.room.slack.doubles() == {}
        assert not self.room.redis.exists("newswatch:dead", "newswatch:dead:items")


@pytest.fixture
def start(newsroom):
    """Starts workers, and ends them."""
    started = []

    def begin(name, code):
        started.append(Worker(newsroom, name, code))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


def has_worked(worker: Worker) -> bool:
    return all(worker.done(what) for what in ("new", "alerts", "sent"))


def test_release_before_and_this_one_take_turns_at_the_same_redis(newsroom, start, tmp_path):
    wire = Wire(newsroom)
    old = start("before", release_before(tmp_path))
    wire.publish_until(lambda: has_worked(old))
    new = start("this", ROOT / "plugins")
    before = old.done("sent")  # so far alone
    wire.publish_until(lambda: has_worked(new) and old.done("sent") > before)
    old.stop()
    wire.settle()


def test_this_release_leaves_everything_to_the_next_one_that_starts(newsroom, start, tmp_path):
    wire = Wire(newsroom)
    this = start("this", ROOT / "plugins")
    wire.publish_until(lambda: has_worked(this))
    after = start("after", release_after(tmp_path))
    wire.publish_until(lambda: has_worked(after))
    newsroom.until(lambda: this.outgrown() == {"poll-1", "match", "articles", "deliver"})
    wire.settle()


def test_upgrade_without_draining_continues_what_a_killed_worker_of_the_release_before_had_begun(
    newsroom, start, tmp_path
):
    wire = Wire(newsroom, grace="4s")
    old = start("before", release_before(tmp_path))
    wire.publish_until(lambda: old.done("sent"))
    newsroom.slack.fault("delay", when="after", times=1, delay_s=3.0)
    posted = len(newsroom.alert_ids())
    wire.publish_until(lambda: len(newsroom.alert_ids()) > posted)  # Slack has it, and has not answered yet
    old.kill()
    assert newsroom.redis.zcard("newswatch:outbox:C0123456789") > 0, "a message is in doubt"
    new = start("this", ROOT / "plugins")
    wire.publish_until(lambda: has_worked(new))
    wire.settle()
