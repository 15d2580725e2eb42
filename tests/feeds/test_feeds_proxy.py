import pytest

from newswatch.errors import FetchRefused
from newswatch.feeds.proxy import proxy_for, service_proxy, split_credentials

PROXIES = {"HTTP_PROXY": "http://plain:1", "HTTPS_PROXY": "http://tls:2"}


def test_proxy_follows_the_scheme():
    assert proxy_for("http://a.example/", PROXIES) == "http://plain:1"
    assert proxy_for("https://a.example/", PROXIES) == "http://tls:2"
    assert proxy_for("https://a.example/", {}) is None


def test_lower_case_wins_and_all_proxy_is_the_last_resort():
    assert proxy_for("http://a.example/", {**PROXIES, "http_proxy": "low:3"}) == "http://low:3"
    assert proxy_for("http://a.example/", {"ALL_PROXY": "http://all:4"}) == "http://all:4"


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("*", "http://a.example/", True),
        ("example", "http://a.example/", True),
        (".a.example, other", "http://a.example/", True),
        ("*.a.example", "http://x.a.example/", True),
        ("ample", "http://a.example/", False),
        ("a.example:81", "http://a.example/", False),
        ("a.example:80", "http://a.example/", True),
        ("10.0.0.0/8", "http://10.2.3.4/", True),
        ("10.0.0.0/8", "http://11.2.3.4/", False),
        ("[::1]", "http://[::1]/", True),
        ("::1", "http://[::1]/", True),
        ("A.Example", "http://a.EXAMPLE/", True),
        ("", "http://a.example/", False),
    ],
)
def test_no_proxy_names_what_goes_directly(no_proxy, url, direct):
    assert (proxy_for(url, {**PROXIES, "NO_PROXY": no_proxy}) is None) is direct


def test_socks_proxy_is_refused_without_its_password():
    with pytest.raises(FetchRefused, match="HTTPS_PROXY") as caught:
        proxy_for("https://a.example/", {"HTTPS_PROXY": "socks5://u:hidden@p:1"})
    assert "hidden" not in str(caught.value)


def test_split_credentials_decodes_user_info():
    assert split_credentials("http://u%40x:p%3Aq@h:1/a?b#c") == ("http://h:1/a?b#c", ("u@x", "p:q"))
    assert split_credentials("http://h/") == ("http://h/", None)


def test_services_of_ours_take_the_proxy_but_never_for_loopback():
    env = {"HTTPS_PROXY": "http://proxy.example:3128", "HTTP_PROXY": "http://proxy.example:3128"}
    assert service_proxy("https://chat.example/api/", env) == "http://proxy.example:3128"
    for host in ("127.0.0.1", "localhost", "[::1]", "slack.localhost"):
        assert service_proxy(f"http://{host}:8081/api/", env) is None
    assert service_proxy("https://chat.example/api/", {**env, "NO_PROXY": "chat.example"}) is None
