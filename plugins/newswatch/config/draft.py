"""A configuration that passed every check, before it has a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from newswatch.config.codec import content_digest
from newswatch.errors import ConfigError, Problem
from newswatch.models import Bundle, Feed, Receiver, Rule
from newswatch.quantity import quantity


@dataclass(frozen=True)
class Draft:
    """The content of the files, with defaults applied."""

    feeds: tuple[Feed, ...]
    rules: tuple[Rule, ...]
    receivers: tuple[Receiver, ...]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_lang: str = "en"
    packs: str = ""
    """The version of the packs that the rules use; "" where they use none."""
    editors: tuple[str, ...] = ()
    """The ids of the Slack users who may make and mute rules in Slack."""

    @cached_property
    def digest(self) -> str:
        """A name for the content: equal for equal content, whatever the files look like."""
        return content_digest(
            self.feeds,
            self.rules,
            self.receivers,
            self.lists,
            self.default_lang,
            self.packs,
            self.editors,
        )

    @property
    def summary(self) -> str:
        """How much is in it: `3 feeds, 1 rule, 2 receivers`."""
        feeds, rules = quantity(len(self.feeds), "feed"), quantity(len(self.rules), "rule")
        return f"{feeds}, {rules}, {quantity(len(self.receivers), 'receiver')}"

    def to_bundle(self, previous: Bundle | None) -> Bundle:
        """The next bundle: one version on, or `previous` itself when the content is the same.

        A rule keeps the version in which its id came into force. So an edited rule still alerts on items that
        were claimed before the edit. A rule that was removed and comes back is new again.
        """
        if previous is not None and previous.digest == self.digest:
            return previous
        version = 1 if previous is None else previous.version + 1
        since = {} if previous is None else previous.rule_since
        return Bundle(
            version=version,
            digest=self.digest,
            feeds=self.feeds,
            rules=self.rules,
            receivers=self.receivers,
            lists=self.lists,
            default_lang=self.default_lang,
            rule_since={rule.id: since.get(rule.id, version) for rule in self.rules},
            editors=self.editors,
        )

    def rules_on(self, today: str) -> list[Rule]:
        """The rules that have not expired on that ISO date."""
        return [rule for rule in self.rules if not rule.has_expired(today)]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file. Line and column count from 1."""

    file: str
    line: int
    col: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result of loading. `draft` is None if there is any error; `rule_places` is by rule id."""

    draft: Draft | None
    problems: tuple[Problem, ...]
    rule_places: Mapping[str, Place] = field(default_factory=dict)

    def sound_draft(self) -> Draft:
        """The draft. Raises ConfigError with every error if there is none."""
        if self.draft is None:
            raise ConfigError(self.errors)
        return self.draft

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems because of which there is no draft."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not prevent a draft."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")
