"""Two versions of a text as the lines that differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch_airflow.ui.diffs import MOST_ROWS, changed_lines

RULES = "".join(
    f"  - id: r{n}\n    query: word{n} central bank\n    severity: high\n    notify: [policy]\n    owner: desk\n"
    for n in range(10_000)
)


def shown(before, after):
    signs = {"added": "+", "removed": "-", "same": " ", "gap": "…"}
    return [f"{signs[row.kind]}{row.number} {row.text}".rstrip() for row in changed_lines(before, after)]


def test_two_changes_far_apart_among_ten_thousand_rules():
    after = RULES.replace("word7 ", "words7 ").replace("word9997 ", "w9997 ")
    assert shown(RULES, after) == [
        " 34     notify: [policy]",
        " 35     owner: desk",
        " 36   - id: r7",
        "-37     query: word7 central bank",
        "+37     query: words7 central bank",
        " 38     severity: high",
        " 39     notify: [policy]",
        " 40     owner: desk",
        "…0",
        " 49984     notify: [policy]",
        " 49985     owner: desk",
        " 49986   - id: r9997",
        "-49987     query: word9997 central bank",
        "+49987     query: w9997 central bank",
        " 49988     severity: high",
        " 49989     notify: [policy]",
        " 49990     owner: desk",
    ]


def test_same_line_changed_in_ten_thousand_rules_shows_the_first_of_them():
    rows = changed_lines(RULES, RULES.replace("severity: high", "severity: low"))
    assert [row.kind for row in rows[:9]] == [*["same"] * 2, "removed", "added", *["same"] * 4, "removed"]
    assert len(rows) == MOST_ROWS + 1
    assert (rows[-1].kind, rows[-1].text) == ("gap", "58,000 more lines")


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        ("a\nb\n", "a\nb\n", []),
        ("a\n", "a", [" 1 a", "-2 (line breaks)", "+2 (other line breaks)"]),
        ("", "a\n", ["+1 a"]),
        ("a\n", "", ["-1 a"]),
        ("a\nb\nc\n", "a\nc\nd\n", [" 1 a", "-2 b", " 2 c", "+3 d"]),
        ("1\n2\n3\n4\n5\n", "1\n2\n3\n4\nx\n5\n", [" 2 2", " 3 3", " 4 4", "+5 x", " 6 5"]),
    ],
)
def test_changed_lines_of_small_texts(before, after, rows):
    assert shown(before, after) == rows


@given(st.lists(st.sampled_from("abcd"), max_size=20), st.lists(st.sampled_from("abcd"), max_size=20))
def test_every_changed_line_is_shown_with_its_number(old, new):
    rows = changed_lines("\n".join(old), "\n".join(new))
    assert all(row.text == old[row.number - 1] for row in rows if row.kind == "removed")
    assert all(row.text == new[row.number - 1] for row in rows if row.kind in ("added", "same"))
    added, removed = ([row for row in rows if row.kind == kind] for kind in ("added", "removed"))
    assert len(new) - len(old) == len(added) - len(removed)
