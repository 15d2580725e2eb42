"""Each file in broken_queries/ has one fault in the query language, read by the language itself.

The place in the file must be that of the fault: `# expect LINE:COL SEVERITY MESSAGE-PART`.
"""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from newswatch.config.checker import ListFinding, QueryFinding
from newswatch.config.load import load_config
from newswatch.errors import QueryError
from newswatch.rules.event_checks import check_event
from newswatch.rules.lists import check_lists
from newswatch.rules.query import parse_query

HERE = Path(__file__).parent
FIXTURES = sorted((HERE / "broken_queries").glob("*.yaml"))


class LanguageChecker:
    """The query language as it is; examples are not its subject here."""

    def check_query(self, query, lists, lang):
        try:
            parse_query(query, lists)
        except QueryError as error:
            return [QueryFinding(error.message, error.offset, error.end)], []
        return [], []

    def check_event(self, event, lists):
        return check_event(event, lists)

    def check_lists(self, lists):
        return [
            ListFinding(found.name, found.index, found.message, found.offset) for found in check_lists(lists)
        ]

    def check_examples(self, rule, lists, lang):
        return []


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_check_names_the_place_of(fixture, tmp_path):
    for name in ("feeds.yaml", "receivers.yaml"):
        shutil.copy(HERE / "healthy" / name, tmp_path / name)
    shutil.copy(fixture, tmp_path / "watchlist.yaml")
    line, col, severity, part = re.match(
        r"# expect (\d+):(\d+) (error|warning) ?(.*)", fixture.read_text()
    ).groups()

    loaded = load_config(tmp_path, LanguageChecker(), today=date(2026, 11, 22))

    (problem,) = loaded.problems
    assert (problem.line, problem.col, problem.severity) == (int(line), int(col), severity), str(problem)
    assert part in problem.message
    assert loaded.draft is None
