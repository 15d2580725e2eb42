"""Why an item did or did not alert: from its first sight to Slack, and what each rule made of it.

    link, title or id ──▶ the records of all feeds ──▶ its text and its alerts
    its text + the configuration of that time ──▶ which term of each rule fails

It only reads. Rules are judged under the configuration that was in force when the item came if that is still
kept, otherwise under today's; the answer says which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newswatch.errors import PermanentError
from newswatch.feeds.canonical import canonical_link
from newswatch.models import Bundle
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.why_item import STATES, Copy, Explanation, State, stamp
from newswatch.pipeline.oversight.why_rules import Judges, RuleAnswer
from newswatch.pipeline.poll.entry_ids import page_of
from newswatch.quantity import quantity
from newswatch.store import mutes, sightings
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.seen import digest
from newswatch.store.sightings import Sighting

MOST_COPIES = 20
"""How many feeds' copies of an item are explained, the newest first."""
_ITEM_ID = re.compile(r"(.+):([0-9a-f]{16})")


class NothingInForce(PermanentError):
    """There is no configuration in force yet, so no document was read."""


@dataclass(frozen=True, slots=True)
class WhyAnswer:
    """The whole answer. `since`, for an unknown item, says since when documents are remembered.

    It is None if no document was read yet.
    """

    asked: str
    state: State
    reasons: tuple[str, ...]
    copies: tuple[Copy, ...]
    since: datetime | None


async def explain(services: Services, asked: str, *, all_rules: bool = False) -> WhyAnswer:
    """Explain an item, found by its link, title or id. `all_rules`: not only the nearest rules.

    Raises NothingInForce, RedisUnavailable.
    """
    bundle = await in_force(services)
    if bundle is None:
        raise NothingInForce(
            "no configuration is in force, so no document has been read: check the files, then poll"
        )
    with redis_errors():
        found = await _sightings(services, bundle, asked)
        since = None if found else await _since(services, bundle)
        judges = Judges(services, bundle)
        muted = await mutes.read(services.redis)
        newest = sorted(found, key=lambda one: one.record.first_seen, reverse=True)[:MOST_COPIES]
        copies = [
            await Explanation(services, bundle, judges, muted, one).copy(all_rules=all_rules)
            for one in newest
        ]
    copies.sort(key=lambda copy: STATES.index(copy.state))
    if not copies:
        return WhyAnswer(asked, "unknown", _unknown(asked, since), (), since)
    more = len(found) - len(copies)
    reasons = [*copies[0].reasons]
    if len(copies) > 1:
        others = ", ".join(f"{copy.feed_id} ({copy.state})" for copy in copies[1:])
        older = f" and {quantity(more, 'older copy', 'older copies')}" if more > 0 else ""
        reasons.append(f"Other feeds have it too: {others}{older}.")
    return WhyAnswer(asked, copies[0].state, tuple(reasons), tuple(copies), since)


async def _sightings(services: Services, bundle: Bundle, asked: str) -> list[Sighting]:
    feed_ids = [feed.id for feed in bundle.feeds]
    by_id = _ITEM_ID.fullmatch(asked.strip())
    if by_id is not None:
        found = await sightings.with_id(services.redis, by_id[1], bytes.fromhex(by_id[2]))
        if found:
            return found
    link = page_of(canonical_link(asked))
    title = " ".join(asked.split()).casefold()
    return await sightings.with_hash(services.redis, feed_ids, digest(link or title, 6)) if title else []


async def _since(services: Services, bundle: Bundle) -> datetime | None:
    """Since when documents are remembered. Entries that left them before the retention are forgotten."""
    first_ms = await sightings.read_since(services.redis, [feed.id for feed in bundle.feeds])
    if first_ms is None:
        return None
    kept_ms = to_ms(services.clock()) - int(services.settings.seen_retention_s * 1000)
    return from_ms(max(first_ms, kept_ms))


def _unknown(asked: str, since: datetime | None) -> tuple[str, str]:
    """What is known, and where to see more."""
    if since is None:
        return "No document has been read yet.", "Poll the feeds, or see on the page Status what is wrong."
    what = "This link is" if canonical_link(asked) else "This is"
    also = "" if canonical_link(asked) else " A title must be given in full."
    return (
        f"{what} not in any document read since {stamp(since)}.{also}",
        "See whether a feed has it: each is previewed on the page Feeds.",
    )


def as_dict(answer: WhyAnswer) -> dict[str, Any]:
    """For machines. `rules` are those of the first copy."""
    copies = [_copy_dict(copy) for copy in answer.copies]
    return {
        "asked": answer.asked,
        "state": answer.state,
        "reasons": list(answer.reasons),
        "rules": copies[0]["rules"] if copies else [],
        "items": copies,
        "remembered_since": answer.since.isoformat() if answer.since else None,
    }


def _copy_dict(copy: Copy) -> dict[str, Any]:
    return {
        "id": copy.item_id,
        "feed": copy.feed_id,
        "title": copy.title,
        "link": copy.link,
        "state": copy.state,
        "reasons": list(copy.reasons),
        "rules": [_rule_dict(one) for one in copy.rules],
        "configuration": copy.version,
        "configuration_then": copy.version_kept,
    }


def _rule_dict(one: RuleAnswer) -> dict[str, Any]:
    return {
        "rule": one.rule_id,
        "state": one.state,
        "text": one.text,
        "channels": list(one.channels),
        "share": round(one.share, 2),
        "found": [{"term": term, "field": name} for term, name in one.found],
        "failing": [
            {
                "term": failing.term,
                "cause": failing.cause,
                "text": failing.text,
                "spans": [
                    {"field": place.field, "start": place.start, "end": place.end} for place in failing.spans
                ],
            }
            for failing in one.failing
        ],
    }
