"""Whatever feeds say: every payload is taken by the strict simulator's checks, and nothing in it is live."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest

from devtools.slack_sim.limits import TEXT_MAX, check_content
from newswatch.models import Alert, Item, Mark, Marks, Message, Span
from newswatch.rules.excerpt import excerpts_for
from newswatch.slack.buttons import Attention
from newswatch.slack.payload import check_payload, render_listing, render_minimal, render_reply, render_story

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
CONTROLS = "<!channel> <!here> <@U012AB> <#C012AB> <https://evil.example|bank> &amp; &lt; & < > | ` ``` * _ ~ :smile:"
INVISIBLE = "\u202e \u2066 \u200b \u200d \ufeff \x00 \x07 \x1b[31m \ud800 \r\n \t"
SYNTAX = "{0} %s ${x} {{7*7}} <script> </a>"
LANGUAGES = "Zürich Центробанк 日本銀行 العربية 🇨🇭 é̂̃̄̅ the central bank opposes a"
NASTY = [*CONTROLS.split(), *INVISIBLE.split(" "), *SYNTAX.split(), *LANGUAGES.split()]
LINKS = (
    "https://news.example/a?b=c&d=<e>|f",
    "javascript:alert(1)",
    "",
    "http://[",
    "data:text/html,x",
    "https://news.example/" + "ü" * 900,
    "https://news.example/" + "x" * 4000,
    "HTTP://NEWS.EXAMPLE/a b",
    "https://user:pw@news.example/<!channel>",
)


def words(chance: random.Random, most: int) -> str:
    return chance.choice((" ", "", "\n\n")).join(chance.choices(NASTY, k=chance.randrange(most)))


def alert(chance: random.Random, number: int) -> Alert:
    long = chance.random() < 0.1
    title, summary = words(chance, 400 if long else 25), words(chance, 4000 if long else 60)
    item = Item(
        *(f"wire:{number}", "wire", chance.randrange(2), "g", chance.choice(LINKS), "", title, summary),
        *("", "", (), "en", None, NOW, 1),
    )
    spans = [Span("summary", start, start + 9) for start in range(0, len(summary), max(1, len(summary) // 5))]
    return Alert(
        id=f"alert-{number}",
        rule_id=chance.choice(("r", "x" * 64, "central-bank-opposes")),
        severity=chance.choice(("low", "medium", "high")),
        channel="C0123456789",
        item_id=item.id,
        revision=item.revision,
        feed_id=item.feed_id,
        link=item.link,
        title=item.title,
        excerpts=excerpts_for(item, spans),
        published=chance.choice((None, NOW - timedelta(hours=chance.randrange(90)), NOW + timedelta(days=9))),
        first_seen=NOW,
        matched=NOW,
        config_version="1-abcdef",
        story_id="story",
        updated=chance.random() < 0.2,
    )


def payloads(chance: random.Random, alerts: list[Alert]):
    sources = {"wire": words(chance, 12)}
    ids = tuple(one.id for one in alerts)
    attention = Attention(Marks(*(mark(chance) for _ in range(3))), buttons=chance.random() < 0.8, now=NOW)
    for kind, render in (
        *(("story", render_story), ("reply", render_reply), ("digest", render_listing)),
        *(("surge", render_listing), ("story", render_minimal)),
    ):
        message = Message("m" * 16, kind, "C0123456789", "story", ids, text=words(chance, 9))
        yield render(message, alerts, sources=sources, now=NOW, attention=attention)


def mark(chance: random.Random) -> Mark | None:
    if chance.random() < 0.4:
        return None
    until = chance.choice((None, NOW + timedelta(hours=9), NOW - timedelta(hours=9)))
    return Mark(chance.random() < 0.8, words(chance, 12), chance.choice(("U0READER", "")), NOW, until)


@pytest.mark.heavy
def test_a_thousand_items_of_nasty_text_are_all_taken_and_none_is_live():
    chance = random.Random(20261123)
    items = 0
    while items < 1_000:
        alerts = [alert(chance, items + n) for n in range(chance.choice((1, 1, 2, 8, 20)))]
        items += len(alerts)
        for payload in payloads(chance, alerts):
            assert check_payload(payload) == []
            check_content(payload, text_max=TEXT_MAX)
            assert "<!" not in payload["text"]
            assert "<@" not in payload["text"]
            assert "\u202e" not in str(payload)
            assert "javascript:" not in str(list(links(payload)))


def links(part):
    """Every URL in the payload's blocks."""
    if isinstance(part, dict):
        if part.get("type") == "link":
            yield part["url"]
        for value in part.values():
            yield from links(value)
    elif isinstance(part, list):
        for value in part:
            yield from links(value)
