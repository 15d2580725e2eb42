"""libyaml's errors about a broken file, in words that tell the author what to change."""

from __future__ import annotations

import re

import yaml

_AFTER_QUOTE = re.compile(r"""(?:^|[:\-\[,{]\s+)(?P<quote>["']).*(?P=quote)\s*$""")
_LOOKED_AT = 500
"""How much of a line is examined: a file may be one line of megabytes."""
_VALUE_BEFORE = re.compile(r"^\s*(?:- +)?[\w.-]+: +\S")


def describe_fault(error: yaml.YAMLError, text: str) -> tuple[int, int, str]:
    """Line, column (both from 1) and message for an error that libyaml raised on `text`."""
    if isinstance(error, yaml.reader.ReaderError):
        return _describe_character(error, text)
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or "cannot be read")
    context_mark = getattr(error, "context_mark", None)
    if "end of stream" in problem and context_mark is not None:
        return context_mark.line + 1, context_mark.column + 1, "this opening quote or bracket is never closed"
    if mark is None:
        return 1, 1, f"YAML: {problem}"
    lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)
    line = lines[mark.line] if mark.line < len(lines) else ""
    return mark.line + 1, mark.column + 1, _explain(problem, line, mark.column)


def _describe_character(error: yaml.reader.ReaderError, text: str) -> tuple[int, int, str]:
    position = min(int(error.position), len(text))
    # libyaml counts bytes here in some versions: look for the character itself first.
    found = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").search(text)
    if found:
        position = found.start()
    line = text.count("\n", 0, position) + 1
    col = position - (text.rfind("\n", 0, position) + 1) + 1
    return line, col, "a control character that YAML does not allow: remove it"


def _explain(problem: str, line: str, column: int) -> str:
    before, at = line[:column], line[column : column + 1]
    if at == "\t" or before.endswith("\t") or "tab" in problem:
        return "a tab where YAML needs spaces: indent with spaces"
    if "cannot start any token" in problem:
        return f"a value cannot start with {at!r} in YAML: put the value in quotes, or in a block (>-)"
    if "mapping values are not allowed" in problem:
        if _VALUE_BEFORE.match(before):
            return "': ' within a value reads as a key: put the value in quotes, or in a block (>-)"
        return "a key is not expected here: check the indentation and the lines above"
    if "did not find expected" in problem and _AFTER_QUOTE.search(before[-_LOOKED_AT:]):
        return "text follows a closing quote: put the whole value in a block (>-), quotes included"
    return _explain_missing(problem)


def _explain_missing(problem: str) -> str:
    if any(part in problem for part in ("'-' indicator", "expected key", "<block end>")):
        return "the indentation does not fit the lines above"
    if "did not find expected" in problem:
        return "a bracket, comma or value is missing in this line or the one above"
    return f"YAML: {problem}"
