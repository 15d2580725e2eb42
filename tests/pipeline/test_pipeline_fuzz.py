"""Three thousand items of nasty text from feed to Slack: the strict simulator takes every message, none is live."""

from __future__ import annotations

import json
import random
import re

import pytest

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.pipeline.match.run import run_match

SEED, FEEDS, ITEMS_A_FEED = 20261125, 20, 150
TRIGGER = "The central bank opposes"
CONTROLS = "<!channel> <!here> <@U012AB> <#C012AB> <https://evil.example|bank> &amp; &lt; & < > | ` ``` * _ ~ :smile:"
INVISIBLE = "\u202e \u2066 \u200b \u200d \ufeff \u0085 \u2028"
SYNTAX = "{0} %s ${x} {{7*7}} <script>alert(1)</script> </a> ]]> <b>b</b> &#x202e; &nbsp;"
LANGUAGES = "Zürich Центробанк 日本銀行 العربية 🇨🇭 é̂̃̄̅ opposition bank a"
NASTY = [*CONTROLS.split(), *INVISIBLE.split(" "), *SYNTAX.split(), *LANGUAGES.split()]
LINKS = (
    "https://news.example/{n}?b=c&d=<e>|f",
    "javascript:alert({n})",
    "http://[{n}",
    "data:text/html,{n}",
    "/{n}",
)
LIVE = re.compile(r"<[!@#]|javascript:|data:text", re.IGNORECASE)
ENOUGH = {"NEWSWATCH_RULE_CAP": "100000", "NEWSWATCH_CHANNEL_CAP": "100000", "NEWSWATCH_SLACK_RATE": "10000"}


def words(chance: random.Random, most: int) -> str:
    return " ".join(chance.choices(NASTY, k=chance.randrange(1, most)))


def nasty(chance: random.Random, number: int) -> dict:
    long = chance.random() < 0.03
    summary = f"{words(chance, 2000 if long else 40)} {TRIGGER} {words(chance, 40)}"
    link = chance.choice(LINKS).format(n=number)
    return story(number, f"{number} {words(chance, 300 if long else 12)}", summary, link=link)


def targets(part) -> list[str]:
    """Every link in a message's blocks."""
    if isinstance(part, list):
        return [url for one in part for url in targets(one)]
    if not isinstance(part, dict):
        return []
    own = [part["url"]] if "url" in part else []
    return own + [url for value in part.values() for url in targets(value)]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_three_thousand_nasty_items_reach_slack_and_none_is_live(newsroom):
    chance = random.Random(SEED)
    names = [f"feed-{number}" for number in range(FEEDS)]
    newsroom.feeds(*names)
    newsroom.receivers(interval="0.001s", grace="30s")
    for at, name in enumerate(names):
        first = at * ITEMS_A_FEED
        newsroom.site.serve(f"/{name}", *(nasty(chance, first + n) for n in range(ITEMS_A_FEED)))
    assert newsroom.poll().new == FEEDS * ITEMS_A_FEED
    matched = newsroom._do(lambda services: run_match(services, deadline_s=600.0), env=ENOUGH)
    assert matched.items == FEEDS * ITEMS_A_FEED
    assert matched.alerts > 0.99 * FEEDS * ITEMS_A_FEED
    left = 1
    while left:
        left = newsroom._do(lambda services: run_deliver(services, deadline_s=120.0), env=ENOUGH).queued
    answers = newsroom.slack.stats()["methods"]["chat.postMessage"]
    assert set(answers) == {"ok"}, answers
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == matched.alerts
    for message in newsroom.slack.messages(POLICY):
        assert LIVE.search(message["text"]) is None, message["text"]
        assert all(url.startswith(("http://", "https://")) for url in targets(message["blocks"]))
        assert not set("\u202e\u2066\u200b\ufeff") & set(json.dumps(message, ensure_ascii=False))
    assert newsroom.slack.messages(OPS) == []
