"""Adding feeds to feeds.yaml without changing the rest: comments and order stay.

The new entries are written after the last one, and the result is parsed before it is saved. If it does not contain
exactly the old feeds and the new ones, nothing is changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newswatch.atomic_file import replace_file
from newswatch.config.feeds_file import read_feeds
from newswatch.config.report import FileReport
from newswatch.config.yaml_tree import Document, ListNode, MapNode, Scalar, parse_document
from newswatch.errors import PermanentError
from newswatch.models import Feed

MAX_ID_CHARS = 60
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]+")


class CannotAppend(PermanentError):
    """Entries cannot be added to feeds.yaml safely, or it is broken."""


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A new entry. The reader of feeds.yaml checks its values afterwards."""

    id: str
    url: str
    tags: tuple[str, ...] = ()
    lang: str = ""
    kind: str = ""
    list_number: int = 0

    def lines(self, indent: str) -> list[str]:
        """The entry in YAML."""
        # A colon at its end would make it a key.
        url = f"'{self.url}'" if self.url.endswith(":") else self.url
        rows = [f"- id: {self.id}", f"  url: {url}"]
        rows += [f"  tags: [{', '.join(self.tags)}]"] if self.tags else []
        rows += [f"  lang: {self.lang}"] if self.lang else []
        rows += [f"  type: {self.kind}"] if self.kind else []
        rows += [f"  list: {self.list_number}"] if self.list_number else []
        return [indent + row for row in rows]


def id_for(name: str, taken: Collection[str]) -> str:
    """A feed id made from a title or a host, not among `taken`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = _NOT_PLAIN.sub("-", plain).strip("-")[:MAX_ID_CHARS].rstrip("-") or "feed"
    number, found = 1, base
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    return found


def tag_for(label: str) -> str:
    """A tag made from a folder's name, "" if there is no usable character. Letters of any script stay."""
    return re.sub(r"[^\w.-]+", "-", label.casefold()).strip("-.")[:MAX_ID_CHARS]


def append_feeds(path: Path, new: Sequence[NewFeed]) -> None:
    """Add the entries to the end of the file's `feeds`.

    Raises CannotAppend; then the file is unchanged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotAppend(f"{path.name} cannot be read ({type(error).__name__})") from error
    before = parse_document(path.name, data)
    old = _feeds(before)
    text = _with_entries(before, new)
    written = text.encode()
    found = _feeds(parse_document(path.name, written))
    added = [(feed.id, feed.url, feed.tags) for feed in found[len(old) :]]
    if found[: len(old)] != old or added != [(feed.id, feed.url, feed.tags) for feed in new]:
        raise CannotAppend(f"{path.name} has an unusual form: add these entries to `feeds` by hand")
    try:
        replace_file(path, written)
    except OSError as error:
        raise CannotAppend(f"{path.name} cannot be written ({type(error).__name__})") from error


def _feeds(document: Document) -> list[Feed]:
    report = FileReport(document)
    part = read_feeds(report, date.min)
    errors = [problem for problem in report.problems if problem.severity == "error"]
    if errors:
        raise CannotAppend(f"correct this first (nothing was changed): {errors[0]}")
    return part.feeds


def _with_entries(document: Document, new: Sequence[NewFeed]) -> str:
    text = document.text
    root = document.root
    node = (
        {key.text: value for key, value in root.entries}.get("feeds") if isinstance(root, MapNode) else None
    )
    if isinstance(node, ListNode) and node.items:
        last = node.items[-1]
        indent = re.match(r" *", text.splitlines()[last.line - 1])
        place, margin = _end_of_line(text, last.end), indent[0] if indent else ""
    elif isinstance(node, Scalar) and not node.text:
        place, margin = _end_of_line(text, node.start), "  "
    else:
        raise CannotAppend(f"{document.file}: write `feeds:` on a line of its own, the list below it")
    rows = [row for feed in new for row in feed.lines(margin)]
    head, tail = text[:place], text[place:]
    gap = "" if head.endswith("\n") or not head else "\n"
    return head + gap + "\n".join(rows) + "\n" + tail.removeprefix("\n")


def _end_of_line(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end
