"""An entry that a list loses: in memory as in the file, whatever form the list has there."""

from __future__ import annotations

import pytest

from newswatch.config.word_lists import Change
from newswatch.config.yaml_changes import AddEntry, RemoveEntry, SetKey
from newswatch.pipeline.authoring.coach.candidate import ListEdit, changes_of, without_from_lists
from newswatch.rules import expand_list


@pytest.mark.parametrize(
    ("value", "before", "entry", "changes", "after"),
    [
        (["x", "y"], ("x", "y"), "x", [RemoveEntry((), "x")], ("y",)),
        (
            {"extend": ["x", "y"]},
            Change(extend=("x", "y")).entries("courts"),
            "x",
            [RemoveEntry(("extend",), "x")],
            Change(extend=("y",)).entries("courts"),
        ),
        (
            {"extend": ["x"]},
            Change(extend=("x",)).entries("courts"),
            "tribunal",
            [AddEntry(("without",), "tribunal")],
            Change(extend=("x",), without=("tribunal",)).entries("courts"),
        ),
        (
            None,
            None,
            "tribunal",
            [SetKey((), {"without": ["tribunal"]})],
            Change(without=("tribunal",)).entries("courts"),
        ),
    ],
    ids=["own", "extended", "taken out of a changed pack", "taken out of a pack"],
)
def test_list_in_memory_and_in_the_file_lose_the_same_entry(value, before, entry, changes, after):
    edit = ListEdit("courts", entry)
    lists = {} if before is None else {"courts": before}
    assert changes_of([edit], value) == changes
    assert without_from_lists(lists, [edit]) == {"courts": after}


def test_list_keeps_its_last_entry():
    assert without_from_lists({"a": ("x",)}, [ListEdit("a", "x")]) is None


def test_pack_in_a_list_of_its_name_cannot_be_changed_in_the_file():
    with pytest.raises(KeyError):
        changes_of([ListEdit("courts", "tribunal")], ["$courts", "bench"])


def test_what_is_taken_out_is_not_looked_for():
    lists = without_from_lists({}, [ListEdit("courts", "tribunal")])
    assert lists is not None
    words = {tuple(word.text for word in phrase.words) for phrase in expand_list("courts", lists)}
    assert ("tribunal",) not in words
    assert len(words) > 100
