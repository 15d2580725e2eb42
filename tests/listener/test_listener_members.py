"""Only full members of the workspace may click. Others are told that they may not, and nothing is stored."""

from __future__ import annotations

import asyncio

import pytest
from listener_room import WORDS, button_names, press, said, shown

from feed_server import story
from newsroom import POLICY
from newswatch.listener import members
from newswatch.listener.members import Members
from newswatch.slack.client import SlackClient, SlackSettings

pytestmark = pytest.mark.heavy

SOMEBODY = {"id": "U0SOMEBODY", "name": "somebody"}
ANNA = {"id": "U0ANNA", "name": "anna"}
BUTTONS = ("newswatch_ack", "newswatch_mute", "newswatch_irrelevant")
OUTSIDERS = {
    "connect": ({"is_stranger": True, "team_id": "T0OTHER"}, "not people of other organizations"),
    "guest": ({"is_restricted": True}, "Guests cannot use this."),
    "bot": ({"is_bot": True}, "Bots cannot use this."),
}


def first_alert(newsroom):
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    return newsroom.posts()[-1]


def refusal_of(newsroom, message, action, user=SOMEBODY) -> str:
    """Click, and return what is whispered to whoever clicked. Slack shows no failure."""
    before = len(newsroom.slack.whispers())
    assert press(newsroom, message, action, user=user)["acknowledged"]
    (whisper,) = newsroom.until(lambda: newsroom.slack.whispers()[before:])
    assert (whisper["user"], whisper["channel"]) == (user["id"], POLICY)
    return said(whisper["blocks"])


def stored(newsroom) -> tuple:
    """All that a click could leave behind: on the message, in the lists of mutes and alerts, in a backtest."""
    (rule,) = newsroom.json("backtest", "--rule", "central-bank-opposes")["rules"]
    states = [row["state"] for row in newsroom.json("alerts")]
    return shown(newsroom.posts()[-1]), newsroom.json("mute"), states, rule["irrelevant"]


@pytest.mark.parametrize("way", ["over_socket", "over_http"])
@pytest.mark.parametrize("account", OUTSIDERS)
def test_click_of_an_outsider_is_refused_and_nothing_is_stored(newsroom, way, account, request):
    request.getfixturevalue(way)
    more, reason = OUTSIDERS[account]
    newsroom.slack.config(users=[{**SOMEBODY, **more}])
    message = first_alert(newsroom)
    before = stored(newsroom)
    for action in BUTTONS:
        text = refusal_of(newsroom, message, action)
        assert reason in text
        assert text.endswith("Nothing was changed.")
    assert stored(newsroom) == before


@pytest.mark.parametrize("way", ["over_socket", "over_http"])
def test_members_click_without_being_editors_and_outsiders_undo_nothing(newsroom, way, request):
    request.getfixturevalue(way)
    newsroom.slack.config(users=[{**SOMEBODY, "is_stranger": True, "team_id": "T0OTHER"}])
    message = first_alert(newsroom)
    for action, words in zip(
        BUTTONS, ("Acknowledged by", "Muted here by", "Marked not relevant by"), strict=True
    ):
        press(newsroom, message, action, user=ANNA)
        newsroom.until(lambda words=words: f"{words} anna" in newsroom.posts()[-1]["text"])
    before, message = stored(newsroom), newsroom.posts()[-1]
    assert len(button_names(message)) == 2
    for action in ("newswatch_unmute", "newswatch_relevant"):
        assert "not people of other organizations" in refusal_of(newsroom, message, action)
    assert stored(newsroom) == before


@pytest.mark.parametrize("way", ["over_socket", "over_http"])
def test_click_is_refused_in_time_while_slack_does_not_say_who_somebody_is(newsroom, way, request):
    request.getfixturevalue(way)
    message = first_alert(newsroom)
    before = stored(newsroom)
    newsroom.slack.fault("delay", method="users.info", delay_s=60)
    text = refusal_of(newsroom, message, "newswatch_mute", ANNA)
    assert text == (
        "Slack did not say within 1.5 seconds who U0ANNA is. Please try again in a minute. Nothing was changed."
    )
    assert stored(newsroom) == before
    press(newsroom, message, "newswatch_mute", user=ANNA)
    newsroom.until(lambda: "Muted here by anna" in newsroom.posts()[-1]["text"])


def test_click_without_the_scope_is_refused_with_what_to_do(newsroom, over_socket):
    message = first_alert(newsroom)
    before = stored(newsroom)
    newsroom.slack.config(scopes=["chat:write", "channels:read", "commands"])
    for action in BUTTONS:
        text = refusal_of(newsroom, message, action, ANNA)
        assert "Slack does not say who U0ANNA is (Slack: missing_scope (needed: users:read)" in text
        assert "Add the scope to the Slack app" in text
        assert text.endswith("Nothing was changed.")
    assert stored(newsroom) == before


def test_click_is_refused_while_slack_has_trouble_and_can_be_repeated(newsroom, over_socket):
    message = first_alert(newsroom)
    newsroom.slack.fault("http_500", method="users.info")
    assert "Please try again in a minute." in refusal_of(newsroom, message, "newswatch_ack", ANNA)
    press(newsroom, message, "newswatch_ack", user=ANNA)
    newsroom.until(lambda: "Acknowledged by anna" in newsroom.posts()[-1]["text"])


def asked(newsroom) -> int:
    """How often Slack was asked who somebody is."""
    return sum(newsroom.slack.stats()["methods"].get("users.info", {}).values())


def test_what_slack_said_of_somebody_counts_for_ten_minutes(newsroom):
    now = [0.0]

    async def walk() -> list[tuple[str, int]]:
        settings = SlackSettings(token=newsroom.slack.token, base_url=newsroom.slack.base_url)
        async with SlackClient(settings) as client:
            known, found = Members(client, lambda: now[0]), []
            for seconds, guest in (
                (0.0, False),
                (599.0, True),
                (600.0, True),
                (1_199.0, False),
                (1_200.0, False),
            ):
                now[0] = seconds
                newsroom.slack.config(users=[{**SOMEBODY, "is_restricted": guest}])
                found.append((await known.why_not("U0SOMEBODY"), asked(newsroom)))
            return found

    guests = "Guests cannot use this."
    assert asyncio.run(walk()) == [("", 1), ("", 1), (guests, 2), (guests, 2), ("", 3)]


def test_only_so_many_people_are_remembered(newsroom, monkeypatch):
    monkeypatch.setattr(members, "MOST_REMEMBERED", 2)

    async def walk() -> list[int]:
        settings = SlackSettings(token=newsroom.slack.token, base_url=newsroom.slack.base_url)
        async with SlackClient(settings) as client:
            known, found = Members(client), []
            for user_id in ("U0READER", "U0EDITOR", "U0ONCALL", "U0EDITOR", "U0READER"):
                await known.why_not(user_id)
                found.append(asked(newsroom))
            return found

    assert asyncio.run(walk()) == [1, 2, 3, 3, 4]
