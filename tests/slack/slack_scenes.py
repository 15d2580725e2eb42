"""Alerts and messages for the tests of newswatch.slack."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from newswatch.models import Alert, Excerpt, Item, Message, short_hash

CHANNEL = "C0000000001"
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=timezone.utc)
SOURCES = {"ecb-press": "ECB press", "reuters": "Reuters", "coindesk": "CoinDesk"}
TITLE = "Central bank opposes stablecoin bill"
BODY = "The regulator rejects the bill, the central bank said on Monday."


def quote(text: str = BODY, *words: str) -> Excerpt:
    marks = tuple((text.index(word), text.index(word) + len(word)) for word in words or ("central bank",))
    return Excerpt("summary", text, marks)


def alert(**changes) -> Alert:
    values = {
        "rule_id": "central-bank-opposes",
        "severity": "high",
        "item_id": "ecb-press:1",
        "feed_id": "ecb-press",
        "link": "https://news.example/story?a=1&b=2",
        "title": TITLE,
        "excerpts": (Excerpt("title", TITLE, ((0, 20),)), quote()),
        "published": NOW - timedelta(minutes=5),
        "first_seen": NOW - timedelta(minutes=2),
    } | changes
    fixed = {
        "id": short_hash(values["rule_id"], values["item_id"]),
        "channel": CHANNEL,
        "revision": 0,
        "matched": NOW,
        "config_version": "1-abcdef",
        "story_id": "s1",
    }
    return Alert(**(fixed | values))


def message(*alerts: Alert, **changes) -> Message:
    values = {
        "id": "m-0123456789abcdef",
        "kind": "story",
        "channel": CHANNEL,
        "story_id": "s1",
        "alert_ids": tuple(one.id for one in alerts),
    }
    return Message(**(values | changes))


def item(**changes) -> Item:
    values = {
        "id": "ecb-press:1",
        "feed_id": "ecb-press",
        "revision": 0,
        "guid": "g",
        "link": "https://news.example/1",
        "canonical_link": "https://news.example/1",
        "title": TITLE,
        "summary": "",
        "body": "",
        "author": "",
        "tags": (),
        "lang": "en",
        "published": NOW,
        "first_seen": NOW,
        "config_version": 1,
    }
    return Item(**(values | changes))


def leaves(payload: dict) -> list[dict]:
    """Every rich_text leaf of a payload, in reading order."""
    found: list[dict] = []

    def walk(elements: list[dict]) -> None:
        for element in elements:
            if "elements" in element:
                walk(element["elements"])
            else:
                found.append(element)

    walk(payload.get("blocks") or [])
    return found


def shown(payload: dict) -> str:
    """The text a reader sees in the blocks."""
    return "".join(leaf.get("text") or leaf.get("fallback") or "" for leaf in leaves(payload))


def marked(payload: dict) -> list[str]:
    """The words shown as matched, in the quotes."""
    quotes = [
        group
        for block in payload.get("blocks") or []
        for group in block["elements"]
        if group["type"] == "rich_text_quote"
    ]
    return [
        leaf["text"] for group in quotes for leaf in group["elements"] if leaf.get("style", {}).get("bold")
    ]
