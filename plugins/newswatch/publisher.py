"""Who publishes a feed: its registrable domain, if the configuration does not say."""

from __future__ import annotations

import ipaddress
from functools import cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList


def publisher_of(url: str) -> str:
    """The registrable domain of a feed's URL: `bbc.co.uk` of `https://feeds.bbc.co.uk/news`.

    "" where the host has none, such as an address or `localhost`: it says nothing about who publishes there.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if not host or _is_address(host):
        return ""
    return _suffixes().privatesuffix(host) or ""


def is_public_suffix(domain: str) -> bool:
    """Whether independent parties register names directly below it, as below `co.uk`."""
    return not _is_address(domain) and _suffixes().privatesuffix(domain) is None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    """The list that the package ships with; it takes a tenth of a second to read, and no network."""
    return PublicSuffixList()
