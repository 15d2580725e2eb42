"""Watchlist rules: a query's text to its syntax tree, many rules to one matcher, an item to its matches.

The order of the modules::

    fold ─▶ tokens ─▶ forms ─▶ stems            what a word is
    gaps, sentences                             phrases with gaps, where a sentence ends
    lexer, nodes ─▶ build ─▶ query ─▶ lists     what a query says (grammar: query.lark); patterns: RE2
    plan, tables, anchors, needs ─▶ index ─▶ scan ─▶ evaluate ─▶ matcher    which rules an item satisfies, and why
    event_plan ─▶ lexicon, passage ─▶ event_templates, event_guards, event_words ─▶ events    who does what
    excerpt                                     the matched words in their context
    lookup ─▶ nearest, nearest_events, verdict  which term fails where a rule does not match
    shortlist                                   which rules of many an item comes nearest to
    query_edits ─▶ repair                       the edit after which it matches
    narrowing                                   what every item has that a rule matches, for an index
    advice                                      what is valid but may not be meant
    commoner                                    words of which another form is far commoner
    event_checks, event_text                    what is wrong with an event; an event in words
    query_text                                  a query in words
    negation                                    whether "not" negates what was found

Everything here is pure: no clock, and no I/O except reading the package's own data files.
"""

from newswatch.rules.advice import QueryWarning, list_warnings, query_warnings, review_query
from newswatch.rules.event_checks import EventProblem, check_event
from newswatch.rules.event_text import Explained, explain_event
from newswatch.rules.lists import ListProblem, check_lists, expand_list
from newswatch.rules.matcher import ItemText, Watchlist, compile_watchlist
from newswatch.rules.nodes import Query
from newswatch.rules.query import parse_entry, parse_query
from newswatch.rules.query_text import Clause, ExplainedQuery, explain_query
from newswatch.rules.stems import stem
from newswatch.rules.tokens import Token, tokenize

__all__ = [
    "Clause",
    "EventProblem",
    "Explained",
    "ExplainedQuery",
    "ItemText",
    "ListProblem",
    "Query",
    "QueryWarning",
    "Token",
    "Watchlist",
    "check_event",
    "check_lists",
    "compile_watchlist",
    "expand_list",
    "explain_event",
    "explain_query",
    "list_warnings",
    "parse_entry",
    "parse_query",
    "query_warnings",
    "review_query",
    "stem",
    "tokenize",
]
