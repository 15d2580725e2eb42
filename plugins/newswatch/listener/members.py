"""Who may click: the full members of our workspace. Slack says who somebody is.

Slack waits three seconds for a click to be acknowledged, so asking may take half of that. What Slack said is remembered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from newswatch.slack.client import AGAIN, SlackClient

WITHIN_S = 1.5
REMEMBERED_S = 600.0
MOST_REMEMBERED = 10_000


class Members:
    """What Slack said about the people who click, each for ten minutes. `monotonic` gives seconds."""

    def __init__(self, client: SlackClient, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._remembered: dict[str, tuple[float, str]] = {}
        """When Slack said it, and why the user is not a full member. The oldest comes first."""

    async def why_not(self, user_id: str) -> str:
        """Why this user may not click, "" for one who may. It takes at most `WITHIN_S`."""
        said_s, refusal = self._remembered.get(user_id, (float("-inf"), ""))
        if self._monotonic() - said_s < REMEMBERED_S:
            return refusal
        try:
            found = await asyncio.wait_for(self._client.membership(user_id), WITHIN_S)
        except asyncio.TimeoutError:
            return f"Slack did not say within {WITHIN_S:g} seconds who {user_id} is. {AGAIN}"
        if found.said:
            self._remember(user_id, found.refusal)
        return found.refusal

    def _remember(self, user_id: str, refusal: str) -> None:
        self._remembered.pop(user_id, None)
        self._remembered[user_id] = (self._monotonic(), refusal)
        if len(self._remembered) > MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
