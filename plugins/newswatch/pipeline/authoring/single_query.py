"""A query that is not a rule yet, for `match` and `backtest`: parse it, or show what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newswatch.errors import PermanentError, QueryError
from newswatch.models import Rule
from newswatch.pipeline.authoring.caret import with_caret
from newswatch.rules import review_query

QUERY = "query"
"""The rule id under which such a query is reported."""


class BadQuery(PermanentError):
    """The query cannot be parsed. The text marks the place with carets."""


def lone_rule(query: str, lists: Mapping[str, Sequence[str]]) -> tuple[Rule, list[str]]:
    """The query as a rule, and the warnings about it, each with carets under the place. Raises BadQuery."""
    try:
        warnings = review_query(query, lists)
    except QueryError as error:
        raise BadQuery(with_caret(query, error)) from error
    shown = [
        with_caret(query, QueryError(f"warning: {found.message}", offset=found.offset, end=found.end))
        for found in warnings
    ]
    return Rule(id=QUERY, query=query), shown
