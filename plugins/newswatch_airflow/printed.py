"""How a process that starts Airflow answers the process that asked it (`commands.py`)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable


def print_answer(asked: Callable[[], object]) -> None:
    """Print the answer as JSON. What Airflow prints while it starts is no part of it, and goes to stderr."""
    answers = os.dup(1)
    os.dup2(2, 1)
    answer = asked()
    with os.fdopen(answers, "w") as out:
        json.dump(answer, out)
