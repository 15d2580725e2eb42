"""How much processor time the matching of one item may take, so that a hostile text holds up nobody for long."""

from __future__ import annotations

from time import thread_time

from newswatch.errors import PermanentError

MOST_S = 5.0
"""A hundred thousand words take a second or two with the rules that ship."""
LONG = 2_000
"""A text of fewer words takes no time worth measuring: how often its words can be paired is limited."""


class TooCostly(PermanentError, ValueError):
    """Matching the item takes too long. For whoever sets aside what cannot be matched, its text is a bad value."""


class Budget:
    """The processor time that is left for a text of so many words."""

    def __init__(self, words: int) -> None:
        self._until = thread_time() + MOST_S if words > LONG else None

    def check(self) -> None:
        """Raise TooCostly if the time is used up. Cheap where the text is short."""
        if self._until is not None and thread_time() > self._until:
            raise TooCostly(
                f"matching it takes more than {MOST_S:.0f} s of processor time: its text is long, and full of the words of rules"
            )
