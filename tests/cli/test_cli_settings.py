"""Bad settings stop every command before it does anything, and `check` and `doctor` list them all."""

from __future__ import annotations

import json

import pytest

from feed_server import story
from newsroom import POLICY

WORDS = "The central bank opposes the plan."
STAGES = ("poll", "match-pending", "deliver", "articles", "run", "listen", "feeds", "alerts", "dead list")
BAD = {
    "NEWSWATCH_ITEM_RETENTION": "banana",
    "NEWSWATCH_ALERT_RETENTION": "90 days",
    "NEWSWATCH_SEEN_RETENTION": "5m",
    "NEWSWATCH_RULE_CAP": "-3",
    "NEWSWATCH_SLACK_RATE": "0",
    "NEWSWATCH_DEADMAN_URL": "ping.example.com",
    "NEWSWATCH_OPS_WEBHOOK": "ops",
    "NEWSWATCH_POLL_SHARDS": "soon",
    "NEWSWATCH_LISTEN": "8083",
    "SLACK_APP_TOKEN": "xoxb-1",
    "SLACK_BASE_URL": "slack.com",
}


def set_all(monkeypatch, **values):
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def waiting_message(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.poll()
    newsroom.match()


@pytest.fixture
def own_env(newsroom, monkeypatch):
    """The newsroom's commands with the bad values of BAD, also those that it sets itself."""
    set_all(monkeypatch, **BAD)
    usual = newsroom.environment
    newsroom.environment = lambda **more: usual(**BAD, **more)
    return newsroom


def test_alert_retention_of_no_known_form_posts_nothing(newsroom, monkeypatch):
    waiting_message(newsroom)
    monkeypatch.setenv("NEWSWATCH_ALERT_RETENTION", "90 days")
    status, out, err = newsroom.command("deliver")
    assert status == 1
    assert "NEWSWATCH_ALERT_RETENTION" in err
    assert "Traceback" not in out + err
    assert newsroom.posts(POLICY) == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_command_stops_before_it_does_anything_and_names_each_bad_setting(own_env, stage):
    waiting_message(own_env)
    asked, keys = len(own_env.site.requests), sorted(own_env.redis.keys("*"))
    status, out, err = own_env.command(*stage.split())
    assert status == 1
    assert all(name in err for name in BAD)
    assert "Traceback" not in out + err
    assert own_env.posts(POLICY) == []
    assert len(own_env.site.requests) == asked
    assert sorted(own_env.redis.keys("*")) == keys


@pytest.mark.parametrize("command", ["check", "doctor"])
def test_check_and_doctor_report_every_bad_setting_and_what_is_allowed(own_env, command):
    status, out, err = own_env.command(command)
    assert status == 1
    for name in BAD:
        assert len([line for line in out.splitlines() if name in line]) == 1, (name, out)
    assert "at least 1h" in out
    assert "such as" in out
    assert "Traceback" not in out + err


def test_check_and_doctor_report_bad_settings_as_json(own_env):
    status, out, _ = own_env.command("check", "--json")
    found = json.loads(out)
    assert (status, found["ok"]) == (1, False)
    assert {name for name in BAD if any(name in one["message"] for one in found["problems"])} == set(BAD)
    status, out, _ = own_env.command("doctor", "--json")
    assert status == 1
    assert all(name in out for name in BAD)


def test_check_reports_files_beside_settings(newsroom, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_RULE_CAP", "many")
    newsroom.watchlist("rules:\n  - id: a\n    query: 'central bank AND'\n    notify: [policy]\n")
    status, out, _ = newsroom.command("check")
    assert status == 1
    assert "NEWSWATCH_RULE_CAP" in out
    assert "watchlist.yaml:3" in out


def test_retention_shorter_than_messages_wait_is_refused_with_the_reason(newsroom, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_ALERT_RETENTION", "1d")
    status, _, err = newsroom.command("deliver")
    assert status == 1
    assert "NEWSWATCH_ALERT_RETENTION" in err
    assert "at least 3d" in err
    assert "digest" in err


def test_cache_named_in_the_env_file_is_used(newsroom, tmp_path, monkeypatch):
    monkeypatch.delenv("NEWSWATCH_CACHE")
    (tmp_path / ".env").write_text("NEWSWATCH_CACHE=kept\n")
    rows = "".join(f"  - {{id: r{n}, query: word{n} opposes, notify: [policy]}}\n" for n in range(1_200))
    newsroom.watchlist(f"rules:\n{rows}")
    assert newsroom.command("check")[0] == 0
    assert list((tmp_path / "kept").iterdir())


def test_match_of_a_url_says_who_asks_and_how_to_reach_them(newsroom, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_CONTACT", "desk@paper.example")
    newsroom.site.serve("/new", story(1))
    assert newsroom.command("match", "--url", f"{newsroom.site.url}/new")[0] == 0
    assert "desk@paper.example" in newsroom.site.requests[-1].headers["User-Agent"]
