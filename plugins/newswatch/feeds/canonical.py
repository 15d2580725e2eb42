"""The canonical form of a link: one name for the same page, however it was linked.

Used for identity only, never shown or fetched. Order of parameters is kept: some sites give it
a meaning.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"(?i)^(utm_\w+|fbclid|gclid|gclsrc|gbraid|wbraid|dclid|msclkid|yclid|ysclid|twclid|ttclid|igshid|igsh"
    r"|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|hsctatracking|vero_id|oly_anon_id|oly_enc_id|wickedid|s_cid"
    r"|at_(medium|campaign|custom\d|link_\w+|format|ptr_name|bbc_team)|ns_(mchannel|source|campaign|linkname|fee)"
    r"|traffic_source|smid|spm|ocid|cmpid|ito|wt_mc|wt\.mc_id|xtor|__twitter_impression|guccounter)$"
)
_TRACKING_WHEN_RSS = re.compile(r"(?i)^(partner|emc|from|source|src|ref|cmp|feed|rss)=(rss|feed|atom|1)?$")
_PATH_SAFE = "%/:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?[]"
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")


def canonical_link(url: str) -> str:
    """The name of the page behind `url`, or "" unless it is http(s) with a usable host.

    https whatever the scheme, lower-case host in punycode without a trailing dot, no user-info,
    fragment, default port or tracking parameters; IRIs percent-encoded as UTF-8, escapes in
    upper case. Applying it twice changes nothing.
    """
    try:
        parts = urlsplit(url.strip())
        host = _host(parts.hostname or "")
        port = parts.port
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme.lower() not in _DEFAULT_PORTS or not host:
        return ""
    # http = https also where the port is given: both default ports are the same page.
    shown_port = "" if port in (None, 80, 443) else f":{port}"
    path = _encode(parts.path, _PATH_SAFE) or "/"
    return urlunsplit(SplitResult("https", host + shown_port, path, _query(parts.query), ""))


def _host(host: str) -> str:
    host = host.rstrip(".").lower()
    if ":" in host:
        return f"[{host}]"
    if host.isascii():
        # Underscores and other oddities exist in real host names; only refuse what cannot be one.
        return host if re.fullmatch(r"[a-z0-9._-]+", host) else ""
    return idna.encode(host, uts46=True, transitional=False).decode("ascii")


def _query(query: str) -> str:
    kept = [pair for pair in query.split("&") if pair and not _is_tracking(pair)]
    return _encode("&".join(kept), _QUERY_SAFE)


def _is_tracking(pair: str) -> bool:
    return bool(_TRACKING.match(pair.partition("=")[0]) or _TRACKING_WHEN_RSS.match(pair))


def _encode(text: str, safe: str) -> str:
    encoded = quote(text, safe=safe, errors="replace")
    return _ESCAPE.sub(lambda match: match[0].upper(), encoded)
