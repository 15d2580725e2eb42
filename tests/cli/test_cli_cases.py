"""Documents that feed readers reported as broken, through the commands: what a reader expects alerts once."""

from __future__ import annotations

import pytest

from feed_server import Document

RULES = """\
rules:
  - id: cases
    query: >-
      central bank opposes OR 'Центробанк выступает' OR 日銀は反対 OR 한국은행 OR 'Société Générale opposes'
      OR tag:8-K OR title:2025 OR title:2026
    severity: high
    notify: [policy]
"""
EXPECTED = {
    "01-surrogate-charref": 1,
    "02-charref-out-of-range": 1,
    "04-doctype-backslash": 1,
    "10-one-bad-byte-utf8": 1,
    "11-shift_jis-with-circled-1": 1,
    "13-euc-kr-with-uhc-syllable": 1,
    "21-drupal-time-in-pubdate": 1,
    "30-soft-hyphen": 3,
    "32-doctype-entities": 1,
    "33-raw-ampersand-link": 1,
    "34-two-authors": 0,
    "35-edgar-category": 1,
    "36-yandex-full-text": 1,
    "38-no-title": 1,
}


@pytest.mark.shared
def test_each_case_alerts_once_through_the_commands(newsroom, shared_data):
    folder = shared_data.parent / "cases" / "feeds"
    paths = sorted(folder.glob("*.xml"))
    if not paths:
        pytest.skip(f"{folder} has no cases")
    newsroom.watchlist(RULES)
    wrong = {}
    for path in paths:
        newsroom.redis.flushall()
        newsroom.slack.reset()
        newsroom.feeds(path.stem, extra=", first_sight: 36500d")
        newsroom.site.documents[f"/{path.stem}"] = Document(
            path.read_bytes(), headers={"Content-Type": "application/xml"}
        )
        counts = []
        for _ in range(3):
            for command in (("poll", "--all"), ("match-pending",), ("deliver",)):
                newsroom.json(*command)
            found = newsroom.alert_ids()
            assert len(found) == len(set(found)), path.name
            counts.append(len(found))
        expected = EXPECTED.get(path.stem, counts[0])
        if counts != [expected] * 3:
            wrong[path.name] = counts
        (row,) = newsroom.json("feeds")
        if row["state"] != "ok" or "cannot be read" in str(row):
            wrong[f"{path.name}: state"] = row
        preview = newsroom.json("feeds", "preview", str(path))
        if preview.get("unread"):
            wrong[f"{path.name}: preview"] = preview["unread"]
    assert wrong == {}
