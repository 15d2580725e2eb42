"""Which edits change what a text says. The labelled pairs are in `bench/corrections.tsv`."""

from __future__ import annotations

import pytest
from bench.corrections import TARGET_PRECISION, TARGET_RECALL, labelled, measured
from hypothesis import given
from hypothesis import strategies as st

from newswatch.models import Excerpt
from newswatch.stories.passage import PassageChange, change_of, quoted
from newswatch.stories.rewording import is_reworded, overlap

HEADLINE = "Central bank opposes plan to fine 12 lenders"


def test_labelled_pairs_reach_the_targets():
    pairs = labelled()
    figures = measured(pairs)
    assert figures["cosmetic"] >= 100
    assert figures["real"] >= 40
    assert figures["precision"] >= TARGET_PRECISION
    assert figures["recall"] >= TARGET_RECALL


@pytest.mark.parametrize(
    "after",
    [
        "Central bank opposes plan to fine 21 lenders",
        "Central bank opposes plan to fire 12 lenders",
        "Central bank does not oppose plan to fine 12 lenders",
        "Central bank may oppose plan to fine 12 lenders",
        "Central bank opposes plan to fine 12 lenders, sources say",
        "12 lenders oppose plan to fine central bank",
    ],
)
def test_numbers_verbs_denials_doubts_and_order_change_what_is_said(after):
    assert is_reworded(HEADLINE, after)


@pytest.mark.parametrize(("before", "after"), [(HEADLINE, ""), ("", HEADLINE), ("…", HEADLINE)])
def test_text_that_is_missing_says_nothing(before, after):
    assert not is_reworded(before, after)


def test_name_of_the_outlet_is_known_by_its_domain():
    assert is_reworded(HEADLINE, f"{HEADLINE} - Basler Bote")
    assert not is_reworded(HEADLINE, f"{HEADLINE} - Basler Bote", ("basler-bote.example",))


@given(st.text(max_size=200))
def test_text_is_never_reworded_by_itself(text):
    assert not is_reworded(text, text)


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_texts_can_be_compared(one, other):
    is_reworded(one, other)
    assert 0 <= overlap(one, other) <= 1


def test_long_texts_are_compared_in_a_second():
    is_reworded("word " * 100_000, "other " * 100_000)
    change_of("a word of it", ["word. " * 10_000])
    assert (
        change_of("… a word of it …", ["word of it " * 10_000]) is None
    )  # without sentences nothing is clear


# Passages

QUOTE = Excerpt("summary", "… said. The central bank opposes the plan. It …", ((12, 24),))


def test_only_the_sentences_with_matched_words_count():
    assert quoted(QUOTE) == "The central bank opposes the plan."


@pytest.mark.parametrize(
    "text",
    [
        "Ministers met. The Central Bank opposes the plan. A vote follows.",
        "“The central bank opposes the plan”, ministers say.",
        "The central bank…",
        "",
    ],
)
def test_passage_is_still_there_or_that_cannot_be_told(text):
    assert change_of(quoted(QUOTE), [text]) is None


def test_passage_is_changed_or_removed():
    passage = quoted(QUOTE)
    other = "The central bank supports the plan."
    assert change_of(passage, [f"Ministers met. {other}"]) == PassageChange("changed", passage, other)
    assert change_of(passage, ["Ministers met on Monday to talk of taxes."]) == PassageChange(
        "removed", passage
    )


def test_passage_that_was_cut_is_found_in_a_longer_sentence():
    passage = "… told reporters that the central bank opposes the plan …"
    text = "On Monday the governor told reporters that the central bank oposes the plan and its costs."
    assert change_of(passage, [text]) is None
