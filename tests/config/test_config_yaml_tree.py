from hypothesis import given
from hypothesis import strategies as st

from newswatch.config.yaml_tree import ListNode, MapNode, Scalar, parse_document


def parse(text):
    return parse_document("f.yaml", text.encode() if isinstance(text, str) else text)


def plain(node):
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


def test_every_scalar_is_text():
    document = parse("a: [NO, on, 22:00, 1e3, null, ~, 2027-06-30, 0x10, yes]\n")
    assert plain(document.root) == {
        "a": ["NO", "on", "22:00", "1e3", "null", "~", "2027-06-30", "0x10", "yes"]
    }


def test_nodes_know_line_and_column_in_characters():
    document = parse("# ж\nключ: {a: [🏦, b]}\n")
    value = document.root.entries[0][1]
    assert (value.line, value.col) == (2, 7)
    items = value.entries[0][1].items
    assert [(item.line, item.col) for item in items] == [(2, 12), (2, 15)]


def test_collections_know_where_they_end_and_whether_they_are_in_brackets():
    text = "a: [p, q]  # c\nb:\n  - {x: y}\n  - z: >-\n      one\n      two\n\n  # about c\nc: *n\n".replace(
        "p", "&n p"
    )
    root = parse(text).root
    first, second, third = (value for _, value in root.entries)
    assert (text[first.start : first.end], first.flow) == ("[&n p, q]", True)
    assert (text[second.start : second.end], second.flow) == (
        "- {x: y}\n  - z: >-\n      one\n      two",
        False,
    )
    assert text[second.items[0].start : second.items[0].end] == "{x: y}"
    assert (third.text, text[root.end :]) == ("p", "\n")


def test_alias_stands_for_what_its_anchor_holds():
    document = parse("a: &x [p, q]\nb: *x\n")
    assert document.problems == []
    assert plain(document.root) == {"a": ["p", "q"], "b": ["p", "q"]}


def test_alias_to_what_holds_it_is_refused():
    document = parse("a: &x [p, *x]\n")
    assert document.root is None
    assert "refers to no anchor above" in document.problems[0].message


def test_comments_alone_are_an_empty_file():
    assert [problem.message for problem in parse("# nothing\n\n").problems] == ["the file is empty"]


def test_null_byte_is_named_with_its_place():
    (problem,) = parse("a: b\nc: d\0e\n").problems
    assert (problem.line, problem.col) == (2, 5)
    assert "control character" in problem.message


@given(st.binary(max_size=200))
def test_any_bytes_give_a_tree_or_problems(data):
    document = parse(data)
    assert document.root is not None or document.problems
    assert all(problem.line >= 1 and problem.col >= 1 for problem in document.problems)


@given(st.text(alphabet="ab:-[]{}\"'|>&*!#%@?,\n\t ", max_size=80))
def test_any_yaml_like_text_gives_a_tree_or_problems(text):
    document = parse(text)
    assert document.root is None or isinstance(document.root, Scalar | ListNode | MapNode)
    assert document.root is not None or document.problems
