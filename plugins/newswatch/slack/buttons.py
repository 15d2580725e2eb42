"""The buttons below a message, and what readers did with them. Pure.

A message has buttons only while a listener runs (`Attention.buttons`): *Acknowledge*, and beside it an overflow menu
with what is done less often. An option that was chosen is replaced by the one that undoes it; an acknowledgement cannot
be undone. A button carries the message's id, an option its action and the message's id, and nothing else: what a click
does depends on what Redis knows of that message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newswatch.models import NO_MARKS, Mark, MarkKind, Marks
from newswatch.slack.elements import Element, date_element, text_element
from newswatch.slack.plain import SEPARATOR, clock, why
from newswatch.slack.text import clean, escape, shorten

MUTE_HOURS = 24
_MAX_NAME_CHARS = 60
_MAX_OPTION_CHARS = 75
_MAX_RULES = 3
_BEFORE_TIME, _BEFORE_END = SEPARATOR, " until "


@dataclass(frozen=True, slots=True)
class Attention:
    """What readers did with a message, and whether it has buttons."""

    marks: Marks = NO_MARKS
    buttons: bool = False
    now: datetime | None = None
    """To distinguish a mute that has ended from one in force."""
    corrected: str = ""
    """What was corrected in the message's thread, "" for nothing."""


NO_ATTENTION = Attention()


@dataclass(frozen=True, slots=True)
class Action:
    """What a button or an option does: it sets this kind of mark, or takes it back."""

    kind: MarkKind
    on: bool


ACTIONS: dict[str, Action] = {
    "newswatch_ack": Action("ack", on=True),
    "newswatch_mute": Action("mute", on=True),
    "newswatch_unmute": Action("mute", on=False),
    "newswatch_irrelevant": Action("irrelevant", on=True),
    "newswatch_relevant": Action("irrelevant", on=False),
}
"""By the name in a button's action_id or an option's value, which Slack sends back."""
MENU = "newswatch_more"
"""The action_id of the overflow menu."""


def buttons(message_id: str, rules: Sequence[str], attention: Attention) -> list[Element]:
    """The elements of the message's `actions` block; none if no listener runs."""
    if not attention.buttons:
        return []
    marks = attention.marks
    if muted(attention):
        mute = _option("newswatch_unmute", "Unmute", message_id)
    else:
        named = why([clean(rule) for rule in rules], _MAX_RULES)
        mute = _option("newswatch_mute", f"Mute {MUTE_HOURS} h: {named}", message_id)
    if _on(marks.irrelevant):
        judge = _option("newswatch_relevant", "Relevant after all", message_id)
    else:
        judge = _option("newswatch_irrelevant", "Not relevant", message_id)
    menu: Element = {"type": "overflow", "action_id": MENU, "options": [mute, judge]}
    return [*([] if marks.ack else [_button("newswatch_ack", "Acknowledge", message_id)]), menu]


def corrected_line(attention: Attention) -> str:
    """The line that says that the thread has a correction; "" for none."""
    what = clean(attention.corrected)
    return f"✎ {what[:1].upper()}{what[1:]}: see the thread" if what else ""


def said(attention: Attention) -> list[tuple[str, Mark]]:
    """The lines below the message: the text before the reader's name, and the mark."""
    marks = attention.marks
    lines: list[tuple[str, Mark]] = []
    if marks.ack is not None:
        lines.append(("Acknowledged", marks.ack))
    if marks.mute is not None and muted(attention):
        lines.append(("Muted here", marks.mute))
    if marks.irrelevant is not None and marks.irrelevant.on:
        lines.append(("Marked not relevant", marks.irrelevant))
    return lines


def said_elements(attention: Attention) -> list[list[Element]]:
    """Each line as rich text. Slack shows users' names, and times in the reader's own time zone."""
    return [
        [
            text_element(f"{what} by ", bold=True),
            _person(mark),
            text_element(_BEFORE_END if mark.until else _BEFORE_TIME),
            date_element(mark.until or mark.at),
        ]
        for what, mark in said(attention)
    ]


def said_text(attention: Attention) -> list[str]:
    """The same as escaped lines, for screen readers and notifications."""
    return [
        escape(
            f"{what} by {_name(mark)}{_BEFORE_END if mark.until else _BEFORE_TIME}"
            f"{clock(mark.until or mark.at)}"
        )
        for what, mark in said(attention)
    ]


def muted(attention: Attention) -> bool:
    """Whether the message's rules were muted with its button and still are."""
    mark = attention.marks.mute
    if mark is None or not mark.on:
        return False
    return mark.until is None or attention.now is None or mark.until > attention.now


def _on(mark: Mark | None) -> bool:
    return mark is not None and mark.on


def _button(action_id: str, label: str, message_id: str) -> Element:
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label, "emoji": False},
        "value": message_id,
    }


def _option(action: str, label: str, message_id: str) -> Element:
    """An option without a dialog that asks first: opening the menu is the first of two clicks."""
    text = {"type": "plain_text", "text": shorten(label, _MAX_OPTION_CHARS), "emoji": False}
    return {"text": text, "value": f"{action} {message_id}"}


def _person(mark: Mark) -> Element:
    if mark.user_id:
        return {"type": "user", "user_id": mark.user_id}
    return text_element(_name(mark))


def _name(mark: Mark) -> str:
    return shorten(clean(mark.by), _MAX_NAME_CHARS) or "somebody"
