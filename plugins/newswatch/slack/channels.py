"""The channels of the workspace, by name. For `newswatch setup slack`."""

from __future__ import annotations

from typing import Any

from newswatch.sending import ChannelName, Outcome
from newswatch.slack.history import Read

PAGE_SIZE = 200
"""Slack recommends at most 200 a page."""
MOST_PAGES = 50


async def read_channels(read: Read) -> list[ChannelName] | Outcome:
    """The public channels, and the private ones that the app is in, by name; or why Slack does not list them.

    Without the scope for private channels, the public ones only.
    """
    found = await _read_all(read, "public_channel,private_channel")
    if isinstance(found, Outcome) and found.code == "missing_scope":
        return await _read_all(read, "public_channel")
    return found


async def _read_all(read: Read, types: str) -> list[ChannelName] | Outcome:
    found: list[ChannelName] = []
    cursor = ""
    for _ in range(MOST_PAGES):
        query: dict[str, Any] = {"types": types, "exclude_archived": True, "limit": PAGE_SIZE}
        answer = await read("conversations.list", **query, **({"cursor": cursor} if cursor else {}))
        if not answer.outcome.ok:
            return answer.outcome
        rows = answer.body.get("channels") or ()
        found += [
            ChannelName(str(row["id"]), str(row.get("name") or ""), bool(row.get("is_member")))
            for row in rows
            if isinstance(row, dict) and row.get("id")
        ]
        cursor = str((answer.body.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return sorted(found, key=lambda channel: channel.name)
