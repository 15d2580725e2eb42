"""The kinds of value that a key can have. Each reads a node and describes itself as JSON Schema.

`read` gives the typed value, or None after it reported what is wrong and what is allowed. `label` names the setting
in messages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

from newswatch.config.report import FileReport
from newswatch.config.yaml_tree import ListNode, MapNode, Node, Scalar
from newswatch.durations import PATTERN, format_duration, parse_duration

Schema = dict[str, Any]

MAX_GUESSED_FROM = 300

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Kind(Protocol):
    """One kind of value."""

    def read(self, node: Node, label: str, report: FileReport) -> Any:
        """The value, or None after the error was reported."""
        ...

    def schema(self) -> Schema:
        """The JSON Schema that an editor checks and completes with."""
        ...


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`; did you mean 'x'?` if a known word is similar, else "".

    Among many words similarity takes milliseconds each time, so there only differences of case are found.
    """
    if len(known) > MAX_GUESSED_FROM:
        same = [other for other in known if other.lower() == word.lower()]
        return f"; did you mean {same[0]!r}?" if same else ""
    close = get_close_matches(word, known, n=1) or get_close_matches(word.lower(), known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def is_nothing(node: Node) -> bool:
    """Whether a key has no value at all, as `rules:` with nothing after it."""
    return isinstance(node, Scalar) and not node.text and not node.style


def scalar_text(node: Node, label: str, report: FileReport) -> str | None:
    """The trimmed text of a scalar; lists, mappings and nothing at all are reported."""
    if not isinstance(node, Scalar):
        found = "a list" if isinstance(node, ListNode) else "a mapping"
        report.error(node, f"{label}: expected one value, found {found}")
        return None
    text = node.text.strip()
    if not text:
        report.error(node, f"{label}: has no value: write one or remove the key")
        return None
    if _CONTROL.search(text):
        report.error(node, f"{label}: contains a control character: remove it")
        return None
    return text


@dataclass(frozen=True)
class Text:
    """Free text up to `max_chars`. Leading white space is kept, so that offsets stay right."""

    max_chars: int = 10_000

    def read(self, node: Node, label: str, report: FileReport) -> str | None:
        """The text without trailing white space; see Kind."""
        text = scalar_text(node, label, report)
        if text is None or not isinstance(node, Scalar):
            return None
        if len(text) > self.max_chars:
            report.error(
                node, f"{label}: too long: {len(text):,} characters, at most {self.max_chars:,} are allowed"
            )
            return None
        return node.text.rstrip()

    def schema(self) -> Schema:
        """Any scalar: for us `3` and `on` are texts, for an editor they are not."""
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True)
class Value:
    """A trimmed text that `convert` turns into the value, or refuses with a ValueError.

    The error's text says what is wrong and what to write instead; the setting's name is put before it. `form` is the JSON
    Schema.
    """

    convert: Callable[[str], Any]
    form: Mapping[str, Any]

    def read(self, node: Node, label: str, report: FileReport) -> Any:
        """The converted value; see Kind."""
        text = scalar_text(node, label, report)
        if text is None:
            return None
        try:
            return self.convert(text)
        except ValueError as error:
            report.error(node, f"{label}: {error}")
            return None

    def schema(self) -> Schema:
        """The JSON Schema of the text."""
        return dict(self.form)


def word(pattern: str, what: str, expected: str, *, lower: bool = False) -> Value:
    """Text of a fixed form, for messages "… is not <what>: <expected>"; `what` has its article."""

    def convert(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(f"{text[:100]!r} is not {what}: {expected}")
        return text.lower() if lower else text

    return Value(convert, {"type": "string", "pattern": f"^(?:{pattern})$"})


def choice(*words: str) -> Value:
    """One of a few words."""

    def convert(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text[:100]!r} is not one of {', '.join(words)}{did_you_mean(text, words)}")
        return text

    return Value(convert, {"enum": list(words)})


def flag() -> Value:
    """Only true or false, none of YAML's other words for them."""

    def convert(text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{text[:100]!r} is neither true nor false")
        return text.lower() == "true"

    return Value(convert, {"type": "boolean"})


def duration(*, zero: bool = False, least_s: float = 0.0, most_s: float = math.inf) -> Value:
    """Seconds, written as 5m, 1h, 0.05s, 7d. `zero` allows 0s."""

    def convert(text: str) -> float:
        seconds = parse_duration(text)
        if seconds == 0 and not zero:
            raise ValueError("must be longer than zero")
        if seconds < least_s:
            raise ValueError(f"must be at least {format_duration(least_s)}")
        if seconds > most_s:
            raise ValueError(f"must be at most {format_duration(most_s)}")
        return seconds

    return Value(convert, {"type": "string", "pattern": PATTERN})


def count(least: int, most: int = 1_000_000) -> Value:
    """A whole number."""

    def convert(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,9}", text) is None or not least <= int(text) <= most:
            raise ValueError(f"{text[:100]!r} is not a whole number from {least} to {most}")
        return int(text)

    return Value(convert, {"type": "integer", "minimum": least, "maximum": most})


@dataclass(frozen=True)
class ListOf:
    """A list of one kind, as a tuple. Entries with errors are reported and left out.

    `empty` is the message about an empty list; None allows it.
    """

    kind: Kind
    empty: str | None = "the list is empty: name at least one or remove the key"
    unique: bool = True

    def read(self, node: Node, label: str, report: FileReport) -> tuple[Any, ...] | None:
        """The values that could be read; see Kind."""
        if is_nothing(node) and self.empty is None:
            return ()
        if not isinstance(node, ListNode):
            report.error(node, f"{label}: {self._expected(node)}")
            return None
        if not node.items and self.empty is not None:
            report.error(node, f"{label}: {self.empty}")
            return None
        values = [(self.kind.read(item, label, report), item) for item in node.items]
        if self.unique:
            values = self._without_repeats(values, label, report)
        return tuple(value for value, _ in values if value is not None)

    def _without_repeats(
        self, values: Sequence[tuple[Any, Node]], label: str, report: FileReport
    ) -> list[tuple[Any, Node]]:
        first: dict[Any, Node] = {}
        for value, item in values:
            if value is not None and first.setdefault(value, item) is not item:
                report.warning(item, f"{label}: {value!r} is listed twice")
        return list(first.items())

    def _expected(self, node: Node) -> str:
        if isinstance(node, MapNode):
            return "expected a list, found a mapping: begin each entry with '- '"
        if isinstance(node, Scalar) and node.text and not node.style:
            return f"expected a list: write [{node.text}]"
        return "expected a list, such as [one, two]"

    def schema(self) -> Schema:
        """An array of the kind."""
        form: Schema = {"type": "array", "items": self.kind.schema()}
        return form if self.empty is None else {**form, "minItems": 1}


@dataclass(frozen=True)
class OneOrMore:
    """One value, or a list of them; a tuple either way."""

    kind: Kind

    def read(self, node: Node, label: str, report: FileReport) -> tuple[Any, ...] | None:
        """The values that could be read; see Kind."""
        if isinstance(node, ListNode):
            return ListOf(self.kind).read(node, label, report)
        value = self.kind.read(node, label, report)
        return None if value is None else (value.strip() if isinstance(value, str) else value,)

    def schema(self) -> Schema:
        """The kind or an array of it."""
        return {"anyOf": [self.kind.schema(), ListOf(self.kind).schema()]}
