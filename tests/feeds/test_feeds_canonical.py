import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.links import absolute_link


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("http://News.Example/a", "https://news.example/a"),
        ("https://news.example:443/a#part", "https://news.example/a"),
        ("http://news.example:80", "https://news.example/"),
        ("http://news.example:8080/a", "https://news.example:8080/a"),
        ("https://news.example./a", "https://news.example/a"),
        ("https://user:secret@news.example/a", "https://news.example/a"),
        ("https://n.example/?utm_source=x&id=1&fbclid=2&b=3&a=4", "https://n.example/?id=1&b=3&a=4"),
        ("https://n.example/?UTM_Campaign=x&gclid=1&mc_cid=2&mc_eid=3", "https://n.example/"),
        ("https://n.example/?traffic_source=rss&partner=rss&emc=rss", "https://n.example/"),
        ("https://n.example/?partner=acme&from=2024", "https://n.example/?partner=acme&from=2024"),
        (
            "https://МВД.рф/новости?q=да",
            "https://xn--b1aew.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?q=%D0%B4%D0%B0",
        ),
        ("https://n.example/%d0%bd", "https://n.example/%D0%BD"),
        ("https://n.example/a;b,c@d(e)!$'*+=~", "https://n.example/a;b,c@d(e)!$'*+=~"),
        ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
        ("https://n.example/a/", "https://n.example/a/"),
        ("https://n.example/(S(lit3py55t21z5v55vlm25s55))/a.aspx", "https://n.example/a.aspx"),
        ("https://n.example/x/(A(abc)S(lit3py)F(x-y))/a", "https://n.example/x/a"),
        ("https://n.example/(lit3py55t21z5v55vlm25s55)/a", "https://n.example/a"),
        ("https://n.example/wiki/(a)/b", "https://n.example/wiki/(a)/b"),
        ("mailto:a@n.example", ""),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://[::1", ""),
        ("https://n.example:port/", ""),
        ("https://a b/", ""),
        ("", ""),
    ],
)
def test_canonical_link_names_the_page(link, canonical):
    assert canonical_link(link) == canonical


@given(st.one_of(st.text(max_size=60), st.text(max_size=60).map(lambda tail: f"http://n.example/{tail}")))
def test_canonical_link_of_anything_is_stable(link):
    once = canonical_link(link)
    assert canonical_link(once) == once
    assert once == "" or once.startswith("https://")


@pytest.mark.parametrize(
    ("link", "absolute"),
    [
        ("/a", "https://site.example/a"),
        ("b?x=1", "https://site.example/feed/b?x=1"),
        ("//cdn.example/c", "https://cdn.example/c"),
        ("  http://o.example/d\n", "http://o.example/d"),
        ("http://o.example/two words", "http://o.example/two%20words"),
        ("https://пример.рф/путь", "https://пример.рф/путь"),
        ("https://o.example/?utm_source=kept", "https://o.example/?utm_source=kept"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("http://", ""),
        ("http://[bad", ""),
        ("", ""),
        ("http://o.example/" + "x" * 9_000, ""),
    ],
)
def test_absolute_link_keeps_web_links_verbatim_and_drops_others(link, absolute):
    assert absolute_link("https://site.example/feed/rss.xml", link) == absolute
