"""What two sequences have in common."""

from hypothesis import given
from hypothesis import strategies as st

from newswatch.sequences import common_blocks

WORDS = st.lists(st.sampled_from("aaabbcdefgh"), max_size=30)


def rebuilt(one, other):
    """`other`, made from the blocks and from what is between them."""
    found, at = [], 0
    for first, second, length in common_blocks(one, other):
        found += [*other[at:second], *one[first : first + length]]
        at = second + length
    return found


@given(WORDS, WORDS)
def test_blocks_are_the_same_on_both_sides_and_in_order(one, other):
    blocks = common_blocks(one, other)
    assert blocks[-1] == (len(one), len(other), 0)
    assert rebuilt(one, other) == other
    ends = [(0, 0), *((first + length, second + length) for first, second, length in blocks)]
    for (past, last), (first, second, _) in zip(ends, blocks, strict=False):
        assert past <= first
        assert last <= second


@given(WORDS, st.data())
def test_one_removed_element_is_the_only_difference(words, data):
    if words:
        at = data.draw(st.integers(0, len(words) - 1))
        left = [*words[:at], *words[at + 1 :]]
        assert sum(block.length for block in common_blocks(words, left)) == len(left)


def test_two_changes_far_apart_in_a_long_sequence_leave_the_rest():
    one = [f"{n}" if n % 5 else "again" for n in range(50_000)]
    other = [*one[:7], "new", *one[7:40_001], *one[40_002:]]
    assert common_blocks(one, other) == [
        (0, 0, 7),
        (7, 8, 39_994),
        (40_002, 40_002, 9_998),
        (50_000, 50_000, 0),
    ]


def test_moved_part_stays_whole():
    one = [f"{n}" for n in range(1_000)]
    other = [*one[100:], *one[:100]]
    assert common_blocks(one, other) == [(100, 0, 900), (1_000, 1_000, 0)]


def test_long_sequences_with_nothing_unique_are_different_as_a_whole():
    one, other = ["a", "b"] * 5_000, ["b", "b", "a"] * 5_000
    assert common_blocks(one, other)[-1] == (10_000, 15_000, 0)
    assert rebuilt(one, other) == other
