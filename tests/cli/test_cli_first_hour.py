"""The first hour: commands find a running stack, and a story of one's own can be published."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from devtools.news_site.running import RunningSite
from devtools.stack.overlay import Overlay, sample_feeds
from newswatch.cli.app import newswatch


@pytest.fixture
def folder(newsroom, monkeypatch):
    """Where the newsroom's own folder is, with no variable that says how to reach it."""
    for name in [
        name for name in os.environ if name.startswith(("REDIS", "SLACK", "NEWSWATCH_CONFIG", "AIRFLOW"))
    ]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(newsroom.config.parent)
    return newsroom.config.parent


def running(folder: Path, redis_url: str, more: str = "") -> None:
    (folder / ".data").mkdir(exist_ok=True)
    (folder / ".data" / "stack.env").write_text(f"REDIS_URL='{redis_url}'\n{more}", "utf-8")


def test_command_finds_what_make_run_has_started(newsroom, folder):
    newsroom.adopt()
    before = CliRunner().invoke(newswatch, ["feeds"])
    assert before.exit_code == 1
    assert "make run" in before.output
    running(folder, newsroom.redis_url)
    found = CliRunner().invoke(newswatch, ["feeds", "--json"])
    assert [row["id"] for row in json.loads(found.stdout)] == ["wire"]


def test_redis_that_is_named_wins_over_a_running_stack(newsroom, folder):
    newsroom.adopt()
    running(folder, "redis://127.0.0.1:1/0")
    (folder / ".env").write_text(f"REDIS_URL={newsroom.redis_url}\n", "utf-8")
    found = CliRunner().invoke(newswatch, ["feeds", "--json"])
    assert found.exit_code == 0


@pytest.mark.parametrize("named", ["in .env", "--config"])
def test_folder_that_make_run_was_started_with_is_not_another_copy(newsroom, folder, named):
    overlay = folder / ".data" / "config"
    Overlay(newsroom.config, overlay, sample_feeds("http://127.0.0.1:1")).sync()
    running(folder, newsroom.redis_url, f"NEWSWATCH_CONFIG='{overlay}'\n")
    (folder / ".env").write_text(
        f"NEWSWATCH_CONFIG={newsroom.config}\n" if named == "in .env" else "", "utf-8"
    )
    given = ["--config", str(newsroom.config)] if named == "--config" else []
    CliRunner().invoke(newswatch, ["poll", "--config", str(overlay)])
    checked = CliRunner().invoke(newswatch, ["check", *given])
    assert checked.output.startswith(f"{newsroom.config}: 4 feeds")
    assert "not applied" not in checked.output
    listed = CliRunner().invoke(newswatch, ["feeds", "--json", *given])
    assert "sample-wire" in [row["id"] for row in json.loads(listed.stdout)]
    assert "configuration-origin" not in listed.stderr


def test_story_of_ones_own_is_published_polled_and_alerted(newsroom):
    with RunningSite() as site:
        newsroom.write(
            "feeds.yaml",
            "defaults: {allow_private: true}\nfeeds:\n"
            f"  - {{id: sample-wire, url: '{site.feeds['wire']}', every: 1m}}\n",
        )
        newsroom.poll()
        said = newsroom.json("demo", "Harbours may mine bitcoin", "The central bank opposes the plan.")
        assert said["rules"] == ["central-bank-opposes"]
        newsroom.poll(all_feeds=False)
        newsroom.match()
        newsroom.deliver()
        (post,) = newsroom.posts()
        assert said["link"] in json.dumps(post["blocks"])
        status, out, _ = newsroom.command("demo", "Nothing of note")
        assert (status, "No rule matches" in out) == (0, True)
        newsroom.write(
            "watchlist.yaml", "rules:\n  - {id: a, query: bank, severity: hihg, notify: [policy]}\n"
        )
        said = newsroom.json("demo", "Ports may mine bitcoin", "The central bank opposes that plan.")
        assert said["rules"] == ["central-bank-opposes"]  # those in force go on


def test_demo_without_the_sample_site_says_what_to_do(newsroom):
    status, out, err = newsroom.command("demo", "Harbours may mine bitcoin")
    assert status == 1
    assert "start `make run` without SLACK_BOT_TOKEN" in out + err
