"""Release windows in feeds.yaml: their moments, and what is reported at which place."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest
from config_fakes import EasyChecker

from newswatch.config.codec import bundle_from_json, bundle_to_json
from newswatch.config.load import load_config
from newswatch.models import Window

TODAY = date(2026, 11, 22)

RULES = "rules:\n  - {id: rate-decision, query: rates, notify: [policy]}\n"
RECEIVERS = "receivers:\n  - {id: policy, channel: C0123456789}\n  - {id: ops, channel: C0999999999}\n"


def load(folder, *windows, more=""):
    rows = "".join(f"      - {{{window}}}\n" for window in windows)
    feed = f"  - id: ecb\n    url: https://ecb.example/rss\n    windows:\n{rows}{more}"
    (folder / "feeds.yaml").write_text(f"feeds:\n{feed}", "utf-8")
    (folder / "watchlist.yaml").write_text(RULES, "utf-8")
    (folder / "receivers.yaml").write_text(RECEIVERS, "utf-8")
    return load_config(folder, EasyChecker(), today=TODAY)


def problems(loaded):
    return [f"{one.severity} {one.line}:{one.col}: {one.message}" for one in loaded.problems]


def seconds(*moment):
    return int(datetime(*moment, tzinfo=timezone.utc).timestamp())


def test_windows_become_instants_in_the_order_of_their_times(tmp_path):
    loaded = load(
        tmp_path,
        'at: "2027-06-10 14:15", timezone: Europe/Berlin, for: 5m, every: 2s, expect: rate-decision',
        'at: "2026-12-10 14:15:30", timezone: Europe/Berlin',
    )
    assert loaded.problems == ()
    windows = loaded.draft.feeds[0].windows
    assert windows == (
        Window(seconds(2026, 12, 10, 13, 15, 30), timezone="Europe/Berlin"),
        Window(seconds(2027, 6, 10, 12, 15), 300.0, 2.0, "rate-decision", "Europe/Berlin"),
    )
    assert (windows[0].for_s, windows[0].every_s, windows[0].expect) == (600.0, 1.0, "")
    bundle = loaded.draft.to_bundle(None)
    assert bundle_from_json(bundle_to_json(bundle)) == bundle


@pytest.mark.parametrize(
    ("window", "says"),
    [
        (
            'at: "2027-03-28 02:30", timezone: Europe/Berlin',
            (
                "error 5:14: feed 'ecb': windows: 2027-03-28 02:30 does not exist in Europe/Berlin: the clocks are put forward"
                " then; write 03:30 if you mean that"
            ),
        ),
        (
            'at: "2027-10-31 02:30", timezone: Europe/Berlin',
            (
                "warning 5:14: feed 'ecb': windows: 2027-10-31 02:30 comes twice in Europe/Berlin, because the clocks are put"
                " back: the first one counts (00:30 UTC); for the second write 01:30 with timezone: UTC"
            ),
        ),
        (
            'at: "2026-11-21 14:15", timezone: Europe/Berlin',
            "warning 5:14: feed 'ecb': windows: 2026-11-21 14:15 is past: remove the window",
        ),
        (
            'at: "2026-12-10 14:15", timezone: UTC, expect: rate-decisions',
            "error 5:57: feed 'ecb': windows: expect: there is no rule 'rate-decisions'; did you mean 'rate-decision'?",
        ),
        (
            'at: "10.12.2026", timezone: UTC',
            (
                "error 5:14: feed 'ecb': windows: at: '10.12.2026' is not a date with a time: write YYYY-MM-DD HH:MM, such as"
                " 2026-12-10 14:15"
            ),
        ),
        (
            'at: "2026-13-10 14:15", timezone: UTC',
            (
                "error 5:14: feed 'ecb': windows: at: '2026-13-10 14:15' is not a date with a time: write YYYY-MM-DD HH:MM, such"
                " as 2026-12-10 14:15"
            ),
        ),
        (
            'at: "2026-12-10 14:15", timezone: UTC, for: 16m',
            "error 5:54: feed 'ecb': windows: for: must be at most 15m",
        ),
        (
            'at: "2026-12-10 14:15", timezone: UTC, every: 0.5s',
            "error 5:56: feed 'ecb': windows: every: must be at least 1s",
        ),
        ('at: "2026-12-10 14:15"', "error 5:9: feed 'ecb': windows: timezone is missing"),
    ],
)
def test_wrong_window_is_reported_with_its_place(tmp_path, window, says):
    assert problems(load(tmp_path, window)) == [says]


def test_hour_that_comes_twice_counts_from_the_first(tmp_path):
    loaded = load(tmp_path, 'at: "2027-10-31 02:30", timezone: Europe/Berlin')
    assert loaded.draft.feeds[0].windows[0].at_s == seconds(2027, 10, 31, 0, 30)


def test_past_window_is_left_out(tmp_path):
    loaded = load(tmp_path, 'at: "2026-11-21 14:15", timezone: Europe/Berlin')
    assert loaded.draft.feeds[0].windows == ()


def test_fourth_window_of_a_host_on_one_day_is_an_error(tmp_path):
    times = [f'at: "2026-12-10 1{hour}:00", timezone: UTC' for hour in range(3)]
    other = (
        "  - id: ecb-speeches\n    url: https://ecb.example/speeches\n"
        '    windows: [{at: "2026-12-10 20:00", timezone: UTC}]\n'
    )
    found = problems(load(tmp_path, *times, more=other))
    assert len(found) == 1
    assert found[0].startswith(
        "error 10:20: feed 'ecb-speeches': windows: ecb.example has more than 3 windows"
    )
    assert load(tmp_path, *times, more=other.replace("12-10", "12-11")).problems == ()
