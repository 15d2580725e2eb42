"""What newswatch relies on in Slack, asked of the simulator and, where one is named, of a real workspace.

SLACK_CONTRACT_TOKEN (a bot token with chat:write, channels:history, channels:read) and
SLACK_CONTRACT_CHANNEL (a public channel the app is in) name the real one. Each test posts a few
messages there. Whatever passes here only against the simulator is a defect of the simulator.
"""

import asyncio
import os
import secrets
import time

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from devtools.slack_sim.running import RunningSimulator

REAL = bool(os.environ.get("SLACK_CONTRACT_TOKEN") and os.environ.get("SLACK_CONTRACT_CHANNEL"))
HISTORY_WITHIN_S = 20.0


class Workspace:
    """A client that keeps one second between posts, and the channel it may post to."""

    def __init__(self, client, channel, gap_s):
        self.client, self.channel, self._gap_s, self._last = client, channel, gap_s, 0.0

    async def post(self, text="contract", **more):
        await asyncio.sleep(max(0.0, self._last + self._gap_s - time.monotonic()))
        try:
            return await self.client.chat_postMessage(channel=self.channel, text=text, **more)
        finally:
            self._last = time.monotonic()

    async def refusal(self, **more):
        with pytest.raises(SlackApiError) as caught:
            await self.post(**more)
        return caught.value.response["error"]

    async def found(self, marker, *, least=1):
        until = time.monotonic() + HISTORY_WITHIN_S
        while time.monotonic() < until:
            history = await self.client.conversations_history(
                channel=self.channel, limit=30, include_all_metadata=True
            )
            hits = [m for m in history["messages"] if marker_of(m) == marker]
            if len(hits) >= least:
                return hits
            await asyncio.sleep(0.5)
        return []


def marker_of(message):
    return message.get("metadata", {}).get("event_payload", {}).get("message_id")


def marked(marker):
    return {
        "event_type": "newswatch_contract",
        "event_payload": {"message_id": marker, "alert_ids": ["a", "b"]},
    }


def rich(*elements):
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}]


def section(text, kind="mrkdwn"):
    return {"type": "section", "text": {"type": kind, "text": text}}


@pytest.fixture(scope="module")
def simulator():
    with RunningSimulator(interval_s=1.0) as running:
        yield running


@pytest.fixture(params=["simulator", "real"] if REAL else ["simulator"])
async def workspace(request, simulator):
    if request.param == "real":
        client = AsyncWebClient(token=os.environ["SLACK_CONTRACT_TOKEN"], retry_handlers=[])
        return Workspace(client, os.environ["SLACK_CONTRACT_CHANNEL"], 1.2)
    simulator.reset()
    simulator.config(interval_s=0)
    client = AsyncWebClient(token=simulator.token, base_url=simulator.base_url, retry_handlers=[])
    return Workspace(client, "C0000000001", 0.0)


async def test_auth_test_names_team_bot_and_scopes(workspace):
    answer = await workspace.client.auth_test()
    assert answer["ok"]
    assert answer["team_id"].startswith("T")
    assert answer["bot_id"].startswith("B")
    assert "chat:write" in answer.headers["X-OAuth-Scopes"]


async def test_post_message_returns_ts_and_history_shows_marker(workspace):
    marker = secrets.token_hex(8)
    answer = await workspace.post(
        metadata=marked(marker), blocks=rich({"type": "text", "text": "<!channel> & <b>"})
    )
    (found,) = await workspace.found(marker)
    assert found["ts"] == answer["ts"]
    assert found["metadata"]["event_payload"]["alert_ids"] == ["a", "b"]
    assert found["blocks"][0]["elements"][0]["elements"][0]["text"] == "<!channel> & <b>"


async def test_history_hides_metadata_unless_asked_for(workspace):
    marker = secrets.token_hex(8)
    posted = await workspace.post(metadata=marked(marker))
    await workspace.found(marker)
    plain = await workspace.client.conversations_history(channel=workspace.channel, limit=10)
    (message,) = [m for m in plain["messages"] if m["ts"] == posted["ts"]]
    assert "event_payload" not in message.get("metadata", {})


async def test_same_call_twice_is_two_messages(workspace):
    marker = secrets.token_hex(8)
    first = await workspace.post(metadata=marked(marker), blocks=[{**section("once"), "block_id": marker}])
    second = await workspace.post(metadata=marked(marker), blocks=[{**section("once"), "block_id": marker}])
    assert {m["ts"] for m in await workspace.found(marker, least=2)} == {first["ts"], second["ts"]}


async def test_replies_come_parent_first_and_stay_out_of_history(workspace):
    parent = await workspace.post(metadata=marked(secrets.token_hex(8)))
    marker, loud = secrets.token_hex(8), secrets.token_hex(8)
    quiet = await workspace.post(thread_ts=parent["ts"], metadata=marked(marker))
    broadcast = await workspace.post(thread_ts=parent["ts"], reply_broadcast=True, metadata=marked(loud))
    (seen,) = await workspace.found(loud)
    thread = await workspace.client.conversations_replies(
        channel=workspace.channel, ts=parent["ts"], include_all_metadata=True
    )
    history = await workspace.client.conversations_history(channel=workspace.channel, limit=20)
    assert [m["ts"] for m in thread["messages"]] == [parent["ts"], quiet["ts"], broadcast["ts"]]
    assert marker_of(thread["messages"][1]) == marker
    assert thread["messages"][0]["reply_count"] == 2
    assert quiet["ts"] not in [m["ts"] for m in history["messages"]]
    assert seen["thread_ts"] == parent["ts"]


async def test_update_replaces_text_keeps_metadata_and_marks_edited(workspace):
    marker = secrets.token_hex(8)
    posted = await workspace.post("before", metadata=marked(marker))
    await workspace.client.chat_update(channel=workspace.channel, ts=posted["ts"], text="after +3 sources")
    (found,) = await workspace.found(marker)
    assert found["text"] == "after +3 sources"
    assert "edited" in found


async def test_history_pages_cover_everything_once(workspace):
    sent = [(await workspace.post(metadata=marked(secrets.token_hex(8))))["ts"] for _ in range(3)]
    seen, cursor = [], None
    while True:
        page = await workspace.client.conversations_history(
            channel=workspace.channel, oldest=sent[0], inclusive=True, limit=2, cursor=cursor
        )
        seen += [m["ts"] for m in page["messages"]]
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    assert seen == list(reversed(sent))


async def test_history_range_leaves_its_ends_out_unless_inclusive(workspace):
    sent = [(await workspace.post(metadata=marked(secrets.token_hex(8))))["ts"] for _ in range(3)]
    inner = await workspace.client.conversations_history(
        channel=workspace.channel, oldest=sent[0], latest=sent[2]
    )
    whole = await workspace.client.conversations_history(
        channel=workspace.channel, oldest=sent[0], latest=sent[2], inclusive=True
    )
    assert [m["ts"] for m in inner["messages"]] == [sent[1]]
    assert [m["ts"] for m in whole["messages"]] == list(reversed(sent))


async def test_info_tells_membership(workspace):
    channel = (await workspace.client.conversations_info(channel=workspace.channel))["channel"]
    assert channel["is_member"] is True
    assert channel["is_archived"] is False


async def test_unknown_channel_is_refused(workspace):
    with pytest.raises(SlackApiError) as caught:
        await workspace.client.chat_postMessage(channel="not-a-channel", text="x")
    assert caught.value.response["error"] == "channel_not_found"


async def test_wrong_token_is_refused(workspace):
    client = AsyncWebClient(token="xoxp-wrong", base_url=workspace.client.base_url, retry_handlers=[])
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()
    assert caught.value.response["error"] == "invalid_auth"


TEXT = {"type": "text", "text": "x"}
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "x"}}
OPTION = {"text": {"type": "plain_text", "text": "x"}, "value": "v"}


def menu(*options, **more):
    """An overflow menu in an actions block."""
    return [{"type": "actions", "elements": [{"type": "overflow", "options": list(options), **more}]}]


BAD_BLOCKS = {
    "menu without options": menu(),
    "menu of 6 options": menu(*({**OPTION, "value": str(n)} for n in range(6))),
    "two options of one value": menu(OPTION, OPTION),
    "option value of 151": menu({**OPTION, "value": "x" * 151}),
    "option text of 76": menu({**OPTION, "text": {"type": "plain_text", "text": "x" * 76}}),
    "option text in mrkdwn": menu({**OPTION, "text": {"type": "mrkdwn", "text": "x"}}),
    "menu with a text": menu(OPTION, text={"type": "plain_text", "text": "x"}),
    "menu with half a dialog": menu(OPTION, confirm={"title": {"type": "plain_text", "text": "x"}}),
    "51 blocks": [{"type": "divider"}] * 51,
    "section of 3,001": [section("x" * 3001)],
    "field of 2,001": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}],
    "11 fields": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "section of nothing": [{"type": "section"}],
    "empty text": [section("")],
    "header of 151": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
    "header in mrkdwn": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "11 context elements": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "26 buttons": [{"type": "actions", "elements": [{**BUTTON, "action_id": str(n)} for n in range(26)]}],
    "button text of 76": [
        {"type": "actions", "elements": [{**BUTTON, "text": {"type": "plain_text", "text": "x" * 76}}]}
    ],
    "button value of 2,001": [{"type": "actions", "elements": [{**BUTTON, "value": "x" * 2001}]}],
    "button url of 3,001": [
        {"type": "actions", "elements": [{**BUTTON, "url": "https://a.example/" + "x" * 2983}]}
    ],
    "block id of 256": [{"type": "divider", "block_id": "x" * 256}],
    "block id twice": [{"type": "divider", "block_id": "same"}, {"type": "divider", "block_id": "same"}],
    "unknown block": [{"type": "carousel_of_dreams"}],
    "unknown rich text element": rich({"type": "sparkle"}),
    "rich text without elements": [{"type": "rich_text"}],
    "bare text in rich_text": [{"type": "rich_text", "elements": [TEXT]}],
    "empty rich text element": rich({"type": "text", "text": ""}),
    "style that is not an object": rich({**TEXT, "style": "bold"}),
    "unknown style": rich({**TEXT, "style": {"sparkling": True}}),
    "date without format": rich({"type": "date", "timestamp": 1_700_000_000}),
    "date as text": rich({"type": "date", "timestamp": "1700000000", "format": "{date}"}),
    "list without style": [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_list", "elements": [{"type": "rich_text_section", "elements": [TEXT]}]}
            ],
        }
    ],
    "unknown key": [{**section("x"), "colour": "red"}],
}


@pytest.mark.parametrize("blocks", BAD_BLOCKS.values(), ids=BAD_BLOCKS.keys())
async def test_bad_blocks_are_refused(workspace, blocks):
    assert await workspace.refusal(blocks=blocks) == "invalid_blocks"


GOOD_BLOCKS = {
    "menu of 5 options": menu(
        *({**OPTION, "value": str(n).rjust(150, "x")} for n in range(4)),
        {**OPTION, "url": "https://news.example/"},
        action_id="more",
    ),
    "50 blocks": [{"type": "divider"}] * 50,
    "section of 3,000": [section("x" * 3000)],
    "header of 150": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}],
    "every rich text container": [
        {
            "type": "rich_text",
            "block_id": "all",
            "elements": [
                {"type": "rich_text_section", "elements": [{**TEXT, "style": {"bold": True, "code": True}}]},
                {"type": "rich_text_quote", "elements": [TEXT]},
                {"type": "rich_text_preformatted", "elements": [TEXT]},
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [{"type": "rich_text_section", "elements": [TEXT]}],
                },
            ],
        }
    ],
    "link and date": rich(
        {
            "type": "link",
            "url": "https://news.example/a?b=1&c=2",
            "text": "Title <b>",
            "style": {"bold": True},
        },
        {"type": "date", "timestamp": 1_700_000_000, "format": "{date_short} {time}", "fallback": "then"},
    ),
    "12,000 characters": [section("x" * 2990) for _ in range(4)],
}


@pytest.mark.parametrize("blocks", GOOD_BLOCKS.values(), ids=GOOD_BLOCKS.keys())
async def test_good_blocks_are_taken(workspace, blocks):
    assert (await workspace.post(blocks=blocks))["ok"]


async def test_blocks_over_13200_characters_are_too_long(workspace):
    assert await workspace.refusal(blocks=[section("x" * 2900) for _ in range(6)]) == "msg_blocks_too_long"


async def test_text_over_40000_characters_is_too_long(workspace):
    assert await workspace.refusal(text="x" * 40_001) == "msg_too_long"


@pytest.mark.filterwarnings("ignore:The top-level `text` argument")
async def test_message_without_content_is_refused(workspace):
    assert await workspace.refusal(text="") == "no_text"


async def test_escaped_text_and_links_are_taken(workspace):
    text = "&lt;!channel&gt; AT&amp;T <https://news.example/?a=1&b=2|a &gt; b> <!date^1700000000^{date}|then>"
    assert (await workspace.post(text))["ok"]
