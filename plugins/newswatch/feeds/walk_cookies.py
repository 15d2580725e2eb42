"""Cookies of one walk: what one hop of a redirect sets, the next ones get, by the usual rules. Then they are forgotten."""

from __future__ import annotations

from http.cookies import SimpleCookie

import aiohttp
from yarl import URL

from newswatch.publisher import is_public_suffix


class WalkCookies:
    """The cookies that the answers of one walk set. Nothing is made until one does."""

    def __init__(self) -> None:
        self._jar: aiohttp.CookieJar | None = None

    def take(self, answer: aiohttp.ClientResponse) -> bool:
        """Keep what the answer sets. Returns whether the next request may look different."""
        if not answer.cookies:
            return False
        if self._jar is None:
            self._jar = aiohttp.CookieJar(unsafe=True)  # feeds at plain addresses may set cookies too
        before = self._all()
        wanted: SimpleCookie = SimpleCookie()
        for name, morsel in answer.cookies.items():
            domain = morsel["domain"].lstrip(".").lower()
            # As in browsers: no site may set a cookie for all of co.uk.
            if not domain or domain == answer.url.host or not is_public_suffix(domain):
                wanted[name] = morsel
        self._jar.update_cookies(wanted, answer.url)
        return self._all() != before

    def header(self, url: str, own: tuple[tuple[str, str], ...]) -> str:
        """The Cookie header for `url`: the feed's own cookies, and over them what the walk has set; "" for none."""
        if self._jar is None and not own:
            return ""
        pairs = dict(own)
        if self._jar is not None:
            set_for_it = self._jar.filter_cookies(URL(url))
            pairs |= {name: morsel.coded_value for name, morsel in set_for_it.items()}
        return "; ".join(f"{name}={value}" for name, value in pairs.items())

    def _all(self) -> set[tuple[str, str, str, str]]:
        return {(one["domain"], one["path"], one.key, one.coded_value) for one in self._jar or ()}
