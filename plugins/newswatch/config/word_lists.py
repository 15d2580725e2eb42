"""A list of the watchlist: its entries, or what it adds to and takes out of the pack of its name."""

from __future__ import annotations

from dataclasses import dataclass

from newswatch.config.kinds import ListOf, Schema, Text, did_you_mean
from newswatch.config.report import FileReport
from newswatch.config.yaml_tree import ListNode, MapNode, Node, Scalar
from newswatch.packs import pack_names

_ENTRIES = ListOf(Text(500), empty="the list is empty: write at least one entry", unique=False)
_KEYS = {
    "extend": "Entries added to the pack of this name.",
    "without": "Entries of the pack that are left out.",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a pack."""

    extend: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def entries(self, name: str) -> tuple[str, ...]:
        """The list that the change comes to: the pack, what is added, and `NOT x` for what is left out.

        Raises ValueError where there is no pack of that name.
        """
        if name not in pack_names():
            raise ValueError(
                f"extend and without change a pack, and there is no pack {name!r}"
                f"{did_you_mean(name, pack_names())}; for a list of your own write its entries: [one, two]"
            )
        return (f"${name}", *self.extend, *(f"NOT {entry}" for entry in self.without))


@dataclass(frozen=True, slots=True)
class WordList:
    """Reads the entries of a list as a tuple, or a Change."""

    def read(self, node: Node, label: str, report: FileReport) -> tuple[str, ...] | Change | None:
        """See Kind."""
        if not isinstance(node, MapNode):
            return _ENTRIES.read(node, label, report)
        found: dict[str, tuple[str, ...]] = {}
        for key, value in node.entries:
            if key.text not in _KEYS:
                guess = did_you_mean(key.text, tuple(_KEYS)) or "; known are extend, without"
                report.error(key, f"{label}: unknown key {key.text!r}{guess}")
                continue
            found[key.text] = _ENTRIES.read(value, f"{label}: {key.text}", report) or ()
        if not node.entries:
            report.error(node, f"{label}: the list is empty: write its entries, or extend: and without:")
            return None
        return Change(**found)

    def schema(self) -> Schema:
        """An array of entries, or a mapping of two."""
        keys = {name: {"description": about, **_ENTRIES.schema()} for name, about in _KEYS.items()}
        change = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": keys}
        return {"anyOf": [_ENTRIES.schema(), change]}


def node_of_entry(node: Node, index: int) -> Scalar | None:
    """The node of an entry of the list that was read from `node`."""
    items: list[Node] = []
    if isinstance(node, ListNode):
        items = node.items
    elif isinstance(node, MapNode):
        by_key = {key.text: value.items for key, value in node.entries if isinstance(value, ListNode)}
        index -= 1  # the pack itself comes first
        items = [*by_key.get("extend", ()), *by_key.get("without", ())]
    found = items[index] if 0 <= index < len(items) else None
    return found if isinstance(found, Scalar) else None
