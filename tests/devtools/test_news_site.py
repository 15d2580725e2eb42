"""The sample site: what its feeds say, when, and that a second start repeats nothing."""

import html
import io
import itertools
import json
import math
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

import feedparser
import pytest
import Stemmer
from click.testing import CliRunner

from devtools.news_site.edition import make_edition
from devtools.news_site.press import Press
from devtools.news_site.running import RunningSite
from devtools.news_site.wording import LANDS, SUBJECTS
from newswatch.cli.app import newswatch
from newswatch.pipeline.match.wording import wording
from newswatch.stories.titles import KnownTitle, Titles

PHRASE = re.compile(r"\bcentral bank oppos(e|es|ed|ing)\b", re.IGNORECASE)
TWO_DAYS_OF_EDITIONS = 720
EDITION_S = 240.0
CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def site():
    with RunningSite() as running:
        yield running


def fetch(url, **headers):
    request = urllib.request.Request(
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read(), answer.headers


def entries(site, feed):
    body, _ = fetch(site.feeds[feed])
    if feed == "daily":
        return [(e["id"], e["url"], e["title"], e.get("summary", "")) for e in json.loads(body)["items"]]
    found = feedparser.parse(io.BytesIO(body)).entries
    return [(e.id, e.link, e.title, e.get("summary", "")) for e in found]


def canonical(link):
    return link.partition("?")[0]


def test_three_feeds_report_the_lead_under_one_canonical_link(site):
    edition = site.publish(repeat_after_s=0)
    reports = {
        feed: [e for e in entries(site, feed) if canonical(e[1]) == edition["link"]] for feed in site.feeds
    }
    assert {feed: len(found) for feed, found in reports.items()} == {"wire": 1, "markets": 1, "daily": 1}
    ((_, link, title, summary),) = reports["wire"]
    assert (link, title) == (edition["link"], edition["title"])
    assert "central bank opposes" in summary
    assert not PHRASE.search(title)
    assert "utm_source=markets" in reports["markets"][0][1]
    assert PHRASE.search(reports["markets"][0][3])
    assert PHRASE.search(reports["daily"][0][3])


def test_only_the_three_reports_of_an_edition_contain_the_phrase():
    for number in range(TWO_DAYS_OF_EDITIONS):
        for article in make_edition(number, 1.79e9, 20).articles:
            hit = any(PHRASE.search(text) for text in (article.title, article.summary, *article.body))
            assert hit == (article.role in {"lead", "repeat"}), article
            assert not PHRASE.search(article.title), article


def test_our_own_watchlist_finds_every_subject_and_nothing_else(tmp_path):
    articles = [
        article
        for number in range(len(SUBJECTS))
        for article in make_edition(number, 1.79e9, 20).articles
        if article.role != "repeat"
    ]
    lines = [json.dumps({"id": one.guid, "title": one.title, "summary": one.summary}) for one in articles]
    path = tmp_path / "items.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    said = CliRunner().invoke(newswatch, ["match", "--config", str(CONFIG), "--jsonl", str(path)])
    assert said.exit_code == 0, said.output
    for article, line in zip(articles, said.stdout.splitlines(), strict=True):
        rules = {match["rule"] for match in json.loads(line)["matches"]}
        assert ("central-bank-opposes" in rules) == bool(rules) == (article.role == "lead"), (article, rules)


def test_lead_of_each_edition_of_two_days_is_a_story_of_its_own():
    titles = Titles()
    for number in range(TWO_DAYS_OF_EDITIONS):
        at = number * EDITION_S
        for article in make_edition(number, 1.79e9, 20).articles:
            if article.role == "unrelated":
                continue
            words = wording(article.title, article.summary)
            found = titles.story_of(article.path, article.feed, words, at, int(at // 3600))
            if article.role == "lead":
                assert found is None, (article.title, found)
            story = found.story if found else article.path
            titles.add(KnownTitle(story, article.path, article.feed, words, at, int(at // 3600)))


def test_titles_are_written_out_and_name_the_land_of_their_edition():
    assert len(SUBJECTS) >= 60
    assert math.gcd(len(SUBJECTS), len(LANDS)) == 1
    for number in range(len(SUBJECTS)):
        for article in make_edition(number, 1.79e9, 20).articles:
            assert not re.search(r"[{}]|  |\.$", article.title), article.title
            named = [land for land in LANDS if land in article.title]
            assert len(named) == 1, article.title
            assert article.role == "unrelated" or named == [LANDS[number % len(LANDS)]], article.title


def test_other_feeds_repeat_the_lead_later():
    now = [1_790_000_000.0]
    press = Press(lambda: now[0], repeat_after_s=20)
    edition = press.publish()
    path = edition.lead.path
    assert path in [article.path for article in press.entries("wire")]
    assert path not in [article.path for article in press.entries("markets")]
    now[0] += 20
    assert path in [article.path for article in press.entries("markets")]
    assert path in [article.path for article in press.entries("daily")]


def test_titles_of_nearby_editions_are_not_near_identical():
    stemmer = Stemmer.Stemmer("english")
    leads = [
        (number, frozenset(stemmer.stemWords(re.findall(r"\w{4,}", article.title.lower()))))
        for number in range(60)
        for article in make_edition(number + 29_840_000, 1.79e9, 20).articles
        if article.role in {"lead", "repeat"}
    ]
    for (one, stems), (other, others) in itertools.combinations(leads, 2):
        assert one == other or len(stems & others) / len(stems | others) < 0.4, (stems, others)


def test_ids_links_and_titles_of_leads_are_unique():
    editions = [make_edition(number, 1.79e9 + number, 20) for number in range(TWO_DAYS_OF_EDITIONS)]
    articles = [article for edition in editions for article in edition.articles]
    assert len({article.guid for article in articles}) == len(articles)
    assert len({edition.lead.title for edition in editions}) == len(editions)
    assert len({article.path for article in articles if article.role != "repeat"}) == len(editions) * 7


def test_unchanged_feed_answers_304_and_changed_one_does_not(site):
    site.publish(repeat_after_s=0)
    for url in site.feeds.values():
        _, headers = fetch(url)
        for validator in (
            {"If_None_Match": headers["ETag"]},
            {"If_Modified_Since": headers["Last-Modified"]},
        ):
            with pytest.raises(urllib.error.HTTPError) as caught:
                fetch(url, **validator)
            assert caught.value.code == 304
    site.publish(repeat_after_s=0)
    body, _ = fetch(site.feeds["wire"], If_None_Match=headers["ETag"])
    assert body


def test_article_is_served_at_its_link_with_and_without_tracking(site):
    edition = site.publish(repeat_after_s=0)
    for link in (edition["link"], edition["link"] + "?utm_source=x"):
        body, headers = fetch(link)
        assert f"<h1>{html.escape(edition['title'])}</h1>" in body.decode()
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_second_start_keeps_the_old_entries_word_for_word_and_adds_new_ones(tmp_path):
    data = tmp_path / "site.jsonl"
    with RunningSite(data=data, every_s=3600, repeat_after_s=0) as site:
        until = time.monotonic() + 5
        while not site.log():
            assert time.monotonic() < until
        before = {feed: entries(site, feed) for feed in site.feeds}
        site.kill()
        data.write_bytes(data.read_bytes() + b'{"torn')
        site.restart()
        while len(site.log()) < 2:
            assert time.monotonic() < until + 5
        for feed, old in before.items():
            now = entries(site, feed)
            assert now[-len(old) :] == old
            assert len(now) > len(old)
            assert len({entry[0] for entry in now}) == len(now)


def test_story_in_somebodys_own_words_is_in_the_wire_feed_and_has_a_page(site):
    edition = site.call(
        "POST", "/site/publish", {"title": "ECB  bars <b>crypto</b> firms", "summary": "At once."}
    )
    (found,) = [entry for entry in entries(site, "wire") if entry[1] == edition["link"]]
    assert found[2] == "ECB bars <b>crypto</b> firms"
    body, _ = fetch(edition["link"])
    assert "<h1>ECB bars &lt;b&gt;crypto&lt;/b&gt; firms</h1>" in body.decode()
    assert not [entry for entry in entries(site, "daily") if entry[1] == edition["link"]]


def test_story_that_is_too_long_is_refused(site):
    with pytest.raises(RuntimeError, match=r"HTTP 400.*at most 4000 characters"):
        site.call("POST", "/site/publish", {"title": "x" * 5000})
