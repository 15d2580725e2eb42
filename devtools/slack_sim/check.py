"""`python -m devtools.slack_sim.check`: the contract tests against a real workspace and the simulator.

SLACK_BOT_TOKEN (or SLACK_CONTRACT_TOKEN) is a bot token with chat:write, channels:history and
channels:read. SLACK_TEST_CHANNEL (or SLACK_CONTRACT_CHANNEL) is the id of a channel that the app is in.
About fifty messages are posted there. Other arguments go to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from devtools.process import ROOT

_NAMES = {
    "SLACK_CONTRACT_TOKEN": "SLACK_BOT_TOKEN",
    "SLACK_CONTRACT_CHANNEL": "SLACK_TEST_CHANNEL",
}


def contract_environment(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The settings that the tests read, and the names of the missing ones as people set them."""
    found = {name: environ.get(name) or environ.get(alias, "") for name, alias in _NAMES.items()}
    return found, [_NAMES[name] for name, value in found.items() if not value]


def main() -> int:
    """The exit code of pytest, 2 if a setting is missing."""
    settings, missing = contract_environment(os.environ)
    if missing:
        print(f"set {' and '.join(missing)}: these tests post about fifty messages in a real workspace")
        return 2
    command = [sys.executable, "-m", "pytest", "tests/devtools/test_slack_contract.py", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
