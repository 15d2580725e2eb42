"""Making a rule in Slack: from what the modal holds to the wish, and what the rule would have caught."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta

from newswatch.errors import NewswatchError
from newswatch.models import SEVERITIES, Event
from newswatch.pipeline.authoring.backtest import BacktestQuestion, run_backtest
from newswatch.pipeline.authoring.reader_rules import Wish, problems_of
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.quantity import quantity
from newswatch.slack.modals import WatchForm

WEEK_S = 7 * 86_400.0
DEFAULT_DAYS = 90


def form_of(kept: Mapping[str, str], values: Mapping[str, str], today: date) -> WatchForm:
    """What was typed into the modal, with what it begins with where nothing was. Pure.

    `kept` is what the modal remembers: its channel and kind.
    """
    return WatchForm(
        channel=kept.get("channel", ""),
        kind="event" if kept.get("kind") == "event" else "words",
        words=values.get("words", ""),
        who=values.get("who", ""),
        does=values.get("does", ""),
        what=values.get("what", ""),
        severity=next((one for one in SEVERITIES if one == values.get("severity")), "medium"),
        expires=_date(values.get("expires", "")) or today + timedelta(days=DEFAULT_DAYS),
    )


def wish_of(form: WatchForm, receiver: str) -> Wish:
    """The rule that the modal asks for. Pure."""
    event = (
        Event(_several(form.does), _several(form.who), _several(form.what)) if form.kind == "event" else None
    )
    query = form.words if event is None else ""
    return Wish(query, event, form.severity, receiver, form.expires)


def problems_in(form: WatchForm, lists: Mapping[str, tuple[str, ...]], today: date) -> dict[str, str]:
    """What is wrong, by the block_id of its input. Pure."""
    return problems_of(wish_of(form, ""), lists, today)


async def preview(services: Services, form: WatchForm) -> list[str]:
    """What the rule would have caught in the last week, or what is wrong with it. Raises RedisUnavailable."""
    if not (form.words if form.kind == "words" else form.does):
        return []
    bundle = await in_force(services)
    problems = problems_in(form, bundle.lists if bundle else {}, services.clock().date())
    if problems:
        return list(problems.values())
    wish = wish_of(form, "")
    question = BacktestQuestion(since_s=WEEK_S, query=wish.query or None, event=_as_text(wish.event), limit=3)
    try:
        report = await run_backtest(services, question)
    except NewswatchError as error:
        return [f"How often it would have alerted cannot be counted: {error}"]
    rule = report.rules[0]
    stored = f"({quantity(report.items, 'item is', 'items are')} stored)"
    lines = [f"It would {_times(rule.stories)} in the last week {stored}."]
    lines += [f"• {one.item.title}" for one in rule.examples]
    return [*lines, *report.notes]


def _times(count: int) -> str:
    if count == 0:
        return "never have alerted"
    return "have alerted once" if count == 1 else f"have alerted {count:,} times"


def _as_text(event: Event | None) -> str | None:
    """The event as the mapping that a backtest reads: JSON is YAML."""
    if event is None:
        return None
    parts = (("who", event.who), ("does", event.does), ("what", event.what))
    return json.dumps({name: list(words) for name, words in parts if words}, ensure_ascii=False)


def _several(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
