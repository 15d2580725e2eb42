"""The place in the file of the n-th character of a scalar.

A query's error is known by its offset in the query; an editor needs line and column. A plain or folded scalar loses
line breaks and indentation when it is read, a quoted one its escapes. Both texts have the same characters in the same
order, so going through them side by side finds the place. White space in the value matches a run of white space in
the file.
"""

from __future__ import annotations

from newswatch.config.yaml_tree import Scalar

_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}
_SPACE = " \t\r\n\x85\u2028\u2029"


def place_of(text: str, scalar: Scalar, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of `scalar.text[offset]` within the file's `text`.

    An offset at or beyond the end gives the place just after the last character.
    """
    index = file_index(text, scalar, offset)
    line = scalar.line + text.count("\n", scalar.start, index)
    return line, index - (text.rfind("\n", 0, index) + 1) + 1


def file_index(text: str, scalar: Scalar, offset: int) -> int:
    """The offset of `scalar.text[offset]` in the file's `text`; see `place_of`."""
    position = _content_start(text, scalar)
    value = scalar.text.rstrip()
    end = scalar.end
    for index, char in enumerate(value):
        position = _skip(text, position, end, char, scalar.style)
        if index == offset:
            return position
        position += _width(text, position, scalar.style)
    return min(position, end)


def _content_start(text: str, scalar: Scalar) -> int:
    if scalar.style in (">", "|"):
        return text.find("\n", scalar.start) + 1
    return scalar.start + (1 if scalar.style else 0)


def _skip(text: str, position: int, end: int, char: str, style: str) -> int:
    """The next position in the file that can be `char` of the value."""
    if style == '"' and text[position] == "\\" and text[position + 1 : position + 2] in ("\n", "\r"):
        position += 2  # an escaped line break: it and the indentation after it are not part of the value
        while position < end and text[position] in _SPACE:
            position += 1
        return position
    if char in _SPACE:
        return position
    while position < end and text[position] in _SPACE:
        position += 1
    return position


def _width(text: str, position: int, style: str) -> int:
    """How many characters of the file make one character of the value."""
    if style == "'" and text[position] == "'":
        return 2
    if style == '"' and text[position] == "\\":
        return _ESCAPE_LENGTHS.get(text[position + 1 : position + 2], 2)
    return 1
