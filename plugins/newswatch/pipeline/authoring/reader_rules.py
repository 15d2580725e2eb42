"""Rules that readers make and end in Slack. They have a file of their own, watchlist.d/slack.yaml.

    wish ──▶ problems_of ──▶ the file's new text ──▶ check of all files ──▶ saved with its author ──▶ in force

A reader may name words or an event, a severity and the last day. Everything else that files may say stays with those
who edit files: feeds, addresses, patterns, packs. The file is written as a whole each time, without rules that ended.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from newswatch.config.load import WATCHLIST_FOLDER
from newswatch.config.yaml_scalars import Value, block_lines
from newswatch.config.yaml_text import CannotEdit, value_at
from newswatch.errors import NoSuchRule, PermanentError, QueryError
from newswatch.models import Event, Severity, short_hash
from newswatch.packs import pack_names
from newswatch.pipeline.authoring.editing import rewrite, why_not_rewritten
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.config_copy import copy_from_json, copy_in
from newswatch.pipeline.base.configuration import check_files, in_force
from newswatch.pipeline.base.services import Services
from newswatch.rules import check_event, parse_entry, parse_query
from newswatch.rules.nodes import Identity, ListTerm, Pattern
from newswatch.store import configuration
from newswatch.store.client import redis_errors

FILE = f"{WATCHLIST_FOLDER}/slack.yaml"
MOST_RULES = 20
"""Of one author. Rules that ended do not count."""
MOST_CHARS = 500
LONGEST_DAYS = 366

_HEADER = """\
# Rules made in Slack with /newswatch watch. newswatch writes the whole file again with each of them: rules that you
# change here stay as you wrote them, comments do not.
"""
_AUTHOR_ID = re.compile(r"\(([UW][A-Z0-9]+)\)$")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|\bwww\.", re.IGNORECASE)
_MOST_SLUG = 60

Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a rule: the Slack user id, and the name for people."""

    id: str
    name: str

    @property
    def text(self) -> str:
        """The rule's owner in the file. The id comes last, so that nobody can write another's by choosing a name."""
        return f"{self.name} ({self.id})" if self.name else f"({self.id})"


@dataclass(frozen=True, slots=True)
class Wish:
    """The rule that a reader wants: a query, or else an event; `expires` is its last day."""

    query: str
    event: Event | None
    severity: Severity
    receiver: str
    expires: date


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a wish. `new` is False if there was such a rule already."""

    rule_id: str
    new: bool
    version: str
    """The version in force that has the rule, "" if none has it yet."""


class RefusedWish(PermanentError):
    """The rule is not made. `problems` are by part: words, who, does, what, expires, or "" for the whole."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("\n".join(problems.values()))
        self.problems = dict(problems)


# ── what a reader may wish for ─────────────────────────────────────────────────────────────────


def problems_of(wish: Wish, lists: Lists, today: date) -> dict[str, str]:
    """What is wrong, by part; empty if nothing is. Pure."""
    found: dict[str, str] = {}
    if not today <= wish.expires <= today + timedelta(days=LONGEST_DAYS):
        found["expires"] = f"The last day must be between today and {LONGEST_DAYS} days from now."
    if wish.event is None:
        problem = _query_problem(wish.query, lists)
        return {**found, "words": problem} if problem else found
    if not wish.event.does:
        found["does"] = "Say what is done, for example: oppose, reject."
    for part in ("who", "does", "what"):
        problem = next(filter(None, (_entry_problem(text, lists) for text in getattr(wish.event, part))), "")
        if problem:
            found[part] = problem
    for fault in check_event(wish.event, lists):
        if fault.is_error:
            found.setdefault(fault.part, fault.message)
    return found


def _query_problem(query: str, lists: Lists) -> str:
    problem = _text_problem(query)
    if problem:
        return problem
    try:
        root = parse_query(query, lists).root
    except QueryError as error:
        return f"{error.message} (at character {error.offset + 1})"
    return next(filter(None, (_node_problem(node, lists) for node in _nodes(root))), "")


def _entry_problem(text: str, lists: Lists) -> str:
    problem = _text_problem(text)
    if problem:
        return problem
    try:
        return _node_problem(parse_entry(text), lists)
    except QueryError as error:
        return f"{error.message} (in {text[:60]!r})"


def _text_problem(text: str) -> str:
    if not text.strip():
        return "Write the words to look for."
    if len(text) > MOST_CHARS:
        return f"This has {len(text)} characters. At most {MOST_CHARS} are allowed from Slack."
    if _ADDRESS.search(text):
        return "This contains an address. Rules from Slack look for words; feeds are added in feeds.yaml."
    return ""


def _nodes(node: Any) -> Iterator[Any]:
    """A node and all below it."""
    if isinstance(node, tuple):
        for one in node:
            yield from _nodes(one)
    elif dataclasses.is_dataclass(node):
        yield node
        for part in dataclasses.fields(node):
            yield from _nodes(getattr(node, part.name))


def _node_problem(node: Any, lists: Lists) -> str:
    if isinstance(node, Pattern):
        return f"Patterns such as /{node.regex[:40]}/ are not allowed from Slack. Write words."
    if isinstance(node, Identity):
        return (
            f"{node.kind}:{node.value[:40]} chooses feeds, which is not allowed from Slack. A rule for certain feeds or"
            " tags is made on the page Watchlist."
        )
    pack = _pack_in(node.name, lists) if isinstance(node, ListTerm) else ""
    if not pack:
        return ""
    is_pack = node.name == pack and pack not in lists
    what = "is a pack" if is_pack else f"contains the pack ${pack}"
    return (
        f"${node.name} {what}, which is not allowed from Slack. Write the words, or a list of the watchlist."
    )


def _pack_in(name: str, lists: Lists) -> str:
    """The pack that a list is or contains, also through other lists; "" if there is none."""
    waiting, seen = [(name, "")], set[str]()
    while waiting:
        one, within = waiting.pop()
        # A list that contains its own name contains the pack of that name.
        if one in pack_names() and (one not in lists or one == within):
            return one
        if one not in seen:
            seen.add(one)
            waiting += [
                (text.strip()[1:], one) for text in lists.get(one, ()) if text.strip().startswith("$")
            ]
    return ""


# ── the file ──────────────────────────────────────────────────────────────────────────────────


def with_rule(text: str, wish: Wish, author: Author, taken: Collection[str], today: date) -> tuple[str, str]:
    """The file's text with the rule, and the rule's id. The text is "" if there is such a rule already. Pure.

    `taken` are the ids of the rules in all files. Raises RefusedWish and CannotEdit.
    """
    rules = _running(text, today)
    fresh = _fields(wish, author)
    same = ("query", "event", "severity", "notify")
    for rule in rules:
        if all(rule.get(name) == fresh.get(name) for name in same):
            return "", str(rule["id"])
    if len([rule for rule in rules if author_of(rule) == author.id]) >= MOST_RULES:
        raise RefusedWish(
            {
                "": f"You have {MOST_RULES} rules, the most that one person may have. End one: /newswatch unwatch RULE"
            }
        )
    rule_id = _fresh_id(wish, {*taken, *(str(rule.get("id")) for rule in rules)})
    return _written([*rules, {"id": rule_id, **fresh}]), rule_id


def with_end(text: str, rule_id: str, here: Collection[str], today: date) -> str:
    """The file's text in which the rule has ended. Pure. Raises NoSuchRule, which names those `here`, and CannotEdit."""
    rules = _running(text, today)
    known = [str(rule.get("id")) for rule in rules]
    if rule_id not in known:
        names = ", ".join(one for one in known if one in here) or "none"
        raise NoSuchRule(
            f"No rule {rule_id!r} was made in Slack, or it has ended. The rules of this channel: {names}"
        )
    ended = (today - timedelta(days=1)).isoformat()
    return _written([{**rule, "expires": ended} if rule.get("id") == rule_id else rule for rule in rules])


def author_of(rule: Mapping[str, Any]) -> str:
    """The Slack user id in a rule's owner, "" if it has none."""
    found = _AUTHOR_ID.search(str(rule.get("owner", "")))
    return found[1] if found else ""


def _running(text: str, today: date) -> list[dict[str, Any]]:
    """The rules of the file that have not ended."""
    if not text.strip():
        return []
    keys = set(value_at(FILE, text, ()) or {})
    if keys - {"rules"}:
        raise CannotEdit(
            f"{FILE} holds more than rules: move {', '.join(sorted(keys - {'rules'}))} to another file"
        )
    rules = value_at(FILE, text, ("rules",)) or []
    return [rule for rule in rules if str(rule.get("expires") or "9999") >= today.isoformat()]


def _fields(wish: Wish, author: Author) -> dict[str, Any]:
    event = wish.event
    subject: dict[str, Any] = {"query": wish.query}
    if event is not None:
        parts = (("who", event.who), ("does", event.does), ("what", event.what))
        subject = {"event": {name: list(words) for name, words in parts if words}}
    return {
        **subject,
        "severity": wish.severity,
        "notify": [wish.receiver],
        "owner": author.text,
        "expires": wish.expires.isoformat(),
    }


def _fresh_id(wish: Wish, taken: Collection[str]) -> str:
    """`slack-` and the words, as far as an id may have them."""
    said = wish.query if wish.event is None else " ".join(wish.event.texts)
    slug = "-".join(re.findall(r"[a-z0-9]+", said.lower()))[:_MOST_SLUG].strip("-")
    first = f"slack-{slug or short_hash(said)[:8]}"
    number = 2
    found = first
    while found in taken:
        found, number = f"{first}-{number}", number + 1
    return found


def _written(rules: Sequence[Mapping[str, Value]]) -> str:
    """The whole file. It is read again to be sure that it says what it should. Raises CannotEdit."""
    lines = ["rules:" if rules else "rules: []"]
    for rule in rules:
        rows = [row for key, value in rule.items() for row in block_lines(key, value, "    ")]
        lines += [f"  - {rows[0].lstrip()}", *rows[1:]]
    text = _HEADER + "\n".join(lines) + "\n"
    if value_at(FILE, text, ("rules",)) != [dict(rule) for rule in rules]:
        raise CannotEdit("this text cannot be written into a file as it is: leave out unusual characters")
    return text


# ── doing it ──────────────────────────────────────────────────────────────────────────────────


async def unreachable(services: Services) -> str:
    """Why a rule cannot be written here, or would not reach the stages; "" if it would. Raises RedisUnavailable."""
    me = copy_in(services.config_dir)
    with redis_errors():
        owner = copy_from_json((await configuration.read_head(services.redis)).owner)
    if owner is None:
        return "No configuration is in force yet. Nothing was written."
    if not me.same(owner):
        return (
            f"The configuration files of {owner.name} are in force. The listener has its own in {me.name}, which the"
            " stages do not read. Nothing was written."
        )
    refusal = await asyncio.to_thread(why_not_rewritten, services.config_dir, FILE)
    return f"Rules cannot be made in Slack here: {refusal}. Nothing was written." if refusal else ""


async def make_rule(services: Services, wish: Wish, author: Author, channel: str) -> Made:
    """Write the rule and put it in force. The caller has checked who the author is, and that they may in this channel.

    Raises RefusedWish, ConfigError, NotEditable, CannotEdit, RedisUnavailable. Then nothing was written.
    """
    refusal = await unreachable(services)
    if refusal:
        raise RefusedWish({"": refusal})
    rule_id, new = await asyncio.to_thread(_write, services, wish, author, channel)
    bundle = (await adopt_config(services)).bundle
    there = bundle is not None and rule_id in {rule.id for rule in bundle.rules}
    return Made(rule_id, new, bundle.label if bundle is not None and there else "")


class _Unchanged(PermanentError):
    """There is nothing to write."""


def _write(services: Services, wish: Wish, author: Author, channel: str) -> tuple[str, bool]:
    """The rule's id, and whether it was written now."""
    now = services.clock()
    made: list[str] = []

    def change(text: str) -> str:
        draft = check_files(services.settings, now.date()).sound_draft()
        problems = problems_of(wish, draft.lists, now.date())
        if problems:
            raise RefusedWish(problems)
        if (wish.receiver, channel) not in {(one.id, one.channel) for one in draft.receivers}:
            raise RefusedWish(
                {
                    "": f"The receiver {wish.receiver} does not post to this channel any more. Nothing was written."
                }
            )
        changed, rule_id = with_rule(text, wish, author, {rule.id for rule in draft.rules}, now.date())
        made.append(rule_id)
        if not changed:
            raise _Unchanged(rule_id)
        return changed

    try:
        rewrite(services.settings, FILE, change, by=author.text, now=now)
    except _Unchanged:
        return made[0], False
    return made[0], True


async def end_rule(services: Services, rule_id: str, author: Author, channel: str) -> None:
    """End a rule that was made in Slack, at once. `channel` is where it was asked for.

    Raises NoSuchRule, RefusedWish, ConfigError, NotEditable, CannotEdit, RedisUnavailable. Then nothing was written.
    """
    refusal = await unreachable(services)
    if refusal:
        raise RefusedWish({"": refusal})
    now = services.clock()
    bundle = await in_force(services)
    here = bundle.rules_of(channel) if bundle else []

    def change(text: str) -> str:
        return with_end(text, rule_id, here, now.date())

    await asyncio.to_thread(rewrite, services.settings, FILE, change, by=author.text, now=now)
    await adopt_config(services)
