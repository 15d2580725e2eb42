"""Release windows from an iCalendar file."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from config_fakes import EasyChecker

from newswatch.config.calendar_file import CalendarUnusable, read_calendar
from newswatch.config.load import fingerprint, folder_signature, load_config
from newswatch.models import Window
from newswatch.pipeline.authoring.editing import draft_folder

TODAY = date(2026, 11, 22)

RULES = "rules:\n  - {id: rate-decision, query: rates, notify: [policy]}\n"
RECEIVERS = "receivers:\n  - {id: policy, channel: C0123456789}\n  - {id: ops, channel: C0999999999}\n"


def event(*lines, name="Rate decision"):
    return "\r\n".join(["BEGIN:VEVENT", f"SUMMARY:{name}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"])


def write(folder, *events, head=()):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bank//EN", *head, *events, "END:VCALENDAR", ""]
    path = folder / "releases.ics"
    path.write_text("\r\n".join(lines), "utf-8", newline="")
    return path


def read(folder, *events, head=()):
    return [f"{at:%Y-%m-%d %H:%M}" for at, _ in read_calendar(write(folder, *events, head=head), TODAY)]


BERLIN = "DTSTART;TZID=Europe/Berlin"


def test_events_with_every_kind_of_zone(tmp_path):
    found = read_calendar(
        write(
            tmp_path,
            event(f"{BERLIN}:20261210T141500"),
            event("DTSTART:20261211T141500Z"),
            event("DTSTART;TZID=W. Europe Standard Time:20261212T141500"),
            event("DTSTART:20261213T141500"),
            head=["X-WR-TIMEZONE:America/New_York"],
        ),
        TODAY,
    )
    assert [(f"{at:%d %H:%M}", zone) for at, zone in found] == [
        ("10 13:15", "Europe/Berlin"),
        ("11 14:15", "UTC"),
        ("12 13:15", "Europe/Berlin"),
        ("13 19:15", "America/New_York"),
    ]


def test_repetition_follows_the_clocks_of_its_zone(tmp_path):
    weekly = event("DTSTART;TZID=America/New_York:20200102T083000", "RRULE:FREQ=WEEKLY;BYDAY=TH")
    found = [at for at, _ in read_calendar(write(tmp_path, weekly), TODAY)]
    assert found[0] == datetime(2026, 11, 26, 13, 30, tzinfo=timezone.utc)
    assert all(later - sooner == timedelta(days=7) for sooner, later in pairwise(found))
    spring = [at for at, _ in read_calendar(tmp_path / "releases.ics", date(2027, 3, 10))]
    assert [f"{at:%m-%d %H:%M}" for at in spring[:2]] == ["03-11 13:30", "03-18 12:30"]


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["RRULE:FREQ=DAILY;COUNT=3"], ["01", "02", "03"]),
        (["RRULE:FREQ=DAILY;UNTIL=20261202"], ["01", "02"]),
        (["RRULE:FREQ=DAILY;UNTIL=20261202T141500Z"], ["01", "02"]),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20261202T141500"], ["01", "03"]),
        (["RDATE;TZID=Europe/Berlin:20261205T141500"], ["01", "05"]),
        (["STATUS:CANCELLED"], []),
    ],
)
def test_repetitions_and_exceptions(tmp_path, lines, days):
    assert [text[8:10] for text in read(tmp_path, event(f"{BERLIN}:20261201T141500", *lines))] == days


def test_occurrence_that_was_moved_counts_at_its_new_time(tmp_path):
    master = event(f"{BERLIN}:20261201T141500", "UID:a", "RRULE:FREQ=DAILY;COUNT=3")
    moved = event(f"{BERLIN}:20261202T160000", "UID:a", "RECURRENCE-ID;TZID=Europe/Berlin:20261202T141500")
    cancelled = event(
        f"{BERLIN}:20261203T141500",
        "UID:a",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261203T141500",
        "STATUS:CANCELLED",
    )
    assert read(tmp_path, master, moved, cancelled) == ["2026-12-01 13:15", "2026-12-02 15:00"]


def test_only_what_comes_within_a_hundred_days_is_put_in_force(tmp_path):
    found = read(
        tmp_path,
        *(event(f"DTSTART:{day}T141500Z") for day in ("20261121", "20261122", "20270301", "20270303")),
    )
    assert found == ["2026-11-22 14:15", "2027-03-01 14:15"]


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([event("DTSTART;VALUE=DATE:20261210")], "event 'Rate decision' has no time of day"),
        ([event("DTSTART:20261210T141500")], "event 'Rate decision' has no time zone"),
        ([event("SUMMARY:x")], "has no start"),
        ([event("DTSTART:20261210T141500Z", "RRULE:FREQ=HOURLY")], "repeats more often than daily"),
        (
            [event("DTSTART:20261210T141500Z", "RRULE:FREQ=DAILY;BYHOUR=9,12")],
            "repeats more often than daily",
        ),
        ([event("DTSTART:00010101T000000Z", "RRULE:FREQ=DAILY")], "begins before 1970"),
        (
            [event(f"DTSTART:20261210T14{n:02}00Z", "RRULE:FREQ=DAILY") for n in range(3)],
            "more than 1,000 occurrences",
        ),
        ([event("DTSTART:20261210T141500Z", "RRULE:FREQ=YEARLY")] * 101, "at most 2,000 and 100"),
        (["BEGIN:VEVENT"], "is not an iCalendar file"),
    ],
)
def test_calendar_that_cannot_be_used_says_why(tmp_path, events, says):
    with pytest.raises(CalendarUnusable, match=says):
        read(tmp_path, *events)


START = "DTSTART:20261210T141500Z"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            [START, "RRULE:FREQ=DAILY;INTERVAL=0"],
            "event 'Rate decision' has INTERVAL=0 in its RRULE: write 1",
        ),
        ([START, "RRULE:FREQ=YEARLY;INTERVAL=-1"], "has INTERVAL=-1 in its RRULE"),
        ([START, "RRULE:FREQ=DAILY;COUNT=0"], "has COUNT=0 in its RRULE"),
        ([START, "RRULE:FREQ=DAILY;COUNT=-3"], "has COUNT=-3 in its RRULE"),
        ([START, "RRULE:"], "event 'Rate decision' has an RRULE without FREQ"),
        ([START, "RRULE:COUNT=3"], "has an RRULE without FREQ"),
        ([START, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"], "repeats on days that do not exist"),
        ([START, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31"], "repeats on days that do not exist"),
        ([START, "RRULE:FREQ=SECONDLY"], "repeats more often than daily"),
        ([START, "RRULE:FREQ=MINUTELY;COUNT=2"], "repeats more often than daily"),
        ([START, "EXDATE:garbage"], "event 'Rate decision' has an EXDATE that cannot be read: 'garbage'"),
        ([START, "RDATE:zz"], "event 'Rate decision' has an RDATE that cannot be read: 'zz'"),
        ([START, "RRULE:FREQ=DAILY;COUNT=x"], "has an RRULE that cannot be read: 'FREQ=DAILY;COUNT=x'"),
        ([START, "RRULE:FREQ=DAILY;UNTIL=x"], "has an RRULE that cannot be read: 'FREQ=DAILY;UNTIL=x'"),
        ([START, "RRULE:FREQ=DAILY;BYMONTHDAY=99"], "repeats on days that do not exist"),
        ([START, "RECURRENCE-ID:garbage"], "has a RECURRENCE-ID that cannot be read: 'garbage'"),
        ([START, "RECURRENCE-ID:20261210T131500Z", "RECURRENCE-ID:20261211T131500Z"], "has no time of day"),
        ([START, "RECURRENCE-ID;VALUE=TIME:131500"], "event 'Rate decision' cannot be read"),
        (["DTSTART:garbage"], "has a DTSTART that cannot be read: 'garbage'"),
        (["DTSTART;VALUE=TIME:131500"], "event 'Rate decision' cannot be read"),
        (["DTSTART;VALUE=DATE:00010101"], "has no time of day"),
        ([START, START], "has no time of day"),
        (["DTSTART;TZID=Asia/Tokyo:00010101T000000"], "begins before 1970"),
        (["DTSTART;TZID=America/New_York:99991231T235959"], "begins after 9000"),
        (["DTSTART;TZID=Asia/Tokyo:20261210T131500", "RRULE:FREQ=YEARLY;UNTIL=00010101T000000"], "UNTIL"),
    ],
)
def test_event_that_cannot_be_used_is_an_error_of_its_feed(tmp_path, lines, says):
    write(tmp_path, event(*lines))
    (found,) = load(tmp_path, "releases.ics").problems
    assert (found.severity, found.line, found.col) == ("error", 4, 15)
    assert found.message.startswith("feed 'ecb': calendar: releases.ics event 'Rate decision' ")
    assert says in found.message


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=YEARLY;COUNT=999999999", ["01"]),
        ("FREQ=YEARLY;UNTIL=99991231T235959Z", ["01"]),
        ("FREQ=YEARLY;INTERVAL=9000", ["01"]),
        ("FREQ=DAILY;UNTIL=20261130T000000Z", ["01"]),
        ("FREQ=MONTHLY;BYMONTHDAY=29;BYMONTH=2", ["01"]),
        ("FREQ=DAILY;INTERVAL=50;COUNT=2", ["01", "20"]),
    ],
)
def test_repetition_of_an_unusual_length_is_followed(tmp_path, rule, days):
    assert [
        text[8:10] for text in read(tmp_path, event(f"{BERLIN}:20261201T141500", f"RRULE:{rule}"))
    ] == days


def test_endless_repetition_from_long_ago_gives_the_same_days(tmp_path):
    leap = event("DTSTART:19720229T120000Z", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
    path = write(tmp_path, leap)
    assert [f"{at:%Y-%m-%d}" for at, _ in read_calendar(path, date(2028, 1, 1))] == ["2028-02-29"]


def test_event_that_moves_only_by_dates_is_stopped_at_the_most_occurrences(tmp_path):
    minutes = ",".join(f"202612{1 + n // 1440:02}T{n // 60 % 24:02}{n % 60:02}00Z" for n in range(1_100))
    with pytest.raises(CalendarUnusable, match="more than 1,000 occurrences"):
        read(tmp_path, event(START, f"RDATE:{minutes}"))


ZONE = """\
BEGIN:VTIMEZONE
TZID:Odd
BEGIN:STANDARD
DTSTART:16011028T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:{}
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;
 BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def test_time_zone_of_the_file_itself_is_followed(tmp_path):
    zone = ZONE.format("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10").splitlines()
    assert read(tmp_path, event("DTSTART;TZID=Odd:20261210T141500"), head=zone) == ["2026-12-10 13:15"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=DAILY",
        "freq=minutely",
        "FREQ=YEARLY;INTERVAL=0",
        "FREQ=YEARLY;BYSECOND=1,2",
        "COUNT=2",
    ],
)
def test_time_zone_that_changes_too_often_is_refused(tmp_path, rule):
    zone = ZONE.format(rule).splitlines()
    with pytest.raises(
        CalendarUnusable, match="has a time zone whose RRULE is not understood: line 10: 'RRULE:"
    ):
        read(tmp_path, event("DTSTART;TZID=Odd:20261210T141500"), head=zone)


def test_calendar_that_takes_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("newswatch.config.calendar_file.PATIENCE_S", 0.0)
    with pytest.raises(CalendarUnusable, match="takes too long to read"):
        read(tmp_path, event("DTSTART:20261210T141500Z"))


def test_large_or_missing_calendar_is_refused(tmp_path):
    path = tmp_path / "large.ics"
    path.write_bytes(b"x" * 1_000_001)
    with pytest.raises(CalendarUnusable, match="over 1 MB"):
        read_calendar(path, TODAY)
    with pytest.raises(CalendarUnusable, match="does not exist"):
        read_calendar(tmp_path / "none.ics", TODAY)


def configure(folder, calendar):
    feeds = f"feeds:\n  - id: ecb\n    url: https://ecb.example/rss\n    calendar: {calendar}\n"
    (folder / "feeds.yaml").write_text(feeds, "utf-8")
    (folder / "watchlist.yaml").write_text(RULES, "utf-8")
    (folder / "receivers.yaml").write_text(RECEIVERS, "utf-8")


def load(folder, calendar, today=TODAY):
    configure(folder, calendar)
    return load_config(folder, EasyChecker(), today=today)


def test_each_event_of_the_calendar_begins_a_window(tmp_path):
    write(tmp_path, event(f"{BERLIN}:20261210T141500"))
    at = int(datetime(2026, 12, 10, 13, 15, tzinfo=timezone.utc).timestamp())
    loaded = load(tmp_path, "releases.ics")
    assert loaded.problems == ()
    assert loaded.draft.feeds[0].windows == (Window(at, timezone="Europe/Berlin"),)
    loaded = load(tmp_path, "{file: releases.ics, for: 5m, every: 2s, expect: rate-decision}")
    assert loaded.problems == ()
    assert loaded.draft.feeds[0].windows == (Window(at, 300.0, 2.0, "rate-decision", "Europe/Berlin"),)


@pytest.mark.parametrize(
    ("calendar", "says"),
    [
        ("none.ics", "4:15: feed 'ecb': calendar: none.ics does not exist in the configuration folder"),
        (
            "../other.ics",
            "4:15: feed 'ecb': calendar: '../other.ics' is not a file of the configuration folder: write",
        ),
        (
            "/etc/other.ics",
            "4:15: feed 'ecb': calendar: '/etc/other.ics' is not a file of the configuration folder",
        ),
        (
            "https://bank.example/a.ics",
            "4:15: feed 'ecb': calendar: 'https://bank.example/a.ics' is not a file of",
        ),
        ("{file: releases.ics, expect: nope}", "4:44: feed 'ecb': calendar: expect: there is no rule 'nope'"),
        ("{every: 1s}", "4:15: feed 'ecb': calendar: file is missing"),
    ],
)
def test_wrong_calendar_is_reported_with_its_place(tmp_path, calendar, says):
    write(tmp_path, event(f"{BERLIN}:20261210T141500"))
    (found,) = load(tmp_path, calendar).problems
    assert f"{found.line}:{found.col}: {found.message}".startswith(says)


def test_edited_calendar_and_a_new_week_are_noticed(tmp_path):
    configure(tmp_path, "releases.ics")
    plain = fingerprint(tmp_path, TODAY)
    assert fingerprint(tmp_path, TODAY + timedelta(days=7)) == plain
    write(tmp_path, event(f"{BERLIN}:20261210T141500"))
    before, signature = fingerprint(tmp_path, TODAY), folder_signature(tmp_path)
    assert before != plain
    assert fingerprint(tmp_path, TODAY - timedelta(days=1)) == before
    assert fingerprint(tmp_path, TODAY + timedelta(days=7)) != before
    write(tmp_path, event(f"{BERLIN}:20261210T141600"))
    assert fingerprint(tmp_path, TODAY) != before
    assert folder_signature(tmp_path) != signature


def test_draft_of_a_rule_is_checked_with_the_calendars_of_the_folder(tmp_path):
    (tmp_path / "dates").mkdir()
    write(tmp_path / "dates", event(f"{BERLIN}:20261210T141500"))
    configure(tmp_path, "{file: dates/releases.ics, expect: rate-decision}")
    with draft_folder(tmp_path, "watchlist.yaml", RULES.replace("rates", "interest rates")) as folder:
        loaded = load_config(folder, EasyChecker(), today=TODAY)
    assert loaded.problems == ()
    assert len(loaded.draft.feeds[0].windows) == 1
