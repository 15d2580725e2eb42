"""The launcher in a process of its own, and what is left of it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import redis

from devtools.redis_server import free_port
from devtools.stack.environment import STACK_ID
from devtools.stack.processes import StackRecord

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 120.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Stack:
    """One launcher process and its data folder."""

    def __init__(self, data, *, airflow=False, **environ):
        self.data = data
        self.options = ("--data", str(data), *(() if airflow else ("--without-airflow",)))
        own = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
        self.environ = {**own, **free_ports(), **environ}
        self.process = None
        self.ids = set()
        self.sessions = set()

    def start(self, prefix=()):
        self.log = self.data.parent / "launcher.log"
        command = [sys.executable, "-m", "devtools.stack", "run", *self.options]
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

    def until(self, what, timeout_s=TIMEOUT_S):
        until(lambda: what in self.output() or self.process.poll() is not None, timeout_s)
        assert what in self.output(), self.output()
        if record := self.record():
            self.ids.add(record.stack_id)
            self.sessions |= {child.pid for child in record.children}
        return self

    def output(self):
        return self.log.read_text(errors="replace")

    def record(self):
        return StackRecord.load(self.data / "stack.json")

    def redis(self):
        return redis.Redis(port=self.ports()["redis"])

    def command(self, what):
        return subprocess.run(
            [sys.executable, "-m", "devtools.stack", what, *self.options],
            check=False,
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )

    def get(self, port, path):
        with _OPENER.open(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return json.load(answer)

    def messages(self):
        return self.get(self.environ["SLACK_SIM_PORT"], "/sim/messages")

    def ports(self):
        return json.loads((self.data / "ports.json").read_text())

    def left(self):
        return [process for process in psutil.process_iter() if belongs(process, self.ids, self.sessions)]


def free_ports():
    return {"SLACK_SIM_PORT": str(free_port()), "AIRFLOW_PORT": str(free_port())}


def belongs(process, ids, sessions):
    try:
        ours = os.getsid(process.pid) in sessions or process.environ().get(STACK_ID) in ids
        return ours and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ProcessLookupError, PermissionError):
        return False


def until(condition, timeout_s=TIMEOUT_S):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
