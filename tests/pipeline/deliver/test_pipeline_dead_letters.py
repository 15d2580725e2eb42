"""Dead letters show what a retry would send."""

from __future__ import annotations

import json

from feed_server import story
from newsroom import POLICY, Newsroom
from newswatch.pipeline.deliver.dead_letters import read_dead_letters
from newswatch.store import keys, listening

WORDS = "The central bank opposes the plan."


def letters(room: Newsroom):
    return room._do(read_dead_letters)


def dead_message(room: Newsroom) -> None:
    room.slack.fault("invalid_blocks", times=2)
    room.site.serve(
        "/wire",
        story(2, "Later copy", WORDS),
        story(1, "First copy", WORDS, link="https://news.example/story/2"),
    )
    assert room.run()[2].dead == 1


def test_letter_shows_the_payload_that_a_retry_sends(newsroom):
    async def listens(services):
        await listening.beat(services.redis, listening.Listening(("socket",), services.clock()))

    newsroom._do(listens)
    dead_message(newsroom)
    (letter,) = letters(newsroom)
    newsroom.json("dead", "retry")
    newsroom.json("deliver")
    (post,) = newsroom.posts()
    assert "actions" in [block["type"] for block in letter.payload["blocks"]]
    assert letter.payload["metadata"] == post["metadata"]
    assert [b["block_id"] for b in letter.payload["blocks"]] == [b["block_id"] for b in post["blocks"]]


def test_letter_has_the_headline_that_its_readers_would_see(newsroom):
    dead_message(newsroom)
    (letter,) = letters(newsroom)
    headline = letter.payload["text"].split("\n")[0]
    assert letter.title in headline
    (row,) = newsroom.json("dead")
    assert (row["title"], row["kind"]) == (letter.title, "story")
    assert row["payload"]["text"].split("\n")[0] == headline


def test_letter_that_cannot_be_rendered_is_listed_with_its_error(newsroom):
    newsroom.site.serve("/wire", story(1, "Broken", WORDS))
    newsroom.poll()
    newsroom.match()
    (message_id,) = newsroom.redis.zrange(keys.outbox(POLICY), 0, -1)
    (alert_id,) = json.loads(newsroom.redis.hget(keys.message(message_id), "alerts"))
    newsroom.redis.hset(keys.alert(alert_id), "json", "{")
    assert newsroom.deliver().dead == 1
    (letter,) = letters(newsroom)
    assert (letter.message.id, letter.alerts) == (message_id, ())
    assert "could not be rendered" in letter.error
