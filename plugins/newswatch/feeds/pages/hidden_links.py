"""Addresses that scripts follow: rows and links whose target is in another attribute than a link's `href`."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ATTRIBUTES = ("data-href", "data-url", "data-link", "data-permalink")
NAMES = frozenset({*_ATTRIBUTES, "onclick"})
"""Only elements with one of these attributes can have such an address."""
OTHERS = frozenset({"a", "img", "button", "form"})
"""Elements that have an address of their own, or use one for something else."""
_OPENS = re.compile(r"""(?i)location|open|href|go|show|view|navigate|download""")
_QUOTED = re.compile(r"""['"]([^'"\s<>]{2,2000})['"]""")
_ADDRESS = re.compile(
    r"(?i)^(?:https?://|\.{0,2}/)\S+$|^[\w./%-]+\.(?:pdf|html?|aspx?|php|jsp|do)(?:[?#]\S*)?$"
)
_MAX_SCRIPT_CHARS = 3_000


def target_of(attributes: Mapping[str, str]) -> str:
    """The address in an element's other attributes or in its script, "" for none."""
    for name in _ATTRIBUTES:
        value = attributes.get(name, "").strip()
        if _ADDRESS.match(value[:2_000]):
            return value
    for name in ("href", "onclick"):
        script = attributes.get(name, "").strip()[:_MAX_SCRIPT_CHARS]
        if _OPENS.search(script) and not script.startswith("#"):
            quoted = (match[1] for match in _QUOTED.finditer(script))
            address = next((one for one in quoted if _ADDRESS.match(one)), "")
            if address:
                return address
    return ""
