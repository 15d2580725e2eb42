"""What readers do with the buttons, through the real listener, the real SDK and the simulator."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from listener_room import button_names, press, shown

from feed_server import story
from newsroom import OPS, POLICY

pytestmark = pytest.mark.heavy

WORDS = "The central bank opposes the plan."
MUTE = "Mute 24 h: rule central-bank-opposes"
READER = {"id": "U0ANNA", "name": "anna"}


def first_alert(newsroom, number: int = 1, **more):
    newsroom.site.serve("/wire", story(number, "Ministries want mining legalised", WORDS), **more)
    newsroom.run()
    return newsroom.posts()[-1]


def click(newsroom, message, action, user=None, **more):
    answer = press(newsroom, message, action, user=user, **more)
    assert answer["acknowledged"], answer
    return answer


def message_with(newsroom, text: str, channel: str = POLICY):
    """The channel's message that says so, as soon as there is one."""
    return newsroom.until(
        lambda: next((m for m in newsroom.slack.messages(channel) if text in shown(m)), None)
    )


def test_message_has_no_buttons_where_nothing_listens(newsroom):
    assert button_names(first_alert(newsroom)) == []


@pytest.mark.parametrize("way", ["over_socket", "over_http"])
def test_acknowledged_message_says_by_whom_and_loses_the_button(newsroom, way, request):
    request.getfixturevalue(way)
    message = first_alert(newsroom)
    assert button_names(message) == ["Acknowledge", MUTE, "Not relevant"]
    click(newsroom, message, "newswatch_ack", READER)
    after = message_with(newsroom, "Acknowledged by")
    assert button_names(after) == [MUTE, "Not relevant"]
    assert {"type": "user", "user_id": "U0ANNA"} in elements(after)
    assert "Acknowledged by anna · 2026-" in after["text"]
    (row,) = newsroom.json("alerts")
    assert row["state"] == "acknowledged"


def test_muted_rule_stays_out_of_the_channel_and_says_until_when(newsroom, over_socket):
    message = first_alert(newsroom)
    click(newsroom, message, "newswatch_mute", READER)
    assert "until" in message_with(newsroom, "Muted here by anna")["text"]
    (mute,) = newsroom.json("mute")
    assert (mute["rule_id"], mute["channel"], mute["by"]) == ("central-bank-opposes", POLICY, "anna")
    newsroom.site.serve("/wire", story(2, "Quite another matter", WORDS), story(1, summary=WORDS))
    newsroom.run()
    assert len(newsroom.posts()) == 1


def test_unmuted_rule_speaks_again_and_the_message_says_so_no_longer(newsroom, over_socket):
    click(newsroom, first_alert(newsroom), "newswatch_mute", READER)
    click(newsroom, message_with(newsroom, "Muted here by"), "newswatch_unmute", READER)
    newsroom.until(lambda: "Muted" not in shown(newsroom.posts()[0]))
    assert newsroom.json("mute") == []
    newsroom.site.serve("/wire", story(2, "Quite another matter", WORDS), story(1, summary=WORDS))
    newsroom.run()
    assert len(newsroom.posts()) == 2


def test_mute_that_has_run_out_is_offered_again(newsroom, over_socket):
    click(newsroom, first_alert(newsroom), "newswatch_mute", READER)
    message_with(newsroom, "Muted here by")
    newsroom.deliver()
    assert "Muted here by" in shown(newsroom.posts()[0])
    newsroom.pass_time(timedelta(hours=24, minutes=1))
    newsroom.deliver()
    after = newsroom.posts()[0]
    assert "Muted here by" not in shown(after)
    assert button_names(after) == ["Acknowledge", MUTE, "Not relevant"]


def test_mute_ended_elsewhere_leaves_the_message_too(newsroom, over_socket):
    click(newsroom, first_alert(newsroom), "newswatch_mute", READER)
    message_with(newsroom, "Muted here by")
    newsroom.json("unmute", "central-bank-opposes")
    newsroom.deliver()
    assert "Muted" not in shown(newsroom.posts()[0])


def test_what_is_not_relevant_is_kept_for_the_rules_editor(newsroom, over_socket):
    click(newsroom, first_alert(newsroom), "newswatch_irrelevant", READER)
    message_with(newsroom, "Marked not relevant by")
    report = newsroom.json("backtest", "--rule", "central-bank-opposes")
    (rule,) = report["rules"]
    assert rule["irrelevant"] == 1
    assert [one["title"] for one in rule["irrelevant_hits"]] == ["Ministries want mining legalised"]
    newsroom.watchlist(
        "rules:\n  - {id: central-bank-opposes, query: central bank opposes AND NOT mining, notify: [policy]}\n"
    )
    (rule,) = newsroom.json("backtest", "--rule", "central-bank-opposes")["rules"]
    assert (rule["irrelevant"], rule["irrelevant_hits"]) == (1, [])


def test_relevant_after_all_takes_it_back(newsroom, over_socket):
    click(newsroom, first_alert(newsroom), "newswatch_irrelevant", READER)
    click(newsroom, message_with(newsroom, "Marked not relevant by"), "newswatch_relevant", READER)
    newsroom.until(lambda: "Marked not relevant" not in shown(newsroom.posts()[0]))
    (rule,) = newsroom.json("backtest", "--rule", "central-bank-opposes")["rules"]
    assert rule["irrelevant"] == 0


def test_click_that_is_told_three_times_counts_once(newsroom, over_socket):
    message = first_alert(newsroom)
    click(newsroom, message, "newswatch_ack", READER, repeat=3)
    click(newsroom, message_with(newsroom, "Acknowledged by"), "newswatch_mute", READER, repeat=3)
    after = message_with(newsroom, "Muted here by")
    assert after["text"].count("Acknowledged by") == after["text"].count("Muted here by") == 1


def test_further_sources_keep_what_readers_said(newsroom, over_socket):
    newsroom.feeds("wire", "daily")
    click(newsroom, first_alert(newsroom), "newswatch_ack", READER)
    message_with(newsroom, "Acknowledged by")
    newsroom.site.serve("/daily", story(1, "Ministries want mining legalised", WORDS, guid="d1"))
    newsroom.run()
    (root,) = newsroom.posts()
    assert "+1 publisher" in root["text"]
    assert "Acknowledged by anna" in root["text"]
    (reply,) = newsroom.replies()
    assert button_names(reply) == ["Acknowledge", MUTE, "Not relevant"]


def test_click_while_slack_takes_no_edit_is_shown_by_the_next_delivery(newsroom, over_socket):
    message = first_alert(newsroom)
    newsroom.slack.fault("http_500", method="chat.update", times=1)
    click(newsroom, message, "newswatch_ack", READER)
    newsroom.until(lambda: newsroom.slack.stats()["faults_spent"])
    assert "Acknowledged" not in shown(newsroom.posts()[0])
    newsroom.pass_time(timedelta(minutes=1))
    newsroom.deliver()
    assert "Acknowledged by anna" in newsroom.posts()[0]["text"]


def test_click_while_redis_is_away_fails_visibly_and_can_be_repeated(newsroom, over_http):
    message = first_alert(newsroom)
    newsroom.slack.config(acknowledge_within_s=1.0)
    newsroom.redis.client_pause(4_000, all=True)
    refused = newsroom.slack.click(POLICY, message["ts"], "newswatch_ack", user=READER)
    assert not refused["acknowledged"]
    newsroom.slack.config(acknowledge_within_s=20.0)
    newsroom.until(newsroom.redis.ping)
    click(newsroom, message, "newswatch_ack", READER)
    message_with(newsroom, "Acknowledged by")


def test_two_listeners_take_each_click_once(newsroom, over_socket, listen):
    second = listen(SLACK_APP_TOKEN=newsroom.slack.app_token)
    newsroom.until(lambda: newsroom.slack.sockets() == 2)
    message = first_alert(newsroom)
    click(newsroom, message, "newswatch_ack", READER, repeat=2)
    second.stop()
    newsroom.until(lambda: newsroom.slack.sockets() == 1)
    click(newsroom, message_with(newsroom, "Acknowledged by"), "newswatch_irrelevant", READER)
    assert message_with(newsroom, "Marked not relevant by")["text"].count("Acknowledged by") == 1


def test_click_while_redis_is_full_is_taken(newsroom, over_socket):
    message = first_alert(newsroom)
    newsroom.redis.config_set("maxmemory", "1mb")
    try:
        click(newsroom, message, "newswatch_mute", READER)
        message_with(newsroom, "Muted here by anna")
    finally:
        newsroom.redis.config_set("maxmemory", "0")
    assert [mute["by"] for mute in newsroom.json("mute")] == ["anna"]


def test_listener_that_was_killed_and_comes_back_takes_clicks_again(newsroom, process):
    message = first_alert(newsroom)
    process.kill()
    newsroom.until(lambda: newsroom.slack.sockets() == 0)
    newsroom.slack.config(acknowledge_within_s=1.0)
    answer = newsroom.slack.click(POLICY, message["ts"], "newswatch_ack", user=READER)
    assert not answer["acknowledged"]
    newsroom.slack.config(acknowledge_within_s=20.0)
    process.start()
    click(newsroom, message, "newswatch_ack", READER)
    message_with(newsroom, "Acknowledged by")


def test_connection_that_slack_renews_loses_no_click(newsroom, over_socket):
    message = first_alert(newsroom)
    newsroom.slack.disconnect_sockets()
    assert newsroom.slack.click(POLICY, message["ts"], "newswatch_ack", user=READER)["acknowledged"]
    message_with(newsroom, "Acknowledged by")


def test_message_that_is_kept_no_longer_tells_the_reader_so(newsroom, over_socket):
    message = first_alert(newsroom)
    newsroom.redis.delete(f"newswatch:message:{message['metadata']['event_payload']['message_id']}")
    click(newsroom, message, "newswatch_ack", READER)
    whisper = newsroom.until(newsroom.slack.whispers)[0]
    assert (whisper["user"], "no longer has a record of this message" in whisper["text"]) == ("U0ANNA", True)


def test_surge_has_buttons(newsroom, over_socket):
    newsroom.watchlist(
        "rules:\n  - {id: surge, query: opposes, notify: [policy],"
        " threshold: {stories: 2, sources: 1, within: 30m}}\n"
    )
    newsroom.site.serve("/wire", story(1, "Bank opposes A"), story(2, "Ministry opposes B quite loudly"))
    newsroom.run()
    assert button_names(newsroom.posts()[0]) == ["Acknowledge", "Mute 24 h: rule surge", "Not relevant"]


def test_digest_has_no_buttons(newsroom, over_socket):
    digest = '{at: "00:00", timezone: UTC}'
    newsroom.write(
        "receivers.yaml",
        f"receivers:\n  - {{id: policy, channel: {POLICY}, mode: digest, digest: {digest}}}\n"
        f"  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.poll()
    newsroom.match()
    newsroom.pass_time(timedelta(hours=25))
    newsroom.deliver()
    (message,) = newsroom.posts()
    assert message["metadata"]["event_payload"]["alert_ids"]
    assert button_names(message) == []


def test_ops_notices_have_no_buttons(newsroom, over_socket):
    newsroom.adopt()
    newsroom.watchlist("rules: [")
    newsroom.run()
    (notice,) = newsroom.posts(OPS)
    assert button_names(notice) == []


def elements(message: dict) -> list[dict]:
    """Every rich text element of a message."""
    found = []

    def walk(part):
        if isinstance(part, dict):
            found.append(part)
            part = part.get("elements", [])
        if isinstance(part, list):
            for one in part:
                walk(one)

    walk(message["blocks"])
    return found


def test_stopped_listener_ends_by_itself(process):
    assert process.stop() == 0


def refused(newsroom) -> tuple[int, str]:
    """The exit status and stderr of a listener that does not start. It wants its process's main thread."""
    process = newsroom.start("listen")
    _out, err = process.communicate(timeout=240)
    return process.returncode, err


def test_listener_without_a_way_says_what_to_set(newsroom):
    status, err = refused(newsroom)
    assert status == 1
    assert "SLACK_APP_TOKEN" in err
    assert "SLACK_SIGNING_SECRET" in err


def test_listener_with_a_refused_token_ends_and_says_why(newsroom):
    newsroom.slack.config(app_token="xapp-right")
    newsroom.write("../.env", "SLACK_APP_TOKEN=xapp-wrong\nNEWSWATCH_LISTEN=127.0.0.1:0\n")
    status, err = refused(newsroom)
    assert status == 1
    assert "SLACK_APP_TOKEN (invalid_auth)" in err
    assert "xapp-wrong" not in err


def test_doctor_says_whether_somebody_listens(newsroom, over_socket):
    checks = json.loads(newsroom.command("doctor", "--json")[1])["checks"]
    assert [one["text"] for one in checks if one["name"] == "buttons"] == [
        "a listener receives clicks over Socket Mode"
    ]
