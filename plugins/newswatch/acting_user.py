"""Who runs this process, for what is recorded with a change."""

from __future__ import annotations

import getpass
import os


def acting_user() -> str:
    """The name of the user, or its number in a container that has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
