"""A bundle as JSON and back.

Values equal to the model's default are left out. So 10,000 rules are about 1.5 MB, and an older bundle without a field
that was added later gets its default. Plain dicts and `json`, because a validating model would take seconds for what
was validated before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from newswatch.errors import PermanentError
from newswatch.models import (
    Bundle,
    Digest,
    Event,
    Feed,
    FeedFilter,
    Mention,
    QuietHours,
    Receiver,
    Rule,
    Ruleset,
    Threshold,
    Window,
)
from newswatch.selector import Selector

SCHEMA_VERSION = 1

_NESTED: Mapping[str, type[Any]] = {
    "feeds": FeedFilter,
    "threshold": Threshold,
    "digest": Digest,
    "quiet": QuietHours,
    "alive": Digest,
    "event": Event,
    "mention": Mention,
    "windows": Window,
    "selector": Selector,
}
"""Fields of feeds, rules and receivers that contain a record, or several."""

Model = TypeVar("Model")
Made = TypeVar("Made")


class UnreadableBundle(PermanentError):
    """The stored bundle is damaged or from an older release. It can be made again from the files."""


class NewerBundle(PermanentError):
    """The stored bundle was written by a newer release, and must not be overwritten."""


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    default: Any
    nested: type[Any] | None


_SLOTS: Mapping[type[Any], tuple[_Slot, ...]] = {
    model: tuple(_Slot(slot.name, slot.default, _NESTED.get(slot.name)) for slot in fields(model))
    for model in (Feed, Rule, Receiver, *_NESTED.values())
}
_KINDS: Mapping[type[Any], Mapping[str, type[Any] | None]] = {
    model: {slot.name: slot.nested for slot in slots} for model, slots in _SLOTS.items()
}


def to_plain(value: Any) -> dict[str, Any]:
    """A feed, rule, receiver or what they contain as plain values for JSON."""
    plain: dict[str, Any] = {}
    for slot in _SLOTS[type(value)]:
        content = getattr(value, slot.name)
        if content != slot.default:
            plain[slot.name] = content if slot.nested is None else _nested_to_plain(content)
    return plain


def _nested_to_plain(content: Any) -> Any:
    if isinstance(content, tuple):
        return [to_plain(one) for one in content]
    return None if content is None else to_plain(content)


def from_plain(model: type[Model], plain: Mapping[str, Any]) -> Model:
    """What `to_plain` was given. Raises TypeError, KeyError or AttributeError for anything else."""
    values: dict[str, Any] = {}
    kinds = _KINDS[model]
    for name, content in plain.items():
        if name not in kinds:  # a newer release has it
            continue
        nested = kinds[name]
        if nested is not None and content is not None:
            values[name] = _nested_from_plain(nested, content)
        else:
            values[name] = _frozen(content) if isinstance(content, list) else content
    return model(**values)


def _nested_from_plain(model: type[Any], content: Any) -> Any:
    if isinstance(content, list):
        return tuple([from_plain(model, one) for one in content])
    return from_plain(model, content)


def _frozen(content: Any) -> Any:
    """JSON's lists as tuples, however deep."""
    return tuple(map(_frozen, content)) if isinstance(content, list) else content


def rule_to_plain(rule: Rule) -> dict[str, Any]:
    """A rule as plain values for JSON."""
    return to_plain(rule)


def rule_from_plain(plain: Mapping[str, Any]) -> Rule:
    """The rule that `rule_to_plain` gave. Raises TypeError, KeyError or AttributeError for anything else."""
    return from_plain(Rule, plain)


def dumped(plain: Mapping[str, Any]) -> str:
    """Plain values as one line of JSON."""
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def content_digest(
    feeds: Sequence[Feed],
    rules: Sequence[Rule],
    receivers: Sequence[Receiver],
    lists: Mapping[str, Sequence[str]],
    default_lang: str,
    packs: str = "",
    editors: Sequence[str] = (),
) -> str:
    """32 hex digits that name a configuration's content, order of feeds and rules included."""
    plain = {
        "default_lang": default_lang,
        **({"packs": packs} if packs else {}),
        **({"editors": list(editors)} if editors else {}),
        "feeds": [to_plain(feed) for feed in feeds],
        "receivers": [to_plain(receiver) for receiver in receivers],
        "lists": {name: list(entries) for name, entries in lists.items()},
        "rules": [to_plain(rule) for rule in rules],
    }
    return hashlib.blake2b(dumped(plain).encode(), digest_size=16).hexdigest()


def bundle_to_json(bundle: Bundle) -> str:
    """The bundle as one line of JSON, with the schema's version."""
    plain = {
        "schema": SCHEMA_VERSION,
        "version": bundle.version,
        "digest": bundle.digest,
        "feeds": [to_plain(feed) for feed in bundle.feeds],
        "receivers": [to_plain(receiver) for receiver in bundle.receivers],
        **rules_to_plain(bundle),
    }
    return dumped(plain)


def bundle_from_json(text: str) -> Bundle:
    """The bundle that `bundle_to_json` wrote.

    Raises NewerBundle or UnreadableBundle if this release cannot read it.
    """
    return from_schema(text, _read_bundle)


def from_schema(text: str, read: Callable[[dict[str, Any]], Made]) -> Made:
    """What `read` makes of stored JSON with a schema's version.

    Raises NewerBundle or UnreadableBundle if this release cannot read it.
    """
    try:
        plain = json.loads(text)
        schema = int(plain["schema"])
        if schema == SCHEMA_VERSION:
            return read(plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise unreadable(f"{type(error).__name__}: {error}"[:200]) from error
    if schema < SCHEMA_VERSION:
        raise unreadable(f"schema {schema}, and this release reads {SCHEMA_VERSION}")
    raise NewerBundle(
        f"the configuration in Redis was written by a newer release of newswatch (schema {schema}, and this one"
        f" reads {SCHEMA_VERSION}): run the newer release here too; nothing was changed"
    )


def unreadable(reason: str) -> UnreadableBundle:
    """The error of a stored configuration that cannot be read for this reason."""
    return UnreadableBundle(
        f"the configuration in Redis cannot be read ({reason}): the next poll or check_config run makes it again"
        " from the files, once there is no error in them"
    )


def rules_to_plain(ruleset: Ruleset) -> dict[str, Any]:
    """The rules, and what belongs to them, as plain values for JSON."""
    return {
        "default_lang": ruleset.default_lang,
        **({"editors": list(ruleset.editors)} if ruleset.editors else {}),
        "lists": {name: list(entries) for name, entries in ruleset.lists.items()},
        "rules": [to_plain(rule) for rule in ruleset.rules],
        "rule_since": dict(ruleset.rule_since),
    }


def rules_from_plain(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Ruleset that `rules_to_plain` wrote."""
    return {
        "rules": tuple(from_plain(Rule, rule) for rule in plain["rules"]),
        "lists": {name: tuple(entries) for name, entries in plain["lists"].items()},
        "default_lang": str(plain["default_lang"]),
        "rule_since": {rule_id: int(version) for rule_id, version in plain["rule_since"].items()},
        "editors": tuple(map(str, plain.get("editors", ()))),
    }


def _read_bundle(plain: Mapping[str, Any]) -> Bundle:
    return Bundle(
        version=int(plain["version"]),
        digest=str(plain["digest"]),
        feeds=tuple(from_plain(Feed, feed) for feed in plain["feeds"]),
        receivers=tuple(from_plain(Receiver, receiver) for receiver in plain["receivers"]),
        **rules_from_plain(plain),
    )
