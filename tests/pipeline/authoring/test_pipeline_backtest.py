"""What rules would have caught: the count by itself, and the whole against a real Redis."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
import redis

from feed_server import story
from newswatch.errors import ConfigError, NoSuchRule, QueryError
from newswatch.models import Feed, FeedFilter, Item, Rule, Ruleset
from newswatch.pipeline.authoring.backtest import BacktestQuestion, BadQuestion, run_backtest
from newswatch.pipeline.authoring.backtest_report import as_dict, bounded, chart, report_lines
from newswatch.pipeline.authoring.caret import with_caret
from newswatch.pipeline.authoring.highlight import bracketed, one_line, pieces
from newswatch.pipeline.authoring.hit_count import Window, backtest
from newswatch.pipeline.match.watch import Watch
from newswatch.settings import Settings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
WINDOW = Window(NOW - timedelta(days=7), NOW)
WEEK_S = 7 * 86_400.0
OPPOSES = Rule(id="opposes", query="central bank opposes")


def item(number: int, title: str = "The central bank opposes it", **more) -> Item:
    values = {
        "id": f"wire:{number:016x}",
        "feed_id": "wire",
        "revision": 0,
        "guid": f"guid-{number}",
        "link": f"https://news.example/{number}",
        "canonical_link": f"https://news.example/{number}",
        "title": title,
        "summary": "",
        "body": "",
        "author": "",
        "tags": (),
        "lang": "en",
        "published": NOW - timedelta(hours=1),
        "first_seen": NOW - timedelta(hours=1),
        "config_version": 1,
        **more,
    }
    return Item(**values)


def watch(*rules: Rule, feeds: tuple[Feed, ...] = (Feed(id="wire", url="https://a.example/f"),)) -> Watch:
    return Watch(
        Ruleset(version=1, digest="d", rules=rules, receivers=()),
        Settings(),
        {feed.id: feed for feed in feeds},
    )


def count(items, *rules: Rule, before: Rule | None = None, **options):
    """The report of the first rule."""
    names = [rule.id for rule in rules]
    held = watch(before) if before else None
    return backtest(items, names, watch(*rules), WINDOW, before=held, **options)[0]


# ── the count ─────────────────────────────────────────────────────────────────────────────────


def test_hits_are_counted_by_the_day_of_publication():
    ages = [timedelta(hours=1), timedelta(days=1), timedelta(days=1, hours=2)]
    found = count([item(n, published=NOW - age) for n, age in enumerate(ages)], OPPOSES)
    assert found.hits == 3
    assert found.days == {"2026-11-21": 2, "2026-11-22": 1}


def test_reports_of_one_story_count_once_as_they_share_a_message():
    titles = [
        "Central bank opposes crypto mining bill",
        "Central bank opposes the bill on crypto mining, governor says",
        "Crypto mining bill: central bank opposes it",
        "Central bank opposes higher pensions for teachers",
    ]
    items = [item(n, title, feed_id=f"feed-{n}") for n, title in enumerate(titles)]
    found = count(items, OPPOSES)
    assert (found.hits, found.stories) == (4, 2)


def test_items_published_outside_the_window_or_without_a_date_count_when_they_were_seen():
    seen = NOW - timedelta(days=2)
    dates = [None, NOW - timedelta(days=900), NOW + timedelta(days=30)]
    found = count([item(n, published=date, first_seen=seen) for n, date in enumerate(dates)], OPPOSES)
    assert found.days == {"2026-11-20": 3}


def test_copies_of_one_link_are_one_story():
    same = "https://news.example/same"
    found = count(
        [
            item(1, canonical_link=same),
            item(2, canonical_link=same),
            item(3, "At a hearing on nurses and teachers the central bank opposes bonuses"),
        ],
        OPPOSES,
    )
    assert (found.hits, found.stories) == (3, 2)


def test_revisions_of_one_item_count_once_even_with_others_between():
    items = [item(1), item(2), item(1, revision=1), item(3, "Nothing"), item(3, revision=1)]
    found = count(items, OPPOSES)
    assert found.hits == 3
    assert [(one.item.id[-1], one.item.revision) for one in found.examples] == [("1", 0), ("2", 0), ("3", 1)]


def test_changed_rule_gains_and_loses_whole_items_not_revisions():
    before = Rule(id="opposes", query="central bank")
    now = Rule(id="opposes", query="opposes")
    items = [
        item(1, "The central bank opposes it"),
        item(2, "The central bank waits"),
        item(3, "Greece opposes it"),
        item(4, "The central bank waits"),
        item(4, "The regulator opposes it", revision=1),
        item(5, "The regulator opposes it"),
        item(5, "The central bank waits", revision=1),
    ]
    found = count(items, now, before=before)
    assert found.gained == (items[2].id,)
    assert found.lost == (items[1].id,)
    assert [one.item.id for one in found.gained_examples] == [items[2].id]
    assert [one.item.id for one in found.lost_examples] == [items[1].id]
    ((span),) = found.lost_examples[0].spans
    assert items[1].title[span.start : span.end] == "central bank"


def test_examples_end_at_the_limit_and_the_counts_do_not():
    found = count([item(n) for n in range(30)], OPPOSES, before=Rule(id="opposes", query="parrot"), limit=4)
    assert [one.item.guid for one in found.examples] == ["guid-0", "guid-1", "guid-2", "guid-3"]
    assert (found.hits, len(found.gained), len(found.gained_examples)) == (30, 30, 4)


def test_limits_on_feeds_and_languages_are_honoured():
    feeds = (
        Feed(id="wire", url="https://a.example/f"),
        Feed(id="ecb", url="https://b.example/f", tags=("official",)),
    )
    items = [item(1), item(2, feed_id="ecb"), item(3, feed_id="gone"), item(4, lang="de")]
    for limited, expected in [
        (replace(OPPOSES, feeds=FeedFilter(tags=("official",))), 1),
        (replace(OPPOSES, feeds=FeedFilter(ids=("wire",))), 2),
        (replace(OPPOSES, languages=("en",)), 3),
    ]:
        (found,) = backtest(items, ["opposes"], watch(limited, feeds=feeds), WINDOW)
        assert found.hits == expected, limited


def test_expired_rule_hits_what_was_seen_until_its_last_day():
    seen = [NOW - timedelta(days=days) for days in (0, 1, 2)]
    items = [item(n, first_seen=at, published=at) for n, at in enumerate(seen)]
    found = count(items, replace(OPPOSES, expires="2026-11-21"))
    assert found.days == {"2026-11-20": 1, "2026-11-21": 1}


# ── words for people ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "offset", "end", "expected"),
    [
        ("bank AND", 5, 8, "wrong\n  bank AND\n       ^^^"),
        ("bank\nAND OR", 9, 11, "wrong\n  AND OR\n      ^^"),
        ("银行 AND", 3, 6, "wrong\n  银行 AND\n       ^^^"),
        ("bank", 4, 5, "wrong\n  bank\n      ^"),
    ],
)
def test_caret_stands_under_the_place(query, offset, end, expected):
    assert with_caret(query, QueryError("wrong", offset=offset, end=end)) == expected


def test_caret_of_a_long_query_stays_within_the_line():
    query = "x " * 500 + "AND" + " y" * 500
    _, shown, carets = with_caret(query, QueryError("wrong", offset=1000, end=1003)).split("\n")
    assert len(shown) < 200
    at = carets.index("^")
    assert shown[at : at + carets.count("^")] == "AND"


def test_pieces_keep_the_text_whatever_the_ranges():
    assert bracketed(pieces("one two three", [(8, 13), (0, 3), (2, 3), (4, 4)])) == "[one] two [three]"


def test_feed_text_can_neither_break_a_line_nor_steer_a_terminal():
    assert one_line("a\nb\x1b[2Jc\u2028d\x85e") == "a b [2Jc d e"


def test_chart_has_a_row_for_every_day_and_a_bar_for_every_hit():
    rows = chart({"2026-11-16": 1, "2026-11-21": 400}, WINDOW)
    assert [day for day, _, _ in rows] == [f"2026-11-{day}" for day in range(15, 23)]
    bars = {day: bar for day, _, bar in rows}
    assert len(bars["2026-11-21"]) == 40
    assert bars["2026-11-16"] == "█"
    assert bars["2026-11-17"] == ""


# ── against a real Redis ──────────────────────────────────────────────────────────────────────


def ask(newsroom, question: BacktestQuestion, **options):
    async def work(services):
        return await run_backtest(services, question, **options)

    return newsroom._do(work)


def everything(url) -> dict:
    """Each key's whole content and whether it expires."""
    with redis.Redis.from_url(url) as plain:
        return {key: (plain.dump(key), plain.pexpiretime(key)) for key in plain.scan_iter(count=1000)}


def kept(newsroom, *, adopt: bool = True):
    """Three stories of the last days and one that was old when the feed was first seen."""
    newsroom.site.serve(
        "/wire",
        story(1, "Bank opposes the plan", "The central bank opposes the plan."),
        story(2, "Ministers wait", "Nothing is decided.", age=timedelta(hours=2)),
        story(3, "Old news", "The central bank opposed it.", age=timedelta(days=3)),
    )
    if adopt:
        newsroom.adopt()
    newsroom.poll()


def test_silent_items_are_tried_too_and_nothing_is_sent_or_changed(newsroom):
    kept(newsroom)
    before = everything(newsroom.redis_url)
    found = ask(newsroom, BacktestQuestion(WEEK_S, rule_id="central-bank-opposes"))
    assert (found.items, found.rules[0].hits) == (3, 2)
    assert [one.item.silent for one in found.rules[0].examples] == [True, False]
    ask(newsroom, BacktestQuestion(WEEK_S, query="ministers"))
    ask(newsroom, BacktestQuestion(WEEK_S))
    assert everything(newsroom.redis_url) == before
    assert newsroom.slack.messages() == []


def test_nothing_is_changed_by_a_backtest_of_edited_files(newsroom):
    kept(newsroom)
    newsroom.watchlist("rules:\n  - {id: central-bank-opposes, query: ministers, notify: [policy]}\n")
    before = everything(newsroom.redis_url)
    found = ask(newsroom, BacktestQuestion(WEEK_S, rule_id="central-bank-opposes"))
    (rule,) = found.rules
    assert (len(rule.gained), len(rule.lost)) == (1, 2)
    text = "\n".join(bracketed(line) for line in report_lines(found))
    assert "gains 1 item, loses 2" in text
    assert "Gained:" in text
    assert "[Ministers] wait" in text
    assert "The [central bank opposes] the plan." in text
    assert everything(newsroom.redis_url) == before


def test_unchanged_rule_is_not_held_against_itself(newsroom):
    kept(newsroom)
    newsroom.watchlist((newsroom.config / "watchlist.yaml").read_text("utf-8") + "# a word\n")
    found = ask(newsroom, BacktestQuestion(WEEK_S, rule_id="central-bank-opposes"))
    assert found.rules[0].compared is False
    assert "have the same text" in "\n".join(bracketed(line) for line in report_lines(found))


def test_changed_list_changes_the_rules_that_use_it(newsroom):
    rules = "rules:\n  - {id: bank, query: $who ONEAR/3 opposes, notify: [policy]}\n"
    newsroom.watchlist("lists: {who: [central bank]}\n" + rules)
    kept(newsroom)
    newsroom.watchlist("lists: {who: [regulator]}\n" + rules)
    found = ask(newsroom, BacktestQuestion(WEEK_S, rule_id="bank"))
    assert (found.rules[0].hits, len(found.rules[0].lost)) == (0, 2)


def test_new_rule_gains_every_hit_and_says_that_it_is_new(newsroom):
    kept(newsroom)
    newsroom.watchlist("rules:\n  - {id: waiting, query: ministers wait, notify: [policy]}\n")
    found = ask(newsroom, BacktestQuestion(WEEK_S, rule_id="waiting"))
    assert len(found.rules[0].gained) == 1
    assert "not in force yet" in found.notes[0]


def test_rule_taken_out_of_the_files_shows_what_goes_with_it(newsroom):
    kept(newsroom)
    newsroom.watchlist("rules: []\n")
    found = ask(newsroom, BacktestQuestion(WEEK_S, rule_id="central-bank-opposes"))
    assert (found.rules[0].hits, len(found.rules[0].lost)) == (0, 2)
    assert "no longer in the files" in found.notes[0]


def test_all_rules_have_a_row_each_with_what_changed(newsroom):
    kept(newsroom)
    text = (newsroom.config / "watchlist.yaml").read_text("utf-8")
    newsroom.watchlist(text + "  - {id: waiting, query: ministers wait, notify: [policy]}\n")
    found = ask(newsroom, BacktestQuestion(WEEK_S))
    rows = {rule.rule: (rule.hits, len(rule.gained), len(rule.lost)) for rule in found.rules}
    assert rows == {"central-bank-opposes": (2, 0, 0), "waiting": (1, 1, 0)}


def test_query_uses_the_lists_of_the_files(newsroom):
    newsroom.watchlist("lists: {who: [central bank]}\nrules: []\n")
    kept(newsroom)
    found = ask(newsroom, BacktestQuestion(WEEK_S, query="$who ONEAR/3 opposes"))
    assert (found.rules[0].rule, found.rules[0].hits) == ("query", 2)


def test_event_is_tried_as_if_it_were_a_rule(newsroom):
    newsroom.watchlist("lists: {bank: [central bank]}\nrules: []\n")
    kept(newsroom)
    found = ask(newsroom, BacktestQuestion(WEEK_S, event="who=$bank does=$opposes"))
    assert (found.rules[0].rule, found.rules[0].hits) == ("event", 2)


def test_since_leaves_out_what_was_stored_before(newsroom):
    kept(newsroom)
    newsroom.pass_time(timedelta(hours=3))
    assert ask(newsroom, BacktestQuestion(3600.0, query="central bank")).items == 0
    assert ask(newsroom, BacktestQuestion(4 * 3600.0, query="central bank")).items == 3


def test_longer_time_than_items_are_kept_is_said(newsroom):
    kept(newsroom)
    found = ask(newsroom, BacktestQuestion(999_999_999 * 86_400.0, query="central bank"))
    assert found.rules[0].hits == 2
    assert "kept for 7d" in found.notes[0]


def test_progress_ends_at_the_whole(newsroom):
    kept(newsroom)
    told = []
    ask(
        newsroom,
        BacktestQuestion(WEEK_S, query="bank"),
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (3, 3)


def test_first_backtest_before_anything_is_in_force_counts_and_says_so(newsroom):
    found = ask(newsroom, BacktestQuestion(WEEK_S))
    assert [rule.hits for rule in found.rules] == [0]
    assert "nothing to compare" in found.notes[0]


def test_entry_that_is_no_item_of_ours_does_not_stop_the_others(newsroom):
    kept(newsroom)
    newsroom.redis.xadd("newswatch:items", {"item": "{broken"})
    assert ask(newsroom, BacktestQuestion(WEEK_S, query="central bank")).items == 3


def test_question_that_cannot_be_answered_is_refused_with_the_reason(newsroom):
    with pytest.raises(NoSuchRule, match="did you mean central-bank-opposes"):
        ask(newsroom, BacktestQuestion(WEEK_S, rule_id="central-bank-oposes"))
    with pytest.raises(BadQuestion, match=r"\n  bank AND\n"):
        ask(newsroom, BacktestQuestion(WEEK_S, query="bank AND"))
    with pytest.raises(BadQuestion, match="does not say what is done"):
        ask(newsroom, BacktestQuestion(WEEK_S, event="who=$central_banks"))
    with pytest.raises(BadQuestion, match="one of them"):
        ask(newsroom, BacktestQuestion(WEEK_S, rule_id="central-bank-opposes", query="bank"))
    with pytest.raises(BadQuestion, match="look back"):
        ask(newsroom, BacktestQuestion(0.0, query="bank"))
    newsroom.watchlist("rules: [")
    with pytest.raises(ConfigError):
        ask(newsroom, BacktestQuestion(WEEK_S, query="bank"))


# ── for machines ──────────────────────────────────────────────────────────────────────────────


def test_json_names_counts_days_and_examples(newsroom):
    kept(newsroom)
    data = json.loads(
        json.dumps(as_dict(ask(newsroom, BacktestQuestion(WEEK_S, rule_id="central-bank-opposes"))))
    )
    assert data["items"] == 3
    (rule,) = data["rules"]
    assert (
        rule.items()
        >= {"rule": "central-bank-opposes", "hits": 2, "stories": 2, "gained": [], "lost": []}.items()
    )
    assert sum(rule["days"].values()) == 2
    example = rule["examples"][-1]
    assert example["title"] == "Bank opposes the plan"
    assert example["link"] == "https://news.example/story/1"
    assert [(span["field"], span["text"]) for span in example["spans"]] == [
        ("summary", "central bank opposes")
    ]


def test_bounded_report_keeps_within_its_size_and_says_what_it_left_out(newsroom):
    rows = "".join(f"  - {{id: rule-{n}, query: central bank, notify: [policy]}}\n" for n in range(40))
    newsroom.watchlist("rules:\n" + rows + "  - {id: silent, query: parrot, notify: [policy]}\n")
    kept(newsroom)
    report = ask(newsroom, BacktestQuestion(WEEK_S))
    data = bounded(report, 10_000)
    assert len(json.dumps(data)) <= 10_000
    assert len(data["rules"]) + data["left_out"] == 41
    assert data["left_out"] > 0
    assert data["rules"][0]["examples"]
    assert data["rules"][0]["gained_count"] == 0
    assert bounded(report, 1_000_000)["left_out"] == 0


def test_stream_is_read_in_pages(newsroom):
    kept(newsroom)
    with newsroom.redis.pipeline() as pipe:
        ((_, values),) = newsroom.redis.xrange("newswatch:items", count=1)
        for _ in range(2_000):
            pipe.xadd("newswatch:items", values)
        pipe.execute()
    newsroom.redis.config_resetstat()
    assert ask(newsroom, BacktestQuestion(WEEK_S, query="bank")).items == 3
    assert newsroom.redis.info("commandstats")["cmdstat_xrange"]["calls"] >= 4
