"""Which proxy a request uses, from the usual environment variables.

They are `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; lower case wins, as in curl. `NO_PROXY`
is `*` or a comma-separated list of hosts (subdomains included, leading dot or not), addresses and
CIDR ranges, each with an optional port. The environment is passed in.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote, urlsplit, urlunsplit

from newswatch.errors import FetchRefused
from newswatch.feeds.host import host_name
from newswatch.redact import redact_url


def proxy_for(url: str, env: Mapping[str, str]) -> str | None:
    """The proxy URL for a request to `url` (user-info included), or None for a direct connection.

    Raises FetchRefused(kind="proxy") for a proxy that is not an http or https URL.
    """
    scheme = url.partition(":")[0].lower()
    proxy = _setting(env, f"{scheme}_proxy") or _setting(env, "all_proxy")
    if not proxy:
        return None
    parts = urlsplit(url)
    host = host_name(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if _bypassed(host, port, _setting(env, "no_proxy")):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https") or not urlsplit(proxy).hostname:
        raise FetchRefused(
            f"the proxy {redact_url(proxy)} is not usable: set {parts.scheme.upper()}_PROXY to an http:// URL",
            kind="proxy",
        )
    return proxy


def service_proxy(url: str, env: Mapping[str, str]) -> str | None:
    """The same for Slack and for webhooks, whose addresses are the operator's: never for loopback."""
    host = host_name(url)
    return None if _is_loopback(host) else proxy_for(url, env)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@lru_cache(20_000)
def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """The URL without user-info, and (user, password) decoded, or None where it has none."""
    parts = urlsplit(url)
    user_info, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = user_info.partition(":")
    bare = urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))
    return bare, (unquote(user), unquote(password))


def _setting(env: Mapping[str, str], name: str) -> str:
    return (env.get(name) or env.get(name.upper()) or "").strip()


def _bypassed(host: str, port: int, no_proxy: str) -> bool:
    return any(_covers(entry.strip().lower(), host.lower(), port) for entry in no_proxy.split(","))


def _covers(entry: str, host: str, port: int) -> bool:
    if not entry or entry == "*":
        return entry == "*"
    name, colon, wanted_port = entry.rpartition(":")
    if colon and wanted_port.isdigit() and (":" not in name or name.endswith("]")):
        if int(wanted_port) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").lstrip(".").rstrip(".")
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return bool(entry) and (host == entry or host.endswith(f".{entry}"))
