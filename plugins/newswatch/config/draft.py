"""A configuration that passed every check, before it has a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from newswatch.config.codec import content_digest
from newswatch.errors import Problem
from newswatch.models import Feed, Receiver, Rule


@dataclass(frozen=True)
class Draft:
    """What the files say, defaults applied."""

    feeds: tuple[Feed, ...]
    rules: tuple[Rule, ...]
    receivers: tuple[Receiver, ...]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_lang: str = "en"

    @cached_property
    def digest(self) -> str:
        """A name for the content: equal for equal content, whatever the files look like."""
        return content_digest(self.feeds, self.rules, self.receivers, self.lists, self.default_lang)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person finds a thing; line and column count from 1."""

    file: str
    line: int
    col: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading gave. `draft` is None if there is any error; `rule_places` is by rule id."""

    draft: Draft | None
    problems: tuple[Problem, ...]
    rule_places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that refuse the configuration."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")
