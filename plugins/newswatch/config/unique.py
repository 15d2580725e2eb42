"""Names that may be used only once."""

from __future__ import annotations

from newswatch.config.records import CheckedMapping
from newswatch.config.report import FileReport
from newswatch.config.yaml_tree import Node


class UniqueNames:
    """The names of one kind of thing, over all its files."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._first: dict[str, str] = {}

    def add(self, given: CheckedMapping, report: FileReport) -> bool:
        """Add the id of a record. Returns False if it has none, or if it is taken, which is reported."""
        name = given.get("id")
        return name is not None and self.add_name(name, given.node_of("id"), report)

    def add_name(self, name: str, node: Node, report: FileReport) -> bool:
        """Add a name at a node. Returns False if it is taken, which is reported."""
        first = self._first.get(name)
        if first is not None:
            report.error(node, f"the {self._kind} {name!r} is already in {first}: each may be used only once")
            return False
        self._first[name] = f"{report.document.file}:{node.line}"
        return True
