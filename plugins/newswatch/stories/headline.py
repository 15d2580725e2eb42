"""Which headline of a story best says what happened. Pure.

The best headline has the most of who, does and what. It is not a question, nor that of a live page, opinion, video or
explainer, which says more about the article than about the event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from newswatch.models import Alert

CLEARLY = 2
"""A headline that is better by so many points replaces one that readers have seen."""
MOST_CHANGES = 2
"""How often a message's headline is replaced at most. More would be restless, and each time takes a request to Slack."""

_FAULT = 2
_FEWEST_WORDS, _MOST_WORDS = 4, 25
_QUESTION = re.compile(r"[?？]|^\s*(?:why|how|what|who|is|are|could|should|will|can)\b", re.IGNORECASE)
_ABOUT_THE_ARTICLE = re.compile(
    r"\b(?:live|liveblog|as it happened|opinion|editorial|op-ed|comment|commentary|analysis|explainer|explained"
    r"|fact check|podcast|video|watch|in (?:photos|pictures)|what (?:to|we) know|(?:things|takeaways) (?:to know|from)"
    r"|key (?:points|takeaways)|briefing|newsletter|roundup|recap|ticker|kommentar|meinung|analyse|en direct|tribune"
    r"|opinión|en vivo|en directo|онлайн|мнение|колонка|видео|прямая трансляция)\b",
    re.IGNORECASE,
)


def points(alert: Alert) -> int:
    """How much its title says: a point for each of who, does and what in it, minus two for each fault."""
    title = alert.title
    folded = title.casefold()
    said = {role for role, words in alert.event if words.casefold() in folded}
    faults = (
        _QUESTION.search(title) is not None,
        _ABOUT_THE_ARTICLE.search(title) is not None,
        not _FEWEST_WORDS <= len(title.split()) <= _MOST_WORDS,
    )
    return len(said) - _FAULT * sum(faults)


def best(alerts: Iterable[Alert]) -> Alert | None:
    """The alert with the best headline; among equals, the first report. None if there are no alerts."""
    return min(alerts, key=lambda one: (-points(one), one.first_seen), default=None)


def replaces(new: Alert | None, shown: Alert | None) -> bool:
    """Whether a message should show the new headline in place of the one it has."""
    return new is not None and shown is not None and points(new) - points(shown) >= CLEARLY
