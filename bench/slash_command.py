"""How long it takes from `/newswatch watch` in Slack to the rule's first alert, under Airflow.

    python -m bench.slash_command [rules]

Starts the whole stack with a simulator and a news site of its own. Each time the command is typed, the form is sent as soon as
it is filled in, and a story that satisfies the rule is published as soon as the modal says that the rule was made. The promise is
90 s from the command to the alert. The exit status is 1 if it is broken.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from devtools.news_site.running import RunningSite
from devtools.running_stack import RunningStack
from devtools.slack_sim.running import RunningSimulator

PROMISE_S = 90.0
GIVE_UP_S = 300.0
STARTING_S = 30.0
"""The first runs start everything at once, and put the configuration in force."""
CHANNEL = "C0123456789"
READER = {"id": "U0READER", "name": "reader"}

T = TypeVar("T")


def until(found: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + GIVE_UP_S
    while time.monotonic() < deadline:
        if (value := found()) is not None:
            return value
        time.sleep(0.05)
    raise SystemExit(f"nothing within {GIVE_UP_S:.0f} s")


def write_config(folder: Path, url: str) -> None:
    (folder / "watchlist.d").mkdir(parents=True)
    (folder / "feeds.yaml").write_text(
        f"feeds:\n  - {{id: wire, url: '{url}', every: 5s, allow_private: true}}\n", encoding="utf-8"
    )
    (folder / "watchlist.yaml").write_text(
        "rules:\n  - {id: unrelated, query: volcano, notify: [policy]}\n", encoding="utf-8"
    )
    (folder / "receivers.yaml").write_text(
        f"editors: [{READER['id']}]\nreceivers:\n  - {{id: policy, channel: {CHANNEL}}}\n  - {{id: ops, channel: C0999999999}}\n",
        encoding="utf-8",
    )


def filled(slack: RunningSimulator) -> dict[str, Any] | None:
    """The form, once the time-consuming part of it is there."""
    return next((one for one in slack.views(READER["id"]) if "submit" in one["view"]), None)


def measure(slack: RunningSimulator, site: RunningSite, words: str) -> dict[str, float]:
    began = time.monotonic()
    answer = slack.command(CHANNEL, f"watch {words}", READER)
    if not answer["acknowledged"]:
        raise SystemExit(f"the command was not acknowledged: {answer}")
    times = {"acknowledged": time.monotonic() - began}
    form = until(lambda: filled(slack))
    times["form filled"] = time.monotonic() - began
    sent = slack.submit(form["id"], user=READER)
    if sent.get("errors"):
        raise SystemExit(f"the form was refused: {sent}")
    until(lambda: True if "newswatch unwatch" in json.dumps(slack.views(READER["id"])) else None)
    times["rule made"] = time.monotonic() - began
    link = site.publish(repeat_after_s=3600)["link"]
    until(lambda: next((one for one in slack.messages(CHANNEL) if link in json.dumps(one["blocks"])), None))
    times["alert"] = time.monotonic() - began
    for view in slack.views(READER["id"]):
        slack.close_view(view["id"])
    return times


def main(rules: int) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name,
        RunningSite() as site,
        RunningSimulator(strict_channels=False) as slack,
    ):
        folder = Path(name)
        write_config(folder / "config", site.feeds["wire"])
        settings = {
            "SLACK_BOT_TOKEN": slack.token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_BASE_URL": slack.base_url,
        }
        with RunningStack(folder, folder / "config", **settings) as stack:
            stack.wait_healthy()
            until(lambda: slack.sockets() or None)
            until(lambda: stack.runs("match_items") or None)
            time.sleep(STARTING_S)
            kept = True
            for number in range(rules):
                # Each time another rule, which the same stories satisfy.
                times = measure(slack, site, f"central bank opposes AND NOT volcano{number}")
                kept &= times["alert"] <= PROMISE_S
                shown = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in times.items())
                print(f"{shown}; load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"promise: an alert within {PROMISE_S:.0f} s: {'kept' if kept else 'BROKEN'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
