"""Each hop of an alert's way is measured, once for each alert that Slack accepted."""

from dataclasses import replace
from datetime import timedelta

from tests.store import store_records

from newswatch.pipeline.deliver.hop_times import hops_of


def test_each_hop_is_the_time_between_two_points_of_the_way():
    alert = store_records.alert()
    seen = alert.first_seen
    alert = replace(alert, published=seen - timedelta(seconds=40), matched=seen + timedelta(seconds=0.25))
    times = dict(hops_of([alert], seen + timedelta(seconds=1), seen + timedelta(seconds=3)))
    assert times == {
        "publication_to_seen": 40.0,
        "seen_to_matched": 0.25,
        "matched_to_begun": 0.75,
        "begun_to_sent": 2.0,
        "publication_to_sent": 43.0,
    }


def test_an_item_without_date_has_no_hop_from_publication_and_no_hop_is_negative():
    alert = store_records.alert()
    early = alert.first_seen - timedelta(minutes=1)
    times = dict(hops_of([replace(alert, published=None, matched=early)], early, early))
    assert times == {"seen_to_matched": 0.0, "matched_to_begun": 0.0, "begun_to_sent": 0.0}
