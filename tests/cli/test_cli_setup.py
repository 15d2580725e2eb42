"""`newswatch setup slack`: channels by name, a test message in each, and what is left to do."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import time

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


class Terminal:
    """A command on a terminal of its own, and what a person types there."""

    def __init__(self, newsroom, *words):
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "newswatch.cli", *words],
            env=newsroom.environment(COLUMNS="400"),
            cwd=newsroom.config.parent,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._said = ""

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def wait_for(self, text):
        """Read on until this was said after what was waited for last."""
        deadline = time.monotonic() + 120
        while text not in self._said:
            assert time.monotonic() < deadline, self._said
            self._said += os.read(self._ours, 4096).decode()
        self._said = self._said.split(text, 1)[1]

    def answer(self, question, text):
        self.wait_for(question)
        self.wait_for(": ")
        os.write(self._ours, f"{text}\n".encode())

    def end(self):
        """The exit status, once all was said."""
        with contextlib.suppress(OSError):
            while os.read(self._ours, 4096):
                pass
        return self._process.wait()


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


def test_channel_without_the_app_is_left_to_do(workspace):
    status, out, _ = workspace.command(
        "setup", "slack", "--receiver", "policy=random", "--receiver", "ops=desk-ops", "--json"
    )
    assert status == 1
    assert json.loads(out)["left"] == ["Receiver policy: invite the app into #random: /invite @newswatch"]
    assert json.loads(out)["tested"] == ["ops"]


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


# ── what is left to do ────────────────────────────────────────────────────────────────────────


def connected(workspace, *words):
    pairs = ("--receiver", "policy=crypto-desk", "--receiver", "ops=desk-ops")
    return workspace.command("setup", "slack", *pairs, *words)


def test_good_channel_gets_its_test_message_though_another_lacks_the_app(workspace):
    status, out, _ = workspace.command(
        "setup", "slack", "--receiver", "policy=random", "--receiver", "ops=desk-ops"
    )
    assert status == 1
    assert "A test message was posted for: ops" in out
    assert "Receiver policy: invite the app into #random: /invite @newswatch" in out
    assert [len(workspace.slack.messages(channel)) for channel in (OPS, "C0777777777")] == [1, 0]


def test_channel_that_refuses_the_test_message_is_named_and_the_others_get_theirs(workspace):
    workspace.slack.fault("restricted_action")
    status, out, _ = connected(workspace)
    assert status == 1
    assert "Receiver policy: the test message was refused. Slack: restricted_action" in out
    assert "A test message was posted for: ops" in out


def test_without_an_app_token_the_section_left_to_do_says_where_to_make_it(workspace):
    status, out, _ = connected(workspace)
    assert status == 0
    left = out[out.index("Left to do") :]
    assert "SLACK_APP_TOKEN" in left
    assert "Basic Information" in left
    assert "connections:write" in left
    assert "member ID" in left
    assert "editors" in left


def test_editor_who_is_given_is_written_and_no_longer_left_to_do(workspace):
    status, out, _ = connected(workspace, "--editor", "U0EDITOR")
    assert status == 0
    assert "editors" not in out[out.index("Left to do") :]
    text = (workspace.config / "receivers.yaml").read_text("utf-8")
    assert "U0EDITOR" in text
    assert "# the policy desk" in text
    assert workspace.command("check")[0] == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [("U0NOBODY", "user_not_found"), ("ada", "is not a member ID"), ("U0GUEST", "Guests cannot use this")],
)
def test_editor_whom_slack_does_not_know_as_a_member_is_refused(workspace, name, reason):
    workspace.slack.config(users=[{"id": "U0GUEST", "name": "guest", "is_restricted": True}])
    status, out, err = connected(workspace, "--editor", name)
    assert status == 1
    assert reason in out + err
    assert (workspace.config / "receivers.yaml").read_text("utf-8") == RECEIVERS


def test_editors_of_another_workspace_count_as_nobody(workspace):
    workspace.write("receivers.yaml", f"editors: [U0ELSEWHERE]\n{RECEIVERS}")
    _, out, _ = connected(workspace)
    assert "none of the `editors`" in out


def test_running_stack_with_another_token_is_to_be_started_again(workspace):
    folder = workspace.config.parent / ".data"
    folder.mkdir()
    (folder / "stack.env").write_text("REDIS_URL=redis://127.0.0.1:1/0\nSLACK_BOT_TOKEN=xoxb-simulator\n")
    _, out, _ = connected(workspace)
    assert "Stop `make run` with Ctrl-C and start it again" in out


@pytest.mark.parametrize("scope", ["channels:read", "groups:read"])
def test_channels_that_cannot_be_listed_name_the_scope_and_the_known_ones_get_their_test(workspace, scope):
    scopes = {
        "chat:write",
        "channels:history",
        "groups:history",
        "channels:read",
        "groups:read",
        "users:read",
    }
    workspace.slack.config(scopes=sorted(scopes - {scope}))
    workspace.write("receivers.yaml", RECEIVERS.replace("C0000000001", POLICY).replace("C0000000002", OPS))
    status, out, _ = workspace.command("setup", "slack")
    assert status == (1 if scope == "channels:read" else 0)
    assert f"{scope} is missing" in out
    assert "A test message was posted for: policy, ops" in out


@pytest.mark.heavy
def test_wrong_answer_is_asked_again_and_the_earlier_ones_are_kept(workspace):
    with Terminal(workspace, "setup", "slack") as terminal:
        terminal.answer("Channel of receiver policy", "#crypto-desk")
        terminal.answer("Channel of receiver ops", "#desk-opps")
        terminal.wait_for("similar names: #desk-ops")
        assert "name: crypto-desk" in (workspace.config / "receivers.yaml").read_text("utf-8")
        terminal.answer("Channel of receiver ops", "desk-ops")
        terminal.answer("Your member ID", "somebody")
        terminal.wait_for("is not a member ID")
        terminal.answer("Your member ID", "U0EDITOR")
        terminal.answer("app-level token", "xoxb-not-this-one")
        terminal.wait_for("begins with xapp-")
        terminal.answer("app-level token", "")
        assert terminal.end() == 0
    text = (workspace.config / "receivers.yaml").read_text("utf-8")
    assert "name: desk-ops" in text
    assert "U0EDITOR" in text
    assert [len(workspace.slack.messages(channel)) for channel in (POLICY, OPS)] == [1, 1]
