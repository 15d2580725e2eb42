"""A bundle as JSON and back.

Values equal to the model's default are left out. So 10,000 rules are about 1.5 MB, and an older bundle without a field
that was added later gets its default. Plain dicts and `json`, because a validating model would take seconds for what
was validated before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
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


def _to_plain(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for slot in _SLOTS[type(value)]:
        content = getattr(value, slot.name)
        if content != slot.default:
            plain[slot.name] = content if slot.nested is None else _nested_to_plain(content)
    return plain


def _nested_to_plain(content: Any) -> Any:
    if isinstance(content, tuple):
        return [_to_plain(one) for one in content]
    return None if content is None else _to_plain(content)


def _from_plain(model: type[Model], plain: Mapping[str, Any]) -> Model:
    values: dict[str, Any] = {}
    for slot in _SLOTS[model]:
        if slot.name not in plain:
            continue
        content = plain[slot.name]
        if slot.nested is not None and content is not None:
            values[slot.name] = _nested_from_plain(slot.nested, content)
        else:
            values[slot.name] = _frozen(content)
    return model(**values)


def _nested_from_plain(model: type[Any], content: Any) -> Any:
    if isinstance(content, list):
        return tuple([_from_plain(model, one) for one in content])
    return _from_plain(model, content)


def _frozen(content: Any) -> Any:
    """JSON's lists as tuples, however deep."""
    return tuple(map(_frozen, content)) if isinstance(content, list) else content


def rule_to_plain(rule: Rule) -> dict[str, Any]:
    """A rule as plain values for JSON."""
    return _to_plain(rule)


def rule_from_plain(plain: Mapping[str, Any]) -> Rule:
    """The rule that `rule_to_plain` gave. Raises TypeError, KeyError or AttributeError for anything else."""
    return _from_plain(Rule, plain)


def _content(
    feeds: Sequence[Feed],
    rules: Sequence[Rule],
    receivers: Sequence[Receiver],
    lists: Mapping[str, Sequence[str]],
    default_lang: str,
    packs: str,
    editors: Sequence[str],
) -> dict[str, Any]:
    return {
        "default_lang": default_lang,
        **({"packs": packs} if packs else {}),
        **({"editors": list(editors)} if editors else {}),
        "feeds": [_to_plain(feed) for feed in feeds],
        "receivers": [_to_plain(receiver) for receiver in receivers],
        "lists": {name: list(entries) for name, entries in lists.items()},
        "rules": [_to_plain(rule) for rule in rules],
    }


def _dump(plain: Mapping[str, Any]) -> str:
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
    text = _dump(_content(feeds, rules, receivers, lists, default_lang, packs, editors))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def bundle_to_json(bundle: Bundle) -> str:
    """The bundle as one line of JSON, with the schema's version."""
    content = _content(
        bundle.feeds,
        bundle.rules,
        bundle.receivers,
        bundle.lists,
        bundle.default_lang,
        bundle.packs,
        bundle.editors,
    )
    head = {"schema": SCHEMA_VERSION, "version": bundle.version, "digest": bundle.digest}
    return _dump({**head, **content, "rule_since": dict(bundle.rule_since)})


def bundle_from_json(text: str) -> Bundle:
    """The bundle that `bundle_to_json` wrote.

    Raises NewerBundle or UnreadableBundle if this release cannot read it.
    """
    try:
        plain = json.loads(text)
        schema = int(plain["schema"])
        if schema == SCHEMA_VERSION:
            return _read_bundle(plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableBundle(_unreadable(f"{type(error).__name__}: {error}"[:200])) from error
    if schema < SCHEMA_VERSION:
        raise UnreadableBundle(_unreadable(f"schema {schema}, and this release reads {SCHEMA_VERSION}"))
    raise NewerBundle(
        f"the configuration in Redis was written by a newer release of newswatch (schema {schema}, and this one"
        f" reads {SCHEMA_VERSION}): run the newer release here too; nothing was changed"
    )


def _unreadable(reason: str) -> str:
    return (
        f"the configuration in Redis cannot be read ({reason}): the next poll or check_config run makes it again"
        " from the files, once `newswatch check` finds no error in them"
    )


def rules_since(text: str) -> dict[str, int]:
    """`rule_since` of a bundle that cannot be read, if it can be found; otherwise empty."""
    try:
        return {str(rule_id): int(version) for rule_id, version in json.loads(text)["rule_since"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _read_bundle(plain: Mapping[str, Any]) -> Bundle:
    return Bundle(
        version=int(plain["version"]),
        digest=str(plain["digest"]),
        feeds=tuple(_from_plain(Feed, feed) for feed in plain["feeds"]),
        rules=tuple(_from_plain(Rule, rule) for rule in plain["rules"]),
        receivers=tuple(_from_plain(Receiver, receiver) for receiver in plain["receivers"]),
        lists={name: tuple(entries) for name, entries in plain["lists"].items()},
        default_lang=str(plain["default_lang"]),
        rule_since={rule_id: int(version) for rule_id, version in plain["rule_since"].items()},
        packs=str(plain.get("packs", "")),
        editors=tuple(map(str, plain.get("editors", ()))),
    )
