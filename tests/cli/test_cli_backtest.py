"""`newswatch backtest` as editors use it: what it prints, how it ends, what it refuses."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newsroom import Newsroom, kill

WORDS = "The central bank opposes the plan."


@pytest.fixture
def stocked(newsroom: Newsroom) -> Newsroom:
    """A newsroom with four items kept, the rule in force matching two of them."""
    newsroom.site.serve(
        "/wire",
        story(1, "Bank says no", WORDS),
        story(2, "Central bank opposed it early", age=timedelta(days=2)),
        story(3, "The regulator opposes it"),
        story(4, "Weather: 30 <b>degrees</b> [bold]x[/bold]"),
    )
    newsroom.json("poll")
    return newsroom


def on_terminal(room: Newsroom, *words: str) -> str:
    """What the command writes when standard output and error are a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "newswatch.cli", *words],
        env=room.environment(TERM="xterm-256color", COLUMNS="120", LINES="40"),
        cwd=room.config.parent,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    try:
        while chunk := _read(ours):
            said += chunk
        process.wait(timeout=240)
    finally:
        kill(process)
        os.close(ours)
    return said.decode("utf-8")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # the last writer has closed a terminal: its end
        return b""


def test_rule_shows_counts_days_and_first_hits(stocked):
    status, out, err = stocked.command("backtest", "--since", "7d", "--rule", "central-bank-opposes")
    assert (status, err) == (0, "")
    today = datetime.now(timezone.utc).date()
    assert "Rule central-bank-opposes: 2 items in 2 stories, of 4 stored items since" in out
    assert f"  {today - timedelta(days=2)}       1  ████" in out
    assert "[Central bank opposed] it early" in out
    assert "summary: The [central bank opposes] the plan." in out
    assert "https://news.example/story/1" in out


def test_edited_rule_lists_what_it_gains_and_loses(stocked):
    stocked.watchlist("rules:\n  - {id: central-bank-opposes, query: regulator opposes, notify: [policy]}\n")
    status, out, _ = stocked.command("backtest", "--rule", "central-bank-opposes")
    assert status == 0
    assert "gains 1 item, loses 2" in out
    gained, lost = out.split("Gained:")[1].split("Lost:")
    assert "[regulator opposes]" in gained
    assert "[Central bank opposed]" in lost
    row = stocked.json("backtest", "--rule", "central-bank-opposes")["rules"][0]
    assert (row["hits"], len(row["gained"]), len(row["lost"])) == (1, 1, 2)


def test_query_is_tried_as_a_rule_of_its_own(stocked):
    data = stocked.json("backtest", "--query", "regulator OR weather", "--limit", "1")
    (row,) = data["rules"]
    assert data["items"] == 4
    assert (row["hits"], row["stories"], len(row["examples"])) == (2, 2, 1)
    example = row["examples"][0]
    (span,) = example["spans"]
    assert example["title"][span["start"] : span["end"]] == span["text"] == "regulator"
    assert sum(row["days"].values()) == 2


def test_text_of_feeds_is_printed_as_it_is(stocked):
    _, out, _ = stocked.command("backtest", "--query", "weather")
    assert (
        "[Weather]: 30 <b>degrees</b> [bold]x[/bold]" in out or "[Weather]: 30 degrees [bold]x[/bold]" in out
    )


def test_all_rules_have_a_line_each(stocked):
    text = (stocked.config / "watchlist.yaml").read_text("utf-8")
    stocked.watchlist(text + "  - {id: parrots, query: parrot, notify: [policy]}\n")
    status, out, err = stocked.command("backtest")
    assert status == 0
    assert [line.split("\t")[:3] for line in out.splitlines()] == [
        ["central-bank-opposes", "2", "2"],
        ["parrots", "0", "0"],
    ]
    assert "4 stored items since" in err


def test_terminal_shows_colours_and_bars_and_no_brackets(stocked):
    said = on_terminal(stocked, "backtest", "--rule", "central-bank-opposes")
    assert "\x1b[1;7mcentral bank opposes\x1b[0m" in said
    assert "[central bank" not in said
    assert "████" in said
    assert "central-bank-opposes" in on_terminal(stocked, "backtest")


def test_unknown_rule_ends_with_1_and_the_nearest_name(stocked):
    status, out, err = stocked.command("backtest", "--rule", "central-bank-oposes")
    assert (status, out) == (1, "")
    assert "did you mean central-bank-opposes?" in err


def test_faulty_query_ends_with_1_and_a_caret_under_the_place(stocked):
    status, _, err = stocked.command("backtest", "--query", "bank AND (fine")
    assert status == 1
    message, shown, carets = err.rstrip("\n").split("\n")
    assert message
    assert shown == "  bank AND (fine"
    assert carets.strip("^ ") == ""
    assert shown[carets.index("^")] in "(f"
    status, out, _ = stocked.command("backtest", "--query", "bank AND (fine", "--json")
    assert status == 1
    assert "error" in out


def test_broken_files_end_with_1_and_their_places(stocked):
    stocked.watchlist("rules:\n  - id: a\n    querry: bank\n")
    status, _, err = stocked.command("backtest", "--query", "bank")
    assert status == 1
    assert "watchlist.yaml:3:5" in err


@pytest.mark.parametrize(
    "words",
    [
        ("--rule", "a", "--query", "b"),
        ("--since", "yesterday"),
        ("--since", "7"),
        ("--limit", "-1"),
    ],
)
def test_wrong_usage_ends_with_2(newsroom, words):
    assert newsroom.command("backtest", *words)[0] == 2


def test_redis_that_is_away_ends_with_1_and_a_way_out(newsroom):
    newsroom.redis_url = "redis://127.0.0.1:1/0"
    status, out, err = newsroom.command("backtest")
    assert status == 1
    assert "Redis cannot be reached" in out + err
    assert "Traceback" not in err
