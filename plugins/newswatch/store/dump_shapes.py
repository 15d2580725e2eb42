"""Whether the records of a backup are such as `dump_restore` can write, seen before anything in Redis is changed. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from newswatch.store import keys
from newswatch.store.dump import Record, as_bytes

_LONGEST_MS = 10**14
"""Three thousand years. Redis refuses what ends after its last moment."""
_LARGEST = 2**64
_STREAM_ID = re.compile(r"([0-9]{1,20})-([0-9]{1,20})")


@dataclass(slots=True)
class Shapes:
    """What the records so far have in common: a key can be several of them."""

    kinds: dict[str, str] = field(default_factory=dict)
    """Of each key, by its name."""
    _last: dict[str, tuple[int, int]] = field(default_factory=dict)
    _followed: set[str] = field(default_factory=set)
    """The streams that say where matching goes on."""

    def problem(self, row: Any) -> str:
        """Why a row of JSON is not the next record, "" if it is."""
        try:
            record = Record(**row)
        except TypeError:
            return "it has not name, kind, left_ms and value"
        name, kind, left_ms = record.name, record.kind, record.left_ms
        if not (_is_text(name) and name):
            return "the record has no name"
        if keys.whole(name).startswith(keys.PASSING):
            return f"{name!r} belongs to a running process, and no backup has it"
        if not (_is_text(kind) and kind in _IS):
            return f"{name!r} has the kind {kind!r}, which newswatch does not know"
        if self.kinds.setdefault(name, kind) != kind:
            return f"{name!r} is both {self.kinds[name]} and {kind}"
        if left_ms is not None and not (type(left_ms) is int and 0 < left_ms < _LONGEST_MS):
            return f"{name!r} has no usable lifetime: {left_ms!r}"
        fits = _IS[kind](record.value) and (kind != "stream" or self._goes_on(name, record.value))
        return "" if fits else f"{name!r} is not a {kind}"

    def _goes_on(self, name: str, value: dict[str, Any]) -> bool:
        """Whether the entries follow those before in the same stream."""
        for stream_id, _ in value["entries"]:
            at = _stream_id(stream_id)
            if at is None or at <= self._last.get(name, (0, 0)):
                return False
            self._last[name] = at
        if value["next"] is not None:
            if name in self._followed or _stream_id(value["next"]) is None:
                return False
            self._followed.add(name)
        return True


def _stream_id(text: Any) -> tuple[int, int] | None:
    found = _STREAM_ID.fullmatch(text) if isinstance(text, str) else None
    at = (int(found[1]), int(found[2])) if found else None
    return at if at and max(at) < _LARGEST else None


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        as_bytes(value)
    except ValueError:  # half of a surrogate pair, or broken base64
        return False
    return True


def _is_hash(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(map(_is_text, [*value, *value.values()]))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _is_zset(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_scored, value))


def _is_scored(pair: Any) -> bool:
    if not isinstance(pair, list) or len(pair) != 2:
        return False
    member, score = pair
    return _is_text(member) and type(score) in (int, float) and not math.isnan(score)


def _is_stream(value: Any) -> bool:
    if (
        not isinstance(value, dict)
        or set(value) != {"entries", "next"}
        or not isinstance(value["entries"], list)
    ):
        return False
    return all(
        isinstance(entry, list) and len(entry) == 2 and _is_hash(entry[1]) for entry in value["entries"]
    )


_IS: dict[str, Callable[[Any], bool]] = {
    "string": _is_text,
    "hash": _is_hash,
    "list": _is_texts,
    "set": _is_texts,
    "zset": _is_zset,
    "stream": _is_stream,
}
