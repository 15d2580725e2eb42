"""What may be shown of addresses and texts, and what not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.redact import redact_text, redact_url


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Error connecting to redis://:pa@ss@host:6379", "Error connecting to redis://***@host:6379"),
        ("redis://user:p/w@h:6379/0 refused", "redis://***@h:6379/0 refused"),
        ("REDISS://u:p?w#x@h:1, then", "REDISS://***@h:1, then"),
        ("redis+sentinel://:pw@a:1,b:2/main", "redis+sentinel://***@a:1,b:2/main"),
        ("redis://h:6379/0?password=pw is away", "redis://h:6379/0?password=*** is away"),
        ("valkey://:pw@h and unix://:pw@/run/redis.sock", "valkey://***@h and unix://***@/run/redis.sock"),
        ("redis://h:6379/0 refused", "redis://h:6379/0 refused"),
        ("https://u:p@h/x", "https://***@h/x"),
        ("https://u:p@s@h/x", "https://***@h/x"),
        ("https://u:p'q@h/x", "https://***@h/x"),
        ("https://u:p/w@h/x failed", "(unreadable URL) failed"),
        ("https://u:p@s/w@h/x", "https://***@h/x"),
        ("https://h/@editor/feed?page=2", "https://h/@editor/feed?page=2"),
        ("https://hooks.slack.com/services/T00/B00/XXX: 404", "https://hooks.slack.com/***: 404"),
        ("https://HOOKS.slack.com/services/T00/B00/XXX", "https://hooks.slack.com/***"),
        ("https://h/x?a='1&token=SECRET", "https://h/x?a='1&token=***"),
        ('https://h/x?a="1&token=SECRET', 'https://h/x?a="1&token=***'),
        ("https://h/x?a=<1&token=SECRET>", "https://h/x?a=<1&token=***>"),
        ("'https://h/x?token=SECRET' failed", "'https://h/x?token=***' failed"),
        ("<https://h/x?token=SECRET|the feed>", "<https://h/x?token=***|the feed>"),
        ("(https://h/x?key=SECRET).", "(https://h/x?key=***)."),
        ("no token=SECRET or apiKey='SE CRET' left", "no token=*** or apiKey=*** left"),
        ("xoxb-1234-abcd is refused", "*** is refused"),
        ("rule oil: 3 = 3, at 10:00", "rule oil: 3 = 3, at 10:00"),
    ],
)
def test_text_without_its_secrets(text, shown):
    assert redact_text(text) == shown


@pytest.mark.parametrize(
    "name",
    [
        *(
            "key",
            "KEY",
            "apiKey",
            "api_key",
            "api-key",
            "apikey",
            "authkey",
            "rsskey",
            "x.key",
            "subscription-Key",
        ),
        *("token", "accessToken", "ACCESS_TOKEN", "feedtoken", "secret", "clientSecret", "app_secret"),
        *(
            "sig",
            "signature",
            "auth",
            "password",
            "userPassword",
            "passwd",
            "pwd",
            "access",
            "ticket",
            "%74oken",
        ),
    ],
)
def test_value_of_a_secret_name_is_hidden(name):
    url = f"https://h.example/f?page=2&{name}=V%20ALUE&lang=de"
    assert redact_url(url) == f"https://h.example/f?page=2&{name}=***&lang=de"
    assert "ALUE" not in redact_text(f"{url} failed")


@pytest.mark.parametrize("name", ["page", "keyword", "keys_of", "author", "tokens", "k", "signal", "design"])
def test_value_of_another_name_is_shown(name):
    assert redact_url(f"https://h.example/f?{name}=value") == f"https://h.example/f?{name}=value"


def test_secret_with_a_semicolon_is_hidden_as_a_whole():
    assert redact_url("https://h/f?a=1;token=AB;CD;b=2&c=3") == "https://h/f?a=1;token=***;b=2&c=3"


PASSWORDS = st.text(st.sampled_from("aZ9:@/?#&=%'\".,;+"), min_size=1, max_size=12)


@given(PASSWORDS)
def test_password_of_redis_is_never_shown(password):
    shown = redact_text(f"cannot reach redis://user:S{password}E@redis.example:6379/0")
    assert shown == "cannot reach redis://***@redis.example:6379/0"


@given(st.text(max_size=200))
def test_any_text_can_be_redacted(text):
    assert "SECRET" not in redact_text(f"{text} https://h.example/?token=SECRET")
