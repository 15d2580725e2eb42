"""A newsroom with a listener beside it: in a thread, or as a process for tests that end it."""

from __future__ import annotations

import pytest
from listener_room import EDITOR, Desk, Listener, ListenerProcess, with_editors


@pytest.fixture
def listen(newsroom):
    """Starts listeners; ends them with the test."""
    started = []

    def start(**settings: str) -> Listener:
        started.append(Listener(newsroom, **settings))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def over_socket(newsroom, listen):
    return listen(SLACK_APP_TOKEN=newsroom.slack.app_token)


@pytest.fixture
def over_http(newsroom, listen):
    listener = listen(SLACK_SIGNING_SECRET=newsroom.slack.signing_secret)
    newsroom.slack.config(interactivity_url=listener.url)
    return listener


@pytest.fixture
def process(newsroom):
    made = ListenerProcess(newsroom, SLACK_APP_TOKEN=newsroom.slack.app_token)
    yield made
    made.kill()


@pytest.fixture
def desk(newsroom, over_socket):
    """Where an editor types commands, with a listener that hears them."""
    with_editors(newsroom, EDITOR["id"])
    return Desk(newsroom)
