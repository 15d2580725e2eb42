"""Messages go to the workspace that this Redis belongs to, and to no other until an operator says so."""

from __future__ import annotations

import pytest

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.pipeline.deliver.workspace import difference
from newswatch.sending import Identity
from newswatch.store import keys

WORDS = "The central bank opposes the plan."
KNOWN = Identity("T1", "First", "B1", "newswatch")


def queue(newsroom, number: int) -> None:
    newsroom.site.serve("/wire", story(number, f"Number {number}", WORDS))
    newsroom.poll()
    newsroom.match()


@pytest.fixture
def before(newsroom):
    """The newsroom has delivered, and more waits. What the call says was the workspace, or the bot, before."""
    queue(newsroom, 1)
    newsroom.deliver()
    queue(newsroom, 2)
    return lambda **ids: newsroom.redis.hset(keys.DEPLOYMENT, mapping=ids)


def test_token_of_another_workspace_sends_nothing_until_it_is_adopted(newsroom, before):
    before(team_id="T0BEFORE", team="Old workspace")
    counts = newsroom.deliver()
    assert (counts.sent, counts.queued) == (0, 1)
    (problem,) = counts.problems
    assert "Old workspace (T0BEFORE)" in problem
    assert "T0SIMULATOR" in problem
    assert newsroom.command("deliver")[0] == 1
    status, out, _ = newsroom.command("doctor")
    assert status == 1
    assert "T0BEFORE" in out
    adopted = newsroom.json("adopt", "--workspace")
    assert (adopted["before"]["team_id"], adopted["now"]["team_id"]) == ("T0BEFORE", "T0SIMULATOR")
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert len(newsroom.posts(POLICY)) == 2


def test_polling_and_matching_go_on_with_a_token_of_another_workspace(newsroom, before):
    before(team_id="T0BEFORE", team="Old workspace")
    newsroom.deliver()
    queue(newsroom, 3)
    assert newsroom.deliver().queued == 2


def test_another_bot_of_the_same_workspace_sends_and_is_a_warning(newsroom, before):
    before(bot_id="B0BEFORE", bot="old bot")
    newsroom.deliver()
    newsroom.deliver()
    assert len(newsroom.posts(POLICY)) == 2
    (notice,) = newsroom.posts(OPS)
    assert "B0BEFORE" in notice["text"]
    assert "B0NEWSWATCH" in notice["text"]
    _, out, _ = newsroom.command("doctor")
    assert "warning slack workspace" in out
    newsroom.command("adopt", "--workspace")
    queue(newsroom, 3)
    newsroom.deliver()
    _, out, _ = newsroom.command("doctor")
    assert "slack workspace" not in out


def test_rotated_token_changes_nothing(newsroom, before):
    del before
    assert newsroom.deliver().problems == ()
    stored = newsroom.redis.hgetall(keys.DEPLOYMENT)
    assert set(stored) == {"team_id", "team", "bot_id", "bot"}
    assert newsroom.slack.token not in str(stored)


def test_command_without_what_to_adopt_is_wrong_usage(newsroom):
    status, _, err = newsroom.command("adopt")
    assert status == 2
    assert "--workspace" in err


@pytest.mark.parametrize(
    ("known", "found", "level"),
    [
        (None, KNOWN, None),
        (KNOWN, KNOWN, None),
        (KNOWN, Identity("T1", "Renamed", "B1", "other name"), None),
        (KNOWN, Identity("T1", "First", "B2", "newswatch"), "warning"),
        (KNOWN, Identity("T2", "First", "B1", "newswatch"), "error"),
    ],
)
def test_only_ids_make_a_difference(known, found, level):
    differs = difference(known, found)
    assert (differs.level if differs else None) == level
