"""The kinds of edits that the coach proposes, each from a few headlines, as text of a real folder."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from newswatch.models import Alert, Item
from newswatch.pipeline.authoring.coach.candidate import Subject
from newswatch.pipeline.authoring.coach.labels import labelled_texts, text_of, with_hits
from newswatch.pipeline.authoring.coach.run import best_widening, weighed_candidates
from newswatch.pipeline.authoring.coach.terms import entries_with_homes
from newswatch.pipeline.authoring.coach.writing import Files
from newswatch.pipeline.authoring.reader_labels import AlertedItem, ReaderLabels
from newswatch.pipeline.authoring.rule_of import rule_of
from newswatch.pipeline.base.configuration import check_files
from newswatch.rules import compile_watchlist
from newswatch.settings import Settings

TODAY = date(2026, 11, 26)
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
FEEDS = """\
feeds:
  - {id: wire, url: 'https://wire.example/rss', tags: [agency]}
  - {id: blog, url: 'https://blog.example/rss', tags: [opinion]}
"""
RECEIVERS = """\
receivers:
  - {id: desk, channel: C0123456789}
  - {id: ops, channel: C0999999999}
"""


def item(title: str, feed: str = "wire", lang: str = "en") -> Item:
    return Item(
        id=f"{feed}:{title}",
        feed_id=feed,
        revision=0,
        guid=title,
        link="",
        canonical_link="",
        title=title,
        summary="",
        body="",
        author="",
        tags=(),
        lang=lang,
        published=NOON,
        first_seen=NOON,
        config_version=1,
    )


def alert(one: Item) -> Alert:
    return Alert(
        id=one.id,
        rule_id="r",
        severity="high",
        channel="C0123456789",
        item_id=one.id,
        revision=0,
        feed_id=one.feed_id,
        link="",
        title=one.title,
        excerpts=(),
        published=NOON,
        first_seen=NOON,
        matched=NOON,
        config_version="1",
        story_id="s",
    )


class Desk:
    """A folder with one rule `r`, and what readers say about headlines."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.labels = ReaderLabels({}, {}, {})
        self.stored: list[Item] = []
        (folder / "feeds.yaml").write_text(FEEDS)
        (folder / "receivers.yaml").write_text(RECEIVERS)

    def rule(self, text: str) -> None:
        rows = "".join(f"    {row}\n" for row in text.splitlines())
        lists = "lists:\n  acts: [bans, fines, warns]\n"
        (self.folder / "watchlist.yaml").write_text(f"{lists}rules:\n  - id: r\n{rows}    notify: [desk]\n")

    def say(self, label: str, *titles: str, feed: str = "wire", lang: str = "en") -> None:
        items = {one.id: one for one in (item(title, feed, lang) for title in titles)}
        if label == "acknowledged":
            alerted = {name: AlertedItem(alert(one), acknowledged=True) for name, one in items.items()}
            self.labels = replace(self.labels, alerted={**self.labels.alerted, **alerted})
            self.stored += items.values()
        elif label == "other":
            self.stored += items.values()
        else:
            self.labels = replace(self.labels, **{label: {**getattr(self.labels, label), **items}})

    def proposals(self, *, with_examples: bool = False):
        settings = Settings(config_dir=self.folder, cache=self.folder / "cache")
        loaded = check_files(settings, TODAY)
        draft = loaded.sound_draft()
        rule = rule_of(draft, "r")
        feeds = {feed.id: feed for feed in draft.feeds}
        subject, lang = Subject(rule, draft.lists), draft.default_lang
        texts = labelled_texts(self.labels, rule, draft.lists, lang, feeds)
        widening = best_widening(subject, texts, lang)
        stored = {one.id: text_of(one, rule, feeds) for one in self.stored}
        watchlist = compile_watchlist([rule], draft.lists, lang)
        hits = {name: text for name, text in stored.items() if watchlist.match(text)}
        texts = with_hits(texts, hits)
        gained = [
            {
                name: text
                for name, text in stored.items()
                if compile_watchlist([one.candidate.rule], one.candidate.lists, lang).match(text)
            }
            for one in widening
        ]
        weighed = weighed_candidates(subject, texts, lang, widening, gained, hits.keys())
        files = Files(settings, loaded, TODAY)
        made = (files.proposal(one, texts, with_examples=with_examples) for one in weighed)
        return [one for one in made if one is not None]

    def best(self):
        return self.proposals()[0]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def added(proposal) -> list[str]:
    return [row[1:].strip() for row in proposal.diff.splitlines() if row.startswith("+") and row[1:2] != "+"]


def test_entry_of_a_pack_is_left_out_by_a_list_of_its_name(desk):
    desk.rule("event: {who: $central_banks, does: $acts}")
    desk.say(
        "irrelevant", "ECB bans shoes in its canteen", "ECB warns cricket team", "ECB fines its visitors"
    )
    desk.say("acknowledged", "Bundesbank warns lenders", "Riksbank bans mortgages")
    best = desk.best()
    assert best.weighed.candidate.about == "drop `'ECB'` of $central_banks from who"
    assert added(best) == ["central_banks: {without: [\"'ECB'\"]}"]


def test_forms_that_only_unwanted_hits_have_are_left_out(desk):
    desk.rule("event: {who: regulator, does: [fine, ban]}")
    desk.say(
        "irrelevant", "Regulator to fine nobody", "Regulator will fine dog owners", "Regulator may fine cats"
    )
    desk.say("acknowledged", "Regulator fined bank", "Regulator fined broker", "Regulator fined lender")
    exact = next(one for one in desk.proposals() if one.weighed.candidate.kind == "exact")
    assert added(exact) == ["event: {who: regulator, does: ['\"fined\"', ban]}"]
    assert len(exact.weighed.effect.removed) == 3
    assert not exact.weighed.effect.lost


def test_case_tells_a_name_from_a_word(desk):
    desk.rule("query: fed AND rates")
    desk.say("irrelevant", "Cats fed at low rates", "Dogs fed at high rates", "Well fed horses win rates")
    desk.say("acknowledged", "Fed holds rates", "Fed raises rates")
    exact = next(one for one in desk.proposals() if one.weighed.candidate.kind == "exact")
    assert added(exact) == ["query: \"'Fed' AND rates\""]


def test_modality_that_nobody_wants_is_left_out(desk):
    desk.rule("event: {who: regulator, does: fines}")
    desk.say(
        "irrelevant", "Regulator may fine bank", "If regulator fines broker", "Regulator could fine lender"
    )
    desk.say("acknowledged", "Regulator fines insurer", "Regulator fines exchange")
    kinds = {one.weighed.candidate.about: one for one in desk.proposals()}
    assert added(kinds["leave out what is only possible"]) == ["modality: [stated]"]


def test_negated_hits_of_a_query_are_left_out(desk):
    desk.rule("query: bank ONEAR/3 opposes")
    desk.say("irrelevant", "Bank does not oppose levy", "Bank did not oppose tax", "Bank never opposed cash")
    desk.say("acknowledged", "Bank opposes merger", "Bank opposed takeover")
    kinds = {one.weighed.candidate.kind: one for one in desk.proposals()}
    assert added(kinds["negation"]) == ["negation: exclude"]


@pytest.mark.parametrize(
    ("rule", "about", "row"),
    [
        (
            "event: {who: regulator, does: fines}",
            "look only at feeds tagged `agency`",
            "feeds: {tags: [agency]}",
        ),
        (
            "query: regulator AND fines",
            "do not look at the feed `blog`",
            "query: regulator AND fines AND NOT source:blog",
        ),
    ],
    ids=["event", "query"],
)
def test_feeds_are_limited_to_those_of_what_is_wanted(desk, rule, about, row):
    desk.rule(rule)
    desk.say("irrelevant", "Regulator fines me", "Regulator fines us", "Regulator fines all", feed="blog")
    desk.say("acknowledged", "Regulator fines bank", "Watchful regulator fines broker")
    kinds = {one.weighed.candidate.about: one for one in desk.proposals()}
    assert added(kinds[about]) == [row]


def test_list_that_unwanted_hits_have_in_common_is_excluded_and_that_of_the_wanted_asked_for(desk):
    desk.rule("event: {who: regulator, does: fines}")
    desk.say("irrelevant", "Regulator fines schools", "Regulator fines farmers", "Regulator fines drivers")
    desk.say("acknowledged", "Regulator fines Google", "Regulator fines Barclays", "Regulator fines Tesla")
    abouts = {one.weighed.candidate.about: one for one in desk.proposals()}
    assert added(abouts["ask for `$companies` as what"]) == [
        "event: {who: regulator, does: fines, what: [$companies]}"
    ]


def test_exclusion_that_goes_too_far_is_dropped(desk):
    desk.rule("event: {who: regulator, does: fines, unless: [school, 'bank holiday']}")
    desk.say(
        "missed", "Regulator fines bank that lent to a school", "Regulator fines school builder for cartel"
    )
    best = desk.best()
    assert best.weighed.candidate.kind == "allow"
    assert "unless: ['bank holiday']" in added(best)[0]
    assert len(best.weighed.effect.gained) == 2


def test_modality_that_was_missed_counts(desk):
    desk.rule("event: {who: regulator, does: fines}\nmodality: [stated]")
    desk.say("missed", "Regulator may fine bank", "Regulator could fine broker")
    best = desk.best()
    assert best.weighed.candidate.about == "count what is only possible"
    assert added(best) == ["modality: [stated, possible]"]


def test_exact_form_of_a_query_that_is_too_narrow_is_opened(desk):
    desk.rule('query: regulator ONEAR/3 "fines"')
    desk.say("missed", "Regulator fined bank", "Regulator is fining brokers")
    assert "write `fines` in any form" in [one.weighed.candidate.about for one in desk.proposals()]


def test_added_term_that_catches_much_else_is_worth_less(desk):
    desk.rule("query: regulator ONEAR/3 fines")
    desk.say("missed", "Regulator penalises old bank", "Regulator penalises old broker")
    desk.say("other", *(f"Regulator old tale number {number}" for number in range(30)))
    abouts = [one.weighed.candidate.about for one in desk.proposals()]
    assert abouts[0] == "add `penalises` beside `fines`"
    assert "add `old` beside `fines`" not in abouts


def test_edit_that_loses_more_than_it_helps_is_not_proposed(desk):
    desk.rule("event: {who: regulator, does: [fines, bans]}")
    desk.say("irrelevant", "Regulator bans hats")
    desk.say("acknowledged", "Regulator bans broker")
    assert not [one for one in desk.proposals() if one.weighed.candidate.kind == "drop"]


def test_edit_that_a_must_match_forbids_is_not_proposed(desk):
    desk.rule("event: {who: regulator, does: [fines, bans]}\nmust_match: [Regulator bans broker]")
    desk.say("irrelevant", "Regulator bans hats", "Regulator bans dogs")
    assert not [one for one in desk.proposals() if "`bans`" in one.weighed.candidate.about]


def test_examples_are_put_into_the_diff_on_request(desk):
    desk.rule("event: {who: regulator, does: [fines, bans]}")
    desk.say("irrelevant", "Regulator bans hats", "Regulator bans dogs")
    desk.say("acknowledged", "Regulator fines bank")
    (best, *_) = desk.proposals(with_examples=True)
    assert added(best)[-1] == "must_not_match: [Regulator bans dogs, Regulator bans hats]"
    assert best.offered.must_not_match == ("Regulator bans dogs", "Regulator bans hats")


def test_text_that_was_missed_counts_as_wanted_once_it_is_caught(desk):
    desk.rule("event: {who: regulator, does: [fines, penalises]}")
    desk.say("missed", "Regulator penalises bank")
    desk.say("irrelevant", "Regulator penalises hats")
    assert not [one for one in desk.proposals() if "`penalises`" in one.weighed.candidate.about]


def test_entry_that_a_list_takes_out_of_a_pack_is_not_proposed_again():
    lists = {"courts": ("$courts", "bench", "NOT tribunal")}
    found = {one.text for one in entries_with_homes(("$courts", "jury box"), lists)}
    assert {"bench", "jury box", '"court"'} <= found
    assert '"tribunal"' not in found
