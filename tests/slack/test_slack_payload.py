from __future__ import annotations

import json
import string
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from slack_scenes import NOW, SOURCES, TITLE, alert, leaves, marked, message, quote, shown

from devtools.slack_sim.limits import check_content
from newswatch.models import Excerpt
from newswatch.slack.buttons import Attention
from newswatch.slack.limits import MAX_MESSAGE_CHARS, message_chars
from newswatch.slack.payload import (
    block_marker,
    check_payload,
    render_minimal,
    render_ops,
    render_reply,
    render_story,
)
from newswatch.slack.reports import Frame

FIRST_DAY = datetime(1900, 1, 1, tzinfo=timezone.utc)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


def story(*alerts, **more):
    return render_story(message(*alerts), alerts, sources=SOURCES, now=NOW, **more)


def links(payload):
    return {leaf["url"] for leaf in leaves(payload) if leaf["type"] == "link"}


def test_story_headline_is_linked_bold_and_complete():
    payload = story(alert())
    sign, headline = payload["blocks"][0]["elements"][0]["elements"]
    assert sign["text"] == "▲ "
    assert headline["text"] == TITLE
    assert headline["url"] == "https://news.example/story?a=1&b=2"
    assert headline["style"] == {"bold": True}


def test_story_says_severity_in_a_word_source_age_and_rule():
    payload = story(alert(severity="high"))
    assert "High · 1 publisher · ECB press · 2026-11-22 14:00 UTC" in shown(payload)
    assert "Why: rule central-bank-opposes" in shown(payload)
    date = next(leaf for leaf in leaves(payload) if leaf["type"] == "date")
    assert date == {
        "type": "date",
        "timestamp": int((NOW - timedelta(minutes=5)).timestamp()),
        "format": "{ago}",
        "fallback": "2026-11-22 14:00 UTC",
    }


def test_story_shows_matched_words_in_bold_in_the_passage_and_the_headline_whole():
    payload = story(alert())
    assert marked(payload) == ["central bank"]
    assert "headline only" not in shown(payload)
    assert not any(leaf.get("style", {}).get("code") for leaf in leaves(payload))


def test_match_in_the_headline_alone_says_so_and_repeats_no_words():
    payload = story(alert(excerpts=(Excerpt("title", TITLE, ((0, 12), (13, 20))),)))
    for text in (shown(payload), payload["text"]):
        assert "headline only" in text
        assert text.count("opposes") - text.count("central-bank-opposes") == 1


def test_event_that_the_headline_says_is_not_said_again():
    payload = story(
        alert(
            event=(("who", "Central bank"), ("does", "opposes")),
            modality="stated",
            excerpts=(Excerpt("title", TITLE, ((0, 12), (13, 20))),),
        )
    )
    assert "headline only" in shown(payload)
    assert shown(payload).count("Central bank opposes") == 1


def test_event_that_only_follows_from_the_headline_is_said():
    event = (("who", "Central bank"), ("does", "opposes"), ("what", "stablecoins"))
    title = "Central bank, it seems, opposes most stablecoins"
    payload = story(
        alert(event=event, modality="stated", title=title, excerpts=(Excerpt("title", title, ((0, 12),)),))
    )
    assert "Central bank opposes stablecoins" in shown(payload)


def test_rules_are_linked_to_their_pages_and_the_receiver_is_named():
    frame = Frame(receiver="policy", pages="https://air.example/newswatch")
    payload = story(alert(), frame=frame)
    (context,) = [block for block in payload["blocks"] if block["type"] == "context"]
    link = "<https://air.example/newswatch/watchlist/rules/central-bank-opposes|central-bank-opposes>"
    assert context["elements"][0]["text"] == f"Why: rule {link} · for policy"
    assert "Why: rule central-bank-opposes · for policy" in payload["text"]


def test_reply_that_may_belong_to_a_story_names_it():
    one = alert()
    frame = Frame(belongs_to="Central bank against <stablecoins>")
    payload = render_reply(message(one, kind="reply"), [one], sources=SOURCES, now=NOW, frame=frame)
    assert f"{TITLE}High · 1 publisher · " in shown(payload)  # what counts most is not behind a long headline
    assert " · ↳ may belong to “Central bank against <stablecoins>”" in shown(payload)
    assert "Further report" not in shown(payload)
    assert "“Central bank against &lt;stablecoins&gt;”" in payload["text"]


def test_story_text_says_the_same_as_the_blocks():
    payload = story(alert(), further=2)
    for part in (TITLE, "High", "ECB press", "5 min ago", "14:00 UTC", "+2 publishers", "rejects the bill"):
        assert part in payload["text"]
    assert "Why: rule central-bank-opposes" in payload["text"]


def test_story_of_two_rules_names_both_the_gravest_first_and_joins_their_marks():
    payload = story(
        alert(rule_id="low-one", severity="low", excerpts=(quote(quote().text, "rejects"),)),
        alert(rule_id="high-one", severity="high", excerpts=(quote(),)),
    )
    assert "Why: rules high-one · low-one" in shown(payload)
    assert shown(payload).startswith("▲ ")
    assert marked(payload) == ["rejects", "central bank"]
    assert shown(payload).count("The regulator") == 1


def test_story_of_two_items_leads_with_the_earliest_and_links_both():
    late = alert(item_id="reuters:1", feed_id="reuters", title="ECB says no", link="https://r.example/2")
    early = alert(item_id="x:1", feed_id="coindesk", first_seen=NOW - timedelta(hours=1))
    payload = story(late, early)
    assert shown(payload).startswith(f"▲ {TITLE}")
    assert "Also in: Reuters — ECB says no" in shown(payload)
    assert links(payload) == {early.link, late.link}
    assert "<https://r.example/2|ECB says no>" in payload["text"]


def test_story_parent_counts_further_sources_only_when_there_are_any():
    assert "2 publishers · ECB press" in shown(story(alert(), further=1))
    # Beside the sources that are named, so that nobody adds the publishers in the thread to the total.
    assert "2 publishers · ECB press, +1 publisher in the thread · " in shown(story(alert(), further=1))
    assert "4 publishers · ECB press, +3 publishers in the thread · " in story(alert(), further=3)["text"]
    assert "+" not in shown(story(alert()))


def test_named_sources_and_the_rest_add_up_to_the_publishers():
    def line(further, *feeds):
        alerts = [alert(item_id=f"{feed}:1", feed_id=feed, publisher=publisher) for feed, publisher in feeds]
        return shown(story(*alerts, further=further))

    ecb, blog, reuters, ft = ("ecb-press", "ECB"), ("ecb-blog", "ECB"), ("reuters", "Reuters"), ("ft", "FT")
    assert "1 publisher · ECB press · " in line(0, ecb, blog)
    assert "2 publishers · ECB press, Reuters · " in line(0, ecb, blog, reuters)
    assert "5 publishers · ECB press, Reuters, +3 publishers in the thread · " in line(3, ecb, reuters)
    assert "5 publishers · ECB press, Reuters, +3 publishers · " in line(2, ecb, reuters, ft)


def test_story_marks_an_updated_item():
    assert " · updated" in shown(story(alert(updated=True)))
    assert "updated" in story(alert(updated=True))["text"]
    assert "updated" not in shown(story(alert()))


def test_reply_says_that_it_is_a_further_report():
    one = alert()
    payload = render_reply(message(one, kind="reply"), [one], sources=SOURCES, now=NOW)
    assert "Further report" in shown(payload)
    assert "Further report" in payload["text"]


@pytest.mark.parametrize(
    "published", [None, NOW + timedelta(days=1), datetime(1900, 1, 1, tzinfo=timezone.utc)]
)
def test_story_age_falls_back_to_first_sight_when_the_feed_has_no_plausible_date(published):
    assert "2026-11-22 14:03 UTC" in shown(story(alert(published=published)))


@pytest.mark.parametrize(
    "link",
    ["", "javascript:alert(1)", "ftp://x.example/", "https://", "https://x.example:99999/", "https://a b.example/",
     "https://x.example/" + "a" * 3_000, "https://[broken/", "https://x.example/\x07", "data:text/html,x"],
)  # fmt: skip
def test_story_with_an_unusable_link_still_alerts_with_a_plain_headline(link):
    payload = story(alert(link=link))
    assert links(payload) == set()
    assert TITLE in shown(payload)
    assert check_payload(payload) == []


def test_story_with_an_odd_link_encodes_only_what_would_end_it():
    payload = story(alert(link='https://x.example/?q=<a|b>&c="d"\''))
    assert links(payload) == {'https://x.example/?q=%3Ca%7Cb%3E&c="d"\''}
    assert '<https://x.example/?q=%3Ca%7Cb%3E&amp;c="d"\'|' in payload["text"]


def test_story_text_cannot_mention_or_link_by_itself():
    payload = story(alert(title="<!channel> & <https://evil.example|click>", excerpts=()))
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;" in payload["text"]
    assert "<!channel>" in shown(payload)
    assert {leaf["type"] for leaf in leaves(payload)} <= {"text", "link", "date", "mrkdwn"}


def test_story_shows_no_bidi_control_or_invisible_characters():
    title = f"Safe{BIDI}\u200b\ufeff\u00ad\u2060 ti\x00tle\x1b[31m\nnext"
    payload = story(alert(title=title, excerpts=()))
    assert "Safe title[31m next" in shown(payload)
    assert not set(json.dumps(payload, ensure_ascii=False)) & set(BIDI + "\u200b\ufeff\u00ad\u2060\x00\x1b")


def test_story_shortens_a_long_title_at_a_word():
    payload = story(alert(title="opposition " * 60, excerpts=()))
    headline = payload["blocks"][0]["elements"][0]["elements"][1]["text"]
    assert headline.endswith("opposition…")
    assert len(headline) <= 300


def test_story_without_stored_alerts_is_still_a_message():
    payload = render_story(message(alert()), [], sources={}, now=NOW)
    assert check_payload(payload) == []
    assert "no longer stored" in payload["text"]


def test_story_of_many_sources_keeps_every_link():
    alerts = [
        alert(item_id=f"f:{n}", link=f"https://x.example/{n}/{'p' * 80}", title="A long title " * 20)
        for n in range(40)
    ]
    payload = story(*alerts)
    assert check_payload(payload) == []
    assert links(payload) == {one.link for one in alerts}


def test_story_with_the_longest_links_keeps_as_many_as_fit():
    alerts = [alert(item_id=f"f:{n}", link=f"https://x.example/{n}{'p' * 2_980}") for n in range(6)]
    payload = story(*alerts)
    assert check_payload(payload) == []
    assert alerts[0].link in links(payload)
    assert "… and " in shown(payload)


def test_marker_is_in_metadata_and_in_every_block_id():
    one = alert()
    payload = render_story(message(one, id="abc"), [one], sources=SOURCES, now=NOW)
    assert payload["metadata"] == {
        "event_type": "newswatch_message",
        "event_payload": {"message_id": "abc", "alert_ids": [one.id]},
    }
    assert [block["block_id"].startswith(block_marker("abc")) for block in payload["blocks"]] == [True, True]


def test_minimal_has_text_metadata_and_the_link_but_no_blocks():
    one = alert()
    payload = render_minimal(message(one), [one], sources=SOURCES, now=NOW)
    assert "blocks" not in payload
    assert "https://news.example/story?a=1&amp;b=2" in payload["text"]
    assert payload["metadata"]["event_payload"]["alert_ids"] == [one.id]
    assert "rejects the bill" in payload["text"]
    assert payload["mrkdwn"] is False
    assert check_payload(payload) == []


def test_ops_notice_hides_secrets_and_keeps_its_lines():
    payload = render_ops(
        message(kind="ops", text="Feed x is given up\nhttps://u:pw@h.example/?token=geheim\n<tag>")
    )
    assert "pw" not in json.dumps(payload)
    assert "geheim" not in json.dumps(payload)
    assert shown(payload).splitlines()[0] == "Feed x is given up"
    assert payload["text"].endswith("&lt;tag&gt;")


NASTY = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from('&<>|*_~`"\\\x00\u202e\u200d\u0301 🏳\ud800'))
)
LONG = st.builds(lambda part, times: part * times, NASTY, st.sampled_from([1, 1, 50, 4_000]))
URLS = st.one_of(
    LONG,
    st.builds(
        lambda path, times: "https://x.example/" + path * times,
        st.text(alphabet=string.printable + "é中|<>&", max_size=30),
        st.sampled_from([1, 20, 200]),
    ),
)
EXCERPTS = st.builds(
    Excerpt,
    field=st.sampled_from(["title", "summary", "body", "author"]),
    text=LONG,
    marks=st.lists(st.tuples(st.integers(-5, 500), st.integers(-5, 500)), max_size=5).map(tuple),
)
TIMES = st.datetimes(
    min_value=FIRST_DAY.replace(tzinfo=None),
    max_value=FIRST_DAY.replace(tzinfo=None, year=9000),
    timezones=st.just(timezone.utc),
)
ALERTS = st.builds(
    alert,
    rule_id=LONG,
    severity=st.sampled_from(["low", "medium", "high"]),
    item_id=st.integers(0, 60).map(lambda n: f"f:{n}"),
    feed_id=NASTY,
    link=URLS,
    title=LONG,
    excerpts=st.lists(EXCERPTS, max_size=4).map(tuple),
    published=st.none() | TIMES,
    first_seen=TIMES,
    updated=st.booleans(),
)


NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # of 100 kB examples it takes minutes


@settings(max_examples=50, deadline=None, phases=NO_SHRINKING, suppress_health_check=list(HealthCheck))
@given(
    alerts=st.lists(ALERTS, max_size=12),
    copies=st.sampled_from([1, 1, 20]),
    kind=st.sampled_from(["story", "reply", "minimal", "ops"]),
    further=st.integers(-1, 10**9),
    names=LONG,
)
def test_payload_keeps_every_limit_whatever_the_feed_says(alerts, copies, kind, further, names):
    alerts = alerts * copies
    sources = {one.feed_id: names for one in alerts[::2]}
    note = message(*alerts, kind=kind if kind != "minimal" else "story", text=names)
    render = {"story": render_story, "reply": render_reply, "minimal": render_minimal}
    if kind == "ops":
        payload = render_ops(note)
    else:
        payload = render[kind](note, alerts, sources=sources, now=NOW, further=further)
    assert check_payload(payload) == []
    assert message_chars(payload) <= MAX_MESSAGE_CHARS
    check_content(payload, text_max=4_000)  # the simulator's own reading of Slack's reference
    assert not set(payload["text"]) & set(BIDI)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"channel": ""}, "channel"),
        ({"text": " "}, "text is empty"),
        ({"text": "x" * 4_001}, "text has 4001"),
        ({"text": "\ud800"}, "surrogate"),
        ({"unfurl_links": True}, "unfurl_links"),
        ({"metadata": {}}, "message_id"),
        ({"metadata": {"event_type": "x", "event_payload": {"message_id": "m", "x": "y" * 9_000}}}, "metadata has"),
        ({"blocks": [{"type": "divider", "block_id": f"b{n}"} for n in range(51)]}, "51 blocks"),
        ({"blocks": [{"type": "divider", "block_id": "b"}] * 2}, "share a block_id"),
        ({"blocks": [{"type": "divider", "block_id": "b" * 256}]}, "256"),
        ({"blocks": [{"type": "marquee", "block_id": "b"}]}, "marquee"),
        ({"blocks": [{"type": "header", "block_id": "b", "text": {"text": "x" * 151}}]}, "151"),
        ({"blocks": [{"type": "section", "block_id": "b", "text": {"text": "x" * 3_001}}]}, "3001"),
        ({"blocks": [{"type": "section", "block_id": "b", "text": {"text": "x"}, "fields": [{"text": "x"}] * 11}]},
         "11 section fields"),
        ({"blocks": [{"type": "context", "block_id": "b", "elements": [{}] * 11}]}, "11 context"),
        ({"blocks": [{"type": "actions", "block_id": "b", "elements": [{"text": {"text": "x" * 76}}]}]}, "76"),
        ({"blocks": [{"type": "rich_text", "block_id": "b", "elements": []}]}, "no elements"),
        ({"blocks": [{"type": "rich_text", "block_id": "b", "elements": [{"type": "text", "text": ""}]}]}, "0 char"),
        ({"blocks": [{"type": "rich_text", "block_id": "b", "elements": [{"type": "link", "url": "ftp://x"}]}]},
         "http"),
        ({"blocks": [{"type": "rich_text", "block_id": "b",
                      "elements": [{"type": "date", "timestamp": "1", "format": "{ago}"}]}]}, "whole number"),
    ],
)  # fmt: skip
def test_check_names_the_limit_that_is_broken(change, word):
    assert any(word in finding for finding in check_payload(story(alert()) | change))


def test_check_counts_the_whole_message():
    blocks = [
        {"type": "rich_text", "block_id": f"b{n}", "elements": [{"type": "text", "text": "x" * 2_900}]}
        for n in range(5)
    ]
    assert any("at most 12000" in finding for finding in check_payload(story(alert()) | {"blocks": blocks}))


def test_notice_to_ops_leads_to_the_page_status_where_its_address_is_known():
    notice = message(kind="ops", text="Channel x is paused")
    assert len(render_ops(notice)["blocks"]) == 1
    context = render_ops(notice, "https://desk.example/newswatch")["blocks"][1]
    assert context["elements"][0]["text"] == "<https://desk.example/newswatch/|Status of newswatch>"


def test_commands_in_a_notice_show_as_code():
    notice = message(kind="ops", text="Files are broken: `newswatch check` says where\nand `make run`")
    (block,) = render_ops(notice)["blocks"]
    (section,) = block["elements"]
    code = [one["text"] for one in section["elements"] if one.get("style", {}).get("code")]
    assert code == ["newswatch check", "make run"]
    assert "`" not in str(section)


def test_lone_backtick_in_a_notice_is_only_a_backtick():
    (block,) = render_ops(message(kind="ops", text="odd ` mark"))["blocks"]
    assert "odd ` mark" in str(block)


EVENT = (("what", "crypto firms"), ("does", "barred"), ("who", "RBI"))
"""The words in the order of the text: "Crypto firms barred by RBI"."""


def test_story_says_who_does_what_with_who_and_whom_in_bold():
    payload = story(alert(event=EVENT, modality="stated"))
    assert "RBI barred crypto firms" in shown(payload)
    assert "RBI barred crypto firms" in payload["text"]
    bold = [leaf["text"] for leaf in leaves(payload) if leaf.get("style") == {"bold": True}]
    assert {"RBI", "crypto firms"} <= set(bold)


def test_story_marks_an_event_that_is_only_possible():
    payload = story(alert(event=EVENT, modality="possible"))
    for text in (shown(payload), payload["text"]):
        assert " · possible" in text
        assert "(possible)" not in text
    both = story(
        alert(event=EVENT, modality="possible"), alert(rule_id="other", event=EVENT[:2], modality="stated")
    )
    assert "RBI barred crypto firms (possible)" in shown(both)


def test_event_is_left_out_where_the_passage_says_it_in_the_same_words():
    said = (("who", "The regulator"), ("does", "rejects"), ("what", "the bill"))
    payload = story(alert(event=said, modality="stated", excerpts=(quote(),)))
    assert shown(payload).count("regulator rejects the bill") == 1
    apart = story(alert(event=(said[0], said[2], said[1]), modality="stated", title="x", excerpts=()))
    assert "The regulator rejects the bill" in shown(apart)


def test_story_of_two_rules_with_one_event_says_it_once():
    payload = story(
        alert(event=EVENT, modality="stated"), alert(rule_id="other", event=EVENT, modality="stated")
    )
    assert shown(payload).count("RBI barred crypto firms") == 1


def test_item_that_is_dated_ahead_says_so():
    ahead = story(alert(published=NOW + timedelta(days=3)))
    dated = f"dated {NOW + timedelta(days=3):%Y-%m-%d %H:%M} UTC"
    assert dated in shown(ahead)
    assert dated in ahead["text"]
    assert "dated" not in shown(story(alert(published=NOW + timedelta(minutes=20))))


def test_event_of_which_another_rule_shows_more_is_said_once():
    payload = story(
        alert(event=(EVENT[2], EVENT[1]), modality="stated"),
        alert(rule_id="other", event=tuple(reversed(EVENT)), modality="stated"),
    )
    assert shown(payload).count("RBI barred") == 1
    assert "RBI barred crypto firms" in shown(payload)


def test_event_without_its_actor_shows_that_something_is_left_out():
    event = (("does", "permit"), ("what", "custody of coins"))
    assert "Monday.… permit custody of coins" in shown(story(alert(event=event, modality="possible")))
    quoted = quote("Deputies want to permit custody of coins.", "permit")
    twice = story(alert(event=event, modality="possible", title="x", excerpts=(quoted,)))
    assert shown(twice).count("permit custody of coins") == 1


def test_story_joins_a_verb_in_pieces():
    event = (("who", "EU"), ("does", "hits"), ("what", "X"), ("does", "with fine"))
    assert "EU hits … with fine X" in shown(story(alert(event=event, modality="stated")))


@pytest.mark.parametrize(
    ("modality", "says"), [("possible",) * 2, ("denied",) * 2, ("question", "a question")]
)
def test_certainty_is_in_bold_beside_the_severity(modality, says):
    payload = story(alert(event=EVENT, modality=modality))
    assert f"High · {says} · 1 publisher · " in shown(payload)
    assert f"High · {says} · 1 publisher · " in payload["text"]
    assert says in [leaf["text"] for leaf in leaves(payload) if leaf.get("style") == {"bold": True}]


def test_correction_is_announced_above_the_passage():
    attention = Attention(corrected="article withdrawn")
    for text in (shown(story(alert(), attention=attention)), story(alert(), attention=attention)["text"]):
        assert text.index("High · 1 publisher") < text.index("✎ Article withdrawn: see the thread")
        assert text.index("✎ Article withdrawn: see the thread") < text.index("rejects the bill")


def test_reply_counts_the_publishers_of_the_whole_story():
    one = alert()
    payload = render_reply(message(one, kind="reply"), [one], sources=SOURCES, now=NOW, further=2)
    for text in (shown(payload), payload["text"]):
        assert "↳ Further report · High · 3 publishers · ECB press, +2 publishers · " in text
