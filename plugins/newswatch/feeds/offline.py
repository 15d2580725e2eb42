"""Loading feedparser without its means of fetching.

A parser process has no business on the network, and what feedparser and Python's SAX modules load
only for it (HTTP, TLS, e-mail) takes longer than all the rest. So these names stand for nothing
while they are loaded, unless something else has loaded them before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_FETCHING = ("urllib.request", "feedparser.http")


@contextmanager
def without_fetching() -> Iterator[None]:
    """Imports of modules that fetch get an empty module; afterwards they can be had as usual."""
    stand_ins = [ModuleType(name) for name in _FETCHING if name not in sys.modules]
    sys.modules.update({module.__name__: module for module in stand_ins})
    try:
        yield
    finally:
        for module in stand_ins:
            del sys.modules[module.__name__]
