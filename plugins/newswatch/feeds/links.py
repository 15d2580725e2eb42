"""Links from feeds, made absolute and safe to show. Nothing is fetched here."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from newswatch.feeds import limits

_WEB = ("http", "https")
_INVISIBLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_INNER_SPACE = re.compile(r"\s")


def absolute_link(base: str, link: str) -> str:
    """`link` resolved against `base` (RFC 3986), or "" unless it is http(s) with a host.

    Otherwise verbatim: an IRI stays an IRI, parameters stay as they are. Only controls are removed and
    inner spaces become %20, since a link may contain neither.
    """
    link = _INNER_SPACE.sub("%20", _INVISIBLE.sub("", link.strip()))
    if not link or len(link) > limits.MAX_LINK_CHARS:
        return ""
    try:
        joined = urljoin(base, link) if base else link
        parts = urlsplit(joined)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return ""
    return joined if parts.scheme.lower() in _WEB and host else ""
