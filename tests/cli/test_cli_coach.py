"""`newswatch coach`: small edits that do what readers ask for, each a diff that `check` accepts."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from cli_marks import published, reader_says
from newswatch.store import keys

WATCHLIST = """\
# the desk's rules
lists:
  stances: [opposes, dissents, rejects] # what they do
rules:
  - id: bank
    event: {who: [central bank, "'ECB'"], does: $stances}
    notify: [policy]
  - id: other
    query: $stances AND merger
    notify: [policy]
  - id: fined
    query: >-
      (regulator OR watchdog OR school)
      ONEAR/4 fines
    notify: [policy]
"""
TITLES = {
    1: "Central bank opposes the levy on cash",
    2: "ECB opposed merger of two lenders, minutes show",
    3: "Central bank governor dissents over rates",
    4: "ECB dissents on wording of statement",
    5: "Regulator fines broker in fraud case",
    6: "School fines parents over holidays",
    7: "School headmaster fines pupils for running",
    8: "Watchdog fines lender in cartel case",
}
MISSED = "Central bank balks at digital levy"


@pytest.fixture
def room(newsroom):
    newsroom.watchlist(WATCHLIST)
    published(newsroom, TITLES)
    return newsroom


def first(room, rule: str, *options: str) -> dict:
    return room.json("coach", rule, *options)["proposals"][0]


def applied(room, diff: str) -> None:
    """The diff carried out by another program."""
    subprocess.run(
        ["patch", "-p1", "--no-backup-if-mismatch"], input=diff, text=True, cwd=room.config, check=True
    )


needs_patch = pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch here")


def test_term_that_brings_only_what_is_not_relevant_is_dropped_from_its_list(room):
    reader_says(room, "irrelevant", TITLES[3], TITLES[4])
    reader_says(room, "ack", TITLES[1])
    advice = room.json("coach", "bank")
    assert (advice["irrelevant"], advice["wanted"], advice["others"], advice["items"]) == (2, 1, 1, 8)
    best = advice["proposals"][0]
    assert (best["kind"], best["about"]) == ("drop", "drop `dissents` of $stances from does")
    assert (best["irrelevant_lost"], best["wanted_lost"], best["others_lost"]) == (2, 0, 0)
    assert "-  stances: [opposes, dissents, rejects] # what they do" in best["diff"]
    assert "+  stances: [opposes, rejects] # what they do" in best["diff"]
    assert best["shared"] == ["other"]
    assert sorted(best["must_not_match"]) == [TITLES[3], TITLES[4]]


@needs_patch
def test_every_proposal_is_a_diff_that_check_accepts(room):
    reader_says(room, "irrelevant", TITLES[3], TITLES[4], TITLES[6], TITLES[7])
    room.json("missed", MISSED, "--rule", "bank")
    before = (room.config / "watchlist.yaml").read_text()
    for rule in ("bank", "fined"):
        for options in ((), ("--examples",)):
            room.watchlist(before)
            proposals = room.json("coach", rule, "--limit", "50", *options)["proposals"]
            assert proposals
            for one in proposals:
                room.watchlist(before)
                applied(room, one["diff"])
                status, out, _ = room.command("check")
                assert status == 0, (one["diff"], out)


def test_branch_of_a_query_is_dropped_within_its_block(room):
    reader_says(room, "irrelevant", TITLES[6], TITLES[7])
    best = first(room, "fined")
    assert best["about"] == "drop `school`"
    assert "+      (regulator OR watchdog)" in best["diff"]
    assert "       ONEAR/4 fines" in best["diff"]


def test_word_that_only_unwanted_hits_share_is_excluded(room):
    titles = {
        1: "Regulator fines parents over holidays",
        2: "Watchdog fines angry parents in Kent",
        3: "Regulator fines broker in fraud case",
        4: "Watchdog fines lender in cartel case",
    }
    published(room, titles, start=20)
    reader_says(room, "irrelevant", titles[1], titles[2])
    reader_says(room, "ack", titles[3], titles[4])
    abouts = [one["about"] for one in room.json("coach", "fined")["proposals"]]
    assert abouts[0] == "exclude `parents`"


def test_term_that_the_missed_ones_share_is_added(room):
    room.json("missed", MISSED, "--rule", "bank")
    room.json("missed", "ECB balks at euro bill", "--rule", "bank")
    best = first(room, "bank")
    assert (best["kind"], best["missed_caught"]) == ("add", 2)
    assert best["about"] in ("add `balks` to does", "add `balks at` to does")
    assert "does: [$stances, balks" in best["diff"]
    assert sorted(best["must_match"]) == sorted([MISSED, "ECB balks at euro bill"])


def test_proposal_is_saved_as_the_editor_saves(room):
    reader_says(room, "irrelevant", TITLES[3], TITLES[4])
    best = first(room, "bank", "--examples")
    status, out, err = room.command("coach", "bank", "--examples", "--apply", best["id"])
    assert (status, err) == (0, "")
    assert "Saved watchlist.yaml" in out
    text = (room.config / "watchlist.yaml").read_text()
    assert "stances: [opposes, rejects] # what they do" in text
    assert f"\n      - {TITLES[3]}\n" in text
    (saved,) = (room.config / ".history" / "saved.jsonl").read_text().splitlines()
    assert json.loads(saved)["file"] == "watchlist.yaml"
    assert room.json("coach", "bank")["irrelevant"] == 0
    status, _, err = room.command("coach", "bank", "--apply", best["id"])
    assert status == 1
    assert "no proposal" in err


def test_rule_that_nobody_said_anything_about_has_nothing_to_learn_from(room):
    status, out, _ = room.command("coach", "bank")
    assert status == 0
    assert "Nothing to learn from" in out
    assert not room.redis.keys(keys.missed("*"))


def test_lines_name_gains_losses_and_diff(room):
    reader_says(room, "irrelevant", TITLES[3], TITLES[4])
    status, out, _ = room.command("coach", "bank", "--limit", "1")
    assert status == 0
    assert "1. drop `dissents` of $stances from does" in out
    assert "loses 2 of 2 not relevant, 0 of 2 others" in out
    assert "   +  stances: [opposes, rejects] # what they do" in out
    assert f"must_not_match: {TITLES[3]}" in out
    assert "The list is also used by other" in out


def test_proposal_that_changes_two_files_is_left_to_the_editor(room):
    head, rules = WATCHLIST.split("rules:\n")
    (room.config / "watchlist.d").mkdir()
    room.write("watchlist.d/lists.yaml", head)
    room.watchlist(f"rules:\n{rules}")
    reader_says(room, "irrelevant", TITLES[3], TITLES[4])
    best = first(room, "bank", "--examples")
    assert sorted(best["files"]) == ["watchlist.d/lists.yaml", "watchlist.yaml"]
    status, _, err = room.command("coach", "bank", "--examples", "--apply", best["id"])
    assert status == 1
    assert "apply its diff by hand" in err
    assert first(room, "bank")["files"] == ["watchlist.d/lists.yaml"]
