"""Who may use the commands, where, and with which scopes; all others are refused with the way out, nothing written."""

from __future__ import annotations

import json
import urllib.request

import pytest
from listener_room import EDITOR, Desk, rules_in, said, with_editors, written

from newsroom import POLICY

pytestmark = pytest.mark.heavy

ACCOUNTS = {
    "guest": ({"is_restricted": True}, "Guests cannot use this."),
    "single channel guest": ({"is_ultra_restricted": True}, "Guests cannot use this."),
    "bot": ({"is_bot": True}, "Bots cannot use this."),
    "deleted": ({"deleted": True}, "This account is deactivated."),
    "stranger": ({"is_stranger": True, "team_id": "T0OTHER"}, "not people of other organizations"),
    "other team": ({"team_id": "T0OTHER"}, "not people of other organizations"),
}


@pytest.mark.parametrize("account", ACCOUNTS)
def test_account_that_is_not_a_full_member_is_refused_though_listed(newsroom, over_socket, account):
    more, reason = ACCOUNTS[account]
    with_editors(newsroom, "U0SOMEBODY")
    newsroom.slack.config(users=[{"id": "U0SOMEBODY", "name": "somebody", **more}])
    desk, before = Desk(newsroom, {"id": "U0SOMEBODY"}), written(newsroom)
    assert reason in said(desk.opened("watch oil levy")["view"]["blocks"])
    for command in (
        "mute central-bank-opposes",
        "unmute central-bank-opposes",
        "status",
        "why x",
        "unwatch x",
    ):
        assert reason in desk.command(command)
    assert reason in said(desk.opened("missed oil levy")["view"]["blocks"])
    assert (written(newsroom), newsroom.json("mute")) == (before, [])


def test_member_who_is_no_editor_is_refused_with_the_way_out(newsroom, desk):
    other, before = Desk(newsroom, {"id": "U0ONCALL"}), written(newsroom)
    answer = said(other.opened("watch oil levy")["view"]["blocks"])
    assert "have your member ID U0ONCALL added to `editors` in receivers.yaml" in answer
    assert "not one of the editors" in other.command("mute central-bank-opposes")
    assert (written(newsroom), newsroom.json("mute")) == (before, [])


def test_editor_who_asks_before_any_configuration_is_in_force_is_asked_to_wait(newsroom, over_socket):
    answer = said(Desk(newsroom).opened("watch oil levy")["view"]["blocks"])
    assert "No configuration is in force yet" in answer
    assert "not one of the editors" not in answer


def test_editor_who_lost_the_right_is_refused_when_the_modal_is_sent(newsroom, desk):
    view = desk.opened("watch oil levy")
    newsroom.receivers()
    newsroom.adopt()
    before = written(newsroom)
    assert "not one of the editors" in desk.sent(view)
    assert written(newsroom) == before


def test_editor_who_became_a_guest_is_refused_when_the_modal_is_sent(newsroom, desk):
    view, before = desk.opened("watch oil levy"), written(newsroom)
    newsroom.slack.config(users=[{"id": "U0EDITOR", "is_restricted": True}])
    assert "Guests cannot use this." in desk.sent(view)
    assert written(newsroom) == before


def test_modal_that_somebody_else_sends_is_refused(newsroom, desk):
    view, before = desk.opened("watch oil levy"), written(newsroom)
    newsroom.slack.submit(view["id"], {}, {"id": "U0ONCALL"})
    newsroom.until(lambda: "not one of the editors" in said(newsroom.slack.views()[0]["view"]["blocks"]))
    assert written(newsroom) == before


@pytest.mark.parametrize(
    ("channel", "reason"),
    [
        ({"id": POLICY, "member": False}, "newswatch is not in this channel"),
        ({"id": POLICY, "archived": True}, "newswatch is not in this channel, or it is archived"),
        ({"id": POLICY, "people": ["U0READER"]}, "You are not in this channel"),
        ({"id": POLICY, "private": True, "member": False}, "newswatch is not in this channel"),
    ],
)
def test_channel_without_both_is_refused(newsroom, desk, channel, reason):
    view = desk.opened("watch oil levy")
    newsroom.slack.config(channels=[channel])
    before = written(newsroom)
    assert reason in desk.sent(view)
    assert reason in said(desk.opened("watch oil levy")["view"]["blocks"])
    if channel.get("member", True) and not channel.get("archived"):
        assert reason in desk.command("mute central-bank-opposes")
    assert (written(newsroom), newsroom.json("mute")) == (before, [])


def test_channel_of_no_receiver_is_refused_with_its_id(newsroom, desk):
    other, before = Desk(newsroom, channel="C0555555555"), written(newsroom)
    answer = said(other.opened("watch oil levy")["view"]["blocks"])
    assert "No receiver posts to this channel. Have one with the channel's ID C0555555555" in answer
    assert written(newsroom) == before


def test_slack_that_does_not_say_who_somebody_is_refuses(newsroom, desk):
    newsroom.slack.config(scopes=["chat:write", "channels:read", "commands"])
    before = written(newsroom)
    answer = said(desk.opened("watch oil levy")["view"]["blocks"])
    assert "Slack does not say who U0EDITOR is (Slack: missing_scope (needed: users:read)" in answer
    assert written(newsroom) == before


ALL_SCOPES = ("chat:write", "channels:read", "groups:read", "users:read", "commands")


@pytest.mark.parametrize(
    ("scope", "private"), [("channels:read", False), ("groups:read", True), ("users:read", False)]
)
def test_scope_that_is_missing_is_named_in_the_refusal(newsroom, desk, scope, private):
    newsroom.slack.config(channels=[{"id": POLICY, "private": private}])
    newsroom.slack.config(scopes=[one for one in ALL_SCOPES if one != scope])
    before = written(newsroom)
    for answer in (
        said(desk.opened("watch oil levy")["view"]["blocks"]),
        desk.command("mute central-bank-opposes"),
        desk.command("unmute central-bank-opposes"),
        desk.command("unwatch slack-oil"),
    ):
        assert f"needed: {scope}" in answer
        assert "Add the scope to the Slack app" in answer
        assert "Nothing was changed." in answer
    assert (written(newsroom), newsroom.json("mute")) == (before, [])


def test_doctor_says_what_the_missing_scopes_cost_the_commands(newsroom):
    newsroom.slack.config(scopes=["chat:write", "channels:history", "groups:history"])
    found = json.loads(newsroom.command("doctor", "--json")[1])["checks"]
    texts = [one["text"] for one in found if one["name"] == "slack scopes"]
    for scope in ("channels:read", "groups:read", "users:read", "commands"):
        assert any(text.startswith(f"{scope} is missing: ") and "/newswatch" in text for text in texts)


def test_rule_of_slack_is_ended_by_editors_only(newsroom, desk):
    desk.sent(desk.opened("watch oil levy"))
    before = written(newsroom)
    assert "not one of the editors" in Desk(newsroom, {"id": "U0ONCALL"}).command("unwatch slack-oil-levy")
    text = (newsroom.config / "receivers.yaml").read_text("utf-8")
    newsroom.write("receivers.yaml", text.replace("U0EDITOR", "U0ONCALL"))
    newsroom.adopt()
    assert "not one of the editors" in desk.command("unwatch slack-oil-levy")  # its author was one
    newsroom.write("receivers.yaml", text)
    assert written(newsroom) == before
    newsroom.write("receivers.yaml", text.replace("U0EDITOR", "U0EDITOR, U0ONCALL"))
    newsroom.adopt()
    assert "has ended" in Desk(newsroom, {"id": "U0ONCALL"}).command("unwatch slack-oil-levy")


@pytest.mark.parametrize(
    "tamper", [{"signature": "forged"}, {"timestamp": "stale"}, {"signature": "missing"}]
)
def test_command_that_slack_did_not_sign_is_refused(newsroom, over_http, tamper):
    with_editors(newsroom, EDITOR["id"])
    before = written(newsroom)
    answer = newsroom.slack.command(POLICY, "mute central-bank-opposes", EDITOR, **tamper)
    assert (answer["status"], answer["acknowledged"]) == (401, False)
    assert (written(newsroom), newsroom.json("mute"), newsroom.slack.whispers()) == (before, [], [])


def test_answers_go_to_slack_and_nowhere_else(newsroom):
    from newswatch.slack.client import answers_go_to  # noqa: PLC0415 - only this test asks it directly

    base = newsroom.slack.base_url
    assert answers_go_to("https://hooks.slack.com/commands/T1/2/x", base)
    assert answers_go_to(f"{newsroom.slack.url}/sim/response/1/x", base)
    for url in (
        "http://hooks.slack.com/x",
        "https://evil.example/x",
        "https://hooks.slack.com@evil.example/",
        "",
        "x",
    ):
        assert not answers_go_to(url, base)


def test_answer_to_an_address_that_is_not_slacks_comes_as_a_message_instead(newsroom, desk):
    other = newsroom.slack.base_url.replace(
        "127.0.0.1", "localhost"
    )  # not the address in the listener's settings
    urllib.request.urlopen(f"{other}auth.test?token={newsroom.slack.token}").close()
    assert "/newswatch <!channel> is not a command." in desk.command("<!channel>")
    assert "chat.postEphemeral" in newsroom.slack.stats()["methods"]


def test_name_of_somebody_cannot_stand_for_somebody_else(newsroom, over_socket):
    with_editors(newsroom, "U0MALLORY")
    newsroom.slack.config(users=[{"id": "U0MALLORY", "name": "anna (U0EDITOR)\n    notify: [ops]"}])
    desk = Desk(newsroom, {"id": "U0MALLORY"})
    assert "is saved" in desk.sent(desk.opened("watch oil levy"))
    (rule,) = rules_in(newsroom)
    assert rule["owner"].endswith("(U0MALLORY)")
    assert rule["notify"] == ["policy"]
