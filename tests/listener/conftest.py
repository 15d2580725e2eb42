"""A newsroom with a listener beside it, as a process of its own."""

from __future__ import annotations

import pytest
from listener_room import Listener


@pytest.fixture
def listen(newsroom):
    """Starts listeners; ends them with the test."""
    started = []

    def start(**settings: str) -> Listener:
        started.append(Listener(newsroom, **settings))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def over_socket(newsroom, listen):
    return listen(SLACK_APP_TOKEN=newsroom.slack.app_token)


@pytest.fixture
def over_http(newsroom, listen):
    listener = listen(SLACK_SIGNING_SECRET=newsroom.slack.signing_secret)
    newsroom.slack.config(interactivity_url=listener.url)
    return listener
