"""A query language small enough to reason about, for tests that are about the files."""

import re

from newswatch.config.checker import ExampleFinding, ListFinding, QueryFinding


class EasyChecker:
    """Knows `$list`, brackets that must close, and `SHOUT`, which draws a warning.

    A list entry must not hold `!`. An example matches when it contains the query as it stands.
    """

    def __init__(self):
        self.checked = []

    def check_query(self, query, lists, lang):
        self.checked.append((query, lang))
        errors = [
            QueryFinding(f"there is no list ${use[1]}", use.start(), use.end())
            for use in re.finditer(r"\$(\w+)", query)
            if use[1] not in lists
        ]
        if query.count("(") != query.count(")"):
            at = query.index("(") if "(" in query else query.index(")")
            errors.append(QueryFinding("this bracket has no partner", at, at + 1))
        warnings = [QueryFinding("shouting", use.start(), use.end()) for use in re.finditer("SHOUT", query)]
        return errors, warnings

    def check_event(self, event, lists):
        return []

    def check_lists(self, lists):
        return [
            ListFinding(name, index, "an entry holds no exclamation mark", entry.index("!"))
            for name, entries in lists.items()
            for index, entry in enumerate(entries)
            if "!" in entry
        ]

    def check_examples(self, rule, lists, lang):
        missed = [
            ExampleFinding("must_match", index, "the rule does not match this")
            for index, text in enumerate(rule.must_match)
            if rule.query.strip('"') not in text and "$" not in rule.query and "OR" not in rule.query
        ]
        hit = [
            ExampleFinding("must_not_match", index, "the rule matches this")
            for index, text in enumerate(rule.must_not_match)
            if rule.query in text
        ]
        return missed + hit
