"""What is read from payloads of commands, shortcuts and modals, and that every modal keeps within Slack's limits."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtools.slack_sim.limits import TEXT_MAX, check_content
from devtools.slack_sim.modals import check_view
from newswatch.slack.clicks import BadClick
from newswatch.slack.modals import WatchForm, missed_view, notice, said, said_text, watch_view
from newswatch.slack.people import outsider
from newswatch.slack.requests import Command, Sent, Shortcut, read_request

COMMAND = {
    "command": "/newswatch",
    "text": "Watch  oil levy",
    "user_id": "U0EDITOR",
    "user_name": "editor",
    "channel_id": "C0123456789",
    "trigger_id": "1.2.abc",
    "response_url": "https://hooks.slack.com/commands/1/2/3",
}
TEXTS = st.text(max_size=4_000)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


def test_command_is_a_verb_and_the_rest():
    found = read_request(COMMAND)
    assert isinstance(found, Command)
    assert (found.verb, found.rest, found.asker.id) == ("watch", "oil levy", "U0EDITOR")


def test_command_of_another_app_is_not_ours():
    assert read_request({**COMMAND, "command": "/weather"}) is None


@pytest.mark.parametrize("name", ["user_id", "channel_id", "trigger_id", "response_url"])
@pytest.mark.parametrize("value", [None, "", "<@U1>", "a b", 7, "x" * 400])
def test_command_without_an_id_of_slacks_form_is_refused(name, value):
    with pytest.raises(BadClick):
        read_request({**COMMAND, name: value})


def shortcut(message, **more):
    payload = {
        "type": "message_action",
        "callback_id": "newswatch_why",
        "user": {"id": "U0EDITOR", "username": "editor"},
        "channel": {"id": "C0123456789"},
        "message": message,
        "trigger_id": "1.2.abc",
        "response_url": "https://hooks.slack.com/app/1/2/3",
    }
    found = read_request({**payload, **more})
    assert isinstance(found, Shortcut)
    return found


def test_shortcut_finds_the_link_and_our_message():
    link = {"type": "link", "url": "https://news.example/a?b=1&c=2", "text": "x"}
    section = {"type": "rich_text_section", "elements": [link]}
    blocks = [{"type": "rich_text", "block_id": "newswatch:m1:0", "elements": [section]}]
    found = shortcut({"text": "x", "blocks": blocks})
    assert (found.message_id, found.link) == ("m1", "https://news.example/a?b=1&c=2")


def test_shortcut_reads_escaped_text_as_it_was_typed():
    found = shortcut({"text": "a &lt;b&gt; <https://x.example/?a=1&amp;b=2|c>"})
    assert (found.link, found.message_id) == ("https://x.example/?a=1&b=2", "")
    assert found.text.startswith("a <b> ")


def test_submission_has_its_values_by_block():
    values = {
        "words": {"value": {"type": "plain_text_input", "value": "oil"}},
        "severity": {"value": {"type": "static_select", "selected_option": {"value": "high"}}},
        "expires": {"value": {"type": "datepicker", "selected_date": "2027-01-31"}},
        "who": {"value": {"type": "plain_text_input", "value": None}},
    }
    view = {
        "id": "V1234",
        "callback_id": "f",
        "private_metadata": '{"channel": "C1"}',
        "state": {"values": values},
    }
    found = read_request({"type": "view_submission", "user": {"id": "U0EDITOR"}, "view": view})
    assert isinstance(found, Sent)
    assert found.values == {"words": "oil", "severity": "high", "expires": "2027-01-31", "who": ""}
    assert (found.form, found.kept, found.button) == ("f", {"channel": "C1"}, "")


@pytest.mark.parametrize("kept", ["{", "[]", "7", '"x"'])
def test_metadata_that_is_not_ours_is_refused(kept):
    view = {"id": "V1234", "private_metadata": kept}
    with pytest.raises(BadClick):
        read_request({"type": "view_submission", "user": {"id": "U0EDITOR"}, "view": view})


@given(
    st.dictionaries(
        st.sampled_from([*COMMAND, "type", "view", "actions", "message", "user", "callback_id"]), JSON
    )
)
def test_any_payload_is_read_or_refused(payload):
    for kind in ("view_submission", "block_actions", "message_action"):
        try:
            read_request({**payload, "type": kind, "callback_id": "newswatch_why"})
            read_request({**payload, "command": "/newswatch"})
        except BadClick:
            pass


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=60))
def test_every_modal_keeps_within_slacks_limits(words, who, notes):
    form = WatchForm("C0123456789", "event", words, who, words, who, "high", date(2027, 1, 31), notes)
    check_view(watch_view(form))
    check_view(notice("Watch for news", notes))
    check_view(missed_view("C0123456789", words, [f"rule-{n}" for n in range(150)]))
    check_view(missed_view("C0123456789", "", ["x" * 100]))


@given(st.lists(TEXTS, min_size=1, max_size=60))
def test_every_answer_keeps_within_slacks_limits(lines):
    text = said_text(["answer", *lines])
    check_content({"text": text, "blocks": said(lines) or None}, text_max=TEXT_MAX, users=[])


USER = {"id": "U1", "team_id": "T1"}


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({}, ""),
        ({"deleted": True}, "deactivated"),
        ({"is_bot": True}, "Bots"),
        ({"id": "USLACKBOT"}, "Bots"),
        ({"is_workflow_bot": True}, "Bots"),
        ({"is_restricted": True}, "Guests"),
        ({"is_ultra_restricted": True}, "Guests"),
        ({"is_stranger": True}, "other organizations"),
        ({"team_id": "T2"}, "other organizations"),
        ({"team_id": None}, "other organizations"),
        ({"team_id": "E1", "enterprise_user": {"teams": ["T1", "T3"]}}, ""),
        ({"team_id": "E1", "enterprise_user": {"teams": ["T3"]}}, "other organizations"),
        ({"is_stranger": True, "enterprise_user": {"teams": ["T1"]}}, "other organizations"),
    ],
)
def test_only_full_members_are_no_outsiders(more, word):
    found = outsider({**USER, **more}, "T1")
    assert (word in found) if word else found == ""


def test_everybody_is_an_outsider_of_an_unknown_workspace():
    assert outsider({"id": "U1", "team_id": ""}, "")
