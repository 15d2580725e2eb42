"""Importing feedparser without the modules with which it fetches.

A parser process never uses the network, and the modules that feedparser and Python's SAX modules import
for it (HTTP, TLS, e-mail) take longer to load than all the rest. So during the import these modules are
empty, unless something else has loaded them before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_FETCHING = ("urllib.request", "feedparser.http")


@contextmanager
def without_fetching() -> Iterator[None]:
    """Within it, importing a module that fetches gives an empty module; afterwards the real one."""
    stand_ins = [ModuleType(name) for name in _FETCHING if name not in sys.modules]
    sys.modules.update({module.__name__: module for module in stand_ins})
    try:
        yield
    finally:
        for module in stand_ins:
            del sys.modules[module.__name__]
