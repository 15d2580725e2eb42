"""What the configuration needs of the query language, declared here by its consumer.

`newswatch.config` knows no queries: `newswatch.pipeline` passes in an object that does. Offsets count code points of the
text that was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from newswatch.models import Event, Rule

Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class QueryFinding:
    """A problem of a query, at `query[offset:end]`."""

    message: str
    offset: int
    end: int


@dataclass(frozen=True, slots=True)
class ListFinding:
    """A problem of one entry of a list, at `entry[offset:]`; index -1 for the whole list."""

    list_name: str
    entry_index: int
    message: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class EventFinding:
    """Something about the index-th text of one part of an event, at `text[offset:]`."""

    part: str
    index: int
    message: str
    offset: int = 0
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class ExampleFinding:
    """An example that a rule fails: the index-th of its `kind`.

    The report puts the rule's id and the kind before `message`.
    """

    kind: Literal["must_match", "must_not_match"]
    index: int
    message: str


class QueryChecker(Protocol):
    """Checks queries, lists and examples. It returns problems and raises nothing for what an author may write."""

    def check_query(
        self, query: str, lists: Lists, lang: str
    ) -> tuple[list[QueryFinding], list[QueryFinding]]:
        """The errors and the warnings of one query."""
        ...

    def check_event(self, event: Event, lists: Lists) -> Sequence[EventFinding]:
        """The errors and the warnings of one event."""
        ...

    def check_lists(self, lists: Lists) -> list[ListFinding]:
        """The errors of the entries of all lists."""
        ...

    def check_examples(self, rule: Rule, lists: Lists, lang: str) -> list[ExampleFinding]:
        """The examples that the rule's query fails. The query itself has no errors."""
        ...
