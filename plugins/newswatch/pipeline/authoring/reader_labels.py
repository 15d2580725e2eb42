"""What readers said about a rule's hits: which alerts they acknowledged, which items are not relevant or were missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newswatch.models import Alert, Item
from newswatch.pipeline.base.services import Services
from newswatch.store import archive, keys, messages
from newswatch.store.archive import Cursor
from newswatch.store.client import redis_errors
from newswatch.store.labelled import read_labelled
from newswatch.store.messages import StoredMessage

_BATCH = 500


@dataclass(frozen=True, slots=True)
class AlertedItem:
    """An item that a rule alerted on, with the newest alert. `acknowledged`: a reader looks after its message."""

    alert: Alert
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class ReaderLabels:
    """All that is known of one rule. `alerted`, `irrelevant` and `missed` are by item id.

    An item that is not relevant is that even if its message was acknowledged too: the reader who said so looked closer.
    """

    alerted: Mapping[str, AlertedItem]
    irrelevant: Mapping[str, Item]
    missed: Mapping[str, Item]

    @property
    def wanted(self) -> dict[str, Alert]:
        """The alerts of the items that readers acknowledged, by item id."""
        return {
            item_id: one.alert
            for item_id, one in self.alerted.items()
            if one.acknowledged and item_id not in self.irrelevant
        }


async def read_labels(services: Services, rule_id: str, most_alerts: int | None = None) -> ReaderLabels:
    """The labels of a rule, as long as alerts are kept, or of about its newest `most_alerts`. Raises RedisUnavailable."""
    with redis_errors():
        alerted = await _alerted(services, rule_id, most_alerts)
        irrelevant = await read_labelled(services.redis, "irrelevant", rule_id)
        missed = await read_labelled(services.redis, "missed", rule_id)
    return ReaderLabels(
        alerted, {one.item.id: one.item for one in irrelevant}, {one.item.id: one.item for one in missed}
    )


async def _alerted(services: Services, rule_id: str, most: int | None) -> dict[str, AlertedItem]:
    """Each item once, however many channels it went to."""
    read = 0
    found: dict[str, AlertedItem] = {}
    before: Cursor | None = None
    while True:
        places = await archive.alerts_before(services.redis, before, _BATCH, keys.alerts_of("rule", rule_id))
        if not places or (most is not None and read >= most):
            return found
        read += len(places)
        before = places[-1]
        stored = await messages.read_stored_alerts(services.redis, [place.alert_id for place in places])
        posted = await messages.read_messages(services.redis, [one.message_id for one in stored])
        for one in stored:
            known = found.get(one.alert.item_id)
            acknowledged = _is_acknowledged(posted.get(one.message_id))
            found[one.alert.item_id] = AlertedItem(
                known.alert if known else one.alert,
                acknowledged or (known is not None and known.acknowledged),
            )


def _is_acknowledged(message: StoredMessage | None) -> bool:
    """Whether a reader acknowledged the message. Of a digest that says nothing about each of its items."""
    if message is None or message.message.kind == "digest":
        return False
    return message.marks.ack is not None and message.marks.ack.on
