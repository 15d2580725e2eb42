import shutil
import time
from datetime import date
from pathlib import Path

import pytest
from config_fakes import EasyChecker

from newswatch.config.checker import ListFinding
from newswatch.config.load import fingerprint, load_config
from newswatch.models import Digest, Feed, FeedFilter, QuietHours, Receiver, Rule, Threshold

HEALTHY = Path(__file__).parent / "healthy"
SHIPPED = Path(__file__).parents[2] / "config"
TODAY = date(2026, 11, 22)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(HEALTHY, tmp_path / "config")
    return tmp_path / "config"


def load(folder, checker=None):
    return load_config(folder, checker or EasyChecker(), today=TODAY)


def messages(loaded):
    return [str(problem) for problem in loaded.problems]


def test_load_reads_every_key_of_a_healthy_folder(folder):
    loaded = load(folder)
    assert loaded.problems == ()
    draft = loaded.draft
    assert draft.feeds == (
        Feed(
            id="bank-press",
            url="https://bank.example/rss/press.html",
            tags=("central-bank", "official"),
            every_s=60,
            at_most_s=240,
            first_sight_s=43_200,
            auth="newswatch_feed_bank",
            publisher="bank.example",
        ),
        Feed(
            id="coin-news",
            url="https://coin.example/feed",
            tags=("crypto",),
            lang="no",
            every_s=1800,
            at_most_s=1800,
            first_sight_s=43_200,
            publisher="Coin News Ltd.",
        ),
    )
    assert draft.receivers[0] == Receiver("policy", "C0123456789", per_channel_interval_s=0.05, grace_s=2.0)
    assert draft.lists["central_bank"] == ("central bank", "Bank of Russia", "ECB", "'Fed'")
    assert [rule.id for rule in draft.rules] == ["central-bank-opposes", "central-bank-against", "tax-plan"]


def test_scalars_mean_what_they_say_whatever_yaml_makes_of_them(folder):
    rules = {rule.id: rule for rule in load(folder).draft.rules}
    assert rules["central-bank-against"] == Rule(
        id="central-bank-against",
        query="$central_bank ONEAR/6 $opposes",
        notify=("policy", "ops"),
        feeds=FeedFilter(("bank-press",), ("crypto", "official")),
        languages=("en", "no"),
        negation="exclude",
        owner="on",
        expires="2027-06-30",
    )
    assert rules["tax-plan"].query == "\"tax plan\" OR 'IT'"
    assert rules["tax-plan"].must_not_match == ("22:00",)


@pytest.mark.parametrize(
    ("every", "at_most"), [("1m", 240), ("5m", 900), ("14s", 14), ("15s", 60), ("20m", 1200), ("1d", 86_400)]
)
def test_at_most_default_is_four_intervals_never_over_fifteen_minutes(folder, every, at_most):
    (folder / "watchlist.yaml").write_text("rules: []\n")
    (folder / "feeds.yaml").write_text(f"feeds:\n  - {{id: a, url: 'http://a.example', every: {every}}}\n")
    assert load(folder).draft.feeds[0].at_most_s == pytest.approx(at_most)


@pytest.mark.parametrize("place", ["defaults", "feed"])
def test_interval_below_two_seconds_is_for_feeds_of_ones_own_network_only(folder, place):
    (folder / "watchlist.yaml").write_text("rules: []\n")
    own = {"defaults": "", "feed": ", every: 1s"}[place]
    defaults = {"defaults": "every: 1s", "feed": "every: 1m"}[place]
    feed = "  - {id: a, url: 'http://a.example'"
    (folder / "feeds.yaml").write_text(f"defaults: {{{defaults}}}\nfeeds:\n{feed}{own}}}\n", "utf-8")
    (problem,) = load(folder).errors
    assert "feed 'a': every must be at least 2s" in str(problem)
    assert problem.line == {"defaults": 1, "feed": 3}[place]
    private = f"defaults: {{{defaults}}}\nfeeds:\n{feed}{own}, allow_private: true}}\n"
    (folder / "feeds.yaml").write_text(private, "utf-8")
    assert not load(folder).errors


def test_at_most_from_defaults_gives_way_to_a_longer_interval(folder):
    (folder / "watchlist.yaml").write_text("rules: []\n")
    feeds = "defaults: {at_most: 10m}\nfeeds:\n  - {id: a, url: 'http://a.example', every: 12m}\n"
    (folder / "feeds.yaml").write_text(feeds)
    assert load(folder).draft.feeds[0].at_most_s == 720


def test_query_is_judged_in_the_rules_own_language_else_the_default(folder):
    (folder / "feeds.yaml").write_text((folder / "feeds.yaml").read_text().replace("lang: en", "lang: ru"))
    checker = EasyChecker()
    load(folder, checker)
    assert checker.checked[0] == ("central bank opposes", "ru")
    assert checker.checked[1][1] == "en"


@pytest.mark.parametrize("name", ["feeds.yaml", "watchlist.yaml", "receivers.yaml"])
def test_missing_file_is_one_error(folder, name):
    (folder / name).unlink()
    loaded = load(folder)
    assert loaded.draft is None
    assert messages(loaded) == [f"{folder / name}:1:1: the file is missing: create it"]


def test_missing_folder_is_one_error_with_the_way_out(tmp_path):
    loaded = load(tmp_path / "nowhere")
    assert loaded.draft is None
    assert len(loaded.problems) == 1
    assert "does not exist: name the right one with --config or NEWSWATCH_CONFIG" in messages(loaded)[0]


def test_folder_in_the_place_of_a_file_is_an_error(folder):
    (folder / "feeds.yaml").unlink()
    (folder / "feeds.yaml").mkdir()
    assert "cannot be read: Is a directory" in messages(load(folder))[0]


def test_file_over_five_megabytes_is_refused_with_the_advice_to_split(folder):
    (folder / "watchlist.d" / "big.yaml").write_text("rules: []\n" + "# filler\n" * 600_000)
    loaded = load(folder)
    assert loaded.draft is None
    assert messages(loaded) == [
        f"{folder / 'watchlist.d' / 'big.yaml'}:1:1: the file is over 5 MB: split it, e.g. into files below watchlist.d/"
    ]


def test_bytes_that_are_not_utf8_are_named_with_their_place(folder):
    (folder / "watchlist.d" / "more.yaml").write_bytes("rules:\n  # Ж ".encode() + b"\xff\n")
    assert messages(load(folder)) == [
        f"{folder / 'watchlist.d' / 'more.yaml'}:2:7: byte 0xff is not UTF-8: save the file as UTF-8"
    ]


def test_byte_order_mark_is_passed_over(folder):
    path = folder / "watchlist.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(folder).problems == ()


def test_windows_line_ends_keep_lines_and_columns(folder):
    text = "rules:\r\n  - id: a\r\n    query: >-\r\n      central bank\r\n      OR (x\r\n    notify: [policy]\r\n"
    (folder / "watchlist.yaml").write_bytes(text.encode())
    assert messages(load(folder)) == [
        f"{folder / 'watchlist.yaml'}:5:10: rule 'a': query: this bracket has no partner"
    ]


def test_a_hundred_thousand_brackets_are_a_problem_not_a_crash(folder):
    (folder / "watchlist.yaml").write_text("[" * 100_000)
    assert "nested more than 20 levels deep" in messages(load(folder))[0]


def test_errors_of_all_files_come_together_in_file_order(folder):
    (folder / "feeds.yaml").write_text("feeds:\n  - {id: a, url: nonsense}\n")
    (folder / "watchlist.yaml").write_text("rules:\n  - {id: r, query: x, notify: [nobody]}\n")
    (folder / "watchlist.d" / "more.yaml").write_text("rules:\n  - {id: r, query: x, notify: [ops]}\n")
    (folder / "receivers.yaml").write_text("receivers:\n  - {id: ops, channel: ops}\n")
    loaded = load(folder)
    files = [Path(problem.file).name for problem in loaded.problems]
    assert files == ["feeds.yaml", "watchlist.yaml", "more.yaml", "receivers.yaml"]


def test_unreadable_receivers_do_not_make_every_rule_an_error(folder):
    (folder / "receivers.yaml").write_text("receivers: [\n")
    assert len(load(folder).problems) == 1


def test_unreadable_watchlist_does_not_make_its_lists_unknown_elsewhere(folder):
    (folder / "watchlist.d" / "more.yaml").write_text(
        "rules:\n  - {id: z, query: $opposes, notify: [policy]}\n"
    )
    (folder / "watchlist.yaml").write_text("lists: {opposes: [x]\n")
    assert len(load(folder).problems) == 1


def test_rule_id_is_unique_over_all_watchlist_files(folder):
    (folder / "watchlist.d" / "also.yaml").write_text("rules:\n  - {id: tax-plan, query: x, notify: [ops]}\n")
    (message,) = messages(load(folder))
    assert "more.yaml:2:10: the rule id 'tax-plan' is already in" in message
    assert "also.yaml:2: each" in message


def test_list_of_one_file_serves_rules_of_another(folder):
    (folder / "watchlist.d" / "also.yaml").write_text("rules:\n  - {id: b, query: $opposes, notify: [ops]}\n")
    assert load(folder).problems == ()


def test_files_with_another_ending_are_named_not_silently_left_out(folder):
    (folder / "watchlist.d" / "extra.yml").write_text("rules: []\n")
    loaded = load(folder)
    assert loaded.draft is not None
    assert "watchlist.d/extra.yml is not read: rename it to end in .yaml" in messages(loaded)[0]


def test_hidden_files_of_editors_are_not_read(folder):
    (folder / "watchlist.d" / ".#more.yaml").write_text("rules: [\n")
    assert load(folder).problems == ()


def test_no_rules_and_no_feeds_are_warnings(folder):
    (folder / "feeds.yaml").write_text("feeds:\n")
    (folder / "watchlist.yaml").write_text("rules:\n#  - id: a\n")
    (folder / "watchlist.d" / "more.yaml").write_text("lists: {a: [b]}\n")
    loaded = load(folder)
    assert loaded.draft is not None
    assert ["nothing will be polled" in messages(loaded)[0], "nothing will alert" in messages(loaded)[1]] == [
        True
    ] * 2


def test_places_lead_to_the_rules(folder):
    place = load(folder).rule_places["central-bank-against"]
    assert (place.file, place.line, place.col) == (str(folder / "watchlist.yaml"), 9, 9)


def test_digest_names_the_content_not_the_writing(folder):
    digest = load(folder).draft.digest
    path = folder / "watchlist.yaml"
    path.write_text("# a comment\n" + path.read_text().replace("severity: high", "severity:   'high'"))
    assert load(folder).draft.digest == digest
    path.write_text(path.read_text().replace("'high'", "low"))
    assert load(folder).draft.digest != digest


def test_fingerprint_changes_with_any_file(folder):
    seen = {fingerprint(folder)}
    for name in ("feeds.yaml", "watchlist.yaml", "watchlist.d/more.yaml", "receivers.yaml"):
        (folder / name).write_text((folder / name).read_text() + "# x\n")
        seen.add(fingerprint(folder))
    (folder / "feeds.yaml").unlink()
    seen.add(fingerprint(folder))
    assert len(seen) == 6


def test_list_at_fault_as_a_whole_is_named_at_its_key(folder):
    class Whole(EasyChecker):
        def check_lists(self, lists):
            return [ListFinding("opposes", -1, "goes in a circle")]

    (message,) = messages(load(folder, Whole()))
    assert message == f"{folder / 'watchlist.yaml'}:3:3: list 'opposes': goes in a circle"


def test_query_with_a_refused_list_is_not_reported_a_second_time(folder):
    text = (folder / "watchlist.yaml").read_text()
    (folder / "watchlist.yaml").write_text(text.replace("[oppose, reject", "[oppose!, reject"))
    (message,) = messages(load(folder))
    assert "list 'opposes': an entry holds no exclamation mark" in message


def test_list_that_names_a_refused_list_is_not_reported_a_second_time(folder):
    class Nested(EasyChecker):
        def check_lists(self, lists):
            known = lists.keys()
            return [ListFinding("all", 0, "there is no such list") for _ in known if "opposes" not in known][
                :1
            ]

    text = (folder / "watchlist.yaml").read_text()
    text = text.replace("opposes: [oppose, reject", "all: [$opposes]\n  opposes: [oppose, {}, reject")
    (folder / "watchlist.yaml").write_text(text)
    (message,) = messages(load(folder, Nested()))
    assert "list 'opposes': expected one value, found a mapping" in message


@pytest.mark.heavy
def test_half_a_million_tags_take_no_longer_than_reading_them(folder):
    tags = ",".join(f"t{number}" for number in range(500_000))
    (folder / "feeds.yaml").write_text(f"feeds:\n  - {{id: a, url: 'http://a.example', tags: [{tags}]}}\n")
    before = time.process_time()
    load(folder)
    assert time.process_time() - before < 20


def test_tag_given_twice_is_a_warning_and_counts_once(folder):
    (folder / "watchlist.yaml").write_text("rules: []\n")
    (folder / "feeds.yaml").write_text("feeds:\n  - {id: a, url: 'http://a.example', tags: [x, y, x]}\n")
    loaded = load(folder)
    assert loaded.draft.feeds[0].tags == ("x", "y")
    assert messages(loaded) == [f"{folder / 'feeds.yaml'}:2:51: warning: feed 'a': tags: 'x' is listed twice"]


def test_every_option_of_feeds_rules_and_receivers_is_read(folder):
    (folder / "feeds.yaml").write_text("feeds:\n  - {id: a, url: 'http://a.example', article: true}\n")
    (folder / "watchlist.yaml").write_text(
        "rules:\n  - id: r\n    query: x\n    notify: [policy]\n"
        "    threshold: {stories: 3, sources: 2, within: 30m}\n"
    )
    (folder / "receivers.yaml").write_text(
        "receivers:\n  - {id: ops, channel: C0123456789}\n  - id: policy\n    channel: C0123456780\n"
        "    mode: digest\n    digest: {at: 08:00, timezone: Europe/Zurich}\n"
        "    quiet: {from: 22:00, to: 07:00, timezone: UTC, except: high}\n"
    )
    draft = load(folder).draft
    assert draft.feeds[0].article
    assert draft.rules[0].threshold == Threshold(3, 2, 1800.0)
    assert draft.receivers[1].mode == "digest"
    assert draft.receivers[1].digest == Digest("08:00", "Europe/Zurich")
    assert draft.receivers[1].quiet == QuietHours("22:00", "07:00", "UTC", "high")


@pytest.mark.parametrize(
    ("receiver", "errors"), [("mode: digest", 1), ("digest: {at: 08:00, timezone: UTC}", 0)]
)
def test_digest_needs_a_time_but_a_time_needs_no_digest(folder, receiver, errors):
    (folder / "watchlist.yaml").write_text("rules: []\n")
    body = f"receivers:\n  - {{id: ops, channel: C0123456789}}\n  - {{id: policy, channel: C0123456780, {receiver}}}\n"
    (folder / "receivers.yaml").write_text(body)
    assert len(load(folder).errors) == errors


def test_shipped_feeds_and_receivers_load_without_a_word(tmp_path):
    for name in ("feeds.yaml", "receivers.yaml"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    (tmp_path / "watchlist.yaml").write_text("rules:\n  - {id: a, query: central bank, notify: [policy]}\n")
    loaded = load(tmp_path)
    assert loaded.problems == ()
    assert {receiver.channel for receiver in loaded.draft.receivers} == {"C0000000001", "C0000000002"}
    assert all(feed.url.startswith("https://") for feed in loaded.draft.feeds)


def test_ten_thousand_rules_load_within_three_seconds_of_cpu(folder):
    rule = "  - id: rule-{0}\n    query: >-\n      $opposes ONEAR/6 (bank{0} OR (x))\n    notify: [policy]\n    owner: team\n"
    body = "rules:\n" + "".join(rule.format(number) for number in range(10_000))
    (folder / "watchlist.d" / "more.yaml").write_text(body)
    before = time.process_time()
    loaded = load(folder)
    spent_s = time.process_time() - before
    assert len(loaded.draft.rules) == 10_002
    assert spent_s < 3
