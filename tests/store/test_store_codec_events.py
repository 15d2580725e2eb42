"""An alert keeps who does what."""

import json

from store_records import alert

from newswatch.store.codec import alert_from_json, alert_to_json


def test_alert_of_an_event_keeps_its_parts():
    event = (("who", "RBI"), ("does", "bars"), ("what", "crypto firms"))
    one = alert(event=event, modality="possible")
    assert alert_from_json(alert_to_json(one)) == one


def test_alert_of_a_query_has_none():
    assert alert_from_json(alert_to_json(alert())) == alert()
    assert "event" not in json.loads(alert_to_json(alert()))
