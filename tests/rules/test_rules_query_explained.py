"""A query in words: every operator, and what is within what."""

from __future__ import annotations

import pytest
from hypothesis import given

from newswatch.errors import QueryError
from newswatch.rules import explain_query
from newswatch.rules.query_text import lines_of
from queries_and_texts import LISTS as OTHER_LISTS
from queries_and_texts import queries

LISTS = {"against": ("oppose", "reject", "$more"), "more": ("forbid",), "one": ("ban",)}
FORMS = "Words are found in all their forms, in upper and lower case."
FIELDS = "It looks in the title, the summary and the body."


def said(query: str) -> str:
    """The sentence of a short query, after "An item matches if it has"."""
    meaning = explain_query(query, LISTS).meaning
    assert meaning.parts == ()
    return meaning.text.removeprefix("An item matches if it has ").removesuffix(".")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("central bank opposes", "`central bank opposes`"),
        ('"central bank"', "exactly `central bank`"),
        ("'SEC'", "exactly `SEC` (capitals count)"),
        ("oppos*", "a word that begins with `oppos`"),
        ("central bank oppos*", "`central bank` directly followed by a word that begins with `oppos`"),
        ("warn ~3 against", "`warn`, then `against` with at most 3 words between"),
        ('"freezes" ~1 assets', "exactly `freezes`, then `assets` with at most 1 word between"),
        ("fine AND bank AND broker", "`fine`, `bank` and `broker`"),
        ("fine OR charge", "either `fine` or `charge`"),
        ("a1 OR b2 OR c3", "one of `a1`, `b2` or `c3`"),
        ("fine AND NOT parking", "`fine`, but not `parking`"),
        ("fine AND NOT (parking OR library)", "`fine`, but neither `parking` nor `library`"),
        ("fine AND NOT a1 AND NOT b2 AND NOT c3", "`fine`, but none of `a1`, `b2` and `c3`"),
        ("bank NEAR/6 oppose", "`bank` and `oppose`, in either order, with at most 6 words between"),
        ("bank ONEAR/1 oppose", "`bank`, then `oppose`, with at most 1 word between"),
        ("bank ONEAR/0 oppose", "`bank` directly followed by `oppose`"),
        ("bank NEAR/0 oppose", "`bank` and `oppose`, in either order, with nothing between"),
        ("bank NEAR/S oppose", "`bank` and `oppose`, in either order, in one sentence"),
        ("bank ONEAR/S oppose", "`bank`, then `oppose`, in one sentence"),
        (
            "a1 NEAR/3 b2 ONEAR/5 c3",
            (
                "`a1` and `b2`, in either order, with at most 3 words between; and with that `c3`, after it, "
                "with at most 5 words between"
            ),
        ),
        ("^US sanctions", "a title, summary or body that begins with `US sanctions`"),
        ("says Lagarde^", "a title, summary or body that ends with `says Lagarde`"),
        ("^rates^", "a title, summary or body that is only `rates`"),
        ("title: central bank", "`central bank` in the title"),
        ("summary:bank AND body:rates", "`bank` in the summary and `rates` in the body"),
        ("author: Jane Doe", "`Jane Doe` in the author's name"),
        ("title:(fine OR charge)", "in the title either `fine` or `charge`"),
        ("title:^$one", "a title that begins with the one entry of the list `$one`"),
        ("tag:official AND rates", "the tag `official` and `rates`"),
        ("source:ecb-press", "the feed `ecb-press` as its source"),
        ("$against", "any of the 3 entries of the list `$against`"),
        (r"/rate (cut|rise)s?/", "text that the pattern `/rate (cut|rise)s?/` finds"),
    ],
)
def test_operator_is_said_in_words(query, words):
    assert said(query) == words


def test_pack_is_called_a_pack_with_the_number_of_its_entries():
    assert said("$sues").endswith(" entries of the pack `$sues`")
    assert int(said("$sues").split()[3].replace(",", "")) > 100


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("(a1 OR b2) AND (c3 OR d4)", "either `a1` or `b2` and either `c3` or `d4`"),
        ("(a1 AND b2) OR c3", "either both `a1` and `b2` or `c3`"),
        ("(a1 AND b2 AND NOT c3) OR d4", "either (`a1` and `b2`, but not `c3`) or `d4`"),
        (
            "fine AND (bank NEAR/3 broker)",
            "`fine` and (`bank` and `broker`, in either order, with at most 3 words between)",
        ),
        ("fine AND NOT title:(a1 AND b2)", "`fine`, but not (in the title `a1` and `b2`)"),
    ],
)
def test_what_belongs_together_is_clear(query, words):
    assert said(query) == words


def test_long_query_is_a_nested_list():
    query = (
        "crypto AND (ban OR (block AND (miners OR 'SEC' OR (prison AND fine)))) "
        "AND NOT (title:(sport OR cricket OR football OR tennis) OR summary:^advertisement OR author:(press AND release))"
    )
    assert list(lines_of(explain_query(query, LISTS).meaning)) == [
        (0, "An item matches if it has all of these:"),
        (1, "`crypto`"),
        (1, "at least one of these:"),
        (2, "`ban`"),
        (2, "all of these:"),
        (3, "`block`"),
        (3, "one of `miners`, exactly `SEC` (capitals count) or both `prison` and `fine`"),
        (1, "none of these:"),
        (2, "in the title one of `sport`, `cricket`, `football` or `tennis`"),
        (2, "a summary that begins with `advertisement`"),
        (2, "in the author's name `press` and `release`"),
    ]


def test_notes_say_forms_fields_and_negation():
    assert explain_query("bank", LISTS).notes == (FORMS, FIELDS)
    assert explain_query("'SEC'", LISTS).notes == (FIELDS,)
    assert explain_query("title:'SEC'", LISTS).notes == ()
    assert explain_query("source:ecb-press", LISTS).notes == ()
    assert explain_query("title:bank AND rates", LISTS).notes == (
        FORMS,
        "Where no field is named, it looks in the title, the summary and the body.",
    )
    assert "one field and paragraph" in explain_query("'A1' NEAR/3 'B2'", LISTS).notes[-1]
    assert "does not oppose" in explain_query("bank", LISTS, "exclude").notes[-1]


def test_query_that_cannot_be_read_is_an_error():
    for query in ("bank AND", "$nothing_like_it", "NOT bank"):
        with pytest.raises(QueryError):
            explain_query(query, LISTS)


@given(queries)
def test_every_query_is_explained_in_lines_that_one_can_read(query):
    for depth, text in lines_of(explain_query(query, OTHER_LISTS).meaning):
        assert text
        assert depth < 20
