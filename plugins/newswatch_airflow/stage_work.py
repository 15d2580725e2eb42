"""What each resident does in its shift. Importing this module loads everything that they can need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from newswatch.pipeline.articles.run import stay_reading
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.deliver.stay import stay_delivering
from newswatch.pipeline.match.run import stay_matching
from newswatch.store.pulses import ResidentStage

WORK: Mapping[ResidentStage, Callable[[Shift], Awaitable[Any]]] = {
    "match": stay_matching,
    "articles": stay_reading,
    "deliver": stay_delivering,
}
