"""UniqueNames that may be given once."""

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
        """Note the id of a record; False if it has none, or, after a report, if it is taken."""
        name = given.get("id")
        return name is not None and self.add_name(name, given.node_of("id"), report)

    def add_name(self, name: str, node: Node, report: FileReport) -> bool:
        """Note a name that stands at a node; False, after a report, if it is taken."""
        first = self._first.get(name)
        if first is not None:
            report.error(node, f"the {self._kind} {name!r} stands in {first} already: each may be there once")
            return False
        self._first[name] = f"{report.document.file}:{node.line}"
        return True
