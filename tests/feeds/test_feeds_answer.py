from datetime import datetime, timezone

import pytest

from newswatch.errors import FetchFailed, FetchRefused
from newswatch.feeds.answer import check_status, retry_after_s, validator
from newswatch.feeds.redirect import MAX_REDIRECTS, Hop, web_url

NOW = datetime(2026, 11, 2, 12, 0, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("120", 120.0),
        ("0.5", 0.5),
        ("-5", 0.0),
        ("Mon, 02 Nov 2026 12:01:30 GMT", 90.0),
        ("Monday, 02-Nov-26 12:00:10 GMT", 10.0),
        ("Mon, 02 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999", 604_800.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_in_seconds_or_as_date(value, wait_s):
    assert retry_after_s(value, NOW) == wait_s


def _check(status, conditional=True, **headers):
    check_status(
        status, {name.replace("_", "-"): v for name, v in headers.items()}, now=NOW, conditional=conditional
    )


def test_documents_and_asked_for_304_pass():
    _check(200)
    _check(203)
    _check(304)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, "ratelimited"), (500, "http"), (503, "http"), (408, "http"), (206, "http"), (302, "http")],
)
def test_passing_trouble_is_retryable_and_carries_retry_after(status, kind):
    with pytest.raises(FetchFailed) as caught:
        _check(status, Retry_After="7.5")
    assert (caught.value.kind, caught.value.status, caught.value.retry_after_s) == (kind, status, 7.5)


@pytest.mark.parametrize(
    ("status", "kind"), [(410, "gone"), (401, "auth"), (407, "auth"), (404, "http"), (403, "http")]
)
def test_lasting_trouble_is_refused(status, kind):
    with pytest.raises(FetchRefused) as caught:
        _check(status)
    assert (caught.value.kind, caught.value.status) == (kind, status)


def test_304_nobody_asked_for_is_a_failure():
    with pytest.raises(FetchFailed):
        _check(304, conditional=False)


def test_retry_after_date_is_read_by_the_servers_own_clock():
    an_hour_slow = {"Date": "Mon, 02 Nov 2026 11:00:00 GMT", "Retry_After": "Mon, 02 Nov 2026 11:02:00 GMT"}
    with pytest.raises(FetchFailed, match="retry after 120 s") as caught:
        _check(503, **an_hour_slow)
    assert caught.value.retry_after_s == 120


@pytest.mark.parametrize("value", ["0", "-7", "Mon, 02 Nov 2026 11:00:00 GMT"])
def test_429_that_asks_for_no_wait_has_not_said_when(value):
    with pytest.raises(FetchFailed) as caught:
        _check(429, Retry_After=value)
    assert caught.value.retry_after_s is None


def test_403_with_retry_after_is_a_rate_limit():
    with pytest.raises(FetchFailed) as caught:
        _check(403, Retry_After="60")
    assert caught.value.kind == "ratelimited"


@pytest.mark.parametrize("value", ['W/"a b"', '"ünï"', "unquoted", "Thu, 1 Jan"])
def test_validators_are_kept_verbatim(value):
    assert validator(value) == value


@pytest.mark.parametrize("value", [None, "", '"\udcff"', "x" * 2_000, "a\nb"])
def test_validators_that_cannot_be_sent_back_count_as_absent(value):
    assert validator(value) is None


def test_permanent_url_needs_an_unbroken_chain():
    start = Hop("http://a.example/f")
    assert start.permanent_url is None
    moved = start.follow(301, "https://a.example/f").follow(308, "/g")
    assert moved.permanent_url == "https://a.example/g"
    assert moved.follow(302, "/h").permanent_url is None
    assert start.follow(302, "/h").follow(301, "/i").permanent_url is None


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/other", True),
        ("https://a.example/f2", True),
        ("http://a.example:8080/", False),
        ("https://b.example/", False),
        ("http://sub.a.example/", False),
    ],
)
def test_credentials_stay_with_their_origin(target, kept):
    assert Hop("http://a.example/f").follow(302, target).with_credentials is kept


@pytest.mark.parametrize("target", ["http://a.example/f", "http://a.example:443/f", "//b.example/f"])
def test_credentials_do_not_leave_encryption_or_their_host(target):
    assert not Hop("https://a.example/f").follow(301, target).with_credentials


def test_credentials_once_dropped_do_not_come_back():
    hop = Hop("http://a.example/f").follow(302, "http://b.example/").follow(302, "http://a.example/g")
    assert not hop.with_credentials


def test_user_info_in_a_target_is_not_used():
    assert Hop("http://a.example/f").follow(302, "http://x:y@b.example/").url == "http://b.example/"


def test_redirect_loop_is_refused():
    hop = Hop("http://a.example/1").follow(302, "/2")
    with pytest.raises(FetchRefused, match="loop") as caught:
        hop.follow(302, "/1#elsewhere")
    assert caught.value.kind == "redirects"


def test_long_redirect_chain_is_refused():
    hop = Hop("http://a.example/")
    for step in range(MAX_REDIRECTS):
        hop = hop.follow(302, f"/{step}")
    with pytest.raises(FetchRefused, match="more than 5"):
        hop.follow(302, "/more")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/", "a.example/feed", "http://", "http://[x", ""]
)
def test_only_web_urls_are_followed(url):
    with pytest.raises(FetchRefused) as caught:
        web_url(url)
    assert caught.value.kind == "scheme"
