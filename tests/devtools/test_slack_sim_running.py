"""The simulator as a process: what it keeps over a kill, and that it never outlives who started it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from devtools.process import ROOT
from devtools.slack_sim.check import contract_environment
from devtools.slack_sim.journal import Journal
from devtools.slack_sim.running import RunningSimulator

pytestmark = pytest.mark.heavy

CHANNEL = "C0000000001"


def test_messages_edits_and_threads_survive_kill_9(tmp_path):
    with RunningSimulator(data=tmp_path, interval_s=0) as slack:
        parent = slack.post(
            CHANNEL, "parent", metadata={"event_type": "x", "event_payload": {"message_id": "m"}}
        )
        slack.post(CHANNEL, "reply", thread_ts=parent["ts"])
        slack.post("C0777777777", "in a channel made up on the way")
        before = slack.messages()
        slack.kill()
        slack.restart()
        assert slack.messages() == before
        assert slack.post(CHANNEL, "later")["ts"] > before[1]["ts"]


def test_torn_last_line_is_cut_off(tmp_path):
    journal = Journal(tmp_path)
    journal.append({"op": "post", "text": "whole"})
    journal.path.write_bytes(journal.path.read_bytes() + b'{"op":"po')
    assert Journal(tmp_path).records() == [{"op": "post", "text": "whole"}]
    assert journal.path.read_bytes().endswith(b"}\n")


def test_reset_returns_to_how_it_was_started():
    with RunningSimulator(interval_s=0, token="xoxb-only-this") as slack:
        slack.config(interval_s=9, scopes=[], channels=[{"id": CHANNEL, "archived": True}])
        slack.fault("reset", times=0)
        slack.reset()
        assert slack.post(CHANNEL, "one")["ok"]
        assert slack.post(CHANNEL, "two")["ok"]
        slack.token = "xoxb-another"
        assert slack.post(CHANNEL, "three")["error"] == "invalid_auth"


def test_simulator_ends_when_its_starter_is_killed(tmp_path):
    script = (
        "import sys, time\n"
        "from devtools.slack_sim.running import RunningSimulator\n"
        "running = RunningSimulator()\n"
        "print(running.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    with starter:
        pid = int(starter.stdout.readline())
        starter.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while _alive(pid):
        assert time.monotonic() < until, "the simulator outlived its starter"
        time.sleep(0.05)


def _alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture(scope="module")
def module_slack():
    with RunningSimulator(interval_s=0) as running:
        yield running


def test_tools_refuse_pages_of_other_sites(module_slack):
    request = urllib.request.Request(
        f"{module_slack.url}/sim/reset", data=b"{}", headers={"Origin": "https://evil.example"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)
    assert caught.value.code == 403


def test_port_of_another_server_is_refused_not_shared(module_slack):
    with pytest.raises(RuntimeError, match=r"is port .* taken"):
        RunningSimulator(port=int(module_slack.url.rpartition(":")[2]))


def test_faults_file_is_in_force_from_the_start(tmp_path):
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps([{"method": "chat.postMessage", "kind": "is_archived"}]))
    command = [sys.executable, "-m", "devtools.slack_sim", "--help"]
    assert (
        b"--faults" in subprocess.run(command, cwd=ROOT, capture_output=True, timeout=20, check=True).stdout
    )
    with RunningSimulator(faults=faults, interval_s=0) as slack:
        assert slack.post(CHANNEL, "x")["error"] == "is_archived"
        assert slack.post(CHANNEL, "x")["ok"]


def test_check_names_the_settings_it_lacks():
    settings, missing = contract_environment({"SLACK_BOT_TOKEN": "xoxb-1"})
    assert missing == ["SLACK_TEST_CHANNEL"]
    assert settings["SLACK_CONTRACT_TOKEN"] == "xoxb-1"
