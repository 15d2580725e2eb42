"""Who somebody is, and who is in a channel, as Slack says. Pure.

Slack's reference: "user object", "conversations.info", "conversations.members".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SLACKBOT = "USLACKBOT"


def outsider(user: Mapping[str, Any], team_id: str) -> str:
    """Why this user is not a full member of the workspace, "" for one who is."""
    if user.get("deleted"):
        return "This account is deactivated."
    if user.get("is_bot") or user.get("is_workflow_bot") or user.get("id") == SLACKBOT:
        return "Bots cannot use this."
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "Guests cannot use this."
    grid = user.get("enterprise_user")
    teams = grid.get("teams") if isinstance(grid, Mapping) else None
    ours = user.get("team_id") == team_id or (isinstance(teams, list) and team_id in teams)
    if user.get("is_stranger") or not team_id or not ours:
        return "Only members of this workspace can use this, not people of other organizations."
    return ""
