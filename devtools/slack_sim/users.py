"""The people of the workspace: who reads the page, and whom a message may name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """A person by id and by the name that is shown behind the @."""

    id: str
    name: str


READER = User("U0READER", "reader")
USERS = (READER, User("U0EDITOR", "editor"), User("U0ONCALL", "oncall"))
