"""A real Airflow API app with its login on, our plugin mounted, over a newsroom on a real Redis.

In this process for what can be asked of it (`visit`), as a process of its own for a browser (`enter`).
"""

from __future__ import annotations

import os

from airflow_sandbox import prepare, redis_connection

HOME = prepare()
os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] = "ada:admin,vera:viewer"
os.environ["AIRFLOW__API_AUTH__JWT_SECRET"] = (
    "a secret for tests that is long enough for the signature that Airflow makes of it"
)

import json  # noqa: E402  (the environment comes first)

import pytest  # noqa: E402
from airflow.api_fastapi.app import create_app, get_auth_manager  # noqa: E402
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser  # noqa: E402
from airflow.utils.db import initdb  # noqa: E402
from browsing import GROUNDS, sign_in  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402
from running_airflow import RunningAirflow  # noqa: E402

from newsroom import BesideTheBrowser  # noqa: E402

TOKEN = "a token for monitors"


@pytest.fixture(scope="session")
def airflow_app():
    """Airflow's own app, as its api-server makes it, with its database."""
    initdb()
    return create_app(apps="core")


@pytest.fixture
def settings(newsroom, monkeypatch):
    """What the api-server's environment says of our services."""
    slack = {
        "conn_type": "slack",
        "password": newsroom.slack.token,
        "extra": {"base_url": newsroom.slack.base_url},
    }
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection(newsroom.redis_url))
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_SLACK", json.dumps(slack))
    monkeypatch.setenv("NEWSWATCH_CONFIG", str(newsroom.config))
    monkeypatch.setenv("NEWSWATCH_MONITOR_TOKEN", TOKEN)
    return monkeypatch


@pytest.fixture
def visit(airflow_app, settings):
    """Makes a client for a user, None for nobody; as a browser it asks for HTML."""
    clients = []

    def make(user=None):
        client = TestClient(airflow_app, base_url="http://airflow.test", raise_server_exceptions=False)
        client.headers["Accept"] = "text/html"
        if user is not None:
            client.cookies.set("_token", token_of(user))
        clients.append(client.__enter__())
        return clients[-1]

    yield make
    for client in clients:
        client.__exit__(None, None, None)


def token_of(user):
    """The token that Airflow's login gives this user."""
    role = {"ada": "ADMIN", "vera": "VIEWER"}[user]
    return get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=user, role=role))


# ── for a browser ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def airflow(tmp_path_factory, redis_server, simulator):
    """One api-server for all tests of a process; its configuration folder is a link to that of the test at work."""
    folder = tmp_path_factory.mktemp("api-server")
    extra = {"base_url": simulator.base_url}
    server = RunningAirflow(
        folder,
        AIRFLOW_CONN_NEWSWATCH_REDIS=redis_connection(redis_server.url),
        AIRFLOW_CONN_NEWSWATCH_SLACK=json.dumps(
            {"conn_type": "slack", "password": simulator.token, "extra": extra}
        ),
        NEWSWATCH_CONFIG=str(folder / "config"),
    )
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture
def room(tmp_path, redis_url, simulator, airflow):
    """The newsroom behind `airflow`."""
    simulator.reset()
    made = BesideTheBrowser(tmp_path, redis_url, simulator)
    link = airflow.home.parent / "config"
    link.unlink(missing_ok=True)
    link.symlink_to(made.config)
    made.adopt()
    yield made
    made.close()


@pytest.fixture
def enter(airflow, browser):
    """Logs a user in through Airflow's form and opens newswatch from the navigation; (page, frame)."""
    contexts = []

    def make(user="ada", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(120_000)
        contexts.append(context)
        return sign_in(context, airflow.url, user, airflow.password(user))

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def look(enter, airflow):
    """Logs in; the function returned opens one of our pages, outside of the frame, under a theme."""

    def make():
        page, _ = enter()
        page.dialogs = []
        page.on("dialog", lambda dialog: (page.dialogs.append(dialog.type), dialog.accept()))

        def open_page(path, theme="light"):
            page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
            page.goto(f"{airflow.url}/newswatch/{path}")
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert ground == GROUNDS[theme]
            assert page.locator("h1").count() == 1
            return page

        return open_page

    return make
