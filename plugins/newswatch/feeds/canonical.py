"""The canonical form of a link: the same text for the same page, however it was linked.

Used only to compare, never shown or fetched. The order of parameters is kept, because it matters on
some sites.
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
_SESSION = re.compile(
    r"(?i)^(jsessionid|phpsessid|aspsessionid\w*|cfid|cftoken|sid|sessionid|session_id|sess|osccsid|zenid)$"
)
_SESSION_IN_PATH = re.compile(
    r"(?i);(?:jsessionid|phpsessid|sid)=[^/;?#]*"
    # ASP.NET without cookies: /(S(lit3py55t21z5v55vlm25s55))/, in its first release /(lit3py55t21z5v55vlm25s55)/
    r"|/\((?:(?:[A-Z]\([^/()]{1,200}\)){1,5}|[a-z0-5]{24})\)(?=/)"
)
_TRACKING_WHEN_RSS = re.compile(r"(?i)^(partner|emc|from|source|src|ref|cmp|feed|rss)=(rss|feed|atom|1)?$")
_PATH_SAFE = "%/:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?[]"
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")


def canonical_link(url: str) -> str:
    """The canonical form of `url`, or "" unless it is http(s) with a usable host.

    The scheme is always https, the host lower-case in punycode without a trailing dot. There is no
    user-info, fragment, default port, session id or tracking parameter. IRIs are percent-encoded as UTF-8, with
    escapes in upper case. A canonical link stays the same when this is applied again.
    """
    try:
        parts = urlsplit(url.strip())
        host = _host(parts.hostname or "")
        port = parts.port
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme.lower() not in _DEFAULT_PORTS or not host:
        return ""
    # http and https count as the same page, so both default ports do too.
    shown_port = "" if port in (None, 80, 443) else f":{port}"
    path = _encode(_SESSION_IN_PATH.sub("", parts.path), _PATH_SAFE) or "/"
    return urlunsplit(SplitResult("https", host + shown_port, path, _query(parts.query), ""))


def _host(host: str) -> str:
    host = host.rstrip(".").lower()
    if ":" in host:
        return f"[{host}]"
    if host.isascii():
        # Real host names contain underscores and the like; refuse only what cannot be a host name.
        return host if re.fullmatch(r"[a-z0-9._-]+", host) else ""
    return idna.encode(host, uts46=True, transitional=False).decode("ascii")


def _query(query: str) -> str:
    kept = [pair for pair in query.split("&") if pair and not _is_tracking(pair)]
    return _encode("&".join(kept), _QUERY_SAFE)


def _is_tracking(pair: str) -> bool:
    name = pair.partition("=")[0]
    return bool(_TRACKING.match(name) or _SESSION.match(name) or _TRACKING_WHEN_RSS.match(pair))


def _encode(text: str, safe: str) -> str:
    encoded = quote(text, safe=safe, errors="replace")
    return _ESCAPE.sub(lambda match: match[0].upper(), encoded)
