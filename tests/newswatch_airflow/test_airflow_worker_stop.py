"""What a Celery worker that is stopped does with the tasks it runs."""

import json
import signal
import subprocess
import sys
from types import SimpleNamespace

from newswatch_airflow.worker_stop import end_tasks, resident_workers

POOL = """
import subprocess, sys
task = subprocess.Popen([sys.executable, "-c", '''
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready", flush=True)
signal.pause()
'''])
print("ended with", task.wait(), flush=True)
"""


def request(dag_id, pid):
    return SimpleNamespace(args=(json.dumps({"ti": {"dag_id": dag_id}}),), worker_pid=pid)


def test_only_residents_are_asked_to_end():
    others = [
        request("backtest_rule", 3),
        request("match_items", None),  # not begun yet
        SimpleNamespace(args=(), worker_pid=4),
        SimpleNamespace(args=("no JSON",), worker_pid=5),
        SimpleNamespace(args=(json.dumps({"callback": {}}),), worker_pid=6),
        SimpleNamespace(args=([1],), worker_pid=7),
    ]
    assert resident_workers([request("match_items", 1), request("poll_feeds", 2), *others]) == {1, 2}


def test_the_task_is_asked_and_the_pool_process_stays_to_report_it():
    with subprocess.Popen([sys.executable, "-c", POOL], stdout=subprocess.PIPE, text=True) as pool:
        assert pool.stdout.readline() == "ready\n"
        end_tasks([pool.pid, 2**22 + 1], signal.SIGTERM)
        assert pool.stdout.readline() == "ended with 0\n"
    end_tasks([pool.pid], signal.SIGTERM)
