"""Simple entries of lists are read without the grammar: to the same end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.errors import QueryError
from newswatch.packs import load_pack, pack_names
from newswatch.rules.query import _parsed_entry, parse_entry

PIECES = st.sampled_from(
    [
        "ban",
        "Bans",
        "crypto-ban",
        "~3",
        "'ECB'",
        '"bans"',
        "ЦБ",
        "don't",
        "AND",
        "NEAR",
        "$list",
        "oppos*",
        "日本",
        "U.S.",
    ]
)


def outcome(read, text):
    try:
        return read(text)
    except QueryError as error:
        return error.message


@given(st.lists(PIECES, min_size=1, max_size=4).map(" ".join))
def test_entry_is_what_the_grammar_says(text):
    assert outcome(parse_entry, text) == outcome(_parsed_entry, text)


@pytest.mark.parametrize("name", pack_names())
def test_each_entry_of_a_pack_is_what_the_grammar_says(name):
    texts = {entry.text for entries in load_pack(name).parts.values() for entry in entries}
    assert [text for text in texts if outcome(parse_entry, text) != _parsed_entry(text)] == []
