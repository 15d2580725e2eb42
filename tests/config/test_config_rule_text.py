"""A rule is edited as a careful person would: the change is made, and every other character stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.config.rule_text import Target, edit_target, value_of
from newswatch.config.yaml_changes import AddEntry, RemoveEntry, RemoveKey, ReplaceEntry, SetKey
from newswatch.config.yaml_text import CannotEdit, value_at

FILE = """\
# ours
lists:
  # who we mean
  banks: [central bank, "'ECB'"] # short
  acts:
    - opposes
    # a stronger word
    - rejects # often
  courts:
    without: [tribunal, court]

rules:
  # the first
  - id: one # do not rename
    query: >-
      central bank
      opposes OR rejects
    # below the query
    notify: [policy]
    must_match:
      - The bank opposes it

  # the second
  - {id: two, event: {who: $banks, does: [$acts, 'balks']}, notify: [policy]}
  - id: three
    event:
      who: SEC
      does: $acts   # what is done
      unless: [
        cricket, # a game
        farm
      ]
    notify: [policy]
# end
"""


def edited(target, *changes, text=FILE):
    return edit_target("watchlist.yaml", text, target, changes)


def difference(before, after):
    """The lines that went, and those that came."""
    old, new = before.splitlines(), after.splitlines()
    return [one for one in old if one not in new], [one for one in new if one not in old]


def rule(name):
    return Target("rule", name)


def words(name):
    return Target("list", name)


@pytest.mark.parametrize(
    ("target", "change", "gone", "come"),
    [
        (
            rule("one"),
            SetKey(("negation",), "exclude"),
            [],
            ["    negation: exclude"],
        ),
        (
            rule("one"),
            SetKey(("query",), "central bank opposes"),
            ["      opposes OR rejects"],
            ["      opposes"],
        ),
        (
            rule("one"),
            AddEntry(("must_match",), "SEC: a bank"),
            [],
            ["      - 'SEC: a bank'"],
        ),
        (
            rule("one"),
            AddEntry(
                ("must_not_match",), "It's a bank that opposes, now and then, what nobody ever proposed to it"
            ),
            [],
            [
                "    must_not_match:",
                "      - It's a bank that opposes, now and then, what nobody ever proposed to it",
            ],
        ),
        (
            rule("one"),
            SetKey(("feeds",), {"tags": ["official"]}),
            [],
            ["    feeds: {tags: [official]}"],
        ),
        (
            rule("two"),
            AddEntry(("event", "who"), "Bank, the"),
            ["  - {id: two, event: {who: $banks, does: [$acts, 'balks']}, notify: [policy]}"],
            ["  - {id: two, event: {who: [$banks, 'Bank, the'], does: [$acts, 'balks']}, notify: [policy]}"],
        ),
        (
            rule("two"),
            RemoveEntry(("event", "does"), "balks"),
            ["  - {id: two, event: {who: $banks, does: [$acts, 'balks']}, notify: [policy]}"],
            ["  - {id: two, event: {who: $banks, does: [$acts]}, notify: [policy]}"],
        ),
        (
            rule("two"),
            AddEntry(("event", "unless"), "cricket"),
            ["  - {id: two, event: {who: $banks, does: [$acts, 'balks']}, notify: [policy]}"],
            [
                "  - {id: two, event: {who: $banks, does: [$acts, 'balks'], unless: [cricket]}, notify: [policy]}"
            ],
        ),
        (
            rule("three"),
            ReplaceEntry(("event", "who"), "SEC", ("'SEC'",)),
            ["      who: SEC"],
            ["      who: \"'SEC'\""],
        ),
        (
            rule("three"),
            ReplaceEntry(("event", "does"), "$acts", ('"sues"', '"sued"')),
            ["      does: $acts   # what is done"],
            ["      does: ['\"sues\"', '\"sued\"']   # what is done"],
        ),
        (rule("three"), RemoveEntry(("event", "unless"), "farm"), ["        farm"], []),
        (
            rule("three"),
            RemoveEntry(("event", "unless"), "cricket"),
            ["        cricket, # a game"],
            [],
        ),
        (
            rule("three"),
            SetKey(("event", "what"), "$companies"),
            [],
            ["      what: $companies"],
        ),
        (rule("three"), RemoveKey(("event", "who")), ["      who: SEC"], []),
        (
            words("banks"),
            AddEntry((), "Riksbank"),
            ["  banks: [central bank, \"'ECB'\"] # short"],
            ["  banks: [central bank, \"'ECB'\", Riksbank] # short"],
        ),
        (words("acts"), RemoveEntry((), "rejects"), ["    - rejects # often"], []),
        (words("acts"), AddEntry((), "balk at"), [], ["    - balk at"]),
        (
            words("courts"),
            AddEntry(("without",), "bench"),
            ["    without: [tribunal, court]"],
            ["    without: [tribunal, court, bench]"],
        ),
        (
            words("courts"),
            SetKey(("extend",), ["bench"]),
            [],
            ["    extend: [bench]"],
        ),
        (words("firms"), SetKey((), {"without": ["'Air'"]}), [], ["  firms: {without: [\"'Air'\"]}"]),
    ],
    ids=str,
)
def test_only_the_lines_of_the_change_differ(target, change, gone, come):
    assert difference(FILE, edited(target, change)) == (gone, come)


def test_new_key_is_put_after_those_that_come_before_it():
    lines = edited(rule("one"), SetKey(("severity",), "high")).splitlines()
    assert lines[lines.index("    severity: high") - 1] == "      opposes OR rejects"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "rules:\n  - id: a\n    query: x\n",
            "lists:\n  x: {without: [y]}\nrules:\n  - id: a\n    query: x\n",
        ),
        ("lists:\nrules: []\n", "lists:\n  x: {without: [y]}\nrules: []\n"),
        ("lists: {a: [b]}\nrules: []\n", "lists: {a: [b], x: {without: [y]}}\nrules: []\n"),
        ("rules: []\r\n", "lists:\r\n  x: {without: [y]}\r\nrules: []\r\n"),
    ],
    ids=["none", "no value", "flow", "windows"],
)
def test_first_list_of_a_file_is_put_before_the_rules(before, after):
    assert edited(words("x"), SetKey((), {"without": ["y"]}), text=before) == after


def test_long_query_with_quotes_is_written_as_a_block():
    query = "'SEC' AND (" + " OR ".join(f'"word {number}"' for number in range(30)) + ")"
    text = edited(
        rule("two"),
        SetKey(("query",), query),
        text=FILE.replace(
            "  - {id: two, event: {who: $banks, does: [$acts, 'balks']}, notify: [policy]}",
            "  - id: two\n    notify: [policy]",
        ),
    )
    assert "  - id: two\n    query: >-\n      'SEC' AND (" in text
    assert value_at("f", text, ("rules", 1, "query")) == query
    assert max(map(len, text.splitlines())) <= 110


def test_query_that_changes_at_both_ends_keeps_its_lines():
    after = edited(rule("one"), SetKey(("query",), "(central bank opposes OR rejects) AND NOT x"))
    assert difference(FILE, after) == (
        ["      central bank", "      opposes OR rejects"],
        ["      (central bank", "      opposes OR rejects) AND NOT x"],
    )


def test_first_key_of_an_entry_is_removed_and_the_dash_stays():
    text = "rules:\n  - severity: high # why\n    id: a\n    query: x\n"
    after = edited(rule("a"), RemoveKey(("severity",)), text=text)
    assert value_at("f", after, ("rules", 0)) == {"id": "a", "query": "x"}


@pytest.mark.parametrize(
    ("target", "change"),
    [
        (rule("four"), SetKey(("query",), "x")),
        (rule("one"), RemoveKey(("owner",))),
        (rule("one"), RemoveEntry(("notify",), "ops")),
        (rule("one"), RemoveEntry(("notify",), "policy")),
        (rule("one"), AddEntry(("query", "x"), "y")),
        (words("firms"), AddEntry((), "x")),
    ],
    ids=str,
)
def test_place_that_is_not_there_is_refused(target, change):
    if change == AddEntry((), "x"):
        assert value_of("f", FILE, target) is None
        return
    with pytest.raises(CannotEdit):
        edited(target, change)


def test_value_that_two_rules_share_is_not_changed_in_both():
    text = "rules:\n  - id: a\n    notify: &n [x, y]\n  - id: b\n    notify: *n\n"
    with pytest.raises(CannotEdit, match="change it by hand"):
        edited(rule("a"), AddEntry(("notify",), "z"), text=text)
    assert "notify: [z]" in edited(rule("b"), SetKey(("notify",), ["z"]), text=text)


def test_broken_file_is_refused_with_its_fault():
    with pytest.raises(CannotEdit, match="correct this first"):
        edited(rule("a"), SetKey(("query",), "x"), text="rules: [\n")


# ── any file ──────────────────────────────────────────────────────────────────────────────────

TEXTS = st.one_of(
    st.sampled_from(
        [
            "SEC",
            "'SEC'",
            '"sues"',
            "a, b",
            "x: y",
            "a #b",
            "NO",
            "22:00",
            "$acts",
            "- x",
            "банк",
            "[x]",
            "it's",
            "~",
        ]
    ),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12),
    st.lists(
        st.sampled_from(["bank", "opposes", "'ECB'", "OR", "NEAR/3", "(x)", '"y"']), min_size=1, max_size=40
    ).map(" ".join),
)
LISTS = st.lists(TEXTS, min_size=1, max_size=5, unique=True)


def quoted(draw, text, flow):
    safe = text.replace(" ", "").isalpha() and text.isascii()
    style = draw(st.sampled_from(["plain", "'", '"'] if safe else ["'", '"']))
    if style == "plain":
        return text
    if style == "'":
        return "'" + text.replace("'", "''") + "'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(draw, value, indent, comment):
    """The value after `key:`, in a form chosen at random."""
    if isinstance(value, str):
        if draw(st.booleans()) and value == " ".join(value.split()):
            return f" >-\n{indent}  {value}"
        return f" {quoted(draw, value, flow=False)}{comment()}"
    if draw(st.booleans()):
        joint = draw(st.sampled_from([", ", f",\n{indent}    "]))
        return f" [{joint.join(quoted(draw, one, flow=True) for one in value)}]{comment()}"
    return f"{comment()}" + "".join(
        f"\n{indent}  - {quoted(draw, one, flow=False)}{comment()}" for one in value
    )


@st.composite
def files(draw):
    """A watchlist file with comments all over, its rules' values, and the number of its comments."""
    count = 0

    def comment():
        nonlocal count
        if not draw(st.booleans()):
            return ""
        count += 1
        return f" # c{count}"

    rows, rules = ["rules:"], []
    for number in range(draw(st.integers(1, 3))):
        values = {"query": draw(TEXTS), "notify": draw(LISTS), "must_match": draw(LISTS)}
        rules.append(values)
        rows.append(f"  - id: r{number}{comment()}")
        for key, value in values.items():
            if draw(st.booleans()):
                count += 1
                rows.append(f"    # c{count}")
            rows.append(f"    {key}:{written(draw, value, '    ', comment)}")
    return "\n".join(rows) + draw(st.sampled_from(["", "\n", "\n\n# end\n"])), rules, count


@st.composite
def edits(draw):
    text, rules, count = draw(files())
    number = draw(st.integers(0, len(rules) - 1))
    values = rules[number]
    key = draw(st.sampled_from(["notify", "must_match"]))
    new = draw(TEXTS)
    changes = [
        SetKey(("query",), new),
        SetKey(("severity",), "high"),
        SetKey(("must_not_match",), draw(LISTS)),
        AddEntry((key,), new),
        ReplaceEntry((key,), values[key][0], (new,)),
        RemoveKey((key,)),
    ]
    if len(values[key]) > 1:
        changes.append(RemoveEntry((key,), draw(st.sampled_from(values[key]))))
    return text, rules, count, number, draw(st.sampled_from(changes))


@given(edits())
def test_any_rule_is_changed_and_nothing_else_is(case):
    text, rules, count, number, change = case
    windows = edited(rule(f"r{number}"), change, text=text.replace("\n", "\r\n"))
    assert "\n" not in windows.replace("\r\n", "")
    after = edited(rule(f"r{number}"), change, text=text)
    found = value_at("f", after, ("rules",))
    for other, values in enumerate(rules):
        if other != number:
            assert found[other] == {"id": f"r{other}", **values}
    key = change.path[0]
    expected = {"id": f"r{number}", **rules[number]}
    if isinstance(change, SetKey):
        expected[key] = change.value
    elif isinstance(change, AddEntry):
        expected[key] = [*expected[key], change.text]
    elif isinstance(change, ReplaceEntry):
        expected[key] = [*change.new, *expected[key][1:]]
    elif isinstance(change, RemoveEntry):
        expected[key] = [one for one in expected[key] if one != change.text]
    else:
        del expected[key]
    assert found[number] == expected
    assert value_at("f", windows, ("rules",)) == found
    if isinstance(change, SetKey | AddEntry):
        assert all(f"# c{one}" in after for one in range(1, count + 1))
    elif isinstance(change, ReplaceEntry | RemoveEntry):
        assert sum(f"# c{one}" in after for one in range(1, count + 1)) >= count - 1
