"""The people in the workspace: the reader of the page, and others whom a message may mention."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """A person: the id, and the name shown after the @."""

    id: str
    name: str


READER = User("U0READER", "reader")
USERS = (READER, User("U0EDITOR", "editor"), User("U0ONCALL", "oncall"))
