"""Names of feeds' secrets, and what they stand for."""

import pytest

from newswatch.errors import FetchRefused
from newswatch.feeds.auth import Auth, resolver

SECRETS = {
    "NEWSWATCH_FEED_BANK": "me:hidden",
    "NEWSWATCH_FEED_PRESS": "Bearer abc",
    "NEWSWATCH_FEED_BAD": "hidden",
    "SLACK_BOT_TOKEN": "xoxb-hidden",
}


def connections(name):
    return Auth("Bearer conn")


@pytest.mark.parametrize("name", ["NEWSWATCH_FEED_BANK", "newswatch_feed_bank"])
def test_variable_is_found_as_written_and_by_the_name_of_a_connection(name):
    assert resolver(SECRETS)(name).header == "Basic bWU6aGlkZGVu"


@pytest.mark.parametrize("name", ["newswatch_feed_a-b", "newswatch_feed_a.b", "newswatch_feed_a_b"])
def test_signs_that_no_variable_has_are_underscores_there(name):
    assert resolver({"NEWSWATCH_FEED_A_B": "Token xyz"})(name).header == "Token xyz"


def test_connection_is_asked_last_and_only_for_its_own_names():
    resolve = resolver(SECRETS, connections)
    assert resolve("newswatch_feed_press").header == "Bearer abc"
    assert resolve("newswatch_feed_other").header == "Bearer conn"
    assert resolve("NEWSWATCH_FEED_OTHER") is None


@pytest.mark.parametrize(
    "name", ["SLACK_BOT_TOKEN", "newswatch_slack", "slack_bot_token", "aws_default", "${X}"]
)
def test_other_names_are_refused_before_anything_is_looked_up(name):
    asked = []
    with pytest.raises(FetchRefused, match="NEWSWATCH_FEED_") as caught:
        resolver(SECRETS, asked.append)(name)
    assert caught.value.kind == "auth"
    assert asked == []


def test_value_of_neither_form_is_refused_without_its_text():
    with pytest.raises(FetchRefused, match="NEWSWATCH_FEED_BAD must be user:password") as caught:
        resolver(SECRETS)("NEWSWATCH_FEED_BAD")
    assert "hidden" not in str(caught.value)
