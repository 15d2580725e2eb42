"""Rules that nobody can make from Slack, whoever asks: they are refused with the reason, and nothing is written."""

from __future__ import annotations

import json

import pytest
from listener_room import SLACK_FILE, rules_in, said, with_editors, written

from newsroom import POLICY

pytestmark = pytest.mark.heavy


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


def test_pack_is_refused_also_in_a_list_of_the_watchlist(newsroom, desk):
    newsroom.watchlist(
        "lists: {banks: [ECB, $lenders], lenders: [$central_banks, Fed], names: [ECB],"
        " regulators: [Oftel, $regulators]}\n"
        "rules:\n  - {id: x, query: '$names', notify: [policy]}\n"
    )
    newsroom.adopt()
    view, before = desk.opened("watch oil"), written(newsroom)
    says = "words: $banks contains the pack $central_banks, which is not allowed from Slack"
    assert desk.sent(view, words="$banks").startswith(says)
    assert desk.sent(view, words="oil OR $regulators").startswith(
        "words: $regulators contains the pack $regulators"
    )
    assert written(newsroom) == before
    assert "is saved" in desk.sent(view, words="$names AND oil")


def test_receiver_that_has_moved_to_another_channel_gets_no_rule(newsroom, desk):
    view = desk.opened("watch oil levy")
    text = (newsroom.config / "receivers.yaml").read_text("utf-8")
    newsroom.write("receivers.yaml", text.replace(POLICY, "C0ELSEWHERE"))
    before = written(newsroom)
    assert "The receiver policy does not post to this channel any more" in desk.sent(view)
    assert {name: text for name, text in written(newsroom).items() if ".history" not in name} == before


def test_only_the_rules_of_the_channel_are_named_to_those_who_mistype_one(newsroom, desk):
    (newsroom.config / "watchlist.d").mkdir()
    rows = "".join(
        f"  - {{id: slack-{name}, query: oil {name}, notify: [{name}]}}\n" for name in ("policy", "ops")
    )
    newsroom.write(SLACK_FILE, f"rules:\n{rows}")
    newsroom.adopt()
    for command in ("unwatch slack-oil", "mute slack-oil 2h"):
        answer = desk.command(command)
        assert "slack-policy" in answer
        assert "slack-ops" not in answer


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
