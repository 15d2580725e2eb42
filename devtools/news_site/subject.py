"""What an edition is about."""

from typing import NamedTuple


class Subject(NamedTuple):
    """A plan that the central bank opposes, as three feeds tell it. `{land}` is an invented country.

    `topic` names the plan within other sentences. Only `standfirst` says what the central bank thinks of it.
    """

    topic: str
    wire: str
    standfirst: str
    markets: str
    daily: str
