"""Stories under different links: which titles of two days belong together."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.pipeline.match.wording import wording
from newswatch.stories.titles import SUMMARY_WORDS, KnownTitle, Titles, required
from newswatch.stories.wording import Wording

HOUR = 3600.0


def title_of(
    link: str, feed: str, title: str, at: float = 0.0, story: str = "", summary: str = "", lang: str = "en"
) -> KnownTitle:
    return KnownTitle(story or link, link, feed, wording(title, summary, lang), at)


def joins(
    first: str, second: str, lang: str = "en", *, feed: str = "daily", among: tuple[str, ...] = ()
) -> bool:
    titles = Titles([title_of("l1", "wire", first, lang=lang)])
    for number, other in enumerate(among):
        titles.add(title_of(f"other-{number}", "globe", other, lang=lang))
    found = titles.story_of("l2", feed, wording(second, lang=lang), HOUR)
    return found is not None and found.story == "l1"


LEAD = title_of("l1", "wire", "Russian ministries want to legalise crypto mining, central bank opposes")


def test_title_alike_of_another_feed_attaches():
    found = Titles([LEAD]).story_of(
        "l2", "daily", wording("Ministries in Russia want crypto mining legalised"), HOUR
    )
    assert found is not None
    assert found.story == "l1"


@pytest.mark.parametrize(
    "copies",
    [
        (
            "Exclusive: Watchdog investigating Shopper's AI pricing tool, source says - Reuters",
            "Exclusive-Watchdog investigating Shopper's AI pricing tool, source says - Yahoo",
            "Exclusive-Watchdog investigating Shopper’s AI pricing tool, source says By Reuters - Investing.com",
        )
    ],
)
def test_copies_in_one_aggregators_feed_are_one_story(copies):
    titles = Titles()
    stories = []
    for number, title in enumerate(copies):
        found = titles.story_of(str(number), "aggregator", wording(title), 60.0 * number)
        stories.append(found.story if found else str(number))
        titles.add(KnownTitle(stories[-1], str(number), "aggregator", wording(title), 60.0 * number))
    assert stories == ["0", "0", "0"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("US adds Strait Authority to sanctions list", "U.S. imposes sanctions on Iran's Strait Authority"),
        ("Washington lifts sanctions on Syrian bank", "America lifts sanctions on bank in Syria"),
        (
            "UN Security Council removes sanctions on Syria's president",
            "United Nations lifts sanctions on Syrian leader",
        ),
        (
            "Two bankers charged over missing files in Oslo",
            "2 bankers charged in Oslo over files that went missing",
        ),
        ("ECB refuses to support loan, Lagarde says", "ECB balks at supporting the loan, says Lagarde"),
    ],
)
def test_names_and_numbers_count_however_they_are_written(first, second):
    assert joins(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "Число погибших при взрыве в Белгороде выросло до пяти",
            "Пять человек погибли: в Белгороде произошёл взрыв",
        ),
        (
            "Россия может передать Украине задержанные корабли",
            "Украине могут вернуть задержанные российские корабли",
        ),
        (
            "Дальневосточная авиакомпания закупит 60 самолётов",
            "До 60 самолётов купит авиакомпания с Дальнего Востока",
        ),
    ],
)
def test_russian_titles_attach_in_other_forms_of_their_words(first, second):
    assert joins(first, second, "ru")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Weather forecast for the city for May 17", "Weather forecast for the city for May 18"),
        ("Погода в Бресте на 17 мая", "Погода в Гомеле на 17 мая"),
        ("Прогноз погоды на 8 ноября", "Прогноз погоды на 16 ноября"),
        (
            "Monetary Policy Radar preview: ECB’s February meeting",
            "Monetary Policy Radar preview: BoE’s February meeting",
        ),
        ("Word of the day: Ballyrag", "Word of the Day: Mercurial"),
        (
            "Latest news bulletin | February 9th, 2026 – Midday",
            "Latest news bulletin | February 9th, 2026 – Evening",
        ),
        (
            "Russia-Ukraine war: List of key events, day 1,445",
            "Russia-Ukraine war: List of key events, day 1,444",
        ),
        (
            "Regulator fines exchange 12 million euros over missing checks",
            "Regulator fines bank 80 million euros over missing reports",
        ),
        ("Press release", "Press release"),
    ],
)
def test_titles_of_a_series_and_of_one_template_begin_their_own_stories(first, second):
    lang = "ru" if first[0] in "ПР" and not first.isascii() else "en"
    assert not joins(first, second, lang)
    assert not joins(first, second, lang, feed="wire")


def test_summary_says_what_the_headline_leaves_out():
    first = title_of(
        "l1",
        "wire",
        "Nakamura rules out a rate cut",
        summary="The governor told the Diet that Japan's central bank will hold",
    )
    second = wording("Nakamura tells the Diet: central bank of Japan will not cut")
    found = Titles([first]).story_of("l2", "daily", second, HOUR)
    assert found is not None
    assert (
        Titles([title_of("l1", "wire", "Nakamura rules out a rate cut")]).story_of(
            "l2", "daily", second, HOUR
        )
        is None
    )


def test_word_that_many_titles_have_says_little():
    sanctions = tuple(
        f"Sanctions on {name}" for name in ("shipping firm", "oil trader", "bank chief", "arms maker")
    )
    first, second = "Sanctions on steel mill", "Sanctions on chip plant"
    assert not joins(first, second, among=sanctions * 5)
    assert joins("Sanctions on steel mill owner", "Owner of steel mill under sanctions", among=sanctions * 5)


def test_the_more_titles_are_known_the_more_alike_one_must_be():
    assert required(0) == required(200) < required(1_000) < required(10_000) < 0.6


def test_title_three_days_later_begins_its_own_story():
    assert Titles([LEAD]).story_of("l2", "daily", LEAD.wording, 72 * HOUR) is None


def test_title_that_a_feed_uses_again_on_another_day_begins_its_own_story():
    first = KnownTitle("l1", "l1", "bank", wording("Monetary policy decision: bank opposes easing"), 0.0, 100)
    for feed, hour, joins_it in (("bank", 110, True), ("bank", 120, False), ("wire", 120, True)):
        found = Titles([first]).story_of("l2", feed, first.wording, HOUR, hour)
        assert (found is not None) == joins_it


def test_same_link_attaches_whatever_the_title():
    assert Titles([LEAD]).story_of("l1", "daily", wording("Quite another headline here"), HOUR).certain


def test_story_does_not_grow_by_chains():
    link = title_of(
        "l2", "daily", "want crypto mining legalised tomorrow elections minister says budget", story="l1"
    )
    titles = Titles([LEAD, link])
    title = wording("Tomorrow elections: minister says budget legalised")
    assert titles.story_of("l3", "metro", title, HOUR) is None


WORDS = st.text("abcdefghij=", min_size=1).map(lambda word: word + "x")


@given(st.lists(WORDS, unique=True), st.sets(WORDS), st.sets(WORDS), st.integers(0, 3), st.booleans())
def test_remembered_title_comes_back_as_it_was(words, names, summary, rubric, first):
    words = (*words, "US", "7", "/17")
    kept = Wording(words, (names & set(words)) | {"US"}, frozenset(summary), min(rubric, len(words) - 1))
    one = KnownTitle("s" if first else "l", "l", "wire", kept, 5.0, 490_000)
    assert KnownTitle.from_json(one.to_json(), one.at) == one


def test_little_of_a_summary_is_remembered():
    titles = Titles()
    long = wording("Bank opposes bill", " ".join(f"word{'abcdefghijklmnopqrstuvwxyz'[n]}" for n in range(26)))
    assert len(titles.remembered(long).summary) == SUMMARY_WORDS


# ── measured on what people labelled ──────────────────────────────────────────────────────────


@pytest.mark.shared
def test_labelled_stories_are_one_message_each(shared_data):
    rows = [json.loads(line) for line in (shared_data / "signal" / "stories.jsonl").open(encoding="utf-8")]
    rows.sort(key=lambda row: (row["window"], row["at"]))
    titles, topics, labels = Titles(), {}, set()
    further = attached = wrong = messages = 0
    for number, row in enumerate(rows):
        words = wording(row["text"], row["summary"])
        found = titles.story_of(str(number), row["host"], words, row["at"])
        story = found.story if found else str(number)
        further += row["label"] in labels
        attached += row["label"] in labels and found is not None
        wrong += found is not None and row["topic"] not in topics[story]
        messages += found is None
        labels.add(row["label"])
        topics.setdefault(story, set()).add(row["topic"])
        titles.add(KnownTitle(story, str(number), row["host"], titles.remembered(words), row["at"]))
    assert attached / further >= 0.85
    assert wrong <= 1
    assert messages / len(labels) <= 1.1


@pytest.mark.shared
def test_labelled_russian_pairs_attach_by_title_and_summary(shared_data):
    file = shared_data / "news" / "same_story_pairs.jsonl"
    counts = {(label, attached): 0 for label in ("OK", "BAD") for attached in (True, False)}
    for row in (json.loads(line) for line in file.open(encoding="utf-8")):
        if row["lang"] != "ru":
            continue
        one, other = (
            wording(row[f"{name}_title"], " ".join(row[f"{name}_text"].split()[:40]), "ru") for name in "ab"
        )
        titles = Titles([KnownTitle("a", "a", "one", Titles().remembered(one), 0.0)])
        counts[row["label"], titles.story_of("b", "two", other, HOUR) is not None] += 1
    assert counts["OK", True] / (counts["OK", True] + counts["OK", False]) >= 0.55
    # Eight of these report one event, or another event of its saga, when they are read.
    assert counts["BAD", True] <= 10
