"""Items and alerts as JSON in Redis, readable with any tool. Text is plain UTF-8.

The schema version is stored beside the JSON (stream field `v`, hash field `v`), so that a later release recognises
what an earlier one wrote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from newswatch.models import Alert, Excerpt, Item

SCHEMA_VERSION = "1"


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def from_ms(value: float) -> datetime:
    """The aware datetime (UTC) of milliseconds since 1970."""
    return datetime.fromtimestamp(value / 1000, timezone.utc)


def _stamp(moment: datetime | None) -> str | None:
    return moment.astimezone(timezone.utc).isoformat() if moment else None


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _dump(data: dict[str, Any]) -> str:
    """JSON without escapes. Lone surrogates, which UTF-8 cannot encode, become U+FFFD."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode()


def item_to_json(item: Item) -> str:
    """An item as the stream stores it."""
    return _dump(
        {
            "id": item.id,
            "feed": item.feed_id,
            "revision": item.revision,
            "guid": item.guid,
            "link": item.link,
            "canonical": item.canonical_link,
            "title": item.title,
            "summary": item.summary,
            "body": item.body,
            "author": item.author,
            "tags": item.tags,
            "lang": item.lang,
            "published": _stamp(item.published),
            "first_seen": _stamp(item.first_seen),
            "config": item.config_version,
            "silent": item.silent,
            "article": item.article,
        }
    )


def item_from_json(text: str | bytes) -> Item:
    """An item of the stream. Raises ValueError, KeyError or TypeError if it is not one of ours."""
    data = json.loads(text)
    first_seen = _moment(data["first_seen"])
    if first_seen is None:
        raise ValueError("first_seen is missing")
    return Item(
        id=data["id"],
        feed_id=data["feed"],
        revision=int(data["revision"]),
        guid=data["guid"],
        link=data["link"],
        canonical_link=data["canonical"],
        title=data["title"],
        summary=data["summary"],
        body=data["body"],
        author=data["author"],
        tags=tuple(data["tags"]),
        lang=data["lang"],
        published=_moment(data["published"]),
        first_seen=first_seen,
        config_version=int(data["config"]),
        silent=bool(data["silent"]),
        article=bool(data.get("article", False)),  # absent in what earlier versions wrote
    )


def alert_to_json(alert: Alert) -> str:
    """An alert as its hash stores it."""
    return _dump(
        {
            "id": alert.id,
            "rule": alert.rule_id,
            "severity": alert.severity,
            "channel": alert.channel,
            "item": alert.item_id,
            "revision": alert.revision,
            "feed": alert.feed_id,
            "link": alert.link,
            "title": alert.title,
            "excerpts": [[e.field, e.text, [list(mark) for mark in e.marks]] for e in alert.excerpts],
            "published": _stamp(alert.published),
            "first_seen": _stamp(alert.first_seen),
            "matched": _stamp(alert.matched),
            "config": alert.config_version,
            "story": alert.story_id,
            "updated": alert.updated,
            **({"publisher": alert.publisher} if alert.publisher else {}),
            **({"event": alert.event, "modality": alert.modality} if alert.event else {}),
        }
    )


def alert_marks(exact: Mapping[str, str], title: str) -> tuple[str, ...]:
    """Texts that are in the JSON of every alert with these fields and these words in its title, in folded case.

    Searching for them is 20 times as fast as parsing the alert.
    """
    fields = [_dump({name: value})[1:-1].casefold() for name, value in exact.items()]
    return (*fields, _dump({"": title.casefold()})[5:-2]) if title else tuple(fields)


def alert_from_json(text: str | bytes) -> Alert:
    """An alert as it was queued."""
    data = json.loads(text)
    first_seen, matched = _moment(data["first_seen"]), _moment(data["matched"])
    if first_seen is None or matched is None:
        raise ValueError("an alert without its times")
    return Alert(
        id=data["id"],
        rule_id=data["rule"],
        severity=data["severity"],
        channel=data["channel"],
        item_id=data["item"],
        revision=int(data["revision"]),
        feed_id=data["feed"],
        link=data["link"],
        title=data["title"],
        excerpts=tuple(
            Excerpt(field, text, tuple((int(a), int(b)) for a, b in marks))
            for field, text, marks in data["excerpts"]
        ),
        published=_moment(data["published"]),
        first_seen=first_seen,
        matched=matched,
        config_version=data["config"],
        story_id=data["story"],
        updated=bool(data["updated"]),
        event=tuple(
            (role, words) for role, words in data.get("event", ())
        ),  # only where the rule is an event
        modality=data.get("modality"),
        publisher=data.get("publisher", ""),  # only where something tells
    )
