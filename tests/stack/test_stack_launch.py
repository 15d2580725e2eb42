"""The launcher as a person meets it: real processes, without Airflow, which has a test of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
import redis
from stack_launcher import TIMEOUT_S, until

from devtools.process import ROOT

pytestmark = pytest.mark.heavy

TOKEN = {"SLACK_BOT_TOKEN": "xoxb-set-so-that-no-simulator-starts"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_makes_the_launcher_end_everything_it_started(stack, how):
    running = stack().start().until("newswatch is up")
    assert len(running.left()) == 4
    running.process.send_signal(how)
    assert running.process.wait(timeout=TIMEOUT_S) == 0
    assert running.left() == []
    assert running.record() is None


def test_the_sample_stack_serves_the_simulator_and_the_overlay(stack):
    running = stack().start().until("newswatch is up")
    assert running.messages() == []
    feeds = (running.data / "config" / "feeds.yaml").read_text()
    assert feeds.count("allow_private: true") >= 3
    assert f"http://localhost:{running.environ['SLACK_SIM_PORT']}" in running.output()


def test_the_sample_stack_listens_to_the_simulators_buttons(stack):
    running = stack().start().until("newswatch is up")
    port = running.ports()["listener"]
    until(lambda: running.get(port, "/health") == {"listening": True})
    assert running.redis().exists("newswatch:listener")


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
    assert "already running" in second.stderr
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


def test_a_taken_port_is_reported_with_its_variable_before_anything_starts(stack):
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
        f"run:\n\t@exec '{sys.executable}' -m devtools.stack run --without-airflow --data '{running.data}'\n"
    )
    # A suite run in the background ignores SIGINT, and so would make.
    heeding = ("env", "--default-signal=INT", "make", "-f", str(makefile), "run")
    running.start(prefix=heeding).until("newswatch is up")
    running.process.send_signal(signal.SIGINT)
    running.process.wait(timeout=TIMEOUT_S)
    until(lambda: running.left() == [])


def test_without_a_package_index_make_says_what_to_do(tmp_path):
    for name in ("Makefile", "requirements.txt", "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, tmp_path)
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE"))}
    alone |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    made = subprocess.run(
        ["make", "setup", f"PYTHON={sys.executable}"],
        cwd=tmp_path,
        env=alone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode != 0
    said = made.stdout + made.stderr
    assert "pip could not install requirements.txt" in said
    assert "PIP_INDEX_URL=" in said
    assert not (tmp_path / ".venv" / ".run").exists()
