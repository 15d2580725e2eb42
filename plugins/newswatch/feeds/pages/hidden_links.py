"""Addresses that scripts follow: rows and links whose target is in another attribute than a link's `href`."""

from __future__ import annotations

import re
from typing import Any

_ATTRIBUTES = ("data-href", "data-url", "data-link", "data-permalink")
_ELSEWHERE = " or ".join(f"@{name}" for name in (*_ATTRIBUTES, "onclick"))
_OPENS = re.compile(r"""(?i)location|open|href|go|show|view|navigate|download""")
_QUOTED = re.compile(r"""['"]([^'"\s<>]{2,2000})['"]""")
_ADDRESS = re.compile(
    r"(?i)^(?:https?://|\.{0,2}/)\S+$|^[\w./%-]+\.(?:pdf|html?|aspx?|php|jsp|do)(?:[?#]\S*)?$"
)
_MAX_SCRIPT_CHARS = 3_000


def holders(body: Any) -> dict[Any, str]:
    """The elements besides links that have an address for scripts, with it."""
    found = body.xpath(f".//*[not(self::a or self::img or self::button or self::form)][{_ELSEWHERE}]")
    return {element: target for element in found if (target := target_of(element))}


def target_of(element: Any) -> str:
    """The address in an element's other attributes or in its script, "" for none."""
    for name in _ATTRIBUTES:
        value = (element.get(name) or "").strip()
        if _ADDRESS.match(value[:2_000]):
            return str(value)
    for name in ("href", "onclick"):
        script = (element.get(name) or "").strip()[:_MAX_SCRIPT_CHARS]
        if _OPENS.search(script) and not script.startswith("#"):
            quoted = (match[1] for match in _QUOTED.finditer(script))
            address = next((one for one in quoted if _ADDRESS.match(one)), "")
            if address:
                return address
    return ""
