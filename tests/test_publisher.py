"""Who publishes a feed, if the configuration does not say."""

import pytest

from newswatch.publisher import publisher_of


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://feeds.bbc.co.uk/news/rss.xml", "bbc.co.uk"),
        ("https://www.reuters.com/world/feed", "reuters.com"),
        ("https://reuters.com./feed", "reuters.com"),
        ("https://news.google.com/rss/search?q=site:reuters.com", "google.com"),
        ("https://WIRE.Example.ORG:8443/feed", "example.org"),
        ("https://one.github.io/feed", "one.github.io"),
        ("https://xn--90abgf0ad.xn--p1ai/rss", "xn--90abgf0ad.xn--p1ai"),
        ("http://127.0.0.1:8080/wire", ""),
        ("http://[::1]:8080/wire", ""),
        ("http://localhost/wire", ""),
        ("http://intranet/wire", ""),
    ],
)
def test_publisher_is_the_registrable_domain(url, publisher):
    assert publisher_of(url) == publisher
