"""How many messages may be on their way to Slack at once.

Few at first: if Slack hangs, each of them is in doubt. The number grows while Slack answers and more messages wait, and
falls back at the first missing answer.
"""

from __future__ import annotations

import asyncio
from collections import deque

LEAST = 4
MOST = 64


class Window:
    """Counts the requests under way in one event loop."""

    def __init__(self) -> None:
        self.size = LEAST
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Wait until one more request may be made."""
        if self._under_way < self.size and not self._waiting:
            self._under_way += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif not turn.cancelled():
                self._release()
            raise

    def leave(self, *, answered: bool) -> None:
        """A request has ended; `answered`: with an answer that says what became of it."""
        if not answered:
            self.size = LEAST
        elif self._waiting:
            self.size = min(self.size + 1, MOST)
        self._release()

    def _release(self) -> None:
        self._under_way -= 1
        while self._waiting and self._under_way < self.size:
            turn = self._waiting.popleft()
            if not turn.done():
                self._under_way += 1
                turn.set_result(None)
