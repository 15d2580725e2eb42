"""Where the simulator is stricter than Slack, and its rules of pacing, scopes and membership."""

import time
from email.utils import parsedate_to_datetime

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.client import WebClient

from devtools.slack_sim.running import RunningSimulator

CHANNEL = "C0000000001"


@pytest.fixture
def client(slack):
    return WebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])


def refusal(call, **arguments):
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return caught.value.response


@pytest.mark.parametrize(
    "text",
    [
        "<!channel>",
        "<@U012AB3CD>",
        "<#C0000000001>",
        "<!subteam^S1>",
        "a < b",
        "a > b",
        "AT&T",
        "<javascript:alert(1)|x>",
    ],
)
@pytest.mark.parametrize("place", ["text", "section", "context"])
def test_unescaped_control_is_refused_anywhere_it_counts(client, slack, text, place):
    object_ = {"type": "mrkdwn", "text": text}
    blocks = {
        "text": None,
        "section": [{"type": "section", "text": object_}],
        "context": [{"type": "context", "elements": [object_]}],
    }[place]
    answer = refusal(
        client.chat_postMessage, channel=CHANNEL, text=text if place == "text" else "x", blocks=blocks
    )
    assert answer["error"] == "sim_unescaped_control"
    assert slack.messages() == []


@pytest.mark.parametrize("option", [{"link_names": True}, {"parse": "full"}])
def test_options_that_make_mentions_of_words_are_refused(client, option):
    answer = refusal(client.chat_postMessage, channel=CHANNEL, text="@channel", **option)
    assert answer["error"] == "sim_unescaped_control"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://a.example/", "https://", "https://a.example/<b>"]
)
def test_link_that_is_no_web_link_is_refused(client, url):
    blocks = [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "link", "url": url}]}],
        }
    ]
    answer = refusal(client.chat_postMessage, channel=CHANNEL, text="x", blocks=blocks)
    assert answer["error"] == "invalid_blocks"
    assert "json-pointer:/blocks/0/elements/0/elements/0/url" in answer["response_metadata"]["messages"][0]


def test_second_post_within_the_interval_gets_429_with_retry_after(client, slack):
    slack.config(interval_s=1.0)
    client.chat_postMessage(channel=CHANNEL, text="one")
    answer = refusal(client.chat_postMessage, channel=CHANNEL, text="two")
    assert answer.status_code == 429
    assert answer["error"] == "ratelimited"
    assert 0 < float(answer.headers["Retry-After"]) <= 1
    client.chat_postMessage(channel="C0000000002", text="another channel is free")
    assert [message["text"] for message in slack.messages(CHANNEL)] == ["one"]
    assert slack.stats()["ratelimited"] == 1


def test_post_after_retry_after_is_taken(client, slack):
    slack.config(interval_s=0.3)
    client.chat_postMessage(channel=CHANNEL, text="one")
    answer = refusal(client.chat_postMessage, channel=CHANNEL, text="two")
    time.sleep(float(answer.headers["Retry-After"]) + 0.01)
    assert client.chat_postMessage(channel=CHANNEL, text="two")["ok"]


def test_missing_scope_tells_needed_and_provided(client, slack):
    slack.config(scopes=["chat:write"])
    answer = refusal(client.conversations_history, channel=CHANNEL)
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "channels:history",
        "chat:write",
    )
    assert answer.headers["X-OAuth-Scopes"] == "chat:write"
    assert refusal(client.conversations_history, channel="G0000000001")["needed"] == "groups:history"


def test_channels_refuse_as_they_are_set_up(client, slack):
    slack.config(
        channels=[
            {"id": "C0000000003", "member": False},
            {"id": "C0000000004", "archived": True},
            {"id": "G0000000005", "member": False, "private": True},
        ],
    )
    expected = {
        "C0000000003": "not_in_channel",
        "C0000000004": "is_archived",
        "G0000000005": "channel_not_found",
        "C0000009999": "channel_not_found",
    }
    got = {name: refusal(client.chat_postMessage, channel=name, text="x")["error"] for name in expected}
    assert got == expected


@pytest.mark.parametrize("method", ["chat_postMessage", "conversations_history", "conversations_info"])
def test_unknown_channel_is_not_found(client, method):
    words = {"text": "x"} if method == "chat_postMessage" else {}
    assert refusal(getattr(client, method), channel="C0123456789", **words)["error"] == "channel_not_found"


def test_unknown_channel_is_made_up_where_that_is_wanted(client, slack):
    slack.config(strict_channels=False)
    assert client.chat_postMessage(channel="C0123456789", text="x")["ok"]
    assert "C0123456789" in [channel["id"] for channel in slack.channels()]


@pytest.mark.parametrize("thread_ts", ["1.000001", "reply"])
def test_thread_needs_an_existing_parent(client, thread_ts):
    parent = client.chat_postMessage(channel=CHANNEL, text="parent")["ts"]
    reply = client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=parent)["ts"]
    wanted = reply if thread_ts == "reply" else thread_ts
    answer = refusal(client.chat_postMessage, channel=CHANNEL, text="x", thread_ts=wanted)
    assert answer["error"] == "thread_not_found"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "x"}, "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": []}, "invalid_metadata_format"),
        ({"event_type": "x y", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": {"a": {"b": {"c": 1}}}}, "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": {"a": "x" * 8000}}, "metadata_too_large"),
    ],
)
def test_bad_metadata_is_refused(client, metadata, error):
    answer = refusal(client.chat_postMessage, channel=CHANNEL, text="x", metadata=metadata)
    assert answer["error"] == error


def test_update_takes_at_most_4000_characters_of_text(client):
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    answer = refusal(client.chat_update, channel=CHANNEL, ts=ts, text="x" * 4001)
    assert answer["error"] == "msg_too_long"
    assert (
        refusal(client.chat_update, channel=CHANNEL, ts="1.000001", text="x")["error"] == "message_not_found"
    )


def test_form_body_is_read_like_json(client, slack):
    blocks = '[{"type":"divider","block_id":"d"}]'
    metadata = '{"event_type":"x","event_payload":{"message_id":"m"}}'
    client.api_call(
        "chat.postMessage",
        data={"channel": CHANNEL, "text": "form", "blocks": blocks, "metadata": metadata},
    )
    (message,) = slack.messages()
    assert message["blocks"] == [{"type": "divider", "block_id": "d"}]
    assert message["metadata"]["event_payload"] == {"message_id": "m"}


def test_ts_is_unique_and_grows_within_a_channel(client, slack):
    for number in range(30):
        client.chat_postMessage(channel=CHANNEL, text=str(number))
    stamps = [message["ts"] for message in slack.messages()]
    assert len(set(stamps)) == 30
    assert stamps == sorted(stamps)
    assert all(len(ts.partition(".")[2]) == 6 for ts in stamps)


async def test_history_delay_hides_fresh_messages(slack):
    slack.config(history_delay_s=0.4, tier3_per_minute=0)
    client = AsyncWebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])
    await client.chat_postMessage(channel=CHANNEL, text="x")
    assert (await client.conversations_history(channel=CHANNEL))["messages"] == []
    until = time.monotonic() + 5
    while not (await client.conversations_history(channel=CHANNEL))["messages"]:
        assert time.monotonic() < until


RICH = [
    {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "rich"}]}],
    }
]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("conversations.history", {}),
        ("conversations.replies", {"ts": "parent"}),
        ("chat.update", {"ts": "parent", "text": "y"}),
    ],
)
def test_tier_3_takes_its_number_of_requests_a_minute_for_each_method(client, slack, method, arguments):
    slack.config(tier3_per_minute=3)
    parent = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    given = {name: parent if value == "parent" else value for name, value in arguments.items()}
    for _ in range(3):
        client.api_call(method, json={"channel": CHANNEL, **given})
    answer = refusal(client.api_call, api_method=method, json={"channel": CHANNEL, **given})
    assert answer.status_code == 429
    assert 50 < float(answer.headers["Retry-After"]) <= 60
    client.chat_postMessage(channel=CHANNEL, text="posting has its own limit")


def test_tier_4_takes_its_number_of_requests_a_minute(client, slack):
    slack.config(tier4_per_minute=2)
    for _ in range(2):
        client.users_info(user="U0READER")
    assert refusal(client.users_info, user="U0READER")["error"] == "ratelimited"


def test_tier_3_is_50_a_minute_unless_set(client):
    for _ in range(50):
        client.conversations_history(channel=CHANNEL, limit=1)
    assert refusal(client.conversations_history, channel=CHANNEL)["error"] == "ratelimited"


def test_workspace_takes_its_number_of_posts_a_minute(client, slack):
    slack.config(posts_per_minute=2)
    client.chat_postMessage(channel=CHANNEL, text="one")
    client.chat_postMessage(channel="C0000000002", text="two")
    assert refusal(client.chat_postMessage, channel=CHANNEL, text="three").status_code == 429


@pytest.mark.parametrize("blocks", [[], [{"type": "divider"}]])
def test_rich_text_cannot_be_replaced_by_other_blocks(client, blocks):
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=RICH)["ts"]
    answer = refusal(client.chat_update, channel=CHANNEL, ts=ts, text="y", blocks=blocks)
    assert answer["error"] == "block_mismatch"
    assert client.chat_update(channel=CHANNEL, ts=ts, text="y", blocks=RICH)["ok"]


def test_reply_to_a_deleted_message_goes_to_the_channel(client, slack):
    parent = client.chat_postMessage(channel=CHANNEL, text="parent")["ts"]
    slack.delete(CHANNEL, parent)
    answer = client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=parent)
    assert "thread_ts" not in answer["message"]
    assert refusal(client.conversations_replies, channel=CHANNEL, ts=parent)["error"] == "thread_not_found"
    assert [m["text"] for m in client.conversations_history(channel=CHANNEL)["messages"]] == ["reply"]


def test_deleted_message_cannot_be_edited_and_stays_deleted_after_a_restart(tmp_path):
    with RunningSimulator(data=tmp_path, interval_s=0) as slack:
        ts = slack.post(CHANNEL, "x")["ts"]
        slack.delete(CHANNEL, ts)
        slack.kill()
        slack.restart()
        client = WebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])
        assert refusal(client.chat_update, channel=CHANNEL, ts=ts, text="y")["error"] == "message_not_found"


def test_archived_channel_refuses_each_method_in_its_own_words(client, slack):
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    slack.archive(CHANNEL)
    assert refusal(client.chat_postMessage, channel=CHANNEL, text="y")["error"] == "is_archived"
    assert refusal(client.chat_update, channel=CHANNEL, ts=ts, text="y")["error"] == "is_inactive"
    assert client.conversations_history(channel=CHANNEL)["ok"]
    slack.archive(CHANNEL, archived=False)
    assert client.chat_postMessage(channel=CHANNEL, text="y")["ok"]


def test_renamed_channel_keeps_its_id(client, slack):
    slack.rename(CHANNEL, "another-name")
    assert client.conversations_info(channel=CHANNEL)["channel"]["name"] == "another-name"


def test_channel_that_was_made_private_needs_the_scope_of_private_channels(client, slack):
    slack.config(scopes=["chat:write", "channels:history", "channels:read"])
    assert client.conversations_history(channel=CHANNEL)["ok"]
    slack.convert(CHANNEL)
    assert refusal(client.conversations_history, channel=CHANNEL)["needed"] == "groups:history"


def test_metadata_is_stripped_on_demand(client, slack):
    metadata = {"event_type": "x", "event_payload": {"message_id": "m"}}
    client.chat_postMessage(channel=CHANNEL, text="x", metadata=metadata)
    slack.config(strip_metadata=True)
    (message,) = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]
    assert "metadata" not in message


def test_pages_can_be_slow(client, slack):
    slack.config(page_delay_s=0.3)
    started = time.monotonic()
    client.conversations_history(channel=CHANNEL)
    assert time.monotonic() - started >= 0.3


def test_clock_of_slack_can_be_ahead(client, slack):
    slack.config(skew_s=420.0)
    answer = client.chat_postMessage(channel=CHANNEL, text="x")
    assert float(answer["ts"]) - time.time() > 400
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time() > 400
