"""The problems that readers find in one file."""

from __future__ import annotations

from newswatch.config.scalar_places import place_of
from newswatch.config.yaml_tree import Document, Node, Scalar
from newswatch.errors import Problem


class FileReport:
    """The problems of one document. `errors` counts those that are not warnings."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = list(document.problems)
        self.errors = len(self.problems)
        self._seen: set[tuple[int, int, str]] = set()

    def error(self, where: Node, message: str) -> None:
        """An error at a node."""
        self.error_at(where.line, where.col, message)

    def error_at(self, line: int, col: int, message: str) -> None:
        """An error at a line and column, both from 1."""
        self.errors += 1
        if (line, col, message) not in self._seen:  # an aliased node is read once for each use
            self._seen.add((line, col, message))
            self.problems.append(Problem(self.document.file, line, col, message))

    def warning(self, where: Node, message: str) -> None:
        """A warning at a node."""
        self.warning_at(where.line, where.col, message)

    def warning_at(self, line: int, col: int, message: str) -> None:
        """A warning at a line and column, both from 1."""
        self.problems.append(Problem(self.document.file, line, col, message, severity="warning"))

    def place(self, scalar: Scalar, offset: int) -> tuple[int, int]:
        """Line and column of one character of a scalar."""
        return place_of(self.document.text, scalar, offset)
