"""Where a character of a scalar stands, over every way YAML has to write one."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from newswatch.config.scalar_places import place_of
from newswatch.config.yaml_tree import MapNode, parse_document

WORDS = st.lists(
    st.text(alphabet="abжé漢🏦'\"\\()$#:*-", min_size=1, max_size=6), min_size=1, max_size=12
).map(" ".join)


def scalar_of(text):
    document = parse_document("f.yaml", text.encode())
    assert document.problems == []
    assert isinstance(document.root, MapNode)
    return document.text, document.root.entries[-1][1]


def character_at(text, place):
    line, col = place
    return text.split("\n")[line - 1][col - 1]


def assert_every_word_character_is_found(text, escaped=False):
    file_text, scalar = scalar_of(text)
    for offset, char in enumerate(scalar.text.rstrip()):
        if char.isspace():
            continue
        found = character_at(file_text, place_of(file_text, scalar, offset))
        assert found == char or (escaped and found == "\\"), (offset, char, found)


@given(WORDS)
def test_place_in_single_quotes(value):
    quoted = value.replace("'", "''")
    assert_every_word_character_is_found(f"first: x\nquery: '{quoted}'\n")


@given(WORDS, st.integers(1, 5))
def test_place_in_a_literal_block(value, width):
    words = value.split(" ")
    lines = [" ".join(words[start : start + width]) for start in range(0, len(words), width)]
    assert_every_word_character_is_found("query: |\n" + "".join(f"   {line}\n" for line in lines))


@given(WORDS, st.integers(1, 5))
def test_place_in_a_folded_block(value, width):
    words = value.split(" ")
    lines = [" ".join(words[start : start + width]) for start in range(0, len(words), width)]
    assert_every_word_character_is_found("query: >- # note\n" + "".join(f"      {line}\n" for line in lines))


@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_place_in_what_yaml_itself_writes_in_double_quotes(value):
    text = yaml.safe_dump({"query": value}, default_style='"', allow_unicode=False, width=30)
    file_text, scalar = scalar_of(text)
    lines = file_text.split("\n")
    for offset in range(len(scalar.text.rstrip())):
        line, col = place_of(file_text, scalar, offset)
        assert 1 <= line <= len(lines)
        assert 1 <= col <= len(lines[line - 1]) + 1


@given(st.lists(st.sampled_from(["bank", "(oppose", "ж", "AND"]), min_size=1, max_size=10))
def test_place_in_a_plain_scalar_over_lines(words):
    assert_every_word_character_is_found("query:\n" + "".join(f"    {word}\n" for word in words))


def test_place_beyond_the_end_is_just_after_the_last_character():
    text, scalar = scalar_of("query: >-\n  central\n  bank\n")
    assert place_of(text, scalar, 999) == (3, 7)


def test_place_after_an_escape_counts_what_the_file_holds():
    text, scalar = scalar_of('query: "\\u0436\\x41\\"(x"\n')
    assert scalar.text == 'жA"(x'
    assert place_of(text, scalar, 3) == (1, 21)
