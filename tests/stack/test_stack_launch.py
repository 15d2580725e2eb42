"""The launcher as a person meets it: real processes, without Airflow, which has a test of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
import redis

from devtools.redis_server import free_port
from devtools.stack.environment import STACK_ID
from devtools.stack.processes import Record

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 30.0
TOKEN = {"SLACK_BOT_TOKEN": "xoxb-set-so-that-no-simulator-starts"}


class Stack:
    """One launcher process and its data folder."""

    def __init__(self, data, **environ):
        self.data = data
        self.environ = {**os.environ, "SLACK_SIM_PORT": str(free_port()), **environ}
        self.process = None
        self.ids = set()
        self.sessions = set()

    def start(self, prefix=()):
        self.log = self.data.parent / "launcher.log"
        command = [
            sys.executable,
            "-m",
            "devtools.stack",
            "run",
            "--without-airflow",
            "--data",
            str(self.data),
        ]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*prefix, *(() if prefix else command)],
                cwd=ROOT,
                env=self.environ,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self

    def until(self, what):
        until(lambda: what in self.output() or self.process.poll() is not None)
        assert what in self.output()
        if record := self.record():
            self.ids.add(record.stack_id)
            self.sessions |= {child.pid for child in record.children}
        return self

    def output(self):
        return self.log.read_text(errors="replace")

    def record(self):
        return Record.load(self.data / "stack.json")

    def redis(self):
        return redis.Redis(port=json.loads((self.data / "ports.json").read_text())["redis"])

    def command(self, what):
        return subprocess.run(
            [sys.executable, "-m", "devtools.stack", what, "--without-airflow", "--data", str(self.data)],
            check=False,
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )

    def left(self):
        return [process for process in psutil.process_iter() if belongs(process, self.ids, self.sessions)]


def belongs(process, ids, sessions):
    try:
        ours = os.getsid(process.pid) in sessions or process.environ().get(STACK_ID) in ids
        return ours and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ProcessLookupError, PermissionError):
        return False


def until(condition, timeout_s=TIMEOUT_S):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def stack(tmp_path):
    stacks = []

    def make(**environ):
        stacks.append(Stack(tmp_path / "data", **environ))
        return stacks[-1]

    yield make
    for made in stacks:
        if made.process is not None and made.process.poll() is None:
            made.process.kill()
            made.process.wait()
        made.command("stop")
        for process in made.left():
            process.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_the_launcher_ends_everything_it_started(stack, how):
    running = stack().start().until("newswatch is up")
    assert len(running.left()) == 3
    running.process.send_signal(how)
    assert running.process.wait(timeout=TIMEOUT_S) == 0
    assert running.left() == []
    assert running.record() is None


def test_the_sample_stack_serves_the_simulator_and_the_overlay(stack):
    running = stack().start().until("newswatch is up")
    port = running.environ["SLACK_SIM_PORT"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/sim/messages", timeout=5) as answer:
        assert json.load(answer) == []
    feeds = (running.data / "config" / "feeds.yaml").read_text()
    assert feeds.count("allow_private: true") >= 3
    assert f"http://localhost:{port}" in running.output()


def test_children_get_the_environment_of_the_launcher(stack):
    running = stack(**TOKEN, MINE="here").start().until("newswatch is up")
    assert [process.environ()["MINE"] for process in running.left()] == ["here"]


def test_what_a_killed_launcher_left_is_ended_by_stop(stack):
    running = stack(**TOKEN).start().until("newswatch is up")
    running.process.kill()
    running.process.wait()
    assert len(running.left()) == 1
    assert running.command("stop").returncode == 0
    assert running.left() == []


def test_a_start_after_a_kill_ends_the_strays_and_finds_its_data(stack):
    running = stack(**TOKEN).start().until("newswatch is up")
    running.redis().set("kept", "yes")
    time.sleep(1.1)  # appendfsync everysec: what the promise about crashes allows to be lost
    running.process.kill()
    running.process.wait()
    old = running.left()
    running.start().until("newswatch is up")
    assert not {process.pid for process in old} & {process.pid for process in running.left()}
    assert "left behind" in running.output()
    assert running.redis().get("kept") == b"yes"


def test_a_component_that_dies_is_started_again_on_its_port(stack):
    running = stack(**TOKEN).start().until("newswatch is up")
    (server,) = running.left()
    server.kill()
    running.until("redis ended with signal 9")

    def answers():
        try:
            return running.redis().ping()
        except redis.ConnectionError:
            return False

    until(answers)


def test_a_second_start_on_the_same_data_is_refused(stack):
    running = stack(**TOKEN).start().until("newswatch is up")
    second = running.command("run")
    assert second.returncode == 1
    assert "running already" in second.stderr
    assert "make stop" in second.stderr
    assert running.redis().ping()


def test_stop_ends_a_stack_that_runs_in_another_terminal(stack):
    running = stack(**TOKEN).start().until("newswatch is up")
    assert running.command("stop").returncode == 0
    assert running.process.wait(timeout=TIMEOUT_S) == 0
    assert running.left() == []


def test_stop_without_a_stack_is_no_error(stack):
    stopped = stack().command("stop")
    assert stopped.returncode == 0
    assert "nothing was running" in stopped.stdout


def test_a_taken_port_is_told_with_its_variable_before_anything_starts(stack):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        running = stack(SLACK_SIM_PORT=str(other.getsockname()[1]))
        refused = running.command("run")
    assert refused.returncode == 1
    assert "SLACK_SIM_PORT=" in refused.stderr
    assert not (running.data / "stack.json").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="make's state is read from /proc")
def test_a_signal_to_make_alone_ends_the_stack(stack, tmp_path):
    running = stack(**TOKEN)
    makefile = tmp_path / "Makefile"
    makefile.write_text(
        f"run:\n\t@exec {sys.executable} -m devtools.stack run --without-airflow --data {running.data}\n"
    )
    running.start(prefix=("make", "-f", str(makefile), "run")).until("newswatch is up")
    running.process.send_signal(signal.SIGINT)
    running.process.wait(timeout=TIMEOUT_S)
    until(lambda: running.left() == [])
