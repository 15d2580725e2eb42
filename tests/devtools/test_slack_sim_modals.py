"""Slash commands, message shortcuts and modals in the simulator, asked with the real SDK over both ways."""

import asyncio
import json

import pytest
from aiohttp import web
from click_endpoint import ClickEndpoint
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

CHANNEL = "C0000000001"


def plain(text):
    return {"type": "plain_text", "text": text}


def text_input(block_id="words", **more):
    element = {"type": "plain_text_input", "action_id": "a", **more}
    return {"type": "input", "block_id": block_id, "label": plain("Words"), "element": element}


def modal(*blocks, **more):
    return {"type": "modal", "title": plain("Watch"), "submit": plain("Save"), "blocks": list(blocks), **more}


def radio(count):
    return {"type": "radio_buttons", "options": [{"text": plain("x"), "value": "x"}] * count}


def run(slack, work):
    """`work(client)` with the SDK's client."""

    async def inside():
        return await work(AsyncWebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[]))

    return asyncio.run(inside())


def refusal(slack, work):
    with pytest.raises(SlackApiError) as caught:
        run(slack, work)
    return caught.value.response


@pytest.fixture
def endpoint(slack):
    with ClickEndpoint(slack.signing_secret) as running:
        slack.config(interactivity_url=running.url)
        yield running


def trigger(slack, endpoint):
    slack.command(CHANNEL, "help")
    return endpoint.payloads[-1]["trigger_id"]


def test_command_comes_as_a_signed_form_with_slacks_fields(slack, endpoint):
    answer = slack.command(CHANNEL, "watch <rates> & more", {"id": "U0MARIA", "name": "maria"})
    assert answer == {"delivered": "http", "status": 200, "acknowledged": True}
    (payload,) = endpoint.payloads
    assert (payload["command"], payload["text"]) == ("/newswatch", "watch <rates> & more")
    assert (payload["channel_id"], payload["user_id"], payload["user_name"]) == (CHANNEL, "U0MARIA", "maria")
    assert payload["team_id"] == "T0SIMULATOR"
    assert payload["response_url"].startswith(slack.url)


def test_forged_command_is_refused(slack, endpoint):
    assert slack.command(CHANNEL, "help", signature="forged")["status"] == 401


def test_app_without_the_scope_has_no_command(slack, endpoint):
    slack.config(scopes=["chat:write"])
    with pytest.raises(RuntimeError, match="scope commands"):
        slack.command(CHANNEL, "help")


def test_trigger_opens_one_view_and_no_second_one(slack, endpoint):
    given = trigger(slack, endpoint)
    view = run(slack, lambda client: client.views_open(trigger_id=given, view=modal(text_input())))["view"]
    assert (view["type"], view["blocks"][0]["block_id"]) == ("modal", "words")
    again = refusal(slack, lambda client: client.views_open(trigger_id=given, view=modal(text_input())))
    assert again["error"] == "exchanged_trigger_id"


def test_trigger_ends_after_three_seconds(slack, endpoint):
    given = trigger(slack, endpoint)
    slack.config(skew_s=3.1)
    late = refusal(slack, lambda client: client.views_open(trigger_id=given, view=modal(text_input())))
    assert late["error"] == "expired_trigger_id"


def test_trigger_that_never_was_is_invalid(slack):
    wrong = refusal(slack, lambda client: client.views_open(trigger_id="1.2.abc", view=modal(text_input())))
    assert wrong["error"] == "invalid_trigger_id"


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (modal(text_input(), title=plain("x" * 25)), "/view/title/text"),
        (modal(text_input(), private_metadata="x" * 3001), "/view/private_metadata"),
        (modal(text_input(), callback_id="x" * 256), "/view/callback_id"),
        (modal(*[{"type": "divider"}] * 101), "/view/blocks"),
        (modal({**text_input(), "label": plain("x" * 2001)}), "/view/blocks/0/label/text"),
        (modal(text_input(initial_value="x" * 3001)), "/view/blocks/0/element/initial_value"),
        (modal(text_input(placeholder=plain("x" * 151))), "/view/blocks/0/element/placeholder"),
        (modal(text_input(), text_input()), "already exists"),
        (modal({"type": "video"}), "unsupported type"),
        ({key: value for key, value in modal(text_input()).items() if key != "submit"}, "/view/submit"),
        (modal({**text_input(), "element": radio(11)}), "/view/blocks/0/element/options"),
    ],
)
def test_view_over_a_limit_is_refused_with_its_place(slack, endpoint, view, said):
    given = trigger(slack, endpoint)
    answer = refusal(slack, lambda client: client.views_open(trigger_id=given, view=view))
    assert answer["error"] == "invalid_arguments"
    assert said in json.dumps(answer["response_metadata"])


def test_view_of_more_than_250_kb_is_too_large(slack, endpoint):
    given, block = trigger(slack, endpoint), {"type": "section", "text": plain("ж" * 3000)}
    answer = refusal(slack, lambda client: client.views_open(trigger_id=given, view=modal(*[block] * 60)))
    assert answer["error"] == "view_too_large"


def test_unescaped_text_in_a_view_is_noticed(slack, endpoint):
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}
    given = trigger(slack, endpoint)
    answer = refusal(slack, lambda client: client.views_open(trigger_id=given, view=modal(block)))
    assert answer["error"] == "sim_unescaped_control"


def test_update_keeps_what_was_typed_and_respects_the_hash(slack, endpoint):
    given = trigger(slack, endpoint)
    view = run(slack, lambda client: client.views_open(trigger_id=given, view=modal(text_input())))["view"]
    run(
        slack,
        lambda client: client.views_update(view_id=view["id"], view=modal(text_input()), hash=view["hash"]),
    )
    late = refusal(
        slack, lambda client: client.views_update(view_id=view["id"], view=modal(), hash=view["hash"])
    )
    gone = refusal(slack, lambda client: client.views_update(view_id="V0NOBODY", view=modal()))
    assert (late["error"], gone["error"]) == ("hash_conflict", "not_found")


def opened(slack, endpoint, *blocks, **more):
    given = trigger(slack, endpoint)
    view = run(slack, lambda client: client.views_open(trigger_id=given, view=modal(*blocks, **more)))["view"]
    return view["id"]


def answering(slack, answer, work):
    """`work` while the app answers each payload with this JSON."""
    with ClickEndpoint(slack.signing_secret, lambda _: web.json_response(answer)) as running:
        slack.config(interactivity_url=running.url)
        return work(), running.payloads


def test_submission_carries_what_was_filled_in_and_closes_the_view(slack, endpoint):
    view_id = opened(
        slack, endpoint, text_input(initial_value="rates"), private_metadata="kept", callback_id="w"
    )
    answer = slack.submit(view_id, {"words": "oil <prices>"})
    assert (answer["acknowledged"], answer["errors"], slack.views()) == (True, {}, [])
    payload = endpoint.payloads[-1]
    assert (payload["type"], payload["view"]["callback_id"]) == ("view_submission", "w")
    assert payload["view"]["private_metadata"] == "kept"
    assert payload["view"]["state"]["values"]["words"]["a"]["value"] == "oil <prices>"


def test_required_input_without_a_value_is_not_sent(slack, endpoint):
    view_id = opened(slack, endpoint, text_input())
    with pytest.raises(RuntimeError, match="words must be filled in"):
        slack.submit(view_id)


def test_errors_stay_in_the_open_view(slack, endpoint):
    view_id = opened(slack, endpoint, text_input())
    order = {"response_action": "errors", "errors": {"words": "not this"}}
    answer, _ = answering(slack, order, lambda: slack.submit(view_id, {"words": "x"}))
    assert answer["errors"] == {"words": "not this"}
    assert slack.views()[0]["errors"] == {"words": "not this"}


@pytest.mark.parametrize(
    "order",
    [
        {"response_action": "errors", "errors": {"nowhere": "no such block"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "dance"},
        {"text": "hello"},
    ],
)
def test_wrong_answer_to_a_submission_is_noticed(slack, endpoint, order):
    view_id = opened(slack, endpoint, text_input())
    answer, _ = answering(slack, order, lambda: slack.submit(view_id, {"words": "x"}))
    assert answer["acknowledged"] is False


def test_update_in_the_answer_replaces_the_view(slack, endpoint):
    view_id = opened(slack, endpoint, text_input())
    saving = {"type": "modal", "title": plain("Saving"), "blocks": []}
    order = {"response_action": "update", "view": saving}
    answering(slack, order, lambda: slack.submit(view_id, {"words": "x"}))
    assert slack.views()[0]["view"]["title"]["text"] == "Saving"


def test_button_in_a_view_brings_what_is_typed(slack, endpoint):
    button = {"type": "button", "action_id": "try", "text": plain("Try")}
    view_id = opened(slack, endpoint, text_input(), {"type": "actions", "elements": [button]})
    assert slack.press(view_id, "try", {"words": "oil"})["acknowledged"]
    payload = endpoint.payloads[-1]
    assert payload["container"] == {"type": "view", "view_id": view_id}
    assert payload["view"]["state"]["values"]["words"]["a"]["value"] == "oil"


def test_shortcut_brings_the_message(slack, endpoint):
    ts = slack.post(CHANNEL, "a headline")["ts"]
    assert slack.shortcut(CHANNEL, ts, "missed")["acknowledged"]
    payload = endpoint.payloads[-1]
    assert (payload["type"], payload["callback_id"]) == ("message_action", "missed")
    assert (payload["message"]["text"], payload["channel"]["id"]) == ("a headline", CHANNEL)


def test_response_url_answers_one_user_five_times(slack, endpoint):
    slack.command(CHANNEL, "status", {"id": "U0MARIA", "name": "maria"})
    url = endpoint.payloads[-1]["response_url"]

    async def answer(_):
        return [(await AsyncWebhookClient(url).send(text="fine")).status_code for _ in range(6)]

    assert run(slack, answer) == [200] * 5 + [404]
    assert slack.whispers()[0] == {"channel": CHANNEL, "user": "U0MARIA", "text": "fine", "blocks": []}


def test_response_url_has_the_address_that_the_app_uses(slack, endpoint):
    other = slack.base_url.replace("127.0.0.1", "localhost")
    asyncio.run(AsyncWebClient(token=slack.token, base_url=other, retry_handlers=[]).auth_test())
    slack.command(CHANNEL, "status")
    assert endpoint.payloads[-1]["response_url"].startswith("http://localhost:")


def test_response_url_refuses_unescaped_text(slack, endpoint):
    slack.command(CHANNEL, "status")
    url = endpoint.payloads[-1]["response_url"]
    assert run(slack, lambda _: AsyncWebhookClient(url).send(text="<!here>")).status_code == 400


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({"is_restricted": True}, {"is_restricted": True, "is_ultra_restricted": False}),
        ({"is_ultra_restricted": True}, {"is_restricted": True, "is_ultra_restricted": True}),
        ({"is_stranger": True, "team_id": "T0OTHER"}, {"is_stranger": True, "team_id": "T0OTHER"}),
        ({"is_bot": True}, {"is_bot": True}),
        ({"deleted": True}, {"deleted": True}),
    ],
)
def test_users_info_says_who_somebody_is(slack, account, said):
    slack.config(users=[{"id": "U0SOMEBODY", "name": "somebody", **account}])
    user = run(slack, lambda client: client.users_info(user="U0SOMEBODY"))["user"]
    assert said.items() <= user.items()


def test_users_info_needs_its_scope_and_a_user(slack):
    assert refusal(slack, lambda client: client.users_info(user="U0NOBODY"))["error"] == "user_not_found"
    slack.config(scopes=["chat:write"])
    assert refusal(slack, lambda client: client.users_info(user="U0READER"))["error"] == "missing_scope"


def test_members_come_in_pages(slack):
    slack.config(channels=[{"id": CHANNEL, "people": ["U0READER", "U0EDITOR"]}])
    first = run(slack, lambda client: client.conversations_members(channel=CHANNEL, limit=2))
    cursor = first["response_metadata"]["next_cursor"]
    rest = run(slack, lambda client: client.conversations_members(channel=CHANNEL, limit=2, cursor=cursor))
    assert first["members"] + rest["members"] == ["U0NEWSWATCH", "U0READER", "U0EDITOR"]


def test_members_of_a_private_channel_without_the_app_are_unknown(slack):
    slack.config(channels=[{"id": CHANNEL, "private": True, "member": False}])
    answer = refusal(slack, lambda client: client.conversations_members(channel=CHANNEL))
    assert answer["error"] == "channel_not_found"


def test_whisper_to_somebody_outside_the_channel_is_refused(slack):
    slack.config(channels=[{"id": CHANNEL, "people": ["U0READER"]}])
    work = lambda client: client.chat_postEphemeral(channel=CHANNEL, user="U0EDITOR", text="x")  # noqa: E731
    assert refusal(slack, work)["error"] == "user_not_in_channel"
