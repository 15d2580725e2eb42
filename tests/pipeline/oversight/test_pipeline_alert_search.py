"""Alerts by what people filter for: all that fit, newest first, without a look at the others."""

from collections import Counter
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.listener.clicks import take_click
from newswatch.pipeline.oversight.alert_search import AlertFilter, list_alerts
from newswatch.pipeline.oversight.alerts import count_states
from newswatch.pipeline.oversight.housekeeping import run_housekeeping
from newswatch.slack.buttons import ACTIONS
from newswatch.slack.clicks import Click
from newswatch.store import keys
from newswatch.store.archive import Cursor

LATER = "C0222222222"
WATCHLIST = """\
rules:
  - {id: opposes, query: central bank opposes, severity: high, notify: [policy]}
  - {id: rates, query: interest rates, severity: low, notify: [later]}
  - {id: surge, query: bank run, notify: [policy], threshold: {stories: 2, sources: 2, within: 30m}}
"""
RECEIVERS = f"""\
defaults: {{per_channel_interval: 0.02s, grace: 60s}}
receivers:
  - {{id: policy, channel: {POLICY}}}
  - {{id: later, channel: {LATER}, mode: digest, digest: {{at: "08:00", timezone: UTC}}}}
  - {{id: ops, channel: {OPS}}}
"""
FACETS = {
    "rule": ("opposes", "rates", "surge"),
    "feed": ("wire", "markets"),
    "channel": (POLICY, LATER),
    "severity": ("low", "medium", "high"),
    "state": ("queued", "held", "sent", "muted", "dead"),
    "text": ("RATES", "number 3", '"quoted" \\ äÖ'),
}


@pytest.fixture
def room(newsroom):
    newsroom.feeds("wire", "markets")
    newsroom.watchlist(WATCHLIST)
    newsroom.write("receivers.yaml", RECEIVERS)
    return newsroom


def find(room, before=None, limit=50, **wanted):
    async def work(services):
        return await list_alerts(services, AlertFilter(**wanted), before=before, limit=limit)

    return room._do(work)


def alerts_in_every_state(room):
    def tell(first, *titles, feed="wire"):
        room.site.serve(f"/{feed}", *(story(first + n, title) for n, title in enumerate(titles)))

    room.adopt()
    tell(0, "Central bank opposes number 1", "Interest rates rise", "Rumours of a bank run")
    tell(10, '"Quoted" \\ ÄÖ: the central bank opposes', feed="markets")
    room.run()
    room.redis.hset(keys.MUTES, f"opposes|{POLICY}", '{"until":99999999999999,"by":"ada","since":0}')
    tell(20, "Muted: central bank opposes number 2")
    room.poll()
    room.match()
    room.redis.delete(keys.MUTES)
    tell(30, "Dead: the levy that the central bank opposes")
    room.slack.fault("invalid_blocks", times=2, channel=POLICY)
    room.run()
    tell(40, "Queued: what else the central bank opposes, number 3")
    room.poll()
    room.match()


def test_every_filter_finds_all_that_fit_and_nothing_else(room):
    alerts_in_every_state(room)
    everything = find(room).lines
    assert {line.state for line in everything} == set(FACETS["state"])
    for facet, values in FACETS.items():
        for value in values:
            wanted = AlertFilter(**{facet: value})
            expected = [line for line in everything if wanted.admits(line)]
            assert expected, (facet, value)
            assert list(find(room, **{facet: value}).lines) == expected, (facet, value)
    both = AlertFilter(rule="opposes", state="sent", feed="markets")
    assert list(find(room, rule="opposes", state="sent", feed="markets").lines) == [
        line for line in everything if both.admits(line)
    ]


def test_states_are_counted_as_the_search_finds_them(room):
    alerts_in_every_state(room)

    async def work(services):
        return await count_states(services, 500)

    expected = Counter(line.state for line in find(room).lines)
    assert room._do(work) == expected
    acknowledge(room)
    assert room._do(work) == expected + Counter(acknowledged=1) - Counter(sent=1)


def acknowledge(room):
    """What the button below a message with one alert would bring."""
    (message,) = [one for one in room.posts() if one["channel"] == POLICY and "number 1" in one["text"]]
    name = message["metadata"]["event_payload"]["message_id"]
    at = datetime.now(timezone.utc)
    click = Click(ACTIONS["newswatch_ack"], name, POLICY, "U0ANNA", "anna", at)
    room._do(partial(take_click, click=click))


def test_surge_that_is_told_holds_nothing_back_any_more(room):
    room.site.serve("/wire", story(1, "Rumours of a bank run"))
    room.run()
    assert len(find(room, state="held").lines) == 1
    room.site.serve("/markets", story(2, "Savers queue: a bank run in the north"))
    room.run()
    assert find(room, state="held").lines == ()
    assert len(find(room, rule="surge", state="sent").lines) == 2


def test_pages_of_a_filter_neither_lose_nor_repeat_an_alert(room):
    titles = (f"Number {n}: the central bank opposes" for n in range(25))
    room.site.serve(
        "/wire", *(story(n, title, link=f"https://n.example/{n}") for n, title in enumerate(titles))
    )
    room.poll()
    room.match()
    for wanted in ({"rule": "opposes"}, {"state": "queued"}, {"text": "opposes"}):
        seen, before = [], None
        while True:
            page = find(room, before=before, limit=10, **wanted)
            seen += [line.alert.id for line in page.lines]
            before = page.further
            if before is None:
                break
        assert len(seen) == len(set(seen)) == 25, wanted


def test_old_alert_of_a_rule_is_found_behind_many_others_at_once(room):
    room.site.serve("/wire", story(1, "Interest rates rise"))
    room.poll()
    room.match()
    (alert_id,) = room.redis.zrange(keys.ALERTS, 0, -1)
    data = room.redis.hget(keys.alert(alert_id), "json").replace('"rates"', '"opposes"')
    pipe = room.redis.pipeline()
    for number in range(3_000):
        name = f"{number:016x}"
        pipe.hset(keys.alert(name), mapping={"json": data.replace(alert_id, name), "message": ""})
        pipe.zadd(keys.ALERTS, {name: 9_000_000_000_000 + number})
    pipe.execute()
    page = find(room, rule="rates")
    assert [line.alert.id for line in page.lines] == [alert_id]
    assert page.looked_at == 1
    assert page.further is None


def test_headline_that_is_far_back_is_found_by_looking_further(room, monkeypatch):
    monkeypatch.setattr("newswatch.pipeline.oversight.alert_search.PATIENCE_S", 0.0)
    test_old_alert_of_a_rule_is_found_behind_many_others_at_once(room)
    before, looks = Cursor(9_999_999_999_999, "f"), 0
    while before is not None:
        page = find(room, before=before, text="nothing like it")
        before, looks = page.further, looks + 1
    assert looks > 3_000 // 250


def test_housekeeping_takes_old_alerts_off_every_list(room):
    room.site.serve("/wire", story(1, "Interest rates rise"))
    room.poll()
    room.match()
    lists = [keys.ALERTS, *room.redis.keys(f"{keys.ALERTS}:*")]
    assert len(lists) == 5
    room._do(run_housekeeping)
    assert all(room.redis.zcard(name) == 1 for name in lists)
    room.pass_time(timedelta(days=91))
    room._do(run_housekeeping)
    assert not any(room.redis.exists(name) for name in lists)
