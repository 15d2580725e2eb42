"""Matched words made visible: in colour on a terminal, in brackets elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.text import Text

from newswatch.pipeline.authoring.highlight import Piece, pieces

MARK = "bold reverse"


def styled(line: Iterable[Piece]) -> Text:
    """The pieces as one text for `console()`."""
    text = Text()
    terminal = sys.stdout.isatty()
    for piece, marked in line:
        if marked:
            text.append(piece if terminal else f"[{piece}]", style=MARK)
        else:
            text.append(piece)
    return text


def marked_field(name: str, original: str, ranges: Iterable[tuple[int, int]]) -> Text:
    """One field with its name before it."""
    return styled([(f"  {name}: ", False), *pieces(original, ranges)])
