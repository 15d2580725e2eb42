"""Headers, user agent and cookies of one feed: set in feeds.yaml, with secrets, for its own origin only."""

from __future__ import annotations

import re

import pytest

from feed_server import Document, FeedServer, story


@pytest.fixture
def elsewhere():
    site = FeedServer()
    yield site
    site.stop()


def write(room, keys: str) -> None:
    room.write(
        "feeds.yaml",
        f"defaults: {{allow_private: true}}\nfeeds:\n  - id: wire\n    url: {room.site.url}/wire\n{keys}",
    )


ALL = """\
    user_agent: Mozilla/5.0 (compatible)
    headers: {Accept-Language: ru, accept: text/xml, X-Key: newswatch_feed_key}
    cookies: {consent: yes, session: NEWSWATCH_FEED_SESSION}
"""


def test_headers_cookies_and_user_agent_are_sent_with_their_secrets(newsroom, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_FEED_KEY", "k3y")
    monkeypatch.setenv("NEWSWATCH_FEED_SESSION", "s3ssion")
    newsroom.site.serve("/wire", story(1))
    write(newsroom, ALL)
    status, out, err = newsroom.command("check")
    assert status == 0, (out, err)
    assert newsroom.json("poll")["new"] == 1
    sent = {name.lower(): value for name, value in newsroom.site.requests[0].headers.items()}
    assert sent["user-agent"] == "Mozilla/5.0 (compatible)"
    assert sent["accept-language"] == "ru"
    assert sent["accept"] == "text/xml"
    assert sent["x-key"] == "k3y"
    assert sent["cookie"] == "consent=yes; session=s3ssion"


def test_they_are_sent_to_the_own_origin_only(newsroom, elsewhere, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_FEED_KEY", "k3y")
    monkeypatch.setenv("NEWSWATCH_FEED_SESSION", "s3ssion")
    newsroom.site.documents["/wire"] = Document(status=302, headers={"Location": f"{newsroom.site.url}/next"})
    newsroom.site.documents["/next"] = Document(status=302, headers={"Location": f"{elsewhere.url}/away"})
    elsewhere.documents["/away"] = Document(status=302, headers={"Location": f"{newsroom.site.url}/back"})
    newsroom.site.serve("/back", story(1, link=f"{elsewhere.url}/page"))
    write(newsroom, ALL + "    article: true\n")
    assert newsroom.json("poll")["new"] == 1
    newsroom.json("articles")
    shown = [
        (one.path, "k3y" in str(one.headers), "s3ssion" in str(one.headers)) for one in newsroom.site.requests
    ]
    assert shown == [("/wire", True, True), ("/next", True, True), ("/back", False, False)]
    assert [one.path for one in elsewhere.requests] == ["/away", "/page"]
    for one in elsewhere.requests:
        assert not re.search("k3y|s3ssion|consent|Mozilla|'ru'", str(one.headers))


def test_their_secrets_are_shown_nowhere(newsroom, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_FEED_KEY", "k3y")
    monkeypatch.setenv("NEWSWATCH_FEED_SESSION", "s3ssion")
    newsroom.site.documents["/wire"] = Document(b"", status=500)
    write(newsroom, ALL)
    shown = "".join(
        str(newsroom.command(*words))
        for words in (
            ["check"],
            ["poll", "--json"],
            ["feeds", "--json"],
            ["feeds", "preview", "wire"],
            ["doctor"],
        )
    )
    stored = str([newsroom.redis.hgetall("newswatch:feed:wire"), newsroom.redis.hgetall("newswatch:config")])
    assert not re.search("k3y|s3ssion", shown + stored)


@pytest.mark.parametrize(
    "key",
    [
        "headers: {X-Key: NEWSWATCH_FEED_NONE}",
        "user_agent: newswatch_feed_none",
        "cookies: {a: NEWSWATCH_FEED_NONE}",
    ],
)
def test_secret_that_is_missing_is_named_and_nothing_is_requested(newsroom, key):
    newsroom.site.serve("/wire", story(1))
    write(newsroom, f"    {key}\n")
    assert newsroom.json("poll")["failed"] == 1
    assert newsroom.site.requests == []
    (row,) = newsroom.json("feeds")
    assert key.split(":")[0] in row["error"]
    assert "_none" in row["error"].lower()


def test_secret_that_breaks_the_line_is_not_sent(newsroom, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_FEED_KEY", "k3y\r\nHost: evil.example")
    newsroom.site.serve("/wire", story(1))
    write(newsroom, "    headers: {X-Key: NEWSWATCH_FEED_KEY}\n")
    status, out, err = newsroom.command("check")
    assert (status, "NEWSWATCH_FEED_KEY has characters" in out) == (1, True), (out, err)
    assert newsroom.json("poll")["failed"] == 1
    assert newsroom.site.requests == []


REFUSED = [
    ("headers: {Host: a.example}", 15, "Host cannot be set"),
    ("headers: {content-length: 5}", 15, "cannot be set"),
    ("headers: {Connection: close}", 15, "cannot be set"),
    ("headers: {TRANSFER-ENCODING: chunked}", 15, "cannot be set"),
    ("headers: {Authorization: Bearer abc}", 15, "name the credentials with auth"),
    ("headers: {Cookie: a=b}", 15, "use cookies"),
    ("headers: {User-Agent: x}", 15, "use user_agent"),
    ("headers: {'X Key': x}", 15, "is not the name of a header"),
    ("headers: {X-A: 1, x-a: 2}", 23, "is there twice"),
    ("headers: {X-Key: newswatch_slack}", None, ""),
    ("headers: {X-Key: newswatch_feed_}", 22, "cannot be used by feeds"),
    ("headers: {X-Key: '${NEWSWATCH_FEED_A}'}", 22, "placeholders are not replaced"),
    ("headers: [a, b]", 14, "expected a mapping"),
    ("headers: {X-Key: [a]}", 22, "expected one value"),
    ("cookies: {a: 'b; c=d'}", 18, "cannot contain"),
    ("cookies: {'a b': c}", 15, "is not the name of a cookie"),
    ('user_agent: "a\\nb"', 17, "characters that a header cannot have"),
    ("fallback: [ftp://a.example/x]", 16, "does not begin with http"),
    ("fallback: https://a.example/x", 15, "expected a list"),
]


@pytest.mark.parametrize(("key", "col", "text"), REFUSED)
def test_what_cannot_be_set_is_an_error_with_its_place(newsroom, key, col, text):
    write(newsroom, f"    {key}\n")
    status, out, err = newsroom.command("check")
    if col is None:  # only text: nothing that is looked up
        assert status == 0, (out, err)
        return
    assert status == 1, (out, err)
    line, folder = [line for line in out.splitlines() if "warning" not in line]
    assert folder == f"{newsroom.config}: 1 error"
    assert re.match(rf"\S*feeds\.yaml:5:{col}: feed 'wire': ", line), line
    assert text in line


def test_feed_with_headers_never_adopts_the_address_of_a_redirect(newsroom, elsewhere):
    newsroom.site.serve("/wire", story(1))
    write(newsroom, "    headers: {X-Key: plain}\n")
    newsroom.redis.hset(
        "newswatch:feed:wire",
        mapping={"adopted_url": f"{elsewhere.url}/wire", "adopted_from": f"{newsroom.site.url}/wire"},
    )
    newsroom.json("poll", "--all")
    assert len(newsroom.site.requests) == 1
    assert elsewhere.requests == []
