"""The commands as people and scripts use them: output, exit status, and what goes wrong."""

from __future__ import annotations

import json

from devtools.redis_server import free_port
from feed_server import story
from newsroom import OPS, POLICY

WORDS = "The central bank opposes the plan."


def test_stages_print_the_counts_that_scripts_rely_on(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS), story(2))
    assert newsroom.json("poll") == {"feeds": 1, "polled": 1, "not_modified": 0, "new": 2, "failed": 0}
    assert newsroom.redis.xlen("newswatch:items") == 2
    assert newsroom.json("match-pending") == {"items": 2, "alerts": 1}
    assert newsroom.json("deliver") == {"sent": 1, "retrying": 0, "dead": 0, "queued": 0}


def test_poll_skips_feeds_that_are_not_due_and_all_ignores_that(newsroom):
    newsroom.site.serve("/wire", story(1))
    newsroom.json("poll")
    assert newsroom.json("poll")["polled"] == 0
    assert newsroom.json("poll", "--all")["polled"] == 1


def test_run_does_all_three(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    counts = newsroom.json("run")
    assert (counts["poll"]["new"], counts["match"]["alerts"], counts["deliver"]["sent"]) == (1, 1, 1)


def test_titles_stand_in_the_stream_as_plain_utf8(newsroom):
    newsroom.site.serve("/wire", story(1, "Центробанк против майнинга"))
    newsroom.json("poll")
    ((_, values),) = newsroom.redis.xrange("newswatch:items")
    assert any("Центробанк против майнинга" in value for value in values.values())


def test_check_says_fine_with_0_and_lists_errors_with_1(newsroom):
    status, out, _ = newsroom.command("check")
    assert status == 0, out
    newsroom.watchlist("rules:\n  - id: a\n    query: 'central bank AND'\n    notify: [nobody]\n")
    status, out, err = newsroom.command("check")
    assert status == 1
    lines = [line for line in out.splitlines() if "watchlist.yaml:" in line and "warning" not in line]
    assert len(lines) == 2
    assert "Traceback" not in err


def test_check_names_the_folder_that_it_checked(newsroom, tmp_path, monkeypatch):
    _, out, _ = newsroom.command("check")
    assert out.splitlines()[-1] == f"{newsroom.config}: 1 feed, 1 rule, 2 receivers: fine"
    assert newsroom.json("check")["folder"] == str(newsroom.config)
    (newsroom.config / ".source").write_text("our/config")  # a folder that `make run` laid over it
    _, out, _ = newsroom.command("check")
    assert out.splitlines()[-1].startswith("our/config: ")
    monkeypatch.setenv("NEWSWATCH_RULE_CAP", "many")
    newsroom.watchlist("rules:\n  - id: a\n    query: 'central bank AND'\n    notify: [policy]\n")
    _, out, _ = newsroom.command("check")
    assert out.splitlines()[-1] == "our/config: 2 errors"


def test_check_warns_of_a_word_that_mostly_finds_a_commoner_form(newsroom):
    newsroom.watchlist("rules:\n  - {id: a, query: fining, notify: [policy]}\n")
    newsroom.site.serve("/wire", story(1, "All is fine " * 60))
    newsroom.json("poll")
    status, out, _ = newsroom.command("check")
    assert status == 0
    assert "warning: `fining` also finds “fine”" in out


def test_unknown_option_is_wrong_usage(newsroom):
    assert newsroom.command("check", "--nonsense")[0] == 2
    assert newsroom.command("nonsense")[0] == 2
    assert newsroom.command("match")[0] == 2


def test_config_option_names_the_folder(newsroom, tmp_path):
    status, out, _ = newsroom.command("check", "--config", str(tmp_path / "elsewhere"))
    assert status == 1
    assert "elsewhere" in out


def test_common_options_may_stand_before_the_command(newsroom):
    elsewhere = str(newsroom.config)
    newsroom_config, newsroom.config = newsroom.config, newsroom.config.parent
    status, out, _ = newsroom.command("--config", elsewhere, "--json", "check")
    newsroom.config = newsroom_config
    assert status == 0
    assert json.loads(out)["ok"] is True


def test_match_answers_each_line_of_jsonl_under_its_id(newsroom, tmp_path):
    lines = [
        {"id": "a:1", "title": "T", "summary": WORDS},
        {"id": "b:2", "title": "Nothing", "summary": ""},
        {"id": "c:3", "title": "🙂 Central Bank opposed it", "summary": "", "lang": "en"},
    ]
    path = tmp_path / "items.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    status, out, _ = newsroom.command("match", "--jsonl", str(path))
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [answer["id"] for answer in answers] == ["a:1", "b:2", "c:3"]
    (match,) = answers[0]["matches"]
    assert match["rule"] == "central-bank-opposes"
    assert [span["field"] for span in match["spans"]] == ["summary"] * len(match["spans"])
    assert answers[1]["matches"] == []
    span = answers[2]["matches"][0]["spans"][0]
    assert lines[2]["title"][span["start"] : span["end"]] == span["text"]


def test_match_names_the_line_that_is_no_item(newsroom, tmp_path):
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "a", "title": "x"}\n{oops\n', "utf-8")
    status, _, err = newsroom.command("match", "--jsonl", str(path))
    assert status == 1
    assert f"{path}:2:1" in err


def test_match_shows_the_words_that_matched(newsroom):
    status, out, _ = newsroom.command("match", "--summary", WORDS)
    assert status == 0
    assert "[central bank opposes]" in out


def test_redis_that_is_away_ends_every_stage_with_1_and_a_way_out(newsroom):
    newsroom.redis_url = f"redis://:secret@127.0.0.1:{free_port()}/0"
    for stage in ("poll", "match-pending", "deliver", "run", "alerts", "dead", "feeds", "doctor"):
        status, out, err = newsroom.command(stage)
        assert status == 1, stage
        assert "Redis cannot be reached" in out + err
        assert "Traceback" not in err
        assert "secret" not in out + err


def test_slack_that_is_away_ends_deliver_with_1_and_keeps_the_queue(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.slack.kill()
    status, out, err = newsroom.command("run", "--json")
    newsroom.slack.restart()
    assert status == 1
    assert json.loads(out)["deliver"]["queued"] == 1
    assert "Traceback" not in err


def test_no_redis_named_says_which_setting(newsroom):
    newsroom.redis_url = ""
    status, _, err = newsroom.command("poll")
    assert status == 1
    assert "REDIS_URL" in err


def test_alerts_lists_state_and_rule(newsroom):
    newsroom.site.serve("/wire", story(1, "Bank says no", WORDS))
    newsroom.json("run")
    (row,) = newsroom.json("alerts")
    assert (row["rule_id"], row["state"], row["title"]) == ("central-bank-opposes", "sent", "Bank says no")
    assert row["config_version"]


def test_feeds_shows_the_last_error_and_hides_credentials(newsroom):
    secret = f"{newsroom.site.url}/private?token=hunter2".replace("//", "//me:pw@")
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{allow_private: true}}\nfeeds:\n  - {{id: paid, url: '{secret}'}}\n",
    )
    newsroom.json("poll")
    _, out, _ = newsroom.command("feeds")
    (row,) = newsroom.json("feeds")
    assert row["state"] in {"failing", "refused"}
    assert "404" in row["error"]
    assert "hunter2" not in out + str(row)
    assert "me:pw" not in out + str(row)


def test_test_receiver_posts_one_message(newsroom):
    newsroom.json("test-receiver", "ops")
    assert len(newsroom.slack.messages(OPS)) == 1
    status, _, err = newsroom.command("test-receiver", "nobody")
    assert status == 1
    assert "policy" in err


def test_doctor_says_that_publishers_cannot_reach_you_until_they_can(newsroom, monkeypatch):
    monkeypatch.delenv("NEWSWATCH_CONTACT", raising=False)
    assert "set NEWSWATCH_CONTACT" in newsroom.command("doctor")[1]
    monkeypatch.setenv("NEWSWATCH_CONTACT", "desk@paper.example")
    assert "desk@paper.example" in newsroom.command("doctor")[1]


def test_doctor_is_content_with_a_sound_installation(newsroom):
    newsroom.slack.post(POLICY, "hello")
    status, out, err = newsroom.command("doctor")
    assert status == 0, out + err
    assert "noeviction" in out


def test_doctor_says_what_to_do_about_a_bad_token_and_a_missing_membership(newsroom):
    newsroom.slack.config(channels=[{"id": POLICY, "member": False}, {"id": OPS}])
    status, out, _ = newsroom.command("doctor")
    assert status == 1
    assert "/invite" in out
    newsroom.slack.config(token="xoxb-other")
    status, out, _ = newsroom.command("doctor")
    assert status == 1
    assert "invalid_auth" in out


def test_broken_configuration_ends_a_stage_with_1_but_the_work_is_done(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.adopt()
    newsroom.watchlist("rules: [")
    status, _, err = newsroom.command("run")
    assert status == 1
    assert "watchlist.yaml" in err
    assert len(newsroom.posts()) == 1


def test_muted_rule_stays_out_of_slack_and_is_counted_until_unmuted(newsroom):
    newsroom.json("check")
    newsroom.adopt()
    newsroom.json("mute", "central-bank-opposes", "--for", "2h")
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.json("run", "--all")
    assert newsroom.slack.messages(POLICY) == []
    (mute,) = newsroom.json("mute")
    assert (mute["rule_id"], mute["muted"]) == ("central-bank-opposes", 1)
    (row,) = newsroom.json("alerts")
    assert row["state"] == "muted"
    newsroom.json("unmute", "central-bank-opposes")
    newsroom.site.serve("/wire", story(1, summary=WORDS), story(2, "Another", WORDS))
    newsroom.json("run", "--all")
    assert len(newsroom.posts()) == 1


def test_mute_in_one_channel_leaves_the_others_alone(newsroom):
    newsroom.watchlist("rules:\n  - {id: two, query: central bank opposes, notify: [policy, ops]}\n")
    newsroom.adopt()
    newsroom.json("mute", "two", "--channel", POLICY)
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.json("run")
    assert newsroom.posts(POLICY) == []
    assert len(newsroom.posts(OPS)) == 1


def test_mute_of_an_unknown_rule_names_the_known_ones(newsroom):
    newsroom.adopt()
    status, _, err = newsroom.command("mute", "centralbank")
    assert status == 1
    assert "central-bank-opposes" in err
    assert newsroom.command("mute", "central-bank-opposes", "--for", "soon")[0] == 2


def test_housekeeping_removes_what_is_past_its_retention_and_keeps_the_rest(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.run()
    assert newsroom.command("housekeeping")[1] == "Nothing is past its retention.\n"
    old = {"until": 1, "by": "Ada", "since": 0}
    newsroom.redis.hset("newswatch:mutes", "central-bank-opposes|*", json.dumps(old))
    assert newsroom.command("housekeeping")[1] == "Removed: 1 mutes\n"
    assert set(newsroom.json("housekeeping")) == {
        "items",
        "articles",
        "alerts",
        "mutes",
        "acknowledged",
        "irrelevant",
        "missed",
        "dead_letters",
    }
