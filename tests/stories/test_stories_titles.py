"""Stories under different links: only similar titles of other feeds within two days belong together."""

from __future__ import annotations

import json

import pytest

from newswatch.pipeline.match.run import title_stems
from newswatch.stories.titles import KnownTitle, Titles

HOUR = 3600.0


def stems(title: str, lang: str = "en") -> frozenset[str]:
    return title_stems(title, lang)


def title_of(link: str, feed: str, title: str, at: float = 0.0, story: str = "") -> KnownTitle:
    return KnownTitle(story or link, link, feed, stems(title), at)


LEAD = title_of("l1", "wire", "Russian ministries want to legalise crypto mining, central bank opposes")


def test_similar_title_of_another_feed_attaches():
    found = Titles([LEAD]).story_of(
        "l2", "daily", stems("Ministries in Russia want crypto mining legalised"), HOUR
    )
    assert found is not None
    assert found.story == "l1"


def test_similar_title_of_the_same_feed_begins_its_own_story():
    assert Titles([LEAD]).story_of("l2", "wire", LEAD.stems, HOUR) is None


def test_similar_title_three_days_later_begins_its_own_story():
    assert Titles([LEAD]).story_of("l2", "daily", LEAD.stems, 72 * HOUR) is None


def test_same_link_attaches_whatever_the_title():
    assert Titles([LEAD]).story_of("l1", "daily", stems("Quite another headline here"), HOUR).certain


def test_same_feeds_second_article_attaches_through_another_feeds_title():
    second = title_of("l2", "daily", "Russian ministries want to legalise crypto mining soon", story="l1")
    titles = Titles([LEAD, second])
    found = titles.story_of(
        "l3", "wire", stems("Ministries want to legalise crypto mining soon in Russia"), HOUR
    )
    assert found is not None
    assert found.story == "l1"


def test_story_does_not_grow_by_chains():
    link = title_of(
        "l2", "daily", "want crypto mining legalised tomorrow elections minister says budget", story="l1"
    )
    titles = Titles([LEAD, link])
    assert (
        titles.story_of("l3", "metro", stems("Tomorrow elections: minister says budget legalised"), HOUR)
        is None
    )


def test_short_titles_attach_to_nothing():
    titles = Titles([title_of("l1", "wire", "Press release")])
    assert titles.story_of("l2", "daily", stems("Press release"), HOUR) is None


def test_remembered_title_comes_back_as_it_was():
    assert KnownTitle.from_json(LEAD.to_json(), LEAD.at) == LEAD


def test_titles_with_different_numbers_begin_their_own_stories():
    titles = Titles([title_of("l1", "wire", "Weather forecast for the city for May 17")])
    assert titles.story_of("l2", "daily", stems("Weather forecast for the city for May 18"), HOUR) is None


@pytest.mark.shared
def test_labelled_pairs_are_rarely_attached_wrongly(shared_data):
    rows = [json.loads(line) for line in (shared_data / "news" / "same_story_pairs.jsonl").open()]
    outcomes = {(label, attached): 0 for label in ("OK", "BAD") for attached in (True, False)}
    for row in rows:
        titles = Titles([KnownTitle("a", "a", "one", stems(row["a_title"], row["lang"]), 0.0)])
        found = titles.story_of("b", "other", stems(row["b_title"], row["lang"]), HOUR)
        outcomes[row["label"], found is not None] += 1
    assert outcomes["BAD", True] / len(rows) <= 0.02
    assert outcomes["OK", True] / (outcomes["OK", True] + outcomes["OK", False]) >= 0.25
