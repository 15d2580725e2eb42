"""Commands in a container whose user has no name: any number may be set, as some platforms do."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from airflow_sandbox import ROOT
from feed_server import story
from newsroom import Newsroom

AS_NOBODY = """
import pwd, sys

def nobody(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")

pwd.getpwuid = nobody
from newswatch.cli.app import main
main()
"""


def run(room: Newsroom, tmp_path, *words):
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "plugins"),
        "HOME": str(tmp_path),
        "REDIS_URL": room.redis_url,
        "NEWSWATCH_CONFIG": str(room.config),
    }
    command = [sys.executable, "-c", AS_NOBODY, *words]
    return subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=240)


def test_commands_that_record_who_asked_work_without_a_name(newsroom, tmp_path):
    newsroom.site.serve("/wire", story(1))
    newsroom.run()
    muted = run(newsroom, tmp_path, "mute", "central-bank-opposes", "--for", "1h", "--channel", "C0123456789")
    assert muted.returncode == 0, muted.stderr
    assert f"user {os.getuid()}" in json.dumps(newsroom.redis.hgetall("newswatch:mutes"))
    for words in (("backup", str(tmp_path / "backups")), ("drain",), ("drain", "--resume")):
        done = run(newsroom, tmp_path, *words)
        assert done.returncode == 0, done.stderr
