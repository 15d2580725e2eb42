"""The people in the workspace: the reader of the page, and others whom a message may mention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TEAM = "T0SIMULATOR"


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot: the id, the name shown after the @, and what Slack says about the account.

    Slack docs: "user object". `is_restricted` is a guest, `is_ultra_restricted` a guest of one channel, `is_stranger`
    somebody of another workspace in a shared channel. A full member is none of these.
    """

    id: str
    name: str
    team_id: str = TEAM
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False


READER = User("U0READER", "reader")
USERS = (READER, User("U0EDITOR", "editor"), User("U0ONCALL", "oncall"))


def described(user: User) -> dict[str, Any]:
    """The user object of users.info. Of a stranger Slack says less: the object has no roles."""
    known = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.name,
        "profile": {"real_name": user.name, "display_name": user.name, "team": user.team_id},
        "is_bot": user.is_bot,
        "is_app_user": False,
    }
    if user.is_stranger:
        return {**known, "is_stranger": True}
    roles = {
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted or user.is_ultra_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
    }
    return {**known, **roles}
