"""A Redis that cannot be used: every command says so in one sentence and ends with 1."""

from __future__ import annotations

import json
import re
import socket
import time

import pytest
from click.testing import CliRunner

import redis_servers
from newswatch.cli.app import newswatch
from newswatch.store import client

COMMANDS = ("poll", "match-pending", "deliver", "articles", "run", "listen", "doctor")
KINDS = [
    (redis_servers.replica, "read-only replica"),
    (redis_servers.cluster, "cluster mode"),
    (redis_servers.sentinel, "Sentinel"),
    (redis_servers.wrong_password, "password"),
    (redis_servers.without_info, "the command INFO"),
    (redis_servers.too_old, "too old"),
    (redis_servers.loading, "still loading"),
    (redis_servers.nobody, "cannot be reached"),
]
PASSES = (redis_servers.replica, redis_servers.loading, redis_servers.nobody)
"""The listener waits for these to pass."""


@pytest.fixture
def invoke(newsroom, monkeypatch):
    """Runs a command in this process, with the newsroom's files, against another Redis."""

    def run(url: str, *words: str):
        settings = {"REDIS_URL": url, "SLACK_APP_TOKEN": newsroom.slack.app_token}
        for name, value in newsroom.environment(**settings).items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(newswatch, list(words))

    return run


@pytest.mark.parametrize(("kind", "words"), KINDS, ids=[kind.__name__ for kind, _ in KINDS])
def test_every_command_says_in_one_sentence_what_is_wrong_with_redis(tmp_path, invoke, kind, words):
    with kind(tmp_path / "servers") as url:
        for command in COMMANDS:
            if command == "listen" and kind in PASSES:
                continue
            result = invoke(url, command)
            assert isinstance(result.exception, SystemExit), (command, result.exception)
            assert result.exit_code == 1, command
            said = [line for line in result.output.splitlines() if words in line]
            assert len(said) == 1, (command, result.output)
            assert "Traceback" not in result.output


@pytest.mark.parametrize("kind", [redis_servers.foreign_keys, redis_servers.without_scripts])
def test_doctor_finds_permissions_that_are_missing(tmp_path, invoke, kind):
    with kind(tmp_path / "servers") as url:
        result = invoke(url, "doctor", "--json")
    assert result.exit_code == 1
    (found,) = [one for one in json.loads(result.stdout)["checks"] if one["name"] == "redis"]
    assert found["level"] == "error"
    assert "does not permit" in found["text"]


def test_doctor_finds_a_redis_that_is_full(tmp_path, invoke):
    with redis_servers.running(tmp_path / "full", "--maxmemory", "1") as full:
        result = invoke(full.url, "doctor")
    assert result.exit_code == 1
    assert re.search(r"ERROR +redis: Redis is out of memory", result.output)


def test_configuration_is_examined_although_redis_cannot_be_used(tmp_path, invoke):
    with redis_servers.sentinel(tmp_path) as url:
        found = json.loads(invoke(url, "doctor", "--json").stdout)["checks"]
    assert [one["level"] for one in found if one["name"] == "configuration"] == ["ok"]


# ── the least permissions ─────────────────────────────────────────────────────────────────────


def test_documented_permissions_are_those_that_are_tested():
    text = (redis_servers.ROOT / "docs" / "operations.md").read_text("utf-8")
    assert " ".join(redis_servers.LEAST_PERMISSIONS) in " ".join(text.split())


def test_redis_that_hangs_is_named_within_seconds(invoke, monkeypatch):
    monkeypatch.setattr(client, "ANSWERS_WITHIN_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections and never answers
        began = time.monotonic()
        result = invoke(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", "alerts")
        assert time.monotonic() - began < client.SOCKET_TIMEOUT_S
    assert result.exit_code == 1
    assert "did not answer within 0.3 s" in result.output
