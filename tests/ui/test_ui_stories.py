"""Alerts by story, and the search over all items: what is one card, what it says, what it does with hostile text."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newsroom import POLICY
from newswatch.store import keys
from newswatch_airflow.ui.page import ago

HOSTILE = '<script>alert(1)</script> central bank opposes "><img src=x onerror=alert(2)>'
TITLE = "Central bank opposes the plan to legalise mining"
WORDS = "The central bank opposes the measure and rejects the plan, it said."
TWO_RULES = """\
rules:
  - {id: opposes, query: central bank opposes, severity: high, notify: [policy]}
  - {id: rejects, query: rejects the plan, severity: medium, notify: [policy]}
"""


@pytest.fixture
def page(visit):
    client = visit("ada")

    def get(path, status=200):
        answer = client.get(f"/newswatch/{path}")
        assert answer.status_code == status, answer.text[:2000]
        return answer.text

    return get


def cards(text):
    return re.findall(
        r'<li class="card story.*?(?=<li class="card story|<p class="pager"|</ol>\s*(?:<p|</div>))',
        text,
        re.DOTALL,
    )


def three_outlets(newsroom, title=TITLE):
    """One story with two rules in three outlets."""
    newsroom.feeds("wire", "daily", "markets")
    newsroom.watchlist(TWO_RULES)
    at = datetime.now(timezone.utc) - timedelta(minutes=30)
    for number, name in enumerate(("wire", "daily", "markets")):
        newsroom.site.serve(
            f"/{name}",
            story(
                number,
                title,
                WORDS,
                link=f"https://{name}.example/a",
                published=at + timedelta(minutes=4 * number),
            ),
        )
    newsroom.run()


def test_one_story_with_two_rules_in_three_outlets_is_one_card(page, newsroom):
    three_outlets(newsroom)
    assert len(newsroom.json("alerts")) == 6
    (card,) = cards(page("alerts"))
    assert "3 reports, 6 alerts" in card
    assert 'href="/newswatch/watchlist/rules/opposes"' in card
    assert card.index("rules/opposes") < card.index("rules/rejects")
    assert "story-high" in card
    assert card.count("<circle") == 3


def test_card_says_who_had_it_first_and_how_it_spread(page, newsroom):
    three_outlets(newsroom)
    (card,) = cards(page("alerts"))
    said = re.sub(r"<[^>]+>", "", card)
    assert re.search(r"wire first, \d\d \w+ \d\d:\d\d UTC · daily \+4 min · markets \+8 min", said), said


def test_story_of_one_outlet_has_no_time_line(page, newsroom):
    newsroom.site.serve("/wire", story(1, TITLE))
    newsroom.run()
    (card,) = cards(page("alerts"))
    assert "<svg" not in card
    assert "so far" in card


def test_items_and_excerpts_are_folded_into_the_card(page, newsroom):
    three_outlets(newsroom)
    (card,) = cards(page("alerts"))
    folded = card[card.index("<details") :]
    assert folded.count('class="excerpt"') == 3  # each passage once, whatever the rules
    assert "<mark>" in folded
    assert folded.count("/newswatch/why?item=") == 3


def test_filter_that_fits_one_alert_shows_its_whole_story(page, newsroom):
    three_outlets(newsroom)
    (card,) = cards(page("alerts?rule=rejects&feed=daily"))
    assert "3 reports, 6 alerts" in card
    assert cards(page("alerts?rule=rejects&state=dead")) == []


def test_story_that_spans_pages_is_shown_once(page, newsroom, monkeypatch):
    monkeypatch.setattr("newswatch_airflow.ui.rooms.alerts.PAGE", 2)
    three_outlets(newsroom)
    newsroom.site.serve("/wire", story(9, "Quite another matter", "The central bank opposes it."))
    newsroom.run()
    names, path = [], "alerts"
    while path:
        text = page(path)
        names += re.findall(r'<li class="card[^>]* id="(story-\w+)"', text)
        further = re.search(r'<p class="pager"[^>]*><a href="([^"]+)">', text)
        path = f"alerts{further[1].replace('&amp;', '&')}" if further else None
    assert len(names) == len(set(names)) == 2


def test_muted_alert_says_muted_and_not_that_it_is_to_be_queued(page, newsroom):
    newsroom.adopt()
    newsroom.json("mute", "central-bank-opposes")
    newsroom.site.serve("/wire", story(1, TITLE))
    newsroom.run()
    (card,) = cards(page("alerts"))
    assert "state-muted" in card
    life = page(f"alerts/{re.search(r'/newswatch/alerts/([0-9a-f]{16})', card)[1]}")
    assert '<th scope="row">Muted</th>' in life
    assert '<th scope="row">Queued</th>' not in life
    assert "not yet" not in life


def cards_by_page(page):
    """The names of the cards on each page, from the first page to the last."""
    found, path = [], "alerts"
    while path:
        text = page(path)
        found.append(re.findall(r'<li class="card[^>]* id="(story-\w+)"', text))
        further = re.search(r'<p class="pager"[^>]*><a href="([^"]+)">', text)
        path = f"alerts{further[1].replace('&amp;', '&')}" if further else None
    return found


@pytest.mark.parametrize("muted", [("rejects",), ("opposes", "rejects")])
def test_story_with_muted_alerts_has_one_card_on_one_page(page, newsroom, monkeypatch, muted):
    monkeypatch.setattr("newswatch_airflow.ui.rooms.alerts.PAGE", 1)
    newsroom.watchlist(TWO_RULES)
    newsroom.adopt()
    for rule in muted:
        newsroom.json("mute", rule)
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/wire", story(1, TITLE, WORDS))
    newsroom.run()
    newsroom.site.serve("/wire", story(9, "Quite another matter", "The central bank opposes it."))
    newsroom.run()
    newsroom.site.serve("/daily", story(2, TITLE, WORDS))
    newsroom.run()
    names = [name for found in cards_by_page(page) for name in found]
    assert len(names) == len(set(names)) == 2
    card = cards(page("alerts"))[0]
    ids = {row["id"] for row in newsroom.json("alerts") if row["title"] == TITLE}
    assert len(ids) == 4
    assert set(re.findall(r"/newswatch/alerts/([0-9a-f]{16})", card)) == ids


def test_story_in_digests_has_one_card_on_one_page(page, newsroom, monkeypatch):
    monkeypatch.setattr("newswatch_airflow.ui.rooms.alerts.PAGE", 1)
    newsroom.watchlist(TWO_RULES)
    at = 'mode: digest, digest: {at: "08:00", timezone: UTC}'
    text = (newsroom.config / "receivers.yaml").read_text("utf-8")
    newsroom.write("receivers.yaml", text.replace("id: policy,", f"id: policy, {at},"))
    newsroom.site.serve("/wire", story(1, TITLE, WORDS))
    newsroom.run()
    assert [len(found) for found in cards_by_page(page) if found] == [1]


def test_hostile_headline_is_inert_in_cards_and_in_the_search(page, newsroom):
    three_outlets(newsroom, HOSTILE)
    for text in (
        page("alerts"),
        page("items?text=central+bank"),
        page("why?item=" + newsroom.json("alerts")[0]["id"]),
    ):
        assert "<script>alert" not in text
        assert "<img" not in text


def test_search_finds_items_that_did_not_alert_and_says_why(page, newsroom):
    newsroom.site.serve(
        "/wire", story(1, "Grid operators publish their outlook", "A cold winter is expected.")
    )
    newsroom.run()
    assert newsroom.json("alerts") == []
    found = page("items?text=outlook+operator+published")
    assert "1 item has all of these words" in found
    assert "<mark>Grid" not in found
    assert "<mark>operators</mark>" in found
    asked = re.search(r'/newswatch/(why\?item=[^"]+)"', found)[1]
    why = page(asked.replace("&amp;", "&"))
    assert "state-not-matched" in why
    assert "central-bank-opposes" in why
    assert "No item of the last 7 days has all of these words" in page("items?text=outlook+summer")
    elsewhere = page("items?text=outlook&feed=other")
    assert "No item of the last 7 days" in elsewhere
    assert '<a href="/newswatch/items?text=outlook">all feeds</a>' in elsewhere


@pytest.mark.parametrize(
    "text", ["AND OR (", 'NEAR/6 "x', "tag:x source:y $z", "/re2/", "'", "…", "U.S. AT&T don't 3.5"]
)
def test_signs_of_the_query_language_are_just_words(page, newsroom, text):
    newsroom.site.serve("/wire", story(1, "U.S. regulators sue AT&T, and they don't like 3.5 percent"))
    newsroom.run()
    answer = page(f"items?text={text.replace('&', '%26').replace('$', '%24')}")
    assert ("1 item has" in answer) == ("AT&T" in text)


def test_link_in_the_search_leads_to_why(page, newsroom):
    newsroom.site.serve("/wire", story(1, TITLE, link="https://news.example/a"))
    newsroom.run()
    assert "state-sent" in page("items?text=https://news.example/a")
    assert "state-sent" in page("why?item=https://news.example/a")
    unknown = page("why?item=https://news.example/other")
    assert "not in any document" in unknown
    assert "newswatch feeds preview" not in unknown  # a page has links instead of commands
    assert "/newswatch/items?text=https" in unknown


def test_why_names_receivers_and_links_the_rules_that_alerted(page, newsroom):
    newsroom.site.serve("/wire", story(1, TITLE, link="https://news.example/a"))
    newsroom.run()
    answer = page("why?item=https://news.example/a")
    assert f"sent to policy ({POLICY})" in answer
    assert re.search(r'<a class="chip" href="/newswatch/watchlist/rules/([\w-]+)">\1</a>', answer)


def test_why_is_also_json_for_readers_only(visit, newsroom):
    newsroom.site.serve("/wire", story(1, TITLE, link="https://news.example/a"))
    newsroom.run()
    path = "/newswatch/api/why?item=https://news.example/a"
    assert visit("vera").get(path).json()["state"] == "sent"
    assert visit().get(path).status_code == 401


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (86_399.7, "in 24 h"),
        (90_000, "in 25 h"),
        (35_999, "in 10 h"),
        (3_599.2, "in 1 h"),
        (59.5, "in 1 min"),
        (3_660, "in 1 h 1 min"),
        (172_800, "in 2 days"),
        (172_801, "in 3 days"),
    ],
)
def test_time_to_come_is_rounded_up(left, said):
    now = datetime(2026, 11, 27, tzinfo=timezone.utc)
    assert ago(now + timedelta(seconds=left), now) == said


def test_alert_whose_record_is_gone_leaves_the_others_of_its_story(page, newsroom):
    three_outlets(newsroom)
    newsroom.redis.delete(keys.alert(newsroom.json("alerts")[0]["id"]))
    (card,) = cards(page("alerts"))
    assert "5 alerts" in card
