"""`/newswatch watch` and `unwatch`: what an editor types becomes a rule of the files, alerts, and ends."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from listener_room import EDITOR, SLACK_FILE, TODAY, Desk, inputs, rules_in, said, with_editors, written

from feed_server import story
from newsroom import OPS

pytestmark = pytest.mark.heavy


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


def test_last_day_is_in_three_months_unless_said(newsroom, desk):
    view = desk.opened("watch oil levy")
    desk.sent(view, expires=(TODAY + timedelta(days=10)).isoformat())
    assert rules_in(newsroom)[0]["expires"] == TODAY + timedelta(days=10)


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


def test_ops_channel_may_have_rules_as_any_receiver(newsroom, desk):
    other = Desk(newsroom, channel=OPS)
    assert "is saved" in other.sent(other.opened("watch oil levy"))
    assert rules_in(newsroom)[0]["notify"] == ["ops"]


def test_folder_of_links_gets_the_rule_where_the_links_lead(newsroom, desk, tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (newsroom.config / "watchlist.yaml").rename(real / "watchlist.yaml")
    (newsroom.config / "watchlist.yaml").symlink_to(real / "watchlist.yaml")
    answer = desk.sent(desk.opened("watch oil levy"))
    assert "It is in force within 30 seconds." in answer
    assert "slack-oil-levy" in (real / SLACK_FILE).read_text("utf-8")
    assert not (newsroom.config / SLACK_FILE).exists()


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
