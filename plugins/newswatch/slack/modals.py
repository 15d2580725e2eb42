"""The modals of /newswatch: what they ask, and what they say. Pure.

Texts of people and of feeds are in inputs, which show them literally, or in rich text. Slack's limits are those of its
reference "Modal views": titles of 24 characters, 100 blocks, 3,000 characters a text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from newswatch.models import SEVERITIES, SEVERITY_SIGNS, Severity
from newswatch.slack.elements import section, text_element
from newswatch.slack.text import clean, escape, shorten

View = dict[str, Any]
Block = dict[str, Any]

WATCH_FORM, MISSED_FORM = "newswatch_watch", "newswatch_missed"
"""The callback ids of the modals that can be sent."""
TRY, TO_EVENT, TO_WORDS = "newswatch_try", "newswatch_event", "newswatch_words"
"""The buttons that count again, and that ask for an event in place of words, or the other way round."""

MAX_OPTIONS = 100
_MAX_INPUT_CHARS = 500
_MAX_LINE_CHARS = 600
_MAX_LINES = 40
_MAX_CHARS = 6_000
_MAX_TEXT_CHARS = 2_000
_MAX_OPTION_CHARS = 75
_MAX_OPTION_VALUE = 150
_TITLES = {WATCH_FORM: "Watch for news", MISSED_FORM: "Missed by newswatch"}


@dataclass(frozen=True, slots=True)
class WatchForm:
    """What the modal for a new rule holds. Texts are as they were typed."""

    channel: str
    kind: str = "words"
    words: str = ""
    who: str = ""
    does: str = ""
    what: str = ""
    severity: Severity = "medium"
    expires: date = date.max
    notes: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line that ends with a link to one of our pages; without the address of our pages it ends with the page's name."""

    before: str
    name: str
    url: str


Line = str | PageLine


def notice(title: str, lines: Sequence[Line]) -> View:
    """A modal that only says something."""
    return _view(title, said(lines), close="Close")


def title_of(form: str) -> str:
    """The title of a form's modal."""
    return _TITLES[form]


def watch_view(form: WatchForm) -> View:
    """The modal for a new rule."""
    severities = [_option(f"{SEVERITY_SIGNS[one]} {one.capitalize()}", one) for one in SEVERITIES]
    other = (
        _button(TO_EVENT, "An event instead") if form.kind == "words" else _button(TO_WORDS, "Words instead")
    )
    blocks = [
        *said([f"Alerts come to this channel (<#{form.channel}>)."], channel=form.channel),
        *(_words(form) if form.kind == "words" else _event(form)),
        {
            "type": "actions",
            "block_id": "change",
            "elements": [_button(TRY, "Count the last week again"), other],
        },
        *said(form.notes),
        _input("severity", "Severity", _choice("static_select", severities, form.severity), optional=False),
        _input(
            "expires",
            "Last day",
            {"type": "datepicker", "action_id": "value", "initial_date": form.expires.isoformat()},
            optional=False,
        ),
    ]
    kept = {"channel": form.channel, "kind": form.kind}
    return _view(title_of(WATCH_FORM), blocks, submit="Watch", form=WATCH_FORM, kept=kept)


def _words(form: WatchForm) -> list[Block]:
    hint = "One after the other, or joined with AND, OR, NEAR/6 and brackets."
    return [_input("words", "Words", _typed(form.words), hint=hint, optional=False)]


def _event(form: WatchForm) -> list[Block]:
    return [
        _input("who", "Who", _typed(form.who), hint="Several with commas: SEC, Bank of England"),
        _input("does", "Does", _typed(form.does), hint="Several with commas: oppose, reject", optional=False),
        _input("what", "To what", _typed(form.what), hint="Several with commas. Empty means anything."),
    ]


def _button(action_id: str, label: str) -> Block:
    return {"type": "button", "action_id": action_id, "text": _plain(label), "value": action_id}


def missed_view(channel: str, text: str, rules: Sequence[str]) -> View:
    """The modal for what a rule should have caught. `rules` are the ids to choose from."""
    element = _typed(text)
    blocks = [_input("text", "Headline, or the address of a web page", element, optional=False)]
    options = [_option(rule, rule) for rule in rules[:MAX_OPTIONS] if len(rule) <= _MAX_OPTION_VALUE]
    if options:
        hint = "Nothing is recorded without a rule: the nearest ones are shown."
        element = {"type": "static_select", "action_id": "value", "options": options}
        blocks.append(_input("rule", "The rule that should have caught it", element, hint=hint))
    return _view(title_of(MISSED_FORM), blocks, submit="Send", form=MISSED_FORM, kept={"channel": channel})


def said(lines: Sequence[Line], *, channel: str = "") -> list[Block]:
    """Lines as rich text, which is literal; none for no lines. `<#channel>` is shown as a link to that channel."""
    sections = [section(_elements(line, channel)) for line in _shown(lines)]
    return [{"type": "rich_text", "elements": sections}] if sections else []


def said_text(lines: Sequence[Line]) -> str:
    """The same as one escaped text."""
    return escape("\n".join(map(_plainly, _shown(lines)))[:_MAX_TEXT_CHARS])


def _plainly(line: Line) -> str:
    return line if isinstance(line, str) else f"{line.before}{line.name}."


def _shown(lines: Sequence[Line]) -> list[Line]:
    """The lines as they are shown, as many as fit into one message."""
    found: list[Line] = []
    room = _MAX_CHARS
    for line in lines:
        short = shorten(clean(_plainly(line)), _MAX_LINE_CHARS)
        room -= len(short)
        if room < 0 or len(found) == _MAX_LINES:
            return [*found, "…"]
        found += [line if isinstance(line, PageLine) else short] if short else []
    return found


def _elements(line: Line, channel: str) -> list[Block]:
    if isinstance(line, PageLine):
        if not line.url:
            return [text_element(_plainly(line))]
        return [
            text_element(line.before),
            {"type": "link", "url": line.url, "text": line.name},
        ]
    before, sign, after = line.partition(f"<#{channel}>") if channel else (line, "", "")
    if not sign:
        return [text_element(line)]
    middle = {"type": "channel", "channel_id": channel}
    return [text_element(before), middle, text_element(after)]


def _view(
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str = "",
    close: str = "Cancel",
    form: str = "",
    kept: Mapping[str, str] | None = None,
) -> View:
    view: View = {"type": "modal", "title": _plain(title), "close": _plain(close), "blocks": list(blocks)}
    if submit:
        view["submit"] = _plain(submit)
    if form:
        view |= {"callback_id": form, "private_metadata": json.dumps(kept or {})}
    return view


def _input(name: str, label: str, element: Block, *, hint: str = "", optional: bool = True) -> Block:
    block: Block = {"type": "input", "block_id": name, "label": _plain(label), "element": element}
    if hint:
        block["hint"] = _plain(hint)
    return {**block, "optional": optional}


def _typed(text: str) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": "value", "max_length": _MAX_INPUT_CHARS}
    return {**element, "initial_value": text[:_MAX_INPUT_CHARS]} if text else element


def _choice(kind: str, options: Sequence[Block], chosen: str) -> Block:
    first = next((one for one in options if one["value"] == chosen), options[0])
    return {"type": kind, "action_id": "value", "options": list(options), "initial_option": first}


def _option(text: str, value: str) -> Block:
    return {"text": _plain(shorten(text, _MAX_OPTION_CHARS)), "value": value}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
