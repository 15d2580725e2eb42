"""Delivery as people see it: queues, dead letters and their retry, mutes, latency, figures for monitors."""

import dataclasses
import re
from datetime import timedelta

import pytest

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.pipeline.base import notices
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.residents import resident_stages
from newswatch.store import pulses
from newswatch.store.pulses import Pulse

WRITE = {"X-Newswatch": "1", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
MONITOR = {"Authorization": "Bearer a token for monitors"}


@pytest.fixture
def ada(visit):
    return visit("ada")


def served(newsroom, title="Central bank opposes the plan"):
    newsroom.site.serve("/wire", story(1, title))


def page(client, path="delivery"):
    answer = client.get(f"/newswatch/{path}")
    assert answer.status_code == 200, answer.text[:1000]
    return answer.text


def write(client, path, **body):
    return client.post(f"/newswatch/api/{path}", json=body, headers=WRITE)


def dead_letter(newsroom):
    """A message that was refused, as the deliver stage leaves it."""
    served(newsroom)
    newsroom.poll()
    newsroom.match()
    (message_id,) = newsroom.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1)
    newsroom.redis.hset(
        f"newswatch:message:{message_id}", mapping={"state": "dead", "error": "invalid_blocks"}
    )
    newsroom.redis.zrem(f"newswatch:outbox:{POLICY}", message_id)
    newsroom.redis.zadd("newswatch:dead", {message_id: 1_700_000_000_000})
    return message_id


def test_empty_newsroom_has_a_whole_delivery_page(ada, newsroom):
    newsroom.adopt()
    text = page(ada)
    for words in (
        "No dead letters",
        "Nothing is muted",
        "No item with a publication date has been sent yet",
        "nothing queued",
    ):
        assert words in text


def test_withdrawn_alerts_are_counted_and_listed(ada, newsroom):
    served(newsroom)
    newsroom.poll()
    newsroom.match()
    newsroom.command("mute", "central-bank-opposes")
    newsroom.deliver()
    assert "1 alert</a> of the last 24 hours was withdrawn" in page(ada)
    assert "news.example/story/1" in page(ada, "alerts?state=withdrawn")


def test_queues_over_the_day_are_pictures_with_a_sentence_each(ada, newsroom):
    newsroom.adopt()
    assert "The queues have not been measured" in page(ada)
    served(newsroom)
    newsroom.poll()
    newsroom.match()
    newsroom._do(after_cycle)
    text = page(ada)
    assert re.search(r"Messages queued: at most 1, in the ten minutes from \d\d:\d0 UTC\.", text)
    assert "Items waiting to be matched: none in the last 24 hours." in text


def test_queue_shows_what_waits_and_why_it_is_paused(ada, newsroom):
    served(newsroom)
    newsroom.poll()
    newsroom.match()
    newsroom.redis.hset(
        f"newswatch:channel:{POLICY}", mapping={"until": 9_999_999_999_999, "reason": "not_in_channel <b>"}
    )
    text = page(ada)
    assert '<td data-label="Queued">1 ' in text
    assert "not_in_channel &lt;b&gt;" in text
    assert f"Channel {POLICY} (policy) is paused" in page(ada, "")


def test_dead_letter_is_shown_with_its_payload_and_sent_after_a_retry(ada, newsroom):
    message_id = dead_letter(newsroom)
    text = page(ada)
    assert "invalid_blocks" in text
    assert message_id in text
    assert "rich_text" in text
    assert f'<strong>policy</strong> <span class="code">{POLICY}</span>' in text
    assert "state-dead" in page(ada, "alerts")
    answer = write(ada, f"dead/{message_id}/retry")
    assert answer.status_code == 200, answer.text
    newsroom.deliver()
    assert len(newsroom.posts()) == 1
    assert "No dead letters" in page(ada)


def dead_letters(newsroom, causes):
    """A dead letter for each cause; all for one channel."""
    newsroom.watchlist("rules:\n  - {id: any, query: report*, notify: [policy]}\n")
    stories = [story(n, f"Reporters {n} meet {chr(65 + n) * 9} in town") for n in range(len(causes))]
    newsroom.site.serve("/wire", *stories)
    newsroom.poll()
    newsroom.match()
    ids = newsroom.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1)
    assert len(ids) == len(causes)
    for n, (message_id, error) in enumerate(zip(ids, causes, strict=True)):
        newsroom.redis.hset(f"newswatch:message:{message_id}", mapping={"state": "dead", "error": error})
        newsroom.redis.zadd("newswatch:dead", {message_id: 1_700_000_000_000 + n})
    newsroom.redis.delete(f"newswatch:outbox:{POLICY}")
    return ids


def test_dead_letters_of_one_cause_are_one_card_with_one_retry(ada, newsroom):
    ids = dead_letters(newsroom, ["no room: 3200 <b>"] * 6 + ["invalid_blocks"])
    text = page(ada)
    assert "7 dead" not in text
    assert "Dead letters (7)" in text
    assert '6 messages: <bdi dir="auto">no room: 3200 &lt;b&gt;</bdi>' in text
    assert text.count('<li class="card">') == 2
    assert f'data-post="/newswatch/api/dead/{ids[5]}/retry-like"' in text
    answer = write(ada, f"dead/{ids[5]}/retry-like")
    assert answer.json()["message"].startswith("6 queued again")
    assert newsroom.redis.zrange("newswatch:dead", 0, -1) == [ids[6]]
    assert write(ada, f"dead/{ids[5]}/retry-like").status_code == 400


def set_aside(newsroom, *, errors=("TypeError: <i>3</i> is not text",)):
    """Items that could not be matched, as the match stage leaves them."""
    stories = [story(n, f"Central bank opposes plan {n} of {chr(66 + n) * 8}") for n in range(len(errors))]
    newsroom.site.serve("/wire", *stories)
    newsroom.poll()
    newsroom.match()
    newsroom.redis.delete(f"newswatch:outbox:{POLICY}")
    places = [name for name, _ in newsroom.redis.xrange("newswatch:items")]
    newsroom.redis.hset("newswatch:dead:items", mapping=dict(zip(places, errors, strict=True)))
    return places


def test_item_that_was_set_aside_is_shown_with_its_cause_and_matched_again(ada, newsroom):
    (place,) = set_aside(newsroom)
    text = page(ada)
    assert "Items that could not be matched (1)" in text
    assert "TypeError: &lt;i&gt;3&lt;/i&gt; is not text" in text
    assert "Central bank opposes plan 0" in text
    assert re.search(r"since <time [^>]+>", text)
    assert re.search(r'/newswatch/why\?item=[^"]+', text)
    answer = write(ada, f"set-aside/{place}/retry")
    assert answer.json() == {
        "message": "1 item is matched again within seconds. What still fails comes back here."
    }
    assert newsroom.redis.xlen("newswatch:items") == 2
    assert "could not be matched" not in page(ada)


def test_items_of_one_cause_are_one_card_with_one_retry(ada, newsroom):
    places = set_aside(newsroom, errors=("KeyError: 'a'", "KeyError: 'a'", "ValueError: b"))
    text = page(ada)
    assert '2 items: <bdi dir="auto">KeyError: &#39;a&#39;</bdi>' in text
    assert write(ada, f"set-aside/{places[1]}/retry-like").json()["message"].startswith("2 items are")
    assert newsroom.redis.hkeys("newswatch:dead:items") == [places[2]]
    assert write(ada, "set-aside/all/retry").json()["message"].startswith("1 item is")
    assert write(ada, f"set-aside/{places[2]}/retry-like").status_code == 400


def test_item_whose_text_is_gone_leaves_the_list_with_a_word(ada, newsroom):
    newsroom.adopt()
    newsroom.redis.hset("newswatch:dead:items", "1700000000000-0", "ValueError: old")
    assert "Its text cannot be read." in page(ada)
    assert "taken off this list" in write(ada, "set-aside/1700000000000-0/retry").json()["message"]
    assert "could not be matched" not in page(ada)


def test_finding_of_an_item_leads_to_where_it_is_retried(ada, newsroom):
    newsroom.adopt()
    text = "Item x could not be matched and was set aside: TypeError"
    newsroom._do(lambda services: notices.raise_notice(services, "item-unmatched", text))
    assert 'href="/newswatch/delivery#set-aside"' in page(ada, "")


def test_viewer_retries_nothing(visit, newsroom):
    ids = dead_letters(newsroom, ["invalid_blocks"] * 2)
    newsroom.redis.hset("newswatch:dead:items", "1700000000000-0", "ValueError: old")
    vera = visit("vera")
    assert "data-post" not in page(vera)
    for path in (f"dead/{ids[0]}/retry", f"dead/{ids[0]}/retry-like", "dead/all/retry"):
        assert write(vera, path).status_code == 403
    for path in ("retry", "retry-like"):
        assert write(vera, f"set-aside/1700000000000-0/{path}").status_code == 403
    without_header = visit("ada").post("/newswatch/api/set-aside/all/retry", json={})
    assert without_header.status_code in (400, 403)
    assert newsroom.redis.hlen("newswatch:dead:items") == 1


def test_retry_of_an_unknown_letter_says_so(ada, newsroom):
    newsroom.adopt()
    answer = write(ada, "dead/nothing/retry")
    assert answer.status_code == 400
    assert "no dead letter" in answer.json()["detail"]


def test_mute_keeps_alerts_back_until_unmuted(ada, newsroom):
    newsroom.adopt()
    assert write(ada, "rules/central-bank-opposes/mute", **{"for": "2h"}).status_code == 200
    served(newsroom)
    newsroom.run()
    assert newsroom.posts() == []
    text = page(ada)
    assert '<td data-label="By">ada</td>' in text
    assert '<td data-label="Suppressed">1</td>' in text
    assert "state-muted" in page(ada, "alerts")
    assert write(ada, "rules/central-bank-opposes/unmute").status_code == 200
    assert "Nothing is muted" in page(ada)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("rules/nothing/mute", {"for": "2h"}, 400),
        ("rules/central-bank-opposes/mute", {"for": "soon"}, 422),
        ("rules/central-bank-opposes/mute", {"for": "2h", "more": 1}, 422),
        ("rules/central-bank-opposes/unmute", {}, 400),
    ],
)
def test_mute_that_makes_no_sense_is_refused_with_a_reason(ada, newsroom, path, body, status):
    newsroom.adopt()
    answer = write(ada, path, **body)
    assert answer.status_code == status
    assert isinstance(answer.json()["detail"], str)


def test_latency_tells_median_and_p95(ada, newsroom):
    served(newsroom)
    newsroom.run()
    text = page(ada)
    assert "Of the newest 1 alert, half took less than <strong>5 min</strong>" in text
    assert "<rect " in text


def test_metrics_tell_queues_alerts_feeds_and_latencies(visit, newsroom):
    served(newsroom)
    newsroom.feeds("wire", "gone")
    newsroom.run()
    answer = visit().get("/newswatch/metrics", headers=MONITOR)
    assert answer.status_code == 200
    lines = answer.text.splitlines()
    assert "newswatch_items_total 1.0" in lines
    assert 'newswatch_recent_alerts{state="sent"} 1.0' in lines
    assert 'newswatch_feeds{state="refused"} 1.0' in lines
    assert "newswatch_matches_today 1.0" in lines
    assert 'newswatch_hop_seconds_bucket{hop="publication_to_sent",le="60"} 0.0' in lines
    assert 'newswatch_hop_seconds_bucket{hop="publication_to_sent",le="900"} 1.0' in lines
    assert 'newswatch_hop_seconds_count{hop="begun_to_sent"} 1.0' in lines
    assert any(line.startswith('newswatch_hop_seconds_sum{hop="publication_to_sent"} 30') for line in lines)
    names = {line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")}
    declared = {line.split(" ")[2] for line in lines if line.startswith("# TYPE")}
    assert {re.sub("_(bucket|count|sum)$", "", name) for name in names} <= declared


def test_health_says_what_a_person_would_read(visit, newsroom):
    newsroom.adopt()
    answer = visit().get("/newswatch/api/health", headers=MONITOR)
    data = answer.json()
    assert answer.status_code == 503  # this database has no DAGs
    assert not data["ok"]
    assert (data["state"], data["late"]) == ("failing", [])
    assert data["findings"][0]["runbook"] == "a-dag-is-missing"


def test_health_names_the_stage_that_stands_still(visit, newsroom):
    newsroom.adopt()
    adopted_ms = int(newsroom.redis.hget("newswatch:config", "adopted"))
    newsroom.redis.hset("newswatch:config", "adopted", adopted_ms - 300_000)
    answer = visit().get("/newswatch/api/health", headers=MONITOR)
    (late,) = [one for one in answer.json()["findings"] if one["cause"] == "poll-late"]
    assert (answer.status_code, late["level"]) == (503, "error")
    assert late["since"]
    assert "poll_feeds" in late["do"]


def test_health_names_the_stages_that_beat_late_on_a_busy_machine(visit, newsroom):
    newsroom.adopt()
    now = newsroom.clock()
    heard = {"match": now - timedelta(seconds=40), "deliver": now - timedelta(seconds=90)}

    async def beat(services):
        for stage in resident_stages(1):
            pulse = Pulse(stage, "working", now - timedelta(minutes=3), now, heard.get(stage, now))
            await pulses.beat(services.redis, pulse)

    newsroom._do(beat)
    data = visit().get("/newswatch/api/health", headers=MONITOR).json()
    found = {one["cause"]: one for one in data["findings"]}
    slow, silent = found["slow-stage:match"], found["silent-stage:deliver"]
    assert data["late"] == ["deliver", "match"]
    assert (slow["level"], silent["level"]) == ("warning", "error")
    assert slow["since"].startswith(f"{heard['match']:%Y-%m-%dT%H:%M:%S}")
    assert "processor time" in slow["do"]
    assert slow["runbook"] == "a-stage-is-slow"


def test_stages_in_trouble_come_first(visit, newsroom):
    newsroom.adopt()
    now = newsroom.clock()

    async def beat(services):
        for stage in resident_stages(2):
            heard = {"deliver": now - timedelta(seconds=90)}.get(stage, now)
            pulse = Pulse(stage, "working", now - timedelta(minutes=3), now, heard)
            if stage == "match":
                failed = dataclasses.replace(
                    pulse, state="ended", error="KeyError", error_at=now - timedelta(minutes=7)
                )
                await pulses.beat(services.redis, failed)
            await pulses.beat(services.redis, pulse)

    newsroom._do(beat)
    rows = re.findall(r'<td data-label="Stage">(?:<a[^>]*>)?([^<]+)', page(visit("ada"), ""))
    assert rows[:2] == ["deliver", "match"]


def test_mute_that_suppresses_most_comes_first(ada, newsroom):
    newsroom.watchlist(
        "rules:\n" + "".join(f"  - {{id: rule-{n}, query: word{n}, notify: [policy]}}\n" for n in range(3))
    )
    newsroom.adopt()
    for n in range(3):
        newsroom.command("mute", f"rule-{n}", "--for", f"{n + 1}h")
    newsroom.site.serve("/wire", story(1, "word1 is said"))
    newsroom.run()
    rows = re.findall(r"/watchlist/rules/(rule-\d)", page(ada))
    assert rows == ["rule-1", "rule-2", "rule-0"]


def test_queue_without_a_receiver_comes_before_those_that_are_fine(ada, newsroom):
    ownerless(newsroom)
    text = page(ada)
    assert text.index("which no receiver has") < text.index('<th scope="col">Queued</th>')


def test_status_page_shows_what_went_wrong_last_in_each_stage(visit, newsroom):
    newsroom.adopt()
    now = newsroom.clock()
    wrong = "Channel C0123456789 (policy): <b>Slack</b>: is_archived."

    async def beat(services):
        began = Pulse("deliver", "ended", now, now, now, error=wrong, error_at=now - timedelta(minutes=7))
        await pulses.beat(services.redis, began)
        await pulses.beat(services.redis, Pulse("deliver", "working", now, now, now))

    newsroom._do(beat)
    text = page(visit("ada"), "")
    assert "Last error" in text
    assert "Channel C0123456789 (policy): &lt;b&gt;Slack&lt;/b&gt;: is_archived." in text
    (deliver,) = visit().get("/newswatch/api/health", headers=MONITOR).json()["residents"]
    assert (deliver["state"], deliver["error"]) == ("working", wrong)


def test_idle_article_reader_says_when_it_starts_and_no_monitor_calls_it_silent(visit, newsroom):
    newsroom.adopt()
    now = newsroom.clock()
    long_ago = now - timedelta(hours=3)

    async def beat(services):
        await pulses.beat(
            services.redis, Pulse("articles", "ended", long_ago, long_ago, long_ago, note="no article waits")
        )
        await pulses.beat(services.redis, Pulse("match", "working", now, now, now))

    newsroom._do(beat)
    text = page(visit("ada"), "")
    assert "idle" in text
    assert "starts when an article waits" in text
    assert "✕" not in text
    answer = visit().get("/newswatch/metrics", headers=MONITOR).text
    assert 'newswatch_pulse_age_seconds{stage="match"}' in answer
    assert 'newswatch_pulse_age_seconds{stage="articles"}' not in answer


def test_health_without_redis_is_an_answer_too(visit, newsroom, settings):
    settings.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", '{"conn_type": "redis", "host": "127.0.0.1", "port": 1}')
    answer = visit().get("/newswatch/api/health", headers=MONITOR)
    assert answer.status_code == 503
    assert answer.json()["findings"][0]["runbook"] == "redis-is-away"
    assert answer.json()["state"] == "failing"


def test_pages_leave_the_data_of_a_newer_release_alone(ada, newsroom):
    newsroom.adopt()
    newsroom.redis.hset("newswatch:schema", mapping={"schema": 2, "release": "9.9.0"})
    for path in ("delivery", "watchlist", ""):
        answer = ada.get(f"/newswatch/{path}")
        assert answer.status_code == 503
        assert "9.9.0" in answer.text
    assert write(ada, "rules/central-bank-opposes/mute", **{"for": "2h"}).status_code == 503


def ownerless(newsroom):
    """A message that waits for a channel that no receiver has any more."""
    served(newsroom)
    newsroom.poll()
    newsroom.match()
    newsroom.write("receivers.yaml", f"receivers:\n  - {{id: ops, channel: {OPS}}}\n")
    newsroom.watchlist("rules:\n  - {id: other, query: nothing at all, notify: [ops]}\n")
    newsroom.adopt()


def test_queue_without_a_receiver_is_moved_with_a_button(ada, newsroom):
    ownerless(newsroom)
    text = page(ada)
    assert "which no receiver has" in text
    assert "newswatch queue" not in text
    assert write(ada, f"queues/{POLICY}/move", to="C0NOWHERE").status_code == 422
    assert write(ada, f"queues/{POLICY}/move", to=OPS).json() == {"message": f"1 message moved to {OPS}."}
    assert "which no receiver has" not in page(ada)


def test_queue_is_discarded_with_a_reason(ada, newsroom):
    ownerless(newsroom)
    assert write(ada, f"queues/{POLICY}/drop", reason="").status_code == 422
    answer = write(ada, f"queues/{POLICY}/drop", reason="the desk is <b>closed</b>")
    assert answer.json() == {"message": "1 message discarded."}
    (row,) = newsroom.json("alerts")
    assert row["state"] == "withdrawn"
    assert "&lt;b&gt;closed" in page(ada, f"alerts/{row['id']}")


def test_viewer_moves_and_discards_nothing(visit, newsroom):
    ownerless(newsroom)
    vera = visit("vera")
    assert "data-post" not in page(vera)
    for path, body in (("move", {"to": OPS}), ("drop", {"reason": "x"})):
        assert write(vera, f"queues/{POLICY}/{path}", **body).status_code == 403


def test_way_of_the_last_day_is_drawn_by_hour(ada, newsroom):
    served(newsroom)
    newsroom.run()
    text = page(ada)
    assert 'class="chart layers"' in text
    assert "From the poll to the match" in text
    said = re.search(r'aria-label="(Time from publication[^"]+)"', text)[1]
    assert re.search(r"The slowest hour: \d\d:00 UTC: p50 5–15 min, p95 5–15 min", said), said


def test_queues_are_named_by_their_receivers(ada, newsroom):
    newsroom.adopt()
    text = page(ada, "delivery")
    assert re.search(rf'<th scope="row"><a href="[^"]*channel={POLICY}">policy</a></th>', text)
    assert f'<span class="code">{POLICY}</span>' in text
