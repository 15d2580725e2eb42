"""Nobody gets anything without a login, a viewer changes nothing, and nothing foreign writes."""

import re

import pytest
from fastapi.routing import APIRoute

from newswatch_airflow.ui.app import the_app

RULE = "/watchlist/rules/central-bank-opposes"
MONITORING = {"/api/health", "/metrics"}
WRITE = {"X-Newswatch": "1", "Accept": "application/json"}


def routes():
    return [(method, route.path) for route in the_app().routes for method in sorted(route.methods)]


def url_of(path):
    names = {
        "{alert_id}": "abc",
        "{feed_id}": "wire",
        "{message_id}": "abc",
        "{rule_id}": "central-bank-opposes",
        "{name}": "newswatch.css",
    }
    for name, value in names.items():
        path = path.replace(name, value)
    return f"/newswatch{path}"


def ask(client, method, path, **options):
    return client.request(method, url_of(path), follow_redirects=False, **options)


def test_every_route_is_one_that_the_walk_below_sees():
    assert all(isinstance(route, APIRoute) for route in the_app().routes)
    assert len(routes()) >= 10


def test_anonymous_gets_nothing_from_any_route(visit):
    client = visit()
    for method, path in routes():
        answer = ask(client, method, path, headers=WRITE, json={} if method in ("POST", "PUT") else None)
        assert answer.status_code in (401, 403), (method, path, answer.status_code)


def test_forged_token_gets_nothing_from_any_route(visit):
    client = visit()
    client.cookies.set("_token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJyb2xlIjoiQURNSU4ifQ.")
    for method, path in routes():
        assert ask(client, method, path, headers=WRITE).status_code in (401, 403), (method, path)


def test_viewer_reads_every_page_and_writes_nothing(visit, newsroom):
    newsroom.adopt()
    client = visit("vera")
    for method, path in routes():
        if path in MONITORING:
            continue
        answer = ask(client, method, path, headers=WRITE, json={} if method in ("POST", "PUT") else None)
        if method == "GET":
            assert answer.status_code in (200, 404), (method, path, answer.text[:300])
        else:
            assert answer.status_code == 403, (method, path)


def test_viewer_sees_no_write_control(visit, newsroom):
    newsroom.adopt()
    for path in (
        "/",
        "/feeds",
        "/feeds/wire",
        "/alerts",
        "/delivery",
        "/watchlist",
        "/watchlist/edit",
        "/watchlist/new",
        f"{RULE}",
        f"{RULE}/edit",
        f"{RULE}/copy",
    ):
        assert "data-post" not in visit("vera").get(f"/newswatch{path}").text
    assert "data-post" in visit("ada").get("/newswatch/feeds").text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Newswatch": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Newswatch": "1", "Sec-Fetch-Site": "same-site"},
        {"X-Newswatch": "1", "Sec-Fetch-Site": "none"},
        {"X-Newswatch": "1", "Origin": "https://evil.example"},
        {"X-Newswatch": "1", "Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://airflow.test"},
    ],
)
def test_write_from_elsewhere_is_refused(visit, newsroom, headers):
    newsroom.adopt()
    before = newsroom.redis.zscore("newswatch:feeds:due", "wire")
    answer = visit("ada").post("/newswatch/api/feeds/wire/poll", headers=headers)
    assert answer.status_code == 403
    assert newsroom.redis.zscore("newswatch:feeds:due", "wire") == before


def test_write_from_our_own_page_is_taken(visit, newsroom):
    newsroom.adopt()
    headers = {**WRITE, "Origin": "http://airflow.test", "Sec-Fetch-Site": "same-origin"}
    answer = visit("ada").post("/newswatch/api/feeds/wire/poll", headers=headers)
    assert answer.status_code == 200, answer.text
    assert newsroom.redis.zscore("newswatch:feeds:due", "wire") == 0


def test_pages_carry_a_strict_policy(visit, newsroom):
    newsroom.adopt()
    answer = visit("ada").get("/newswatch/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    (nonce,) = re.findall(r"style-src 'self' 'nonce-([\w-]{20,})'", policy)
    assert nonce not in visit("ada").get("/newswatch/").headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_health_wants_the_monitors_token_and_no_login(visit, newsroom, settings):
    newsroom.adopt()
    client = visit()
    right = {"Authorization": "Bearer a token for monitors"}
    assert client.get("/newswatch/api/health", headers=right).status_code in (200, 503)
    assert client.get("/newswatch/api/health", headers={"Authorization": "Bearer x"}).status_code == 401
    settings.setenv("NEWSWATCH_SLACK_RATE", "fast")
    answer = client.get("/newswatch/api/health", headers=right)
    assert (answer.status_code, "NEWSWATCH_SLACK_RATE" in answer.text) == (503, True)
    settings.delenv("NEWSWATCH_SLACK_RATE")
    settings.delenv("NEWSWATCH_MONITOR_TOKEN")
    assert client.get("/newswatch/api/health", headers={"Authorization": "Bearer "}).status_code == 403


def test_openapi_lists_the_api_for_a_logged_in_user(visit):
    data = visit("vera").get("/newswatch/openapi.json").json()
    assert "/api/alerts" in data["paths"]
    assert data["servers"] == [{"url": "/newswatch"}]


def test_log_has_neither_lines_of_the_visitor_nor_secrets(visit, newsroom, caplog):
    newsroom.adopt()
    path = "/newswatch/api/rules/x%0D2026-01-01 forged%1B[2J token=SECRET/mute"
    answer = visit("ada").post(path, json={"for": "1h"}, headers=WRITE)
    assert answer.status_code == 400, answer.text
    (line,) = (one.getMessage() for one in caplog.records if one.name == "newswatch.ui")
    assert "no rule in force has the id" in line
    assert not {"\r", "\x1b"} & set(line)
    assert "SECRET" not in line + answer.text
