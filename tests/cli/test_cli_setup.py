"""`newswatch setup slack`: channels by name, a test message in each, and what is left to do."""

from __future__ import annotations

import json
import os

import pytest
from click.testing import CliRunner

from newsroom import OPS, POLICY
from newswatch.cli.app import newswatch

RECEIVERS = """\
# Who gets what.
receivers:
  - id: policy            # the policy desk
    channel: C0000000001
  - {id: ops, channel: C0000000002}
"""


@pytest.fixture
def workspace(newsroom):
    newsroom.write("receivers.yaml", RECEIVERS)
    newsroom.slack.config(
        strict_channels=True,
        channels=[
            {"id": POLICY, "name": "crypto-desk"},
            {"id": OPS, "name": "desk-ops"},
            {"id": "C0777777777", "name": "random", "member": False},
            {"id": "C0666666666", "name": "old", "archived": True},
        ],
    )
    return newsroom


def test_channels_are_written_by_name_and_each_gets_a_test_message(workspace):
    said = workspace.json("setup", "slack", "--receiver", "policy=#crypto-desk", "--receiver", "ops=desk-ops")
    assert said["channels"] == {"policy": POLICY, "ops": OPS}
    assert said["left"] == []
    text = (workspace.config / "receivers.yaml").read_text("utf-8")
    assert "# Who gets what.\n" in text
    assert "# the policy desk" in text
    assert f"channel: {POLICY}\n    name: crypto-desk\n" in text
    assert [len(workspace.slack.messages(channel)) for channel in (POLICY, OPS)] == [1, 1]
    assert workspace.command("check")[0] == 0


def test_channel_that_is_not_there_is_an_error_with_similar_names_and_nothing_is_written(workspace):
    status, out, err = workspace.command("setup", "slack", "--receiver", "policy=#crypto-dsk")
    assert status == 1
    assert "#crypto-desk" in out + err
    assert (workspace.config / "receivers.yaml").read_text("utf-8") == RECEIVERS


def test_channel_without_the_app_is_left_to_do_and_no_test_is_posted(workspace):
    status, out, _ = workspace.command(
        "setup", "slack", "--receiver", "policy=random", "--receiver", "ops=desk-ops", "--json"
    )
    assert status == 1
    assert json.loads(out)["left"] == ["Receiver policy: invite the app into #random: /invite @newswatch"]
    assert workspace.slack.messages(OPS) == []


def test_unknown_receiver_names_those_there_are(workspace):
    status, out, err = workspace.command("setup", "slack", "--receiver", "desk=random")
    assert status == 2
    assert "policy, ops" in out + err


def test_missing_scope_is_named(workspace):
    workspace.slack.config(scopes=["chat:write", "channels:history"])
    status, out, _ = workspace.command("setup", "slack")
    assert status == 1
    assert "groups:history is missing" in out


def test_without_a_token_the_link_to_make_the_app_is_shown(workspace, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("SLACK", "AIRFLOW"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(workspace.config.parent)
    found = CliRunner().invoke(newswatch, ["setup", "slack"])
    assert found.exit_code == 1
    assert "https://api.slack.com/apps?new_app=1&manifest_yaml=" in found.output
    assert "chat%3Awrite" in found.output


def test_doctor_compares_the_names(workspace):
    workspace.json("setup", "slack", "--receiver", "policy=crypto-desk", "--receiver", "ops=desk-ops")
    workspace.slack.config(channels=[{"id": POLICY, "name": "policy-old"}, {"id": OPS, "name": "desk-ops"}])
    workspace.adopt()
    found = {one["name"]: one for one in json.loads(workspace.command("doctor", "--json")[1])["checks"]}
    assert found[f"slack channel {POLICY}"]["level"] == "warning"
    assert "#crypto-desk" in found[f"slack channel {POLICY}"]["text"]
    assert found[f"slack channel {OPS}"]["level"] == "ok"
    assert "slack token" in found
