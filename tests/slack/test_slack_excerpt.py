from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from slack_scenes import item

from newswatch.models import Span
from newswatch.rules.excerpt import MAX_CHARS, MAX_EXCERPTS, excerpts_for

FILLER = "Nothing of interest was said about the weather that day."


def spans(field: str, text: str, *words: str) -> list[Span]:
    return [Span(field, text.index(word), text.index(word) + len(word)) for word in words]


def words(excerpt) -> list[str]:
    return [excerpt.text[start:end] for start, end in excerpt.marks]


def excerpts(text: str, *found: str, field: str = "body"):
    return excerpts_for(item(**{field: text}), spans(field, text, *found))


def test_excerpt_of_a_title_is_the_whole_title_with_its_marks():
    title = "Why the long " * 30 + "central bank opposes"
    (one,) = excerpts(title, "central bank", field="title")
    assert (one.field, one.text, words(one)) == ("title", title, ["central bank"])


def test_excerpt_is_the_sentence_and_what_comes_before():
    text = f"{FILLER} {FILLER} {FILLER} It met on Monday. The central bank opposes the bill. {FILLER * 4}"
    (one,) = excerpts(text, "central bank")
    assert one.text.endswith("It met on Monday. The central bank opposes the bill.")
    assert words(one) == ["central bank"]


def test_excerpt_merges_words_that_stand_near_each_other():
    text = f"{FILLER} The regulator rejects the bill, the central bank said it opposes. {FILLER}"
    (one,) = excerpts(text, "rejects", "central bank", "opposes")
    assert words(one) == ["rejects", "central bank", "opposes"]


def test_excerpts_of_words_far_apart_are_separate_and_in_reading_order():
    text = f"The ECB met. {FILLER * 12} Its board opposes the bill."
    first, second = excerpts(text, "opposes", "ECB")
    assert (words(first), words(second)) == (["ECB"], ["opposes"])


def test_excerpt_cuts_a_long_sentence_at_words_and_says_so():
    text = "alpha beta " * 100 + "central bank " + "gamma delta " * 100
    (one,) = excerpts(text, "central bank")
    assert one.text.startswith("… ")
    assert one.text.endswith(" …")
    assert set(one.text.strip("… ").split()) == {"alpha", "beta", "central", "bank", "gamma", "delta"}
    assert len(one.text) <= MAX_CHARS + 4


def test_excerpt_stays_within_its_block():
    text = "A first paragraph\n\nThe central bank opposes it\n\nA third"
    (one,) = excerpts(text, "central bank")
    assert one.text == "The central bank opposes it"


def test_excerpt_does_not_end_a_sentence_at_an_abbreviation():
    text = "The U.S. Senate and the central bank of No. 5 street disagree."
    (one,) = excerpts(text, "central bank")
    assert one.text == text


def test_excerpts_prefer_the_places_with_most_different_words():
    text = f" {FILLER * 8} ".join(["bank a.", "bank b.", "bank c.", "The bank opposes it."])
    at = [text.index(f"bank {letter}.") for letter in "abc"]
    at.append(text.index("bank opposes"))
    found = [Span("body", start, start + 4) for start in at] + spans("body", text, "opposes")
    shown = excerpts_for(item(body=text), found)
    assert len(shown) == MAX_EXCERPTS
    assert words(shown[-1]) == ["bank", "opposes"]


def test_excerpts_put_the_title_first_and_never_drop_it():
    body = f" {FILLER * 8} ".join(["ECB opposes a.", "ECB opposes b.", "ECB opposes c."])
    found = [Span("body", body.index(f"{c}.") - 12, body.index(f"{c}.") - 1) for c in "abc"]
    one = item(title="Bank says no", body=body)
    shown = excerpts_for(one, [*found, Span("title", 0, 4)])
    assert [excerpt.field for excerpt in shown] == ["title", "body", "body"]


def test_excerpt_of_a_span_outside_of_the_text_is_left_out():
    assert excerpts_for(item(summary="short"), [Span("summary", 90, 95), Span("body", 0, 3)]) == ()


def test_excerpts_of_a_text_that_repeats_one_word_come_at_once():
    text = "bank " * 40_000
    started = time.process_time()
    excerpts_for(item(body=text), [Span("body", at, at + 4) for at in range(0, len(text), 5)])
    assert time.process_time() - started < 1.0


TEXTS = st.text(alphabet="ab .!?\n中é\u0301", max_size=900)


@given(body=TEXTS, places=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 300)), max_size=12))
def test_excerpts_show_the_marked_text_and_keep_their_size(body, places):
    found = [Span("body", start, start + size) for start, size in places]
    shown = excerpts_for(item(body=body), found)
    assert len(shown) <= MAX_EXCERPTS
    for one in shown:
        assert len(one.text) <= MAX_CHARS + 4
        assert "\n" not in one.text
        for start, end in one.marks:
            assert 0 <= start < end <= len(one.text)
            assert one.text[start:end] in body.replace("\n", " ")
