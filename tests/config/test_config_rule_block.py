"""One rule's lines taken from one version of a file into another: nothing else changes."""

from __future__ import annotations

import pytest

from newswatch.config.rule_block import block_of, rule_blocks, with_block
from newswatch.config.yaml_text import CannotEdit

OLD = """\
# the desk
lists:
  bank: [central bank]

rules:
  # first of all
  - id: one
    query: bank opposes   # old words
    notify: [policy]

  # the second
  - {id: two, query: ferry, notify: [policy]}
  - id: three
    query: >-
      a long
      query
    notify: [policy]
# the end
"""
NEW = OLD.replace("bank opposes   # old words", "bank rejects   # new words").replace(
    "query: ferry", "query: boat"
)


def test_blocks_are_the_lines_of_each_rule():
    blocks = rule_blocks("w.yaml", OLD)
    assert list(blocks) == ["one", "two", "three"]
    assert blocks["one"] == "  - id: one\n    query: bank opposes   # old words\n    notify: [policy]"
    assert blocks["two"] == "  - {id: two, query: ferry, notify: [policy]}"
    assert blocks["three"].endswith("query\n    notify: [policy]")
    assert block_of("w.yaml", OLD, "four") is None


def test_block_of_an_earlier_version_changes_only_that_rule():
    restored = with_block("w.yaml", NEW, "one", block_of("w.yaml", OLD, "one"))
    assert restored == NEW.replace("bank rejects   # new words", "bank opposes   # old words")
    assert with_block("w.yaml", NEW, "three", block_of("w.yaml", OLD, "three")) == NEW


def test_rule_that_is_gone_is_put_at_the_end_of_the_rules():
    without = with_block("w.yaml", OLD, "one", None)
    assert "old words" not in without
    assert "# first of all" in without
    back = with_block("w.yaml", without, "one", block_of("w.yaml", OLD, "one"))
    assert list(rule_blocks("w.yaml", back)) == ["two", "three", "one"]
    assert back.endswith("    notify: [policy]\n# the end\n")


def test_block_of_a_file_with_other_indentation_is_moved():
    flat = (
        "rules:\n- id: one\n  query: cat\n  notify: [policy]\n- id: two\n  query: dog\n  notify: [policy]\n"
    )
    moved = with_block("w.yaml", flat, "one", block_of("w.yaml", OLD, "one"))
    assert moved.startswith(
        "rules:\n- id: one\n  query: bank opposes   # old words\n  notify: [policy]\n- id: two"
    )
    back = with_block("w.yaml", OLD, "one", block_of("w.yaml", flat, "one"))
    assert "  - id: one\n    query: cat\n    notify: [policy]\n" in back


@pytest.mark.parametrize(
    "text", ["rules: [{id: one, query: cat, notify: [p]}]\n", "rules:\n  - id: one\n   query: x\n"]
)
def test_unusual_or_broken_file_is_refused(text):
    with pytest.raises(CannotEdit):
        with_block("w.yaml", text, "one", "  - {id: one, query: dog}")
