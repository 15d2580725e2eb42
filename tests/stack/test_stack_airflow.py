"""The whole of `make run`: a story on the sample site becomes one message, and nothing is left running."""

import signal
import time

import pytest
from stack_launcher import until

BOOT_S = 600.0
ALERT_S = 300.0
STOP_S = 180.0

FILES = {
    "feeds.yaml": "feeds: []\n",
    "watchlist.yaml": "rules:\n  - {id: bank, query: central bank opposes, severity: high, notify: [policy]}\n",
    "receivers.yaml": "receivers:\n  - {id: policy, channel: C0000000001}\n  - {id: ops, channel: C0000000002}\n",
}


def stories(running):
    """The messages that open a thread in the policy channel."""
    return [
        message
        for message in running.messages()
        if message["channel"] == "C0000000001" and message.get("thread_ts") in (None, message["ts"])
    ]


def editions(running):
    return running.get(running.ports()["news-site"], "/site/log")


def failed_runs(running):
    runs = running.get(running.environ["AIRFLOW_PORT"], "/api/v2/dags/~/dagRuns?limit=100&state=failed")
    return [(run["dag_id"], run["dag_run_id"]) for run in runs["dag_runs"]]


def run_until_alerted(running):
    """Start, wait for the newest edition's message, look at Airflow; returns seconds from healthy to alert."""
    running.start().until("newswatch is up", BOOT_S)
    healthy = time.monotonic()
    lead = editions(running)[-1]["link"]
    until(lambda: any(lead in message["text"] for message in stories(running)), ALERT_S)
    took_s = time.monotonic() - healthy
    imports = running.get(running.environ["AIRFLOW_PORT"], "/api/v2/importErrors")
    assert imports["import_errors"] == []
    assert failed_runs(running) == []
    return took_s


def stop(running):
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=STOP_S) == 0
    assert running.left() == []


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.timeout(1800)
def test_make_run_alerts_once_a_story_and_a_second_start_repeats_none(stack, tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    for name, text in FILES.items():
        (config / name).write_text(text)
    running = stack(airflow=True, NEWSWATCH_CONFIG=str(config))
    assert run_until_alerted(running) < ALERT_S
    stop(running)
    assert run_until_alerted(running) < ALERT_S
    alerts = [
        alert
        for message in running.messages()
        for alert in message["metadata"]["event_payload"].get("alert_ids", [])
    ]
    assert len(alerts) == len(set(alerts))
    assert len(stories(running)) == len(editions(running))
    stop(running)
