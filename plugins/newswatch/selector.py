"""Where a list that is not found by itself has its items: a light type that the configuration and parser processes share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selector:
    """`items` names the rows, the others name the parts within a row. An empty one is found by itself.

    For a page these are CSS selectors (`ul.press li`), for a JSON document names joined by dots (`data.posts`).
    """

    items: str = ""
    title: str = ""
    link: str = ""
    date: str = ""
    summary: str = ""
