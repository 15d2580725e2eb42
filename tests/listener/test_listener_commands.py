"""/newswatch, the shortcuts and the modals, through the real listener, the real SDK and the simulator."""

from __future__ import annotations

import json
import urllib.request
from datetime import date, datetime, timedelta, timezone

import pytest
import yaml
from listener_room import EDITOR, SLACK_FILE, Desk, inputs, said, with_editors, written

from feed_server import story
from newsroom import OPS, POLICY

pytestmark = pytest.mark.heavy

WORDS = "The central bank opposes the plan."
TODAY = datetime.now(timezone.utc).date()


@pytest.fixture
def desk(newsroom, over_socket):
    with_editors(newsroom, EDITOR["id"])
    return Desk(newsroom)


def rules_in(newsroom):
    return yaml.safe_load((newsroom.config / SLACK_FILE).read_text("utf-8"))["rules"]


# ── watch ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", ["over_socket", "over_http"])
def test_command_becomes_a_rule_that_alerts(newsroom, way, request):
    request.getfixturevalue(way)
    with_editors(newsroom, EDITOR["id"])
    newsroom.site.serve("/wire", story(1, "Parliament debates an oil levy"))
    newsroom.run()
    desk = Desk(newsroom)
    view = desk.opened("watch oil levy")
    assert "It would have alerted once in the last week" in said(view["view"]["blocks"])
    assert inputs(view)["words"]["initial_value"] == "oil levy"
    answer = desk.sent(view, severity="high")
    assert "The rule slack-oil-levy is saved. It is in force (version" in answer
    (rule,) = rules_in(newsroom)
    assert rule == {
        "id": "slack-oil-levy",
        "query": "oil levy",
        "severity": "high",
        "notify": ["policy"],
        "owner": "editor (U0EDITOR)",
        "expires": date.fromisoformat(inputs(view)["expires"]["initial_date"]),
    }
    newsroom.site.serve("/wire", story(2, "Ministers want the oil levy back"))
    newsroom.run()
    assert ["Ministers want the oil levy back" in one["text"] for one in newsroom.posts()] == [True]
    assert newsroom.json("check")["problems"] == []
    saved = json.loads((newsroom.config / ".history/saved.jsonl").read_text("utf-8"))
    assert (saved["by"], saved["file"]) == ("editor (U0EDITOR)", SLACK_FILE)


def test_event_becomes_a_rule(newsroom, desk):
    view = desk.as_event(desk.opened("watch"))
    answer = desk.sent(view, who="ECB, Bank of England", does="oppose, reject", what="digital euro")
    assert "is saved" in answer
    (rule,) = rules_in(newsroom)
    assert rule["event"] == {
        "who": ["ECB", "Bank of England"],
        "does": ["oppose", "reject"],
        "what": ["digital euro"],
    }
    newsroom.site.serve("/wire", story(1, "ECB opposes the digital euro, sources say"))
    newsroom.run()
    assert len(newsroom.posts()) == 1


def test_last_week_is_counted_again_for_what_is_typed_now(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Gas prices rise"), story(2, "Gas prices fall"))
    newsroom.run()
    view = desk.opened("watch oil prices")
    assert "It would never have alerted in the last week (2 items are stored)." in said(
        view["view"]["blocks"]
    )
    newsroom.slack.press(view["id"], "newswatch_try", {"words": "gas prices"}, EDITOR)
    newsroom.until(
        lambda: "alerted 2 times in the last week" in said(newsroom.slack.views()[0]["view"]["blocks"])
    )


def test_same_rule_is_not_made_twice(newsroom, desk):
    desk.sent(desk.opened("watch oil levy"))
    before = written(newsroom)
    assert "There is such a rule already: slack-oil-levy" in desk.sent(desk.opened("watch oil levy"))
    assert written(newsroom) == before


def test_other_rule_of_the_same_words_gets_an_id_of_its_own(newsroom, desk):
    desk.sent(desk.opened("watch oil levy"))
    desk.sent(desk.opened("watch oil levy"), severity="low")
    assert [rule["id"] for rule in rules_in(newsroom)] == ["slack-oil-levy", "slack-oil-levy-2"]


def test_rule_of_words_that_no_id_may_have_is_saved_too(newsroom, desk):
    assert "is saved" in desk.sent(desk.opened("watch центробанк против"))
    (rule,) = rules_in(newsroom)
    assert rule["id"].startswith("slack-")
    newsroom.site.serve("/wire", story(1, "Центробанк против криптовалют"))
    newsroom.run()
    assert len(newsroom.posts()) == 1


def test_rule_made_by_hand_in_the_file_stays(newsroom, desk):
    (newsroom.config / "watchlist.d").mkdir()
    newsroom.write(
        SLACK_FILE,
        "rules:\n  - {id: by-hand, query: tax cut, notify: [ops], must_match: ['A tax cut, now']}\n",
    )
    newsroom.adopt()
    assert "is saved" in desk.sent(desk.opened("watch oil levy"))
    assert [rule["id"] for rule in rules_in(newsroom)] == ["by-hand", "slack-oil-levy"]
    assert rules_in(newsroom)[0]["must_match"] == ["A tax cut, now"]


def test_unwatched_rule_alerts_no_more_and_leaves_the_file_with_the_next(newsroom, desk):
    desk.sent(desk.opened("watch oil levy"))
    assert "slack-oil-levy has ended" in desk.command("unwatch slack-oil-levy")
    newsroom.site.serve("/wire", story(1, "Ministers want the oil levy back"))
    newsroom.run()
    assert newsroom.posts() == []
    desk.sent(desk.opened("watch gas levy"))
    assert [rule["id"] for rule in rules_in(newsroom)] == ["slack-gas-levy"]


def test_only_rules_of_slack_can_be_ended_from_slack(newsroom, desk):
    before = written(newsroom)
    assert "No rule 'central-bank-opposes' was made in Slack" in desk.command("unwatch central-bank-opposes")
    assert written(newsroom) == before


# ── what is refused, with nothing written ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("/oil.*levy/", "words: Patterns such as /oil.*levy/ are not allowed from Slack"),
        ("oil AND (levy OR /tax(es)?/)", "words: Patterns"),
        ("https://example.org/feed.xml", "words: This contains an address"),
        ("oil www.example.org", "words: This contains an address"),
        ("$central_banks ONEAR/6 oppose", "words: $central_banks is a pack"),
        ("oil AND source:wire", "words: source:wire chooses feeds"),
        ("oil AND tag:crypto", "words: tag:crypto chooses feeds"),
        ("oil AND (levy", "words: "),
        ("NOT oil", "words: "),
        ("$nothing", "words: "),
        ("x" * 500 + "y", ""),
    ],
)
def test_words_that_are_not_allowed_are_refused(newsroom, desk, words, reason):
    view, before = desk.opened("watch oil"), written(newsroom)
    if len(words) > 500:
        with pytest.raises(RuntimeError, match="0 to 500 characters"):
            desk.sent(view, words=words)
    else:
        assert desk.sent(view, words=words).startswith(reason)
    assert written(newsroom) == before


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"does": " , "}, "does: Say what is done"),
        ({"does": "/rejects?/"}, "does: "),
        ({"does": "$opposes"}, "does: $opposes is a pack"),
        ({"does": "oppose", "who": "$regulators"}, "who: $regulators is a pack"),
        ({"does": "oppose", "what": "https://example.org"}, "what: This contains an address"),
        ({"does": "oppose", "expires": "2020-01-01"}, "expires: The last day"),
        ({"does": "oppose", "expires": "2099-01-01"}, "expires: The last day"),
    ],
)
def test_event_that_is_not_allowed_is_refused(newsroom, desk, values, reason):
    view, before = desk.as_event(desk.opened("watch")), written(newsroom)
    assert desk.sent(view, **values).startswith(reason)
    assert written(newsroom) == before


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


def test_twenty_rules_are_the_most_that_one_person_may_have(newsroom, desk):
    (newsroom.config / "watchlist.d").mkdir()
    rows = "".join(
        f"  - {{id: slack-{n}, query: oil {n}, notify: [policy], owner: editor (U0EDITOR)}}\n"
        for n in range(20)
    )
    newsroom.write(SLACK_FILE, f"rules:\n{rows}")
    newsroom.adopt()
    before = written(newsroom)
    assert "You have 20 rules, the most that one person may have" in desk.sent(desk.opened("watch gas levy"))
    assert written(newsroom) == before
    with_editors(newsroom, "U0ONCALL")
    newsroom.write(
        "receivers.yaml", (newsroom.config / "receivers.yaml").read_text("utf-8").split("\n", 1)[1]
    )


def test_folder_that_cannot_be_written_is_named(newsroom, desk):
    view = desk.opened("watch oil levy")
    newsroom.write("watchlist.d", "not a folder")
    before = written(newsroom)
    assert "watchlist.d is not a folder" in desk.sent(view)
    opened = desk.opened("watch oil levy")["view"]
    assert "Rules cannot be made in Slack here" in said(opened["blocks"])  # before anything is typed
    assert "submit" not in opened
    assert {name: text for name, text in written(newsroom).items() if ".history" not in name} == before


def test_folder_of_links_gets_the_rule_where_the_links_lead(newsroom, desk, tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (newsroom.config / "watchlist.yaml").rename(real / "watchlist.yaml")
    (newsroom.config / "watchlist.yaml").symlink_to(real / "watchlist.yaml")
    answer = desk.sent(desk.opened("watch oil levy"))
    assert "It is in force within 30 seconds." in answer
    assert "slack-oil-levy" in (real / SLACK_FILE).read_text("utf-8")
    assert not (newsroom.config / SLACK_FILE).exists()


def test_files_that_the_stages_do_not_read_are_not_written(newsroom, desk):
    view = desk.opened("watch oil levy")
    owner = {"host": "elsewhere", "path": "/srv/config", "folder": "another"}
    newsroom.redis.hset("newswatch:config", "owner", json.dumps(owner))
    before = written(newsroom)
    assert "The configuration files of elsewhere:/srv/config are in force." in desk.sent(view)
    assert written(newsroom) == before


def test_broken_configuration_of_somebody_else_is_shown(newsroom, desk):
    view = desk.opened("watch oil levy")
    newsroom.watchlist("rules:\n  - {id: x, query: (, notify: [policy]}\n")
    before = written(newsroom)
    answer = desk.sent(view)
    assert "Nothing was written: the configuration files have errors." in answer
    assert "watchlist.yaml:2:" in answer
    assert written(newsroom) == before


HOSTILE = [
    "oil <!channel> <@U0READER> *bold*",
    "oil\n    auth: NEWSWATCH_FEED_X\n    allow_private: true",
    "oil, notify: [ops]}",
    "\u202eoil levy\u200b",
    "oil ' OR ' levy",
    "oil {{ 7 * 7 }} %s ${HOME}",
    "&lt;oil&gt;",
    "- oil: levy # gone",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(newsroom, desk, text):
    view = desk.opened(f"watch {text}")
    answer = desk.sent(view)
    found = rules_in(newsroom) if (newsroom.config / SLACK_FILE).exists() else []
    assert bool(found) == ("is saved" in answer)
    for rule in found:
        assert set(rule) == {"id", "query", "severity", "notify", "owner", "expires"}
        assert (rule["notify"], rule["owner"]) == (["policy"], "editor (U0EDITOR)")
    assert newsroom.json("check")["ok"]


@pytest.mark.parametrize("name", ["who", "does", "what"])
def test_hostile_text_in_the_parts_of_an_event_stays_text(newsroom, desk, name):
    for text in HOSTILE:
        desk.sent(desk.as_event(desk.opened("watch")), **{"does": "oppose", name: text})
    for rule in rules_in(newsroom) if (newsroom.config / SLACK_FILE).exists() else []:
        assert set(rule) == {"id", "event", "severity", "notify", "owner", "expires"}
        assert set(rule["event"]) <= {"who", "does", "what"}
    assert newsroom.json("check")["ok"]


def test_name_of_somebody_cannot_stand_for_somebody_else(newsroom, over_socket):
    with_editors(newsroom, "U0MALLORY")
    newsroom.slack.config(users=[{"id": "U0MALLORY", "name": "anna (U0EDITOR)\n    notify: [ops]"}])
    desk = Desk(newsroom, {"id": "U0MALLORY"})
    assert "is saved" in desk.sent(desk.opened("watch oil levy"))
    (rule,) = rules_in(newsroom)
    assert rule["owner"].endswith("(U0MALLORY)")
    assert rule["notify"] == ["policy"]


# ── the other commands ────────────────────────────────────────────────────────────────────────


def test_help_names_every_command(newsroom, desk):
    answer = desk.command("help")
    assert all(
        f"/newswatch {verb}" in answer
        for verb in ("watch", "unwatch", "mute", "unmute", "why", "missed", "status")
    )
    assert desk.command("") == answer


def test_unknown_command_is_shown_literally_with_the_help(newsroom, desk):
    answer = desk.command("<!channel> now")
    assert "/newswatch <!channel> is not a command." in answer
    assert "watch TEXT" in answer


def test_mute_is_for_this_channel_and_ends_with_unmute(newsroom, desk):
    assert "central-bank-opposes is muted in this channel until" in desk.command(
        "mute central-bank-opposes for 2h"
    )
    (mute,) = newsroom.json("mute")
    assert (mute["rule_id"], mute["channel"], mute["by"]) == ("central-bank-opposes", POLICY, "editor")
    assert "central-bank-opposes: here until" in desk.command("mute")
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    assert newsroom.posts() == []
    assert "is no longer muted here. 1 alert was suppressed." in desk.command("unmute central-bank-opposes")
    assert newsroom.json("mute") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mute nothing", "no rule in force has the id nothing"),
        ("mute central-bank-opposes soon", "Write for example /newswatch mute central-bank-opposes 2h"),
        ("mute central-bank-opposes 0s", "A mute must be longer than zero."),
        ("mute a b c d", "Write /newswatch mute RULE"),
        ("unmute central-bank-opposes", "central-bank-opposes is not muted"),
        ("unmute", "Write /newswatch unmute RULE"),
    ],
)
def test_wrong_mute_says_what_to_write(newsroom, desk, text, reason):
    assert reason in desk.command(text)
    assert newsroom.json("mute") == []


def test_why_explains_an_item_literally(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Ministries &lt;!channel&gt; want mining", WORDS))
    newsroom.run()
    link = newsroom.json("alerts")[0]["link"]
    answer = desk.command(f"why {link}")
    assert "Ministries <!channel> want mining" in answer
    assert "central-bank-opposes" in answer
    assert "is not in any document read since" in desk.command("why https://example.org/never")
    assert "Write /newswatch why" in desk.command("why")


def test_status_says_whether_all_is_right(newsroom, desk):
    newsroom.run()
    assert "In the last 24 hours: 0 items, 0 alerts; 0 messages queued." in desk.command("status")


def test_why_here_names_the_rule_and_its_words(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    (post,) = newsroom.posts()
    answer = desk.shortcut(post["ts"], "newswatch_why")
    assert "central-bank-opposes (high) matched “central bank opposes” in: Ministries want mining" in answer


def test_why_here_of_somebody_elses_message_looks_for_its_link(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Quite another matter"))
    newsroom.run()
    ts = newsroom.slack.post(POLICY, "see <https://example.org/never?a=1&amp;b=2|this>")["ts"]
    assert "is not in any document" in desk.shortcut(ts, "newswatch_why")


def test_missed_headline_is_recorded_for_the_rule_that_is_chosen(newsroom, desk):
    view = desk.opened("missed Central bank fights the plan")
    assert inputs(view)["text"]["initial_value"] == "Central bank fights the plan"
    answer = desk.sent(view, rule="central-bank-opposes")
    assert "Recorded for central-bank-opposes" in answer
    assert newsroom.redis.hlen("newswatch:missed:central-bank-opposes") == 1


def test_missed_shortcut_begins_with_the_message(newsroom, desk):
    ts = newsroom.slack.post(POLICY, "Central bank &lt;fights&gt; the plan")["ts"]
    newsroom.slack.shortcut(POLICY, ts, "newswatch_missed", EDITOR)
    view = desk.filled()
    assert inputs(view)["text"]["initial_value"] == "Central bank <fights> the plan"
    answer = desk.sent(view)
    assert "Nothing was recorded: choose a rule." in answer


def test_missed_page_on_a_private_address_is_not_read(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Secret plan", WORDS))
    view = desk.opened(f"missed {newsroom.site.url}/wire")
    answer = desk.sent(view, rule="central-bank-opposes")
    assert "private" in answer or "loopback" in answer
    assert newsroom.redis.hlen("newswatch:missed:central-bank-opposes") == 0


def test_answer_to_an_address_that_is_not_slacks_comes_as_a_message_instead(newsroom, desk):
    other = newsroom.slack.base_url.replace(
        "127.0.0.1", "localhost"
    )  # not the address in the listener's settings
    urllib.request.urlopen(f"{other}auth.test?token={newsroom.slack.token}").close()
    assert "/newswatch <!channel> is not a command." in desk.command("<!channel>")
    assert "chat.postEphemeral" in newsroom.slack.stats()["methods"]


def test_command_delivered_again_is_answered_once(newsroom, desk):
    newsroom.slack.command(POLICY, "help", EDITOR, repeat=3)
    desk.command("status")
    assert len(newsroom.slack.whispers()) == 2


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


def test_last_day_is_in_three_months_unless_said(newsroom, desk):
    view = desk.opened("watch oil levy")
    desk.sent(view, expires=(TODAY + timedelta(days=10)).isoformat())
    assert rules_in(newsroom)[0]["expires"] == TODAY + timedelta(days=10)


def test_ops_channel_may_have_rules_as_any_receiver(newsroom, desk):
    other = Desk(newsroom, channel=OPS)
    assert "is saved" in other.sent(other.opened("watch oil levy"))
    assert rules_in(newsroom)[0]["notify"] == ["ops"]


# ── advice leads to pages ─────────────────────────────────────────────────────────────────────


def links_in(newsroom):
    """The links in the newest answer that one person sees."""
    blocks = newsroom.slack.whispers()[-1]["blocks"]
    parts = [part for block in blocks for one in block["elements"] for part in one["elements"]]
    return [part["url"] for part in parts if part["type"] == "link"]


@pytest.mark.parametrize("pages", ["https://desk.example/newswatch", ""])
def test_advice_is_a_link_to_a_page_or_the_pages_name(newsroom, listen, pages):
    more = {"NEWSWATCH_PAGES": pages} if pages else {}
    listen(SLACK_APP_TOKEN=newsroom.slack.app_token, **more)
    with_editors(newsroom, EDITOR["id"])
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    notice = {"text": "The queue of ops is behind.", "since": 1}
    newsroom.redis.hset("newswatch:notice:behind:x", mapping=notice)
    newsroom.redis.sadd("newswatch:notices", "behind:x")
    desk = Desk(newsroom)
    answers = [desk.command("status")]
    assert "The queue of ops is behind." in answers[0]
    assert "is on the page Status" in answers[0]
    assert links_in(newsroom) == ([f"{pages}/"] if pages else [])
    answers.append(desk.command(f"why {newsroom.json('alerts')[0]['link']}"))
    assert [url.partition("=")[0] for url in links_in(newsroom)] == ([f"{pages}/why?item"] if pages else [])
    answers.append(desk.command("why https://example.org/never"))
    assert "are searched on the page Items" in answers[-1]
    answers.append(desk.sent(desk.opened("missed Central bank fights it"), rule="central-bank-opposes"))
    assert "proposed on the page of central-bank-opposes" in answers[-1]
    answers += [desk.command(text) for text in ("unmute central-bank-opposes", "unwatch x", "mute x", "x")]
    assert not any("`newswatch" in text for text in answers)


def test_status_counts_one_of_a_thing_as_one(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    assert "In the last 24 hours: 1 item, 1 alert; 0 messages queued." in desk.command("status")
