"""Findings for the first page: like ones folded into one, each with where to act. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from newswatch.pipeline.oversight.findings import Finding
from newswatch.quantity import quantity

FEW = 3
"""From so many findings of a kind on they are folded."""

_OF_FEEDS = {
    # kind: what is said of several feeds, and what to do about them
    "feed": ("are given up: they have failed for a long time", "Correct or remove them in feeds.yaml."),
    "stopped": ("are stopped: they are gone for good", "Remove them from feeds.yaml, or set their new urls."),
    "silent": ("answer but have had no new item for long", "Check whether they were abandoned or moved."),
    "moved": ("moved for good", "Put their new urls into feeds.yaml."),
    "unread": (
        "have entries that cannot be read",
        "Look at them in the feeds, and report them to their publishers.",
    ),
    "fallback": (
        "are read from a fallback",
        "Correct their urls in feeds.yaml, or put their fallbacks there.",
    ),
    "gap": (
        "probably published items that were missed",
        "Shorten their `every` in feeds.yaml to what the notices say.",
    ),
    "layout": (
        "have another layout, so nothing on them alerts",
        "Open each of them: if its preview shows the right list, accept it there.",
    ),
}
_EDITED = ("feed", "stopped", "moved", "fallback", "gap")
"""Kinds of which the advice is to change the feed in feeds.yaml."""
_STATES = {"feed": "given-up", "stopped": "stopped", "silent": "silent", "layout": "layout-changed"}
"""The state that feeds of a kind are listed under."""
_ADOPT = "/api/workspace/adopt"
_PLACES = {
    "workspace": ("Adopt this workspace", _ADOPT),
    "workspace-bot": ("Adopt the new bot", _ADOPT),
    "configuration": ("See all errors", "/watchlist"),
    "dead-letters": ("Look at them and retry", "/delivery#dead"),
    "item-unmatched": ("Look at it and retry", "/delivery#set-aside"),
    "channel": ("See its queue", "/delivery"),
    "paused": ("See its queue", "/delivery"),
    "behind": ("See its queue", "/delivery"),
    "deliver-late": ("See the queues", "/delivery"),
    "slack-away": ("See the queues", "/delivery"),
    "feeds": ("See the feeds", "/feeds"),
    "poll-late": ("See the feeds", "/feeds"),
}


@dataclass(frozen=True, slots=True)
class Action:
    """A link to a place below our pages where one can act, or with `posts` a button that does it at once.

    `edits`: only for those who may edit.
    """

    label: str
    path: str
    posts: bool = False
    edits: bool = False


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """One finding, or several of one kind. `what` is said of all of them."""

    findings: tuple[Finding, ...]
    what: str
    do: str
    actions: tuple[Action, ...]

    @property
    def first(self) -> Finding:
        """The finding that has been known for longest."""
        return min(self.findings, key=lambda one: one.since.timestamp() if one.since else float("inf"))


def grouped(findings: Iterable[Finding]) -> list[FindingGroup]:
    """The findings in their order. Those of many feeds with one kind of trouble are one group."""
    by_kind: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        kind = finding.cause.partition(":")[0]
        key = (kind, "") if kind in _OF_FEEDS else (kind, finding.cause)
        by_kind.setdefault(key, []).append(finding)
    return [group for (kind, _), found in by_kind.items() for group in _groups(kind, found)]


def _groups(kind: str, found: list[Finding]) -> list[FindingGroup]:
    if len(found) < FEW:
        return [FindingGroup((one,), one.what, one.do, actions_for(one.cause)) for one in found]
    state = _STATES.get(kind)
    where = Action("See the feeds", f"/feeds?state={state}" if state else "/feeds")
    said, do = _OF_FEEDS[kind]
    return [FindingGroup(tuple(found), f"{quantity(len(found), 'feed')} {said}.", do, (where,))]


def actions_for(cause: str) -> tuple[Action, ...]:
    """Where one can act on a finding with this cause."""
    kind, _, name = cause.partition(":")
    if kind in _OF_FEEDS and name:
        path = f"/feeds/{quote(name, safe='')}"
        return (
            Action("Open the feed", path + ("#layout-change" if kind == "layout" else "")),
            *(
                [Action("Edit", f"/watchlist/edit?feed={quote(name, safe='')}", edits=True)]
                if kind in _EDITED
                else ()
            ),
            Action("Poll now", f"/api{path}/poll", posts=True),
        )
    if kind in _PLACES:
        label, place = _PLACES[kind]
        return (Action(label, place, posts=place == _ADOPT),)
    return ()
