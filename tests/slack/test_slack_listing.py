"""Listings: whatever fits by `room` is shown, each headline and each link, and Slack takes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_scenes import NOW, alert, leaves, message, shown

from devtools.slack_sim.limits import TEXT_MAX, check_content
from newswatch.models import Mark, Marks
from newswatch.slack.buttons import Attention
from newswatch.slack.limits import check_payload
from newswatch.slack.listing import MAX_ITEMS, ROOM, room
from newswatch.slack.payload import render_listing, render_minimal, render_reply, render_story
from newswatch.slack.text import usable_link

WORDS = st.text("abc <>&|*_~`\"\\'é漢🙂\u202e\n", max_size=400)
URLS = st.builds(
    lambda n, tail: f"https://news.example/{'p' * n}{tail}",
    st.integers(0, 2_900),
    st.text('a<>|&"é ', max_size=8),
)
ITEMS = st.builds(
    lambda title, link, rules, length: (title, link, [f"{n}{'r' * length}" for n in range(rules)]),
    WORDS,
    st.one_of(URLS, st.sampled_from(["", "ftp://x", "https://a.example/1"])),
    st.integers(1, 6),
    st.integers(1, 90),
)


def alerts_of(number: int, title: str, link: str, rules: list[str]):
    return [
        alert(
            id=f"{number:08x}{n:08x}", rule_id=rule, item_id=f"f:{number}", feed_id=f"f{number}", title=title, link=link,
            excerpts=(), first_seen=NOW - timedelta(minutes=number), severity=("low", "high")[n % 2],
            event=(("does", "opposes"),), modality="possible" if len(rules) > 1 else "stated",
        )
        for n, rule in enumerate(rules)
    ]  # fmt: skip


def packed(items):
    """The items in messages, as placement packs them."""
    packs, taken = [], 0
    for number, one in enumerate(items):
        group = alerts_of(number, *one)
        size = room(group)
        if not packs or len(packs[-1]) == MAX_ITEMS or taken + size > ROOM:
            packs.append([])
            taken = 0
        packs[-1].append(group)
        taken += size
    return packs


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    items=st.lists(ITEMS, min_size=1, max_size=30),
    kind=st.sampled_from(["digest", "surge"]),
    source=WORDS,
    clicked=st.booleans(),
)
def test_listing_shows_every_item_that_was_given_room(items, kind, source, clicked):
    mark = Mark(True, "ada " * 20, "U0123456789", NOW, NOW + timedelta(hours=24))
    attention = Attention(Marks(mark, mark, mark) if clicked else Marks(), buttons=True, now=NOW)
    for pack in packed(items):
        alerts = [one for group in pack for one in group]
        note = message(*alerts, kind=kind, text="Heading")
        sources = {one.feed_id: source for one in alerts}
        payload = render_listing(note, alerts, sources=sources, now=NOW, attention=attention)
        assert check_payload(payload) == []
        check_content(payload, text_max=TEXT_MAX)
        assert payload.get("blocks"), "the blocks are what holds the links"
        shown_links = [leaf["url"] for leaf in leaves(payload) if leaf["type"] == "link"]
        links = [usable_link(group[0].link) for group in pack]
        assert sorted(shown_links) == sorted(link for link in links if link)
        assert len(payload["text"].split("\n")) >= len(pack) + 1
        assert payload["metadata"]["event_payload"]["alert_ids"] == [one.id for one in alerts][:200]
        plain = render_minimal(note, alerts, sources=sources, now=NOW)
        assert check_payload(plain) == []
        assert len(plain["text"].split("\n")) == len(pack) + 1


@pytest.mark.parametrize("length", [30, 110, 150, 400])
def test_headlines_stay_however_long_the_links_are(length):
    items = [
        (f"Central bank {n} opposes the bill", f"https://news.example/{n:03}{'x' * length}", ["r1"])
        for n in range(20)
    ]
    packs = packed(items)
    for pack in packs:
        alerts = [one for group in pack for one in group]
        payload = render_listing(message(*alerts, kind="digest"), alerts, sources={}, now=NOW)
        texts = [leaf.get("text", "") for leaf in leaves(payload) if leaf["type"] == "link"]
        assert texts == [group[0].title for group in reversed(pack)]
        assert all(group[0].title in payload["text"] for group in pack)
    assert len(packs) == (1 if length == 30 else len(packs))


def test_link_is_written_once_though_words_of_the_headline_are_marked():
    one = alert(link="https://news.example/" + "x" * 100)
    payload = render_listing(message(one, kind="digest"), [one], sources={}, now=NOW)
    assert str(payload).count(one.link) == 1


def test_surge_says_what_it_was_when_it_began():
    one = alert()
    payload = render_listing(
        message(one, kind="surge", text="Surge: 9 stories from 2 publishers"), [one], sources={}, now=NOW
    )
    assert payload["text"].startswith("Surge: 9 stories from 2 publishers, rule central-bank-opposes")


def test_heading_says_what_the_signs_of_its_lines_mean():
    group = [
        alert(id=f"{n:016x}", item_id=f"f:{n}", severity=severity, publisher=publisher)
        for n, (severity, publisher) in enumerate((("low", "Wire"), ("high", "Daily"), ("low", "Wire")))
    ]
    payload = render_listing(message(*group, kind="digest"), group, sources={}, now=NOW)
    assert payload["text"].startswith(
        "Digest: 3 items from 2 publishers, rule central-bank-opposes (1 ▲ high, 2 ▽ low)"
    )


def test_heading_says_the_severity_in_a_word_where_all_lines_have_one():
    group = [alert(id=f"{n:016x}", item_id=f"f:{n}", severity="high") for n in range(3)]
    note = message(*group, kind="surge", text="Surge: 3 stories from 1 publisher")
    payload = render_listing(note, group, sources={}, now=NOW)
    says = "Surge: 3 stories from 1 publisher, rule central-bank-opposes (▲ high)"
    assert payload["text"].split("\n")[0] == says
    assert shown(payload).startswith(says)


def test_listed_item_whose_text_does_not_state_its_event_says_so_in_bold():
    group = [
        alert(
            id=f"{n:016x}", item_id=f"f:{n}", title=f"{how} one", publisher="Wire", event=(("does", "bars"),), modality=how
        )
        for n, how in enumerate(("stated", "denied", "question"))
    ]  # fmt: skip
    payload = render_listing(message(*group, kind="digest"), group, sources={"ecb-press": "Wire"}, now=NOW)
    _, stated, denied, asked = payload["text"].split("\n")
    assert stated.startswith("▲ stated one · Wire ·")
    assert denied.startswith("▲ denied one · denied · Wire ·")
    assert asked.startswith("▲ question one · a question · Wire ·")
    bold = [leaf["text"] for leaf in leaves(payload) if leaf.get("style") == {"bold": True}]
    assert bold[-2:] == ["denied", "a question"]
    plain = render_minimal(message(*group, kind="digest"), group, sources={"ecb-press": "Wire"}, now=NOW)
    assert "denied one> · denied · Wire ·" in plain["text"]


def test_correction_of_a_listing_is_announced_above_its_items():
    attention = Attention(corrected="headline changed")
    payload = render_listing(
        message(alert(), kind="digest"), [alert()], sources={}, now=NOW, attention=attention
    )
    for text in (shown(payload), payload["text"]):
        assert text.index("Digest: 1 item") < text.index("✎ Headline changed") < text.index("Central bank")


def test_only_the_first_sentence_of_a_heading_is_bold():
    group = [alert()]
    text = "Catching up: 2 alerts could not be sent in time. By rule: a 2. All are listed here"
    payload = render_listing(message(*group, kind="catch-up", text=text), group, sources={}, now=NOW)
    first, rest = payload["blocks"][0]["elements"][0]["elements"]
    assert first["text"] == "Catching up: 2 alerts could not be sent in time."
    assert first["style"] == {"bold": True}
    assert rest["text"] == "\nBy rule: a 2. All are listed here"
    assert "style" not in rest


@pytest.mark.parametrize("ampersands", [100, 1_000, 2_900])
def test_plain_resend_keeps_the_headlines_when_escaping_makes_links_long(ampersands):
    """An `&` takes five characters there."""
    items = [
        (f"Headline {n}", f"https://news.example/{n:03}?{'&' * ampersands}", ["r1"]) for n in range(MAX_ITEMS)
    ]
    for pack in packed(items):
        alerts = [one for group in pack for one in group]
        plain = render_minimal(message(*alerts, kind="digest"), alerts, sources={}, now=NOW)
        assert check_payload(plain) == []
        assert all(f"Headline {group[0].item_id[2:]}" in plain["text"] for group in pack)


def test_plain_resend_of_a_listing_keeps_the_links():
    alerts = [
        alert(id=f"a{n}", item_id=f"f:{n}", link=f"https://news.example/{n}{'x' * 300}") for n in range(12)
    ]
    payload = render_minimal(message(*alerts, kind="digest"), alerts, sources={}, now=NOW)
    assert check_payload(payload) == []
    assert all(one.link in payload["text"] for one in alerts)


@pytest.mark.parametrize("render", [render_story, render_reply])
def test_story_shows_the_link_of_every_item_that_was_given_room(render):
    alerts, taken = [], 0
    for number in range(8):
        one = replace(
            alert(id=f"a{number}", item_id=f"f:{number}"), link=f"https://news.example/{number}{'x' * 1_000}"
        )
        taken += room([one])
        if taken <= ROOM:
            alerts.append(one)
    payload = render(message(*alerts), alerts, sources={}, now=NOW)
    assert check_payload(payload) == []
    assert all(one.link in str(payload["blocks"]) for one in alerts)
    assert len(alerts) > 3
