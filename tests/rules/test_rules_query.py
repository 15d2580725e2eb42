from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.errors import QueryError
from newswatch.rules.advice import list_warnings, query_warnings
from newswatch.rules.lists import check_lists, expand_list
from newswatch.rules.nodes import And, Edge, Near, Not, Or, Phrase, Scoped
from newswatch.rules.query import parse_query

LISTS = {"central_bank": ["central bank", "'ECB'"], "opposes": ["oppose"]}


def refused(query: str) -> tuple[str, str]:
    """The text under the caret, and the message."""
    with pytest.raises(QueryError) as caught:
        parse_query(query, LISTS)
    return query[caught.value.offset : caught.value.end], caught.value.message


def test_near_binds_tighter_than_not_and_or():
    root = parse_query("one OR two AND NOT three NEAR/2 four", LISTS).root
    assert isinstance(root, Or)
    both = root.children[1]
    assert isinstance(both, And)
    assert isinstance(both.children[1], Not)
    assert isinstance(both.children[1].child, Near)


def test_near_chains_from_the_left():
    root = parse_query("one NEAR/2 two ONEAR/S three", LISTS).root
    assert isinstance(root, Near)
    assert (root.distance, root.ordered) == (None, True)
    assert isinstance(root.left, Near)
    assert (root.left.distance, root.left.ordered) == (2, False)


def test_phrase_mixes_words_prefixes_quotes_and_gaps():
    root = parse_query("\"Freezes\" ~5 asset* 'SEC' co-chief", LISTS).root
    assert isinstance(root, Phrase)
    assert [(word.text, word.how, word.gap) for word in root.words] == [
        ("freezes", "exact", 0),
        ("asset", "prefix", 5),
        ("SEC", "case", 0),
        ("co", "stem", 0),
        ("chief", "stem", 0),
    ]


@pytest.mark.parametrize(
    ("query", "opens", "closes"),
    [
        ("^US sanctions", True, False),
        ("says Lagarde^", False, True),
        ('^"done"^', True, True),
        ("title:^$opposes", True, False),
        ("$opposes^", False, True),
        ("(^bank)", True, False),
        ("^(bank OR 'SEC')^", True, True),
    ],
)
def test_caret_ties_a_term_to_the_edge_of_its_field(query, opens, closes):
    root = parse_query(query, LISTS).root
    edge = root.child if isinstance(root, Scoped) else root
    assert isinstance(edge, Edge)
    assert (edge.opens, edge.closes) == (opens, closes)


def test_adjacent_words_are_one_phrase_and_a_scope_takes_all_of_it():
    root = parse_query("title: central bank opposes", LISTS).root
    assert isinstance(root, Scoped)
    assert isinstance(root.child, Phrase)
    assert [word.text for word in root.child.words] == ["central", "bank", "opposes"]


@pytest.mark.parametrize("query", ["don't panic", "24/7 news", "bank's view", "AT&T", "央行 反对"])
def test_quotes_and_slashes_within_words_are_plain(query):
    assert parse_query(query, LISTS).text == query


@pytest.mark.parametrize(
    ("query", "place", "says"),
    [
        ("", "", "empty"),
        ("AND bank", "AND", "the query begins with `AND`, which is not a term. Write a term there"),
        ("bank AND", "AND", "nothing follows `AND`. Write a term there: words"),
        ("bank OR AND x", "AND", "`OR` is followed by `AND`, which is not a term"),
        ("(bank", "(", "never closed"),
        ("bank)", ")", "closes nothing"),
        ("()", ")", "`(` is followed by `)`, which is not a term"),
        ("bank NOT x", "NOT", "AND NOT"),
        ("NOT bank", "NOT bank", "only says what must not be there"),
        ("bank OR NOT x", "NOT x", "only says what must not be there"),
        ("bank AND (x OR NOT y)", "NOT y", "only says what must not be there"),
        ("NOT NOT bank", "NOT NOT bank", "remove both"),
        ("one NEAR two", "NEAR", "NEAR/6"),
        (" NEAR/1 ".join(["one"] * 30), "NEAR/1", "more than 20 NEARs in a row"),
        ("one NEAR/s two", "NEAR/s", "NEAR/S"),
        ("warn ~", "~", "warn ~3 against"),
        ("warn ~three against", "~three", "warn ~3 against"),
        ("~3 against", "~3", "between two words"),
        ("warn ~3", "~3", "between two words"),
        ("warn ~3 ~3 against", "~3", "between two words"),
        ("warn ~3 $opposes", "~3", "write ONEAR/3"),
        ("warn ~3 OR against", "~3", "between two words"),
        ("warn ~9999 against", "~9999", "0 to 1000"),
        ("^ bank", "^", "^US sanctions"),
        ("bank ^x", "^", "an operator is missing between"),
        ("^/bank/", "/bank/", "`^` is followed by `/bank/`, which is not a term"),
        ("^(bank AND x)", "(bank AND x)", "`^` ties phrases"),
        ("^^bank", "^", "`^` is followed by `^`, which is not a term"),
        ("(one AND two) NEAR/3 three", "(one AND two)", "not AND"),
        ("/x/ NEAR/3 three", "/x/", "not a /pattern/"),
        ("one NEAR/99999 two", "NEAR/99999", "0 to 1000"),
        ("title:one NEAR/3 body:two", "title:one NEAR/3 body:two", "different fields"),
        ("headline:bank", "headline:", "there is no field"),
        ("Title:bank", "Title:", "title:"),
        ("title:(body:bank)", "(body:bank)", "can never match"),
        ("title:(tag:bank)", "(tag:bank)", "does not look at the text"),
        ("tag: ", "tag:", "whole id"),
        ('"central bank', '"', "is not closed"),
        ("'SEC", "'SEC", "never closed"),
        ("“bank”", "“", "straight quotes"),
        ("/bank", "/bank", "never closed"),
        ("/ba(nk/", "/ba(nk/", "RE2 does not accept"),
        ("/(?=bank)/", "/(?=bank)/", "no look-around"),
        ("/b*/", "/b*/", "empty text"),
        ("$banks", "$banks", "no list"),
        ("$opose", "$opose", "did you mean $opposes?"),
        ("$100 million", "$100", "without the sign"),
        ("opp*", "opp*", "at least 4 letters"),
        ("b*nk x", "*", "only at the end"),
        ('"oppos*"', "*", "within quotes"),
        ("$opposes bank", "bank", "ONEAR/0"),
        ('bank "bank" /x/', "/x/", "an operator is missing between"),
        ("bank && x", "&&", "write AND"),
        ('"?!"', '"?!"', "no letters or digits"),
        ("(" * 60 + "x" + ")" * 60, "(", "brackets within each other"),
    ],
)
def test_broken_query_is_refused_at_the_place_with_the_way_out(query, place, says):
    found, message = refused(query)
    assert says in message
    assert found == place


PIECES = [
    "bank", "AND", "OR", "NOT", "(", ")", "NEAR/2", "ONEAR/1", '"', "'", "/", "title:", "tag:x", "$opposes",
    "oppos*", "*", "~3", "~", "^", "^bank", "NEAR/S", " ", "\n", "x:", "“", "😀", "\x00", "'SEC'", '"a b"', "/b/",
]  # fmt: skip


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join) | st.text(max_size=15))
def test_any_text_is_a_query_or_a_query_error_with_a_place_within_it(text):
    try:
        query = parse_query(text, LISTS)
    except QueryError as error:
        place = (error.offset, error.end)
    else:
        place = (query.root.start, query.root.end)
    assert 0 <= place[0] <= max(len(text), 1)
    assert place[0] < place[1]


@pytest.mark.parametrize(
    ("query", "place", "says"),
    [
        ("C++ code", "C++", "`++`"),
        ("#bank", "#bank", "`#`"),
        ("growth of 3.5%", "3.5%", "`%`"),
        ("x OR bank", "x", "single letter"),
        ("US AND bank", "US", "'US'"),
        ("IT", "IT", "'IT'"),
        ("WHO", "WHO", "'WHO'"),
        ("bank and money", "and", "AND"),
        ("bank near money", "near", "NEAR/6"),
        ("bank -money", "-money", "NOT money"),
        ("says Lagarde$", "Lagarde$", "write Lagarde^"),
    ],
)
def test_doubtful_query_is_warned_about_at_the_place(query, place, says):
    warning = query_warnings(query, LISTS)[0]
    assert query[warning.offset : warning.end] == place
    assert says in warning.message


@pytest.mark.parametrize(
    "query", ["central bank's U.S. co-chief", "'US' AND \"who\"", "AT&T OR 3.5", "oppos*", "央", "don't"]
)
def test_plain_query_gets_no_warning(query):
    assert query_warnings(query, LISTS) == []


def test_broken_lists_are_each_reported_once_with_entry_and_place():
    lists = {
        "a": ["$b", "bank AND x", "", "fine"],
        "b": ["$c"],
        "c": ["$a", "bank", "$zzz"],
        "d": [],
        "e": ["$e"],
        "f": ["'x"],
    }
    found = {(problem.name, problem.index) for problem in check_lists(lists)}
    assert found == {("a", 1), ("a", 2), ("c", 0), ("c", 2), ("d", -1), ("e", 0), ("f", 0)}
    assert "$a → $b → $c → $a" in " ".join(problem.message for problem in check_lists(lists))


def test_long_chain_of_lists_is_no_problem():
    lists = {f"l{number}": [f"$l{number + 1}"] for number in range(5_000)} | {"l5000": ["bank"]}
    assert check_lists(lists) == []
    assert len(expand_list("l0", lists)) == 1


def test_list_warnings_name_the_entry():
    warning = list_warnings({"tech": ["bank", "C++"]})[0]
    assert (warning.name, warning.index) == ("tech", 1)
